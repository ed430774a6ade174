"""What befalls the client itself: cancelled, forked, ended, in two loops, closed. One row each, as in ``rows``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk import AsyncCreditClient, CreditClient, Decision
from credit_sdk.errors import NoDecision, SourceUnavailable
from credit_sdk.sources import AsyncCachedSource, AsyncHttpSource, HttpSource
from credit_sdk.testing import FixedClock, coverage, fictional_code, listing
from credit_sdk.transport import Retries, Timeouts
from tests.faults.children import EACH
from tests.faults.rows import good
from tests.faults.stage import ASK, LISTS, SUBJECTS, Kind, said_by
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.scripted import Peer

ROOT = Path(__file__).parents[2]
PATIENT = Timeouts(connect=60, read=60, write=60, pool=60, total=60)
ONCE = Retries(attempts=0)
CLOSE = 1.0
"""The timeout of ``close``; it may take a tenth more."""
EVERYONE = [
    coverage("tax.major-violation"),
    *(listing("tax.major-violation", id=f"L-{n}", subject={"code": fictional_code(n)}) for n in range(1, 320)),
]
"""Whoever is asked about is listed, so that no answer can be mistaken for another's "clear"."""


@dataclass
class Ended:
    """What came of it."""

    said: Any
    """The scene's own words; compared with the row's."""
    error: type[NoDecision] | None = None
    fault: str | None = None
    retryable: bool = False
    exit_code: int | None = None
    took: float = 0.0
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Life:
    """One row.

    :param said: what the scene must say.
    :param zh_result: the same, for a reader.
    """

    id: str
    zh: str
    en: str
    zh_result: str
    en_result: str
    scene: Callable[[Kind], Ended]
    said: Any
    error: type[NoDecision] | None = None
    fault: str | None = None
    retryable: bool = False
    exit_code: int | None = None
    at_most: float = 10.0
    kinds: tuple[Kind, ...] = ("sync", "async")


@contextlib.contextmanager
def platform(*script: Any) -> Iterator[ScriptedServer]:
    """A server with this script; without one, all is well."""
    with ScriptedServer(*(script or (good(records=EVERYONE),))) as server:
        yield server


# ------------------------------------------------------------------------------------------------------- cancellation


def cancelled(kind: Kind) -> Ended:
    """A check is cancelled while the platform is silent; the next one is answered."""
    return _interrupted() if kind == "sync" else asyncio.run(_cancelled())


async def _cancelled() -> Ended:
    said = []
    for wrap in (lambda source: source, lambda source: AsyncCachedSource(source, clock=FixedClock())):
        with platform(scripted.hang, good()) as server:
            source = AsyncHttpSource(server.url, timeouts=PATIENT, clock=FixedClock())
            client = AsyncCreditClient(wrap(source), measure_lists=LISTS, clock=FixedClock())
            asking = asyncio.ensure_future(client.check(SUBJECTS[0], **ASK))
            assert await asyncio.to_thread(server.asked.acquire, timeout=20)
            asking.cancel()
            ended = await asyncio.gather(asking, return_exceptions=True)
            decision = await client.check(SUBJECTS[0], **ASK)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            # A connection on which an answer may still come is not used again.
            said.append((type(ended[0]).__name__, decision.blocking, server.connections, len(left)))
            await source.aclose()
    return Ended(said)


class Interrupted(BaseException):
    """What a signal handler raises, as gunicorn's and Celery's do."""


def _interrupted() -> Ended:
    """Threads cannot be cancelled, but a signal's handler may raise in the middle of a request."""

    def interrupt(peer: Peer) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        peer.hold()

    def handler(*_: object) -> None:
        raise Interrupted

    said = []
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        for _ in range(2):
            with platform(interrupt, good()) as server:
                source = HttpSource(server.url, timeouts=PATIENT, clock=FixedClock())
                client = CreditClient(source, measure_lists=LISTS, clock=FixedClock())
                name = ""
                try:
                    client.check(SUBJECTS[0], **ASK)
                except Interrupted:
                    name = "CancelledError"
                decision = client.check(SUBJECTS[0], **ASK)
                said.append((name, decision.blocking, server.connections, 0))
                source.close()
    finally:
        signal.signal(signal.SIGUSR1, before)
    return Ended(said)


# ---------------------------------------------------------------------------------------------------------- processes


def child(scene: str, *script: Any, tell: bool = False) -> Callable[[Kind], Ended]:
    """A scene of ``children``, against a server here.

    :param tell: say a word once the server was asked; the time counts from then.
    """

    def play(kind: Kind) -> Ended:
        with platform(*script) as server:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.children", scene, kind, server.url],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                text=True,
            )
            started = time.monotonic()
            word = None
            if tell:
                assert server.asked.acquire(timeout=20), process.stderr and process.stderr.read()
                started, word = time.monotonic(), "\n"
            try:
                out, err = process.communicate(word, timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                err += "\n(it had to be killed)"
            took = time.monotonic() - started
        said = json.loads(out) if out.strip() else None
        return Ended((said, err), exit_code=process.returncode, took=took, texts=[out, err])

    return play


def held_until_the_next() -> tuple[Any, Any]:
    """The first request is answered when the second has come."""
    second = threading.Event()
    answer = good(records=EVERYONE)

    def first(peer: Peer) -> None:
        assert second.wait(30)
        answer(peer)

    def others(peer: Peer) -> None:
        second.set()
        answer(peer)

    return first, others


def forked_in_flight(kind: Kind) -> Ended:
    return child("fork_in_flight", *held_until_the_next(), tell=True)(kind)


# ------------------------------------------------------------------------------------------------------------- close


def closing(url: Callable[[ExitStack], str]) -> Callable[[Kind], Ended]:
    """``close(1.0)`` while a check waits for a platform that says nothing."""

    def play(kind: Kind) -> Ended:
        with ExitStack() as stack:
            where = url(stack)
            return _closing_sync(where) if kind == "sync" else asyncio.run(_closing_async(where))

    return play


def _under_way(source: Any) -> bool:
    """Whether the channel has taken the call."""
    lines = source._channel._lines
    return any(line._calls for line in lines.values())


def _closing_sync(url: str) -> Ended:
    source = HttpSource(url, timeouts=PATIENT, retries=ONCE, clock=FixedClock())
    client = CreditClient(source, measure_lists=LISTS, clock=FixedClock())
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(client.check(SUBJECTS[0], **ASK))
        except NoDecision as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not _under_way(source) and time.monotonic() < until:
        thread.join(0.001)
    started = time.monotonic()
    source.close(CLOSE)
    took = time.monotonic() - started
    thread.join(5)
    return _closed(answers, took)


async def _closing_async(url: str) -> Ended:
    source = AsyncHttpSource(url, timeouts=PATIENT, retries=ONCE, clock=FixedClock())
    client = AsyncCreditClient(source, measure_lists=LISTS, clock=FixedClock())
    asking = asyncio.ensure_future(client.check(SUBJECTS[0], **ASK))
    while not _under_way(source):  # noqa: ASYNC110 - nobody tells when the call is on its way
        await asyncio.sleep(0)
    started = time.monotonic()
    await source.aclose(CLOSE)
    took = time.monotonic() - started
    return _closed(await asyncio.gather(asking, return_exceptions=True), took)


def closing_two_loops(_: Kind) -> Ended:
    """The same with a check in another event loop as well: they share the one timeout."""
    with platform(scripted.hang) as server:
        return asyncio.run(_closing_two_loops(server))


async def _closing_two_loops(server: ScriptedServer) -> Ended:
    source = AsyncHttpSource(server.url, timeouts=PATIENT, retries=ONCE, clock=FixedClock())
    client = AsyncCreditClient(source, measure_lists=LISTS, clock=FixedClock())

    async def ask() -> Any:
        return await client.check(SUBJECTS[0], **ASK)

    here = asyncio.ensure_future(ask())
    there = asyncio.ensure_future(asyncio.to_thread(lambda: asyncio.run(ask())))
    for _ in range(2):
        assert await asyncio.to_thread(server.asked.acquire, timeout=20)
    started = time.monotonic()
    await source.aclose(CLOSE)
    took = time.monotonic() - started
    answers = await asyncio.gather(here, there, return_exceptions=True)
    assert [getattr(one, "fault", one) for one in answers] == ["closed", "closed"]
    return _closed(answers[:1], took)


def _closed(answers: Any, took: float) -> Ended:
    (answer,) = answers or (None,)
    if isinstance(answer, NoDecision):
        return Ended("ended", type(answer), answer.fault, answer.retryable, 4, took, said_by(answer))
    return Ended("decided" if isinstance(answer, Decision) else f"{type(answer).__name__}", took=took)


def hung(stack: ExitStack) -> str:
    return stack.enter_context(platform(scripted.hang)).url


def silent(stack: ExitStack) -> str:
    return stack.enter_context(scripted.silent_url())


def silent_tls(stack: ExitStack) -> str:
    return stack.enter_context(scripted.silent_url("https"))


CLOSED: dict[str, Any] = {
    "said": "ended",
    "error": SourceUnavailable,
    "fault": "closed",
    "exit_code": 4,
    "at_most": CLOSE * 1.1,
    "zh_result": "close(timeout) 在限时 + 10% 内返回, 在途请求以错误结束",
    "en_result": "close(timeout) returns within its timeout and a tenth; the check ends with an error",
}
FORKED: dict[str, Any] = {
    "exit_code": 0,
    "at_most": 25.0,
    "zh_result": "父子进程各自得到正确结论",
    "en_result": "parent and children get their right decisions",
}
LEFT: dict[str, Any] = {
    "exit_code": 0,
    "at_most": 4.0,
    "zh_result": "进程立即退出, 退出码 0, 标准错误为空",
    "en_result": "the process ends at once with exit code 0 and nothing on stderr",
}

# fmt: off
LIVES: tuple[Life, ...] = (
    Life(id="cancelled", zh="核查在途时被取消 (asyncio; 线程则为信号处理函数抛出)", en="a check is cancelled in flight", scene=cancelled, said=[("CancelledError", True, 2, 0)] * 2, zh_result="取消照常传出, 连接关闭; 同一客户端继续可用", en_result="the cancellation comes out, the connection is closed; the client goes on"),
    Life(id="fork", zh="使用后 os.fork, 父子同时继续用", en="used, forked (os.fork), and used on in both", scene=child("fork"), said=([3, EACH, EACH, EACH, 1], ""), **FORKED),
    Life(id="fork-cached", zh="同上, 带缓存", en="the same with a cache", scene=child("fork_cached"), said=([3, EACH, EACH, EACH, 1], ""), **FORKED),
    Life(id="fork-preload", zh="fork 前创建, 之后才使用 (gunicorn --preload)", en="made before the fork, used after it (gunicorn --preload)", scene=child("preload"), said=([EACH, EACH, 1], ""), **FORKED),
    Life(id="fork-multiprocessing", zh="multiprocessing (fork)", en="multiprocessing (fork)", scene=child("multiprocess"), said=([1, EACH, EACH, 1, 0, 0], ""), **FORKED),
    Life(id="fork-in-flight", zh="另一线程有请求在途时 fork", en="forked while another thread is in the middle of a request", scene=forked_in_flight, said=([EACH, 1, 1], ""), **FORKED),
    Life(id="shutdown", zh="请求在途时解释器退出", en="the interpreter ends with a request in flight", scene=child("leave", scripted.hang, tell=True), said=("left", ""), **LEFT),
    Life(id="shutdown-closing", zh="请求在途时 close(0.2), 随后退出", en="close(0.2) with a request in flight, then the end", scene=child("leave_closing", scripted.hang, tell=True), said=("closed", ""), **LEFT),
    Life(id="shutdown-resolving", zh="DNS 不应答时解释器退出", en="the interpreter ends while the name server hangs", scene=child("leave_resolving"), said=("left", ""), **{**LEFT, "at_most": 8.0}),
    Life(id="two-loops", zh="同一客户端在两个事件循环中使用", en="one client in two event loops", scene=child("two_loops"), said=([2 * EACH, 2 * EACH, 1], ""), exit_code=0, kinds=("async",), zh_result="各自得到正确结论", en_result="right decisions in each"),
    Life(id="many-loops", zh="反复 asyncio.run, 用同一客户端", en="one client in one event loop after the other", scene=child("many_loops"), said=([True, True], ""), exit_code=0, kinds=("async",), zh_result="各自得到正确结论, 旧连接不积累", en_result="right decisions, and no connections piling up"),
    Life(id="close-hang", zh="收下请求不应答时 close", en="close while the platform is silent", scene=closing(hung), **CLOSED),
    Life(id="close-black-hole", zh="对方从不 accept 时 close", en="close while nobody accepts", scene=closing(silent), **CLOSED),
    Life(id="close-tls", zh="TLS 握手不应答时 close", en="close while the TLS handshake hangs", scene=closing(silent_tls), **CLOSED),
    Life(id="close-two-loops", zh="两个事件循环中都有请求在途时 close", en="close with requests in flight in two event loops", scene=closing_two_loops, kinds=("async",), **CLOSED),
)
# fmt: on
