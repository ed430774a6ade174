"""Access tokens: asked for once by whoever comes first, while the others wait. Twins, side by side."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from credit_sdk.errors import NoDecision

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from credit_sdk.transport._auth import Token

_EARLY = 0.1
"""Part of a token's life at whose end it is renewed: it must not end on its way."""
_MOST_EARLY = 30.0


class _Kept:
    """The token that is kept, and how the last question for one went."""

    def __init__(self) -> None:
        self._token: Token | None = None
        self._until = 0.0
        self._asked = 0
        self._failure: NoDecision | None = None

    def usable(self, refused: Token | None) -> Token | None:
        """The token, unless it is about to end, or is the one that the platform just refused."""
        if self._token is None or self._token is refused or time.monotonic() >= self._until:
            return None
        return self._token

    def keep(self, token: Token, asked_at: float) -> Token:
        self._token = token
        self._until = asked_at + token.lifetime - min(token.lifetime * _EARLY, _MOST_EARLY)
        self._asked += 1
        self._failure = None
        return token

    def fail(self, failure: NoDecision) -> None:
        self._asked += 1
        self._failure = failure

    def failed_since(self, asked: int) -> None:
        """Let those who waited for a question that failed share its failure, and not ask one after the other.

        :raises NoDecision: it failed.
        """
        if self._asked != asked and self._failure is not None:
            failure = self._failure
            raise type(failure)(
                failure.zh,
                failure.en,
                fault=failure.fault,
                status=failure.status,
                request_id=failure.request_id,
                retry_after=failure.retry_after,
                retryable=failure.retryable,
            )


class Tokens(_Kept):
    """For threads."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def get(
        self, ask: Callable[[], Token], *, wait: float, late: Callable[[], NoDecision], refused: Token | None = None
    ) -> Token:
        """The token, asked for with ``ask`` if there is none.

        :param wait: seconds to wait at most for somebody else's question.
        :param late: the error if that is not enough.
        :param refused: a token that is no longer good.
        :raises NoDecision: there is none to be had.
        """
        if (token := self.usable(refused)) is not None:
            return token
        asked = self._asked
        if not self._lock.acquire(timeout=max(wait, 0)):
            raise late()
        try:
            if (token := self.usable(refused)) is not None:
                return token
            self.failed_since(asked)
            started = time.monotonic()
            try:
                return self.keep(ask(), started)
            except NoDecision as failure:
                self.fail(failure)
                raise
        finally:
            self._lock.release()


class AsyncTokens(_Kept):
    """For the tasks of one event loop, whose channel bounds the waiting."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = asyncio.Lock()

    async def get(self, ask: Callable[[], Awaitable[Token]], *, refused: Token | None = None) -> Token:
        """As :meth:`Tokens.get`."""
        if (token := self.usable(refused)) is not None:
            return token
        asked = self._asked
        async with self._lock:
            if (token := self.usable(refused)) is not None:
                return token
            self.failed_since(asked)
            started = time.monotonic()
            try:
                return self.keep(await ask(), started)
            except NoDecision as failure:
                self.fail(failure)
                raise
