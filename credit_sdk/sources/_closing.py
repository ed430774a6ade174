"""Closing the source behind a source, within the time that there is."""

from __future__ import annotations

import inspect
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class TimeLeft:
    """What is left of a number of seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def __call__(self) -> float:
        return max(0.0, self._end - monotonic())


def bounded(close: Callable[..., Any], left: TimeLeft) -> Any:
    """Call a source's ``close`` or ``aclose``, with the time left where it takes one; the port does not ask it to."""
    if "timeout" in inspect.signature(close).parameters:
        return close(timeout=left())
    return close()
