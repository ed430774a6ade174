"""A server on this machine that misbehaves as told: one behaviour for each request, from a script.

    with ScriptedServer(status(500), json_answer({"ok": True})) as server:
        ...                     # the first request to server.url gets a 500, every later one the answer
        server.requests         # what was asked

Each behaviour is a function of a :class:`Peer`. Nothing sleeps: who waits, waits for the server's end, so that a server
stops at once.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeAlias

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

_OK = b'{"ok":true}'


@dataclass(frozen=True)
class Request:
    """What a client asked. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


class Peer:
    """The other end of one connection, with the request that is to be answered."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection = connection
        self.over = over
        self.open = True
        self._received = b""
        self.request = Request("", "", {}, b"")

    def read(self) -> bool:
        """Wait for the next request; ``False`` if the client left."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive():
                return False
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        length = int(headers.get("content-length", "0"))
        while len(self._received) < length:
            if not self._receive():
                return False
        content, self._received = self._received[:length], self._received[length:]
        self.request = Request(method, target, headers, content)
        return True

    def _receive(self) -> bytes:
        try:
            piece = self.connection.recv(65536)
        except OSError:
            return b""
        self._received += piece
        return piece

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.sendall(piece)

    def drip(self, data: bytes, every: float) -> None:
        """Send byte by byte, until all is sent or the server ends."""
        for index in range(len(data)):
            self.send(data[index : index + 1])
            if self.over.wait(every):
                return

    def hold(self) -> None:
        """Say nothing more until the server ends."""
        self.over.wait(60)

    def hang_up(self) -> None:
        """Close properly."""
        self.open = False

    def reset(self) -> None:
        """Close with a reset: the client's next read fails."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.open = False


Behaviour: TypeAlias = "Callable[[Peer], None]"


class ScriptedServer:
    """Answers the n-th request with the n-th behaviour; the last one goes on for ever.

    :param script: the behaviours; none: every request gets ``{"ok": true}``.
    :param tls: speak TLS with this context.
    :param name: the host name in :attr:`url`.
    """

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None, name: str = "127.0.0.1") -> None:
        self._script = script or (json_answer({"ok": True}),)
        self._tls = tls
        self._name = name
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.requests: list[Request] = []
        self.connections = 0
        self.asked = threading.Semaphore(0)
        """Released for every request, as soon as it was read."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._name}:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw = connection
        try:
            if self._tls is not None:
                connection = self._shake_hands(connection)
            self._talk(Peer(connection, self._over))
        except OSError:  # the client left; ssl.SSLError is one too
            pass
        finally:
            with self._lock:
                self._open -= {connection, raw}
            connection.close()
            raw.close()

    def _shake_hands(self, raw: socket.socket) -> socket.socket:
        assert self._tls is not None
        connection = self._tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open = (self._open - {raw}) | {connection}
        try:
            connection.do_handshake()
        except OSError:
            # Closing with something unread resets the connection, and the client would not see why it was refused.
            with socket.socket(fileno=connection.detach()) as plain, contextlib.suppress(OSError):
                plain.settimeout(5)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(65536):
                    pass
            raise
        return connection

    def _talk(self, peer: Peer) -> None:
        while peer.open and not self._over.is_set() and peer.read():
            with self._lock:
                behaviour = self._script[min(len(self.requests), len(self._script) - 1)]
                self.requests.append(peer.request)
            self.asked.release()
            behaviour(peer)


# ----------------------------------------------------------------------------------------------------- behaviours


def head(status: int = 200, headers: Mapping[str, str] | None = None, length: int | None = None) -> bytes:
    """A response's status line and headers."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(
    content: bytes = _OK, *, status: int = 200, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> Behaviour:
    """A proper answer; the request's id is echoed."""

    def behave(peer: Peer) -> None:
        echoed = {"X-Request-Id": peer.request.headers.get("x-request-id", "")}
        peer.send(head(status, {"Content-Type": kind, **echoed, **(headers or {})}, len(content)), content)

    return behave


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    return answer(json.dumps(value).encode(), status=status, headers=headers)


def status(code: int, *, headers: Mapping[str, str] | None = None, content: bytes = b"") -> Behaviour:
    """A status without more."""
    return answer(content, status=code, kind="text/plain", headers=headers)


def problem(code: int, word: str, **more: object) -> Behaviour:
    """RFC 9457 problem details."""
    content = json.dumps({"type": "about:blank", "status": code, "code": word, **more}).encode()
    return answer(content, status=code, kind="application/problem+json")


def too_many(retry_after: str | None = None, date: str | None = None) -> Behaviour:
    """429, with ``Retry-After`` as given."""
    given = {"Retry-After": retry_after, "Date": date}
    return status(429, headers={name: value for name, value in given.items() if value is not None})


def redirect(location: str, code: int = 307) -> Behaviour:
    return status(code, headers={"Location": location})


def html(peer: Peer) -> None:
    """200 with a login page."""
    answer("<!DOCTYPE html><html><body>请登录</body></html>".encode(), kind="text/html; charset=utf-8")(peer)


def hang(peer: Peer) -> None:
    """The request is read and never answered."""
    peer.hold()


def hang_up(peer: Peer) -> None:
    """The request is read, and the connection closed."""
    peer.hang_up()


def reset(peer: Peer) -> None:
    """The request is read, and the connection reset."""
    peer.reset()


def hang_in_body(peer: Peer) -> None:
    """Half the answer, and then nothing."""
    peer.send(head(length=len(_OK)), _OK[:5])
    peer.hold()


def reset_in_body(peer: Peer) -> None:
    """Half the answer, and then a reset."""
    peer.send(head(length=1000), b"x" * 500)
    peer.reset()


def truncated(peer: Peer) -> None:
    """Half the answer, and then a proper close."""
    peer.send(head(length=len(_OK)), _OK[:5])
    peer.hang_up()


def truncated_chunks(peer: Peer) -> None:
    """A chunked answer that ends in the middle."""
    peer.send(head(headers={"Transfer-Encoding": "chunked"}), b"5\r\n" + _OK[:5] + b"\r\n")
    peer.hang_up()


def drip_headers(every: float = 0.05) -> Behaviour:
    """Headers, one byte after the other: no single read is ever late."""
    return lambda peer: peer.drip(head(headers={"X-Long": "x" * 2000}, length=len(_OK)) + _OK, every)


def drip_body(every: float = 0.05) -> Behaviour:
    """The body, one byte after the other."""

    def behave(peer: Peer) -> None:
        peer.send(head(length=2000))
        peer.drip(b" " * 2000, every)

    return behave


def not_http(peer: Peer) -> None:
    """Something else lives on this port."""
    peer.send(b"220 mail.example ESMTP ready\r\n\r\n")
    peer.hang_up()


def oversized(size: int, *, stated: bool = True) -> Behaviour:
    """A body of ``size`` bytes, with or without its length in the headers."""

    def behave(peer: Peer) -> None:
        piece = b"x" * 65536
        if stated:
            peer.send(head(length=size))
        else:
            peer.send(head(headers={"Connection": "close"}))
        with contextlib.suppress(OSError):
            for _ in range(size // len(piece)):
                peer.send(piece)
        peer.hang_up()

    return behave


def zipped(content: bytes = _OK, *, cut: int | None = None, claim: str = "gzip") -> Behaviour:
    """A compressed answer, whole or cut after ``cut`` bytes, called ``claim``."""

    def behave(peer: Peer) -> None:
        data = gzip.compress(content)[:cut]
        peer.send(head(headers={"Content-Encoding": claim}, length=len(data)), data)

    return behave


def gzip_bomb(size: int = 200 * 1024 * 1024) -> Behaviour:
    """A few kilobytes that decompress to ``size`` bytes."""
    import zlib

    pack = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    piece = bytes(1024 * 1024)
    data = b"".join([*(pack.compress(piece) for _ in range(size // len(piece))), pack.flush()])
    return lambda peer: peer.send(head(headers={"Content-Encoding": "gzip"}, length=len(data)), data)


# ------------------------------------------------------------------------------------- what does not even talk


def refusing_url() -> str:
    """A URL at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def silent_url(scheme: str = "http") -> Iterator[str]:
    """A URL whose connections are taken and never read: the request is sent, TLS never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def greeting_url(greeting: bytes, scheme: str = "http") -> Iterator[str]:
    """A URL at which something answers with ``greeting``, whatever it is sent."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@contextlib.contextmanager
def black_hole_url() -> Iterator[str]:
    """A URL that does not even take connections: its queue is full, and the system drops who knocks."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
