"""The line to a platform: one process's (or one event loop's) pooled client, and the calls that are on it. Twins.

The HTTP library is used from its transport downwards. What its ``Client`` adds (cookies, redirects followed, ``.netrc``,
a log line with the URL) is not wanted here, and costs a quarter of a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import NoDecision
from credit_sdk.transport import _retry
from credit_sdk.transport._auth import ClientCredentials
from credit_sdk.transport._deadline import DEADLINE
from credit_sdk.transport._library import httpcore, httpx
from credit_sdk.transport._logging import redact
from credit_sdk.transport._network import AsyncNetwork, Network
from credit_sdk.transport._tokens import AsyncTokens, Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from credit_sdk.transport._auth import Token
    from credit_sdk.transport._exchange import Answer, Exchange
    from credit_sdk.transport._messages import Reply
    from credit_sdk.transport._setup import Setup

MAX_CONNECTIONS = 100
"""As many calls at a time; further ones wait for ``Timeouts.pool``."""
_MOST_IDLE = 20
"""Unused connections kept, as by httpx itself. The library asks the system about each of them at every call: some ten
microseconds for each."""
_IDLE = 30.0
"""Seconds that an unused connection is kept: less than the 60 to 75 after which common servers close it."""
_GRACE = 0.05
"""Part of a close's timeout that is left for the calls that were cut off to go."""


def _pool_options(setup: Setup) -> dict[str, Any]:
    context = setup.tls_context
    if context is None and setup.needs_tls:
        context = setup.tls.make_context(lambda: httpx.create_ssl_context(trust_env=False))
    return {
        "ssl_context": context,
        "max_connections": MAX_CONNECTIONS,
        "max_keepalive_connections": _MOST_IDLE,
        "keepalive_expiry": _IDLE,
    }


class _Transport(httpx.HTTPTransport):
    """The library's transport over a pool with our network; its own constructor has no place for one."""

    def __init__(self, setup: Setup, network: Network) -> None:
        self._pool = httpcore.ConnectionPool(network_backend=network, **_pool_options(setup))


class _AsyncTransport(httpx.AsyncHTTPTransport):
    """Likewise."""

    def __init__(self, setup: Setup, network: AsyncNetwork) -> None:
        self._pool = httpcore.AsyncConnectionPool(network_backend=network, **_pool_options(setup))


# ------------------------------------------------------------------------------------------------------- blocking


class Line:
    """For the threads of one process."""

    def __init__(self, setup: Setup) -> None:
        redact()
        self._network = Network()
        self._transport = _Transport(setup, self._network)
        self._tokens = Tokens()
        self._retrying = _retry.retrying(self._sleep)
        self._changed = threading.Condition()
        self._calls = 0
        self._closing = threading.Event()

    def send(self, exchange: Exchange) -> Reply:
        """Make attempts until one succeeds or none is left."""
        with self._changed:
            if self._closing.is_set():
                raise exchange.closed()
            self._calls += 1
        before = DEADLINE.set(exchange.deadline)
        try:
            try:
                return self._attempt(exchange)
            except NoDecision as failure:
                exchange.failure = failure
            reply: Reply = self._retrying(self._after, exchange)
            return reply
        finally:
            DEADLINE.reset(before)
            with self._changed:
                self._calls -= 1
                if not self._calls:
                    self._changed.notify_all()

    def _after(self, exchange: Exchange) -> Reply:
        """An attempt for tenacity, whose first is the one that failed: most calls never need its help, nor pay for it."""
        if (failure := exchange.failure) is not None:
            exchange.failure = None
            raise failure
        return self._attempt(exchange)

    def _attempt(self, exchange: Exchange) -> Reply:
        if self._closing.is_set():
            raise exchange.closed()
        exchange.begin()
        status: int | None = None
        error: str | None = "cancelled"
        try:
            reply = self._round(exchange)
            status, error = reply.status, None
        except NoDecision as failure:
            status, error = failure.status, failure.fault or failure.code
            raise
        else:
            return reply
        finally:
            exchange.done(status, error)

    def _round(self, exchange: Exchange) -> Reply:
        """One attempt: with a token renewed, and redirects within the platform, it may take several requests."""
        token = self._token(exchange)
        answer = self._transfer(exchange, exchange.request(token))
        if answer.status == 401 and token is not None:
            token = self._token(exchange, refused=token)
            answer = self._transfer(exchange, exchange.request(token))
        while exchange.redirected(answer):
            answer = self._transfer(exchange, exchange.request(token))
        return exchange.reply(answer)

    def _token(self, exchange: Exchange, refused: Token | None = None) -> Token | None:
        if not isinstance(exchange.setup.auth, ClientCredentials):
            return None
        return self._tokens.get(
            lambda: exchange.token_of(self._transfer(exchange, exchange.token_request())),
            wait=exchange.deadline.left(),
            late=lambda: exchange.failed(TimeoutError()),
            refused=refused,
        )

    def _transfer(self, exchange: Exchange, request: httpx.Request) -> Answer:
        """One request and what comes back."""
        try:
            response = self._transport.handle_request(request)
            try:
                return exchange.answered(response, self._read(exchange, response))
            except Exception:
                if response.is_success:
                    raise
                return exchange.answered(response, b"")  # of a refusal the status says enough
            finally:
                response.close()
        except Exception as error:  # noqa: BLE001 - everything becomes one of our own
            failure = exchange.failed(error, closed=self._closing.is_set())
        raise failure

    def _read(self, exchange: Exchange, response: httpx.Response) -> bytes:
        body = exchange.body(response)
        stream: Iterable[bytes] = response.stream  # type: ignore[assignment]  # a union with the awaited one
        for piece in stream:
            body.add(piece)
        return body.whole()

    def _sleep(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def close(self, timeout: float) -> None:
        """Take no new calls, wait for those on the line, then cut them off."""
        self._closing.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._calls, timeout)
        self._network.cut()
        with contextlib.suppress(Exception):  # a connection that does not close well is closed all the same
            self._transport.close()

    def forget(self) -> None:
        """In a forked child: leave the parent's connections to the parent."""
        self._network.forget()


# -------------------------------------------------------------------------------------------------------- awaited


class AsyncLine:
    """For the tasks of one event loop."""

    def __init__(self, setup: Setup) -> None:
        redact()
        self._transport = _AsyncTransport(setup, AsyncNetwork())
        self._tokens = AsyncTokens()
        self._calls: set[asyncio.Timeout] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closing = asyncio.Event()

    async def send(self, exchange: Exchange) -> Reply:
        """As :meth:`Line.send`."""
        if self._closing.is_set():
            raise exchange.closed()
        before = DEADLINE.set(exchange.deadline)
        limit = asyncio.timeout(exchange.deadline.left())
        self._calls.add(limit)
        self._empty.clear()
        try:
            async with limit:
                try:
                    return await self._attempt(exchange)
                except NoDecision as failed:
                    exchange.failure = failed
                reply: Reply = await _retry.async_retrying(self._sleep)(self._after, exchange)
                return reply
        except TimeoutError as error:
            failure = exchange.failed(error, closed=self._closing.is_set())
        finally:
            DEADLINE.reset(before)
            self._calls.discard(limit)
            if not self._calls:
                self._empty.set()
        raise failure

    async def _after(self, exchange: Exchange) -> Reply:
        """As :meth:`Line._after`."""
        if (failure := exchange.failure) is not None:
            exchange.failure = None
            raise failure
        return await self._attempt(exchange)

    async def _attempt(self, exchange: Exchange) -> Reply:
        if self._closing.is_set():
            raise exchange.closed()
        exchange.begin()
        status: int | None = None
        error: str | None = "cancelled"
        try:
            reply = await self._round(exchange)
            status, error = reply.status, None
        except NoDecision as failure:
            status, error = failure.status, failure.fault or failure.code
            raise
        else:
            return reply
        finally:
            if error == "cancelled" and exchange.deadline.left() <= 0:
                error = "deadline"
            exchange.done(status, error)

    async def _round(self, exchange: Exchange) -> Reply:
        """As :meth:`Line._round`."""
        token = await self._token(exchange)
        answer = await self._transfer(exchange, exchange.request(token))
        if answer.status == 401 and token is not None:
            token = await self._token(exchange, refused=token)
            answer = await self._transfer(exchange, exchange.request(token))
        while exchange.redirected(answer):
            answer = await self._transfer(exchange, exchange.request(token))
        return exchange.reply(answer)

    async def _token(self, exchange: Exchange, refused: Token | None = None) -> Token | None:
        if not isinstance(exchange.setup.auth, ClientCredentials):
            return None

        async def ask() -> Token:
            return exchange.token_of(await self._transfer(exchange, exchange.token_request()))

        return await self._tokens.get(ask, refused=refused)

    async def _transfer(self, exchange: Exchange, request: httpx.Request) -> Answer:
        """As :meth:`Line._transfer`."""
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return exchange.answered(response, await self._read(exchange, response))
            except Exception:
                if response.is_success:
                    raise
                return exchange.answered(response, b"")
            finally:
                await response.aclose()
        except Exception as error:  # noqa: BLE001 - everything becomes one of our own
            failure = exchange.failed(error, closed=self._closing.is_set())
        raise failure

    async def _read(self, exchange: Exchange, response: httpx.Response) -> bytes:
        body = exchange.body(response)
        stream: AsyncGenerator[bytes] = aiter(response.stream)  # type: ignore[arg-type]  # a union with the blocking one
        async with contextlib.aclosing(stream) as pieces:
            async for piece in pieces:
                body.add(piece)
        return body.whole()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 - the port's name for it
        """As :meth:`Line.close`."""
        self._closing.set()
        await self._until_empty(timeout)
        for limit in tuple(self._calls):
            with contextlib.suppress(RuntimeError):  # it has just ended
                limit.reschedule(asyncio.get_running_loop().time())
        await self._until_empty(timeout * _GRACE)
        with contextlib.suppress(Exception):
            await self._transport.aclose()

    async def _until_empty(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
