"""When to ask again, and after what pause. The arithmetic is pure; tenacity turns it into attempts."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import tenacity

from credit_sdk.errors import NoDecision

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from credit_sdk.transport._exchange import Exchange
    from credit_sdk.transport._settings import Retries

_SECONDS = re.compile(r"[0-9]+")
_MOST_SECONDS = 1e9


def retry_after(value: str | None, date: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks to wait (RFC 9110, 10.2.3).

    :param value: seconds or an HTTP date.
    :param date: the answer's ``Date`` header; a date is counted from it, so that the two clocks need not agree.
    :param now: this machine's clock, where there is no ``Date``.
    :returns: zero for a past date; ``None`` if there is no header, or it is neither.
    """
    value = (value or "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), _MOST_SECONDS)
    until = _moment(value)
    if until is None:
        return None
    return min(max((until - (_moment(date or "") or now)).total_seconds(), 0.0), _MOST_SECONDS)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def pause(retries: Retries, attempt: int, asked: float | None, dice: Callable[[], float] = random.random) -> float:
    """Seconds before the next attempt.

    :param attempt: the one that failed, from 1.
    :param asked: what the platform asked for; goes before.
    :param dice: a random number from 0 to 1.
    """
    if asked is not None:
        return asked
    # Half of it fixed: with none at all a restarting platform would be asked again at once.
    longest: float = min(retries.longest, retries.first * 2.0 ** min(attempt - 1, 30))
    return longest * (0.5 + dice() / 2)


# ------------------------------------------------------------------------------------------------------- tenacity

# Each hook reads the call's own state, an `Exchange`, from the arguments of the attempt.


def _again(state: tenacity.RetryCallState) -> bool:
    error = state.outcome and state.outcome.exception()
    return isinstance(error, NoDecision) and _exchange(state).may_repeat(error)


def _wait(state: tenacity.RetryCallState) -> float:
    exchange = _exchange(state)
    error = state.outcome and state.outcome.exception()
    return pause(exchange.retries, exchange.attempt, getattr(error, "retry_after", None))


def _stop(state: tenacity.RetryCallState) -> bool:
    exchange = _exchange(state)
    return exchange.attempt > exchange.retries.attempts or state.upcoming_sleep >= exchange.deadline.left()


def _before_sleep(state: tenacity.RetryCallState) -> None:
    error = state.outcome and state.outcome.exception()
    _exchange(state).retrying(state.upcoming_sleep, getattr(error, "fault", None) or "")


def _exchange(state: tenacity.RetryCallState) -> Exchange:
    exchange: Exchange = state.args[0]
    return exchange


def retrying(sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Attempts that block. The last error comes out as it is."""
    return tenacity.Retrying(
        retry=_again, wait=_wait, stop=_stop, before_sleep=_before_sleep, sleep=sleep, reraise=True
    )


def async_retrying(sleep: Callable[[float], Awaitable[Any]]) -> tenacity.AsyncRetrying:
    """The same, awaited. One for each call: tenacity keeps state in the thread, which many tasks share."""
    return tenacity.AsyncRetrying(
        retry=_again, wait=_wait, stop=_stop, before_sleep=_before_sleep, sleep=sleep, reraise=True
    )
