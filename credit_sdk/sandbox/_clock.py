"""The sandbox's clock: this machine's, and as far beside it as is wanted."""

from __future__ import annotations

from datetime import datetime, timedelta

from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.clock import Clock, system_clock

FURTHEST = timedelta(days=3650)
"""How far the clock can be set off."""


class SandboxClock:
    """A clock that can be set off, to see what a client does about a platform whose clock goes wrong."""

    def __init__(self, clock: Clock = system_clock) -> None:
        """Go by ``clock``."""
        self._clock = clock
        self.offset = timedelta()

    def __call__(self) -> datetime:
        """The present moment, by this clock."""
        return (self._clock() + self.offset).astimezone(SHANGHAI)
