"""Doubles for the ports: a clock that is set by hand, a source that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.errors import SourceUnavailable
from credit_sdk.testing.builders import MOMENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = MOMENT) -> None:
        """Stand at ``moment``, which needs an offset."""
        self.moment = moment

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.moment += by

    def __call__(self) -> datetime:
        """The moment it stands at."""
        return self.moment


class FailingSource:
    """A source that never answers, for both clients; counts how often it was asked."""

    name = "failing"

    def __init__(self, error: Exception | None = None) -> None:
        """Fail with ``error``; default: a :class:`~credit_sdk.errors.SourceUnavailable`.

        :param error: a :class:`~credit_sdk.errors.NoDecision`, as a source should raise, or anything else, as a careless
            one might.
        """
        self.error = error or SourceUnavailable("测试来源不作答", "the test source does not answer")
        self.asked = 0

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ARG002 - the port's parameters
        """Raise the error."""
        self.asked += 1
        raise self.error

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ARG002, ASYNC109 - the port's parameters
        """Raise the error."""
        self.asked += 1
        raise self.error

    def close(self) -> None:
        """Nothing to release."""

    async def aclose(self) -> None:
        """Nothing to release."""
