"""Between an event loop and the threads beside it: what the asynchronous client needs for a ledger that blocks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from credit_sdk.errors import NoDecision, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from credit_sdk.ports import AsyncChangeFeed, ChangePage

P = ParamSpec("P")
T = TypeVar("T")

_GRACE = 1.0
"""Seconds that a feed may take beyond its timeout, before the thread stops waiting for it."""


async def to_the_end(call: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """``call`` in a thread, to its end, though the task be cancelled meanwhile: a report begun is a report made."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *arguments, **options))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError as cancelled:
        await asyncio.wait([running])
        if not running.cancelled() and (failure := running.exception()) is not None:
            cancelled.add_note(f"未能入账 ({type(failure).__name__}) | it could not be kept")
        raise


async def in_transaction(call: Callable[[Any], T], connection: Any) -> T:
    """``call`` with the caller's own connection, where that one lives.

    SQLAlchemy's asynchronous connections and sessions lend their synchronous selves (``run_sync``). A synchronous one
    belongs to the caller's thread, and is used in it.
    """
    lend = getattr(connection, "run_sync", None)
    return cast("T", await lend(call)) if callable(lend) else call(connection)


def waiting(question: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, timeout: float | None = None) -> T:
    """What ``question`` comes to in ``loop``, for a thread that waits for it.

    :raises TimeoutError: it took too long.
    """
    running = asyncio.run_coroutine_threadsafe(question, loop)
    try:
        return running.result(timeout)
    except BaseException:
        running.cancel()
        raise


class BlockingFeed:
    """An asynchronous change feed for a thread beside its event loop. Follows :class:`credit_sdk.ports.ChangeFeed`."""

    def __init__(self, feed: AsyncChangeFeed, loop: asyncio.AbstractEventLoop) -> None:
        self.name = str(getattr(feed, "name", "feed"))
        self._feed = feed
        self._loop = loop

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        """As the port has it."""
        question = self._feed.changes_async(cursor, limit=limit, timeout=timeout)
        try:
            return waiting(question, self._loop, None if timeout is None else timeout + _GRACE)
        except NoDecision:
            raise
        except TimeoutError as error:
            raise SourceUnavailable(
                "变更流未在限时内作答", "the change feed did not answer in time", fault="timeout"
            ) from error
