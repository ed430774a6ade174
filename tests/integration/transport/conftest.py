"""Each test of a channel's behaviour is written once and run twice: blocking and awaited."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.transport import AsyncChannel, Call, Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from credit_sdk.transport import Reply

GET = Call("GET", "/v1/health")
QUERY = Call("POST", "/v1/records/query", json={"subjects": []}, safe=True)
UNSAFE = Call("POST", "/v1/records/query", json={"subjects": []})


class Blocking:
    """A channel in threads."""

    def __init__(self, url: str, **options: Any) -> None:
        self.channel = Channel(url, **options)
        self._threads = ThreadPoolExecutor(32)

    def send(self, call: Call = QUERY) -> Reply:
        return self.channel.send(call)

    def begin(self, call: Call = QUERY) -> Future[Reply]:
        """Send, meanwhile."""
        return self._threads.submit(self.channel.send, call)

    def close(self, timeout: float = 5.0) -> None:
        self.channel.close(timeout)

    def end(self) -> None:
        self.channel.close(0)
        self._threads.shutdown()


class Awaited:
    """The awaited channel in an event loop of its own, spoken with like the blocking one."""

    def __init__(self, url: str, **options: Any) -> None:
        self.channel = AsyncChannel(url, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def send(self, call: Call = QUERY) -> Reply:
        return self.begin(call).result(30)

    def begin(self, call: Call = QUERY) -> Future[Reply]:
        return asyncio.run_coroutine_threadsafe(self.channel.send(call), self._loop)

    def close(self, timeout: float = 5.0) -> None:
        asyncio.run_coroutine_threadsafe(self.channel.aclose(timeout), self._loop).result(30)

    def end(self) -> None:
        self.close(0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(params=[Blocking, Awaited], ids=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Blocking | Awaited]]:
    """Makes channels, closed after the test."""
    made: list[Blocking | Awaited] = []

    def make(url: str, **options: Any) -> Blocking | Awaited:
        made.append(request.param(url, **options))
        return made[-1]

    yield make
    for one in made:
        one.end()
