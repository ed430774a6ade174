"""A platform that costs next to nothing: it keeps the contract, and gives the same bytes to the same question again.

``python -m benchmarks._platform`` prints its base URL and serves until its standard input ends. Below ``/slow`` every answer
takes 0.3 s, so that whoever asks meanwhile is truly at the same time. ``GET /count`` says how many queries there were.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks._workload import LISTED_ON, NOW, listing
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.moments import written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping

QUERY = "/v1/records/query"
SLOW = "/slow"
_DELAY = 0.3


def answer(body: bytes, listed: Callable[[str], bool]) -> bytes:
    """What the contract says to a query: coverage of every list, three listings for each subject that is listed."""
    return json.dumps(
        {
            "read_at": written(NOW),
            "coverage": [{"type": "coverage", "list": code, "as_of": written(NOW)} for code in CATALOGUE],
            "answers": [_one(subject, listed=listed(subject["code"])) for subject in json.loads(body)["subjects"]],
        },
        ensure_ascii=False,
    ).encode()


def _one(subject: dict[str, Any], *, listed: bool) -> dict[str, Any]:
    code = subject["code"]
    return {
        "subject": subject,
        "found": True,
        "listings": [listing(f"L-{code[-8:]}-{on}", on, code) for on in LISTED_ON] if listed else [],
        "violations": [],
        "uncoded_lists": [],
    }


def is_even(code: str) -> bool:
    """The firms of an even number are listed."""
    return int(code[10:17]) % 2 == 0


class Running:
    """The platform in its process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def count(self) -> int:
        """How many queries there were, the slow ones among them."""
        connection = HTTPConnection(urlsplit(self.url).netloc)
        try:
            connection.request("GET", "/count")
            return int(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def platform() -> Iterator[Running]:
    """Start it in a process of its own, so that it takes no time of the interpreter that is measured."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks._platform"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Running(process.stdout.readline().strip())
        finally:
            process.stdin.close()


# ------------------------------------------------------------------------------------------------- in that process


class _Platform:
    """The ASGI application."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._queries = 0

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        content = str(self._queries).encode()
        if scope["method"] == "POST":
            self._queries += 1
            pieces, more = [], True
            while more:
                message = await receive()
                pieces.append(message["body"])
                more = message["more_body"]
            body = b"".join(pieces)
            if body not in self._known:
                self._known[body] = answer(body, is_even)
            content = self._known[body]
            if scope["path"].startswith(SLOW):
                await asyncio.sleep(_DELAY)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _serve() -> None:
    import uvicorn

    # With its protocol named: asyncio switches Nagle's algorithm off for no other, and each answer would take 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1_024)
    config = uvicorn.Config(_Platform(), lifespan="off", access_log=False, log_level="critical", timeout_keep_alive=600)
    server = uvicorn.Server(config)

    def until_closed() -> None:
        sys.stdin.read()
        os._exit(0)  # whoever asked has gone; nothing is left to be finished

    threading.Thread(target=until_closed, daemon=True).start()
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    server.run(sockets=[listening])


if __name__ == "__main__":
    _serve()
