"""The moment by which a call has to be over, wherever it is at that time."""

from __future__ import annotations

import time
from contextvars import ContextVar


class Deadline:
    """What is left of a call's time. Seconds by the monotonic clock."""

    __slots__ = ("at", "resolving")

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.resolving = False
        """Whether a name is being resolved: the time that runs out then is the name server's."""

    def left(self) -> float:
        """Seconds left; zero or less when it is over."""
        return self.at - time.monotonic()

    def bound(self, seconds: float | None) -> float:
        """``seconds``, as far as they are left; zero or less when it is over."""
        left = self.left()
        return left if seconds is None or left < seconds else seconds


DEADLINE: ContextVar[Deadline | None] = ContextVar("credit_sdk_deadline", default=None)
"""The deadline of the call that this thread or task is making."""
