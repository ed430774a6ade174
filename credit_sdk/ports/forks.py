"""Objects with locks, in a forked child (gunicorn's preload, multiprocessing).

A child inherits locks as they were, perhaps held by a thread that it does not have, and data perhaps half changed.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """What can begin anew in a child."""

    def begin_anew(self) -> None:
        """Make locks and shared data afresh. Called in the child, before its code runs."""
        ...


_ALIVE: WeakSet[Renewable] = WeakSet()


def renew_in_children(thing: Renewable) -> None:
    """Call ``thing.begin_anew()`` in every process forked from this one, as long as somebody holds ``thing``."""
    _ALIVE.add(thing)


def _in_child() -> None:
    for thing in list(_ALIVE):
        thing.begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_in_child)
