"""Programs that a test starts in a process of their own: ``python -m tests.faults.children SCENE KIND URL``.

They say on stdout, in JSON, what came of it; whatever else a process says when it ends stands on stderr, which has to be empty.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import socket
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.sources import AsyncCachedSource, AsyncHttpSource, CachedSource, HttpSource
from credit_sdk.testing import FixedClock, fictional_code, measure_list
from credit_sdk.transport import Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable

ASK: dict[str, Any] = {"domain": "test", "action": "award"}
PATIENT = Timeouts(connect=60, read=60, write=60, pool=60, total=60)
EACH = 10
"""So many checks in each process after the fork."""


class App:
    """An application with one client for all its processes."""

    def __init__(self, kind: str, url: str, *, cached: bool = False) -> None:
        self.kind = kind
        source: Any
        if kind == "async":
            source = AsyncHttpSource(url, timeouts=PATIENT, clock=FixedClock())
            source = AsyncCachedSource(source, clock=FixedClock()) if cached else source
            self.client: Any = AsyncCreditClient(source, measure_lists=[measure_list()], clock=FixedClock())
        else:
            source = HttpSource(url, timeouts=PATIENT, clock=FixedClock())
            source = CachedSource(source, clock=FixedClock()) if cached else source
            self.client = CreditClient(source, measure_lists=[measure_list()], clock=FixedClock())
        self.source = source

    def check(self, numbers: Any) -> list[bool]:
        """Whether each is blocked, as each should be."""
        codes = [fictional_code(number) for number in numbers]
        if self.kind == "async":
            return asyncio.run(self._checked(codes))
        return [self.client.check(code, **ASK).blocking for code in codes]

    async def _checked(self, codes: list[str]) -> list[bool]:
        return [one.blocking for one in await asyncio.gather(*(self.client.check(code, **ASK) for code in codes))]

    def close(self) -> None:
        if self.kind == "async":
            asyncio.run(self.source.aclose())
        else:
            self.source.close()


def told() -> None:
    """Wait for the test's word."""
    sys.stdin.readline()


# ---------------------------------------------------------------------------------------------------------------- fork


def in_child(work: Callable[[], list[bool]]) -> Callable[[], list[bool]]:
    """Fork, and do the work there; gives what waits for the child and hears what came of it."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        code = 1
        try:
            os.write(writing, json.dumps(work()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)

    def wait() -> list[bool]:
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(process, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        done: list[bool] = json.loads(said)
        return done

    return wait


def fork(kind: str, url: str, *, cached: bool = False) -> Any:
    """The connection is open and in use when the process forks; both go on, at the same time."""
    app = App(kind, url, cached=cached)
    before = app.check([1, 2, 3])
    children = [in_child(lambda start=start: app.check(range(start, start + EACH))) for start in (100, 200)]  # type: ignore[misc]
    here = app.check(range(300, 300 + EACH))
    results = [before, here, *(wait() for wait in children), app.check([4])]
    app.close()
    return [all(one) and len(one) for one in results]


def fork_cached(kind: str, url: str) -> Any:
    """As :func:`fork`, with a cache in between."""
    return fork(kind, url, cached=True)


def preload(kind: str, url: str) -> Any:
    """As with ``gunicorn --preload``: made before the fork, first used after it."""
    app = App(kind, url)
    children = [in_child(lambda start=start: app.check(range(start, start + EACH))) for start in (100, 200)]  # type: ignore[misc]
    results = [*(wait() for wait in children), app.check([1])]
    app.close()
    return [all(one) and len(one) for one in results]


def _work(app: App, start: int, results: Any) -> None:
    results.put(app.check(range(start, start + EACH)))


def multiprocess(kind: str, url: str) -> Any:
    """By multiprocessing's fork; its children run exit handlers."""
    app = App(kind, url)
    before = app.check([1])
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    workers = [context.Process(target=_work, args=(app, start, results)) for start in (100, 200)]
    for worker in workers:
        worker.start()
    said = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    last = app.check([2])
    app.close()
    return [all(one) and len(one) for one in (before, *said, last)] + [worker.exitcode for worker in workers]


def fork_in_flight(kind: str, url: str) -> Any:
    """Another thread is in the middle of a request when the process forks."""
    app = App(kind, url)
    with ThreadPoolExecutor(1) as pool:
        flying = pool.submit(app.check, [1])
        told()
        child = in_child(lambda: app.check(range(100, 100 + EACH)))
        results = [child(), flying.result(30), app.check([2])]
    app.close()
    return [all(one) and len(one) for one in results]


# --------------------------------------------------------------------------------------------------------------- loops


def two_loops(_: str, url: str) -> Any:
    """One client, two event loops at the same time, and a third one when both are gone."""
    app = App("async", url)
    together = threading.Barrier(2)

    async def ask(start: int) -> list[bool]:
        codes = [fictional_code(start + number) for number in range(EACH)]
        done = await app._checked(codes)
        await asyncio.to_thread(together.wait, 20)
        return done + await app._checked(codes)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda start: asyncio.run(ask(start)), (100, 200)))
    results.append(app.check([1]))
    app.close()
    return [all(one) and len(one) for one in results]


def many_loops(_: str, url: str) -> Any:
    """An event loop for each check, as some frameworks have it: what the last loop left open is not kept for ever."""
    app = App("async", url)
    right = all(all(app.check([number])) for number in range(1, 30))
    gc.collect()
    return [right, len(app.source._channel._lines) <= 2]


# ------------------------------------------------------------------------------------------------------------ shutdown


def leave(kind: str, url: str) -> Any:
    """The program ends while a daemon thread, or a task, waits for the platform."""
    app = App(kind, url)
    if kind == "async":
        asyncio.run(_leave(app))
        return "left"
    threading.Thread(target=app.check, args=([1],), daemon=True).start()
    told()
    return "left"


async def _leave(app: App) -> None:
    asking = asyncio.ensure_future(app.client.check(fictional_code(1), **ASK))
    await asyncio.sleep(0)
    await asyncio.to_thread(told)
    assert not asking.done()


def leave_closing(kind: str, url: str) -> Any:
    """The program closes its client while a worker waits for the platform, and ends."""
    app = App(kind, url)
    if kind == "async":
        return asyncio.run(_leave_closing(app))
    pool = ThreadPoolExecutor(1)
    flying = pool.submit(app.check, [1])
    told()
    app.source.close(0.2)
    pool.shutdown()
    return getattr(flying.exception(), "fault", None)


async def _leave_closing(app: App) -> Any:
    asking = asyncio.ensure_future(app.client.check(fictional_code(1), **ASK))
    await asyncio.sleep(0)
    await asyncio.to_thread(told)
    await app.source.aclose(0.2)
    ended = await asyncio.gather(asking, return_exceptions=True)
    return getattr(ended[0], "fault", None)


def leave_resolving(kind: str, _: str) -> Any:
    """The program ends while the name server hangs."""
    asked = threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        asked.set()
        threading.Event().wait()

    socket.getaddrinfo = hang
    app = App(kind, "https://credit.example")
    if kind == "async":
        asyncio.run(_leave_resolving(app, asked))
        return "left"
    threading.Thread(target=app.check, args=([1],), daemon=True).start()
    assert asked.wait(30)
    return "left"


async def _leave_resolving(app: App, asked: threading.Event) -> None:
    asking = asyncio.ensure_future(app.client.check(fictional_code(1), **ASK))
    await asyncio.sleep(0)
    assert await asyncio.to_thread(asked.wait, 30)
    assert not asking.done()


SCENES: dict[str, Callable[[str, str], Any]] = {
    one.__name__: one
    for one in (
        *(fork, fork_cached, preload, multiprocess, fork_in_flight),
        *(two_loops, many_loops),
        *(leave, leave_closing, leave_resolving),
    )
}

if __name__ == "__main__":
    # Python 3.12 warns of forks beside threads; that they work is what is shown here.
    warnings.filterwarnings("ignore", message=".*multi-threaded.*", category=DeprecationWarning)
    scene, kind, url = sys.argv[1:]
    sys.stdout.write(json.dumps(SCENES[scene](kind, url)) + "\n")
    sys.stdout.flush()
