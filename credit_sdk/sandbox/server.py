"""Listening, starting, stopping: the sandbox as a program."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from credit_sdk.errors import InvalidRequest
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sandbox._state import State
from credit_sdk.sandbox.app import application

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from credit_sdk.model.catalogue import KnownLists

DEFAULT_PORT = 8900
"""Where the sandbox listens, if nothing else does already."""
_LOOPBACK = "127.0.0.1"
_PATIENCE = 2
"""Seconds that calls in flight get when the sandbox is stopped."""


def listen(host: str = _LOOPBACK, port: int | None = None) -> socket.socket:
    """A listening socket.

    :param port: 0: any free one; ``None``: :data:`DEFAULT_PORT`, or any free one if that is taken.
    :raises InvalidRequest: the port is taken, or the address is none of this machine's.
    """
    if port is None:
        try:
            return _bind(host, DEFAULT_PORT)
        except OSError:
            port = 0
    try:
        return _bind(host, port)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise InvalidRequest(
                "本机没有这个地址; 只供本机使用时不必给出 --host",
                "this machine has no such address; leave --host out to serve this machine only",
                key="--host",
            ) from None
        raise InvalidRequest(
            f"端口 {port} 不能监听 ({error.strerror}); 请换一个端口, --port 0 为任意空闲端口",
            f"cannot listen on port {port} ({error.strerror}); name another port, --port 0 takes any free one",
            key="--port",
        ) from None


def url_of(listening: socket.socket) -> str:
    """The base URL by which this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = _LOOPBACK
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine reaches the socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


@contextmanager
def opened(database: str | None, data: str | None, lists: KnownLists = CATALOGUE) -> Iterator[State]:
    """The sandbox's state, closed at the end.

    :param database: the SQLite file; ``None``: a temporary one, gone at the end.
    :param data: a JSON Lines file to fill it from; ``None``: the demonstration's fictional lists.
    :raises CreditError: one of them cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="credit-sandbox-") as folder:
        state = State(database or Path(folder) / "sandbox.db", data=data, lists=lists)
        try:
            yield state
        finally:
            state.close()


def serve(
    state: State,
    listening: socket.socket,
    *,
    admin_token: str | None = None,
    announce: Callable[[], object] | None = None,
    while_open: Callable[[], object] | None = None,
) -> None:
    """Serve until told to stop: by Ctrl-C, by SIGTERM, or by ``while_open`` returning.

    :param admin_token: as for :func:`credit_sdk.sandbox.app.application`.
    :param announce: called once calls are answered and signals are heeded.
    :param while_open: called in a thread; when it returns, the sandbox stops.
    """
    config = Config(
        application(state, admin_token=admin_token),
        http=_Protocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(config, announce)
    if while_open is not None:

        def watch() -> None:
            while_open()
            server.should_exit = True

        threading.Thread(target=watch, name="credit-sandbox-watch", daemon=True).start()
    asyncio.run(server.serve([listening]))


class _Server(Server):
    """Stops at a signal, and that is all: uvicorn's own would raise it again, and a temporary database would stay."""

    def __init__(self, config: Config, announce: Callable[[], object] | None) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._announce is not None:
            self._announce()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


class _Protocol(H11Protocol):
    """Lends its connection to the application, for the faults that cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two programs share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # From here on connections wait, so that whoever is told the address may call at once.
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening
