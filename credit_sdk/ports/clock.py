"""The clock: the one place where the time of day comes in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from credit_sdk.model.moments import SHANGHAI

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present moment, with an offset."""


def system_clock() -> datetime:
    """The present moment in Asia/Shanghai, by this machine's clock."""
    return datetime.now(SHANGHAI)
