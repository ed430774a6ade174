"""The network beneath the HTTP library, kept within the call's deadline.

httpx knows timeouts for each phase and none for the whole: name resolution has no limit, and a platform that sends one
byte of its headers a second is never late. So the library's own network port is given two small backends. Both resolve
names by :class:`~credit_sdk.transport._resolver.Resolver` and try the addresses in turn; the blocking one also bounds
every read, write and handshake by what is left of the deadline, while the awaited one needs no more, because its channel
stands under ``asyncio.timeout``.

Why here, and not a thread for each request: nothing is left behind when a deadline cuts in (no thread that reads on, no
connection that is held), a request costs a comparison more instead of two thread switches, and signals, context variables
and gevent work as they do without.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

from credit_sdk.transport._deadline import DEADLINE, Deadline
from credit_sdk.transport._library import httpcore
from credit_sdk.transport._resolver import Resolver, literal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from credit_sdk.transport._resolver import Found

    Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_PIECE = 65536


def _bound(timeout: float | None, late: type[Exception]) -> float | None:
    """``timeout``, as far as the deadline leaves it.

    :raises Exception: ``late``, if it is over.
    """
    deadline = DEADLINE.get()
    left = timeout if deadline is None else deadline.bound(timeout)
    if left is not None and left <= 0:
        raise late("no time left")
    return left


@contextlib.contextmanager
def _resolving() -> Iterator[None]:
    """Say what is going on, for the error if the time runs out meanwhile."""
    deadline = DEADLINE.get()
    if deadline is None:
        yield
        return
    deadline.resolving = True
    yield
    deadline.resolving = False  # not in `finally`: what failed failed while resolving


class _Shares:
    """A connect timeout over several addresses: each gets an equal share of what its predecessors left."""

    def __init__(self, timeout: float | None, addresses: tuple[str, ...]) -> None:
        self._all = None if timeout is None else Deadline(timeout)
        self._waiting = len(addresses)

    def next(self) -> float | None:
        """Seconds for the next address."""
        left = _bound(None if self._all is None else max(self._all.left(), 0), httpcore.ConnectTimeout)
        self._waiting -= 1
        return None if left is None else left / (self._waiting + 1)


def _no_address(why: str) -> socket.gaierror:
    return socket.gaierror(socket.EAI_AGAIN, why)


# ------------------------------------------------------------------------------------------------------- blocking


class Stream(httpcore.NetworkStream):
    """A connection whose every operation ends with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, alive: set[Stream]) -> None:
        self._inner = inner
        self._alive = alive
        self._socket: socket.socket = inner.get_extra_info("socket")
        alive.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As much as there is."""
        return self._inner.read(max_bytes, _bound(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it, in pieces: a peer that takes it slowly is late as well."""
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], _bound(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """The same connection under TLS. Python bounds the whole handshake by one timeout."""
        left = _bound(timeout, httpcore.ConnectTimeout)
        # The handshake takes the socket away, into one that nobody sees before it ends; the copy is for `cut`.
        with self._inner.get_extra_info("socket").dup() as self._socket:
            try:
                return Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._alive)
            finally:
                self._alive.discard(self)

    def get_extra_info(self, info: str) -> Any:
        """What the inner stream knows."""
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        """Close."""
        self._alive.discard(self)
        self._inner.close()

    def cut(self) -> None:
        """End what another thread is doing on it, at once."""
        with contextlib.suppress(OSError):
            # Only a shutdown wakes a thread that waits in `recv`; closing does not.
            self._socket.shutdown(socket.SHUT_RDWR)


class Network(httpcore.NetworkBackend):
    """Connects, blocking."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()
        self._resolver = Resolver()
        self.alive: set[Stream] = set()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> Stream:
        """Connect to the first address that answers; each gets an equal share of the time that is left for all."""
        addresses = (host,) if literal(host) else self._addresses(host, port, timeout)
        failure: Exception = httpcore.ConnectError("no address")
        shares = _Shares(timeout, addresses)
        for address in addresses:
            try:
                inner = self._plain.connect_tcp(address, port, shares.next(), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return Stream(inner, self.alive)
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> tuple[str, ...]:
        with _resolving():
            try:
                found = self._resolver.ask(host, port)
                return found.result(_bound(timeout, httpcore.ConnectTimeout))
            except TimeoutError:
                raise httpcore.ConnectTimeout("name resolution") from _no_address("late")
            except OSError as error:
                raise httpcore.ConnectError("name resolution") from _no_address(str(error))

    def cut(self) -> None:
        """End whatever is going on, in every thread."""
        for stream in list(self.alive):
            stream.cut()

    def forget(self) -> None:
        """Close what was inherited from the parent process; its connections stay as they are."""
        for stream in list(self.alive):
            with contextlib.suppress(OSError):
                stream.close()


# -------------------------------------------------------------------------------------------------------- awaited


class AsyncStream(httpcore.AsyncNetworkStream):
    """A connection that is closed when its TLS handshake is cancelled; the library's own is left open then."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the port's name for it
        """As much as there is."""
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """All of it."""
        await self._inner.write(buffer, timeout)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS."""
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except asyncio.CancelledError:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        """What the inner stream knows."""
        return self._inner.get_extra_info(info)

    async def aclose(self) -> None:
        """Close."""
        await self._inner.aclose()


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """Connects, awaited. Reading and writing are the library's own."""

    def __init__(self) -> None:
        self._plain = httpcore.AnyIOBackend()
        self._resolver = Resolver()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's name for it
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As :meth:`Network.connect_tcp`."""
        addresses = (host,) if literal(host) else await self._addresses(host, port, timeout)
        failure: Exception = httpcore.ConnectError("no address")
        shares = _Shares(timeout, addresses)
        for address in addresses:
            try:
                inner = await self._plain.connect_tcp(address, port, shares.next(), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return AsyncStream(inner)
        raise failure

    async def _addresses(self, host: str, port: int, limit: float | None) -> tuple[str, ...]:
        with _resolving():
            try:
                found: Found = self._resolver.ask(host, port)
                async with asyncio.timeout(_bound(limit, httpcore.ConnectTimeout)):
                    return await asyncio.wrap_future(found)
            except TimeoutError:
                raise httpcore.ConnectTimeout("name resolution") from _no_address("late")
            except OSError as error:
                raise httpcore.ConnectError("name resolution") from _no_address(str(error))
