"""Made once, shared, forked, cancelled, closed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest
import respx

from credit_sdk.errors import NoDecision
from credit_sdk.transport import ApiKey, AsyncChannel, Call, Channel, ClientCredentials, Retries, Timeouts, _line
from tests.integration.transport.conftest import GET, QUERY, UNSAFE, Awaited
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.queues import SimpleQueue

    from tests.integration.transport.conftest import Blocking

    Connect = Callable[..., Blocking | Awaited]

LONG = Timeouts(read=30, total=30)
ONCE = Retries(attempts=0)


def until(holds: Callable[[], object]) -> None:
    """Wait for what no event tells of."""
    over = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < over
        time.sleep(0.001)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def test_nothing_is_connected_before_the_first_call(connect: Connect) -> None:
    with ScriptedServer() as server:
        channel = connect(server.url)
        assert server.connections == 0
        for _ in range(20):
            channel.send()
        assert server.connections == 1


def test_many_share_one_client(connect: Connect) -> None:
    with ScriptedServer() as server:
        channel = connect(server.url, timeouts=LONG)
        for _ in range(5):
            waiting = [channel.begin() for _ in range(20)]
            assert {one.result(30).status for one in waiting} == {200}
        assert server.connections <= 20
    assert len({request.headers["x-request-id"] for request in server.requests}) == 100


def test_a_connection_that_the_platform_closed_is_replaced(connect: Connect) -> None:
    closing = scripted.answer(headers={"Connection": "close"})
    with ScriptedServer(closing) as server:
        channel = connect(server.url)
        assert [channel.send().status for _ in range(3)] == [200] * 3
        assert server.connections == 3


def test_more_calls_than_connections(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_line, "MAX_CONNECTIONS", 2)
    with ScriptedServer(scripted.hang) as server:
        channel = connect(server.url, timeouts=Timeouts(read=30, pool=0.1, total=30), retries=ONCE)
        busy = [channel.begin(), channel.begin()]
        for _ in busy:
            assert server.asked.acquire(timeout=5)
        with pytest.raises(NoDecision) as caught:
            channel.send()
        channel.close(0)
        assert [one.exception(5).fault for one in busy] == ["closed"] * 2  # type: ignore[union-attr]
    assert (caught.value.fault, caught.value.retryable) == ("pool", True)


class TestClose:
    """Keeps its word."""

    def test_calls_in_flight_may_end(self, connect: Connect) -> None:
        let_go = threading.Event()

        def answer_late(peer: scripted.Peer) -> None:
            let_go.wait(10)
            scripted.json_answer({})(peer)

        with ScriptedServer(answer_late) as server:
            channel = connect(server.url, timeouts=LONG)
            waiting = channel.begin()
            assert server.asked.acquire(timeout=5)
            threading.Timer(0.1, let_go.set).start()
            channel.close(10)
            assert waiting.result(0.5).status == 200

    @pytest.mark.parametrize("where", ["answer", "body", "connect", "tls"])
    def test_a_black_hole_does_not_hold_it(self, connect: Connect, where: str) -> None:
        limits = Timeouts(connect=30, read=30, total=30)
        with contextlib.ExitStack() as stack:
            match where:
                case "answer":
                    url = stack.enter_context(ScriptedServer(scripted.hang)).url
                case "body":
                    url = stack.enter_context(ScriptedServer(scripted.hang_in_body)).url
                case "connect":
                    url = stack.enter_context(scripted.black_hole_url())
                case _:
                    url = stack.enter_context(scripted.silent_url("https"))
            channel = connect(url, timeouts=limits)
            waiting = channel.begin(Call("POST", "/v1/records/query", json={}, safe=True, timeout=1.5))
            until(lambda: any(vars(line)["_calls"] for line in list(channel.channel._lines.values())))
            started = time.monotonic()
            channel.close(0.8)
            assert time.monotonic() - started < 0.88
            error = waiting.exception(5)
        assert isinstance(error, NoDecision)
        assert error.fault in ({"closed"} if where in {"answer", "body"} else {"closed", "deadline"})

    def test_a_pause_between_attempts_ends_at_once(self, connect: Connect) -> None:
        with ScriptedServer(scripted.too_many("20")) as server:
            channel = connect(server.url, timeouts=LONG)
            waiting = channel.begin()
            assert server.asked.acquire(timeout=5)
            started = time.monotonic()
            channel.close(5)
            error = waiting.exception(5)
        assert time.monotonic() - started < 1
        assert getattr(error, "fault", None) == "closed"

    def test_a_closed_channel_says_so(self, connect: Connect) -> None:
        with ScriptedServer() as server:
            channel = connect(server.url)
            channel.send()
            channel.close()
            channel.close()
            with pytest.raises(NoDecision) as caught:
                channel.send()
        assert (caught.value.fault, caught.value.retryable) == ("closed", False)
        assert len(server.requests) == 1

    def test_one_that_was_never_used(self, connect: Connect) -> None:
        connect("https://credit.example.gov.cn").close()


def test_the_context_managers_close() -> None:
    async def awaited(url: str) -> None:
        async with AsyncChannel(url) as channel:
            await channel.send(GET)

    with ScriptedServer() as server:
        with Channel(server.url) as channel:
            channel.send(GET)
        asyncio.run(awaited(server.url))
    assert len(server.requests) == 2


# ------------------------------------------------------------------------------------------------------------ fork


def _ask(channel: Channel, answers: SimpleQueue[object]) -> None:
    try:
        answers.put(channel.send(QUERY).status)
    except Exception as error:  # noqa: BLE001 - shown by the parent
        answers.put(repr(error))


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
class TestFork:
    """gunicorn's preload, multiprocessing: the parent's channel goes on in the child, on connections of its own."""

    def test_used_before_the_fork(self) -> None:
        processes = multiprocessing.get_context("fork")
        with ScriptedServer() as server, Channel(server.url) as channel:
            channel.send(QUERY)
            answers = processes.SimpleQueue()
            children = [processes.Process(target=_ask, args=(channel, answers)) for _ in range(3)]
            for child in children:
                child.start()
            assert [answers.get() for _ in children] == [200] * 3
            for child in children:
                child.join(10)
                assert child.exitcode == 0
            # The parent's connection was left alone.
            assert channel.send(QUERY).status == 200
            assert server.connections == 1 + len(children)

    def test_forked_with_calls_in_flight(self) -> None:
        """Whatever another thread holds at that moment, the child does not wait for it."""

        def hang(channel: Channel) -> None:
            with pytest.raises(NoDecision):
                channel.send(QUERY)

        processes = multiprocessing.get_context("fork")
        with ScriptedServer(scripted.json_answer({}), scripted.hang, scripted.json_answer({})) as server:
            with Channel(server.url, timeouts=LONG) as channel:
                channel.send(QUERY)
                waiting = threading.Thread(target=hang, args=(channel,))
                waiting.start()
                server.asked.acquire()
                assert server.asked.acquire(timeout=5)
                answers = processes.SimpleQueue()
                child = processes.Process(target=_ask, args=(channel, answers))
                child.start()
                assert answers.get() == 200
                child.join(10)
                channel.close(0)
                waiting.join(10)
            assert not waiting.is_alive()

    def test_tokens_are_the_process_s_own(self) -> None:
        processes = multiprocessing.get_context("fork")
        token = scripted.json_answer({"access_token": "t", "token_type": "Bearer"})
        with ScriptedServer(token) as tokens, ScriptedServer() as server:
            with Channel(server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", "secret")) as channel:
                channel.send(QUERY)
                answers = processes.SimpleQueue()
                child = processes.Process(target=_ask, args=(channel, answers))
                child.start()
                assert answers.get() == 200
                child.join(10)
            assert len(tokens.requests) == 2

    def test_the_awaited_one(self) -> None:
        processes = multiprocessing.get_context("fork")
        with ScriptedServer() as server:
            channel = AsyncChannel(server.url)

            async def use() -> int:
                return (await channel.send(QUERY)).status

            def child(answers: SimpleQueue[object]) -> None:
                answers.put(asyncio.run(use()))

            answers = processes.SimpleQueue()
            process = processes.Process(target=child, args=(answers,))
            process.start()
            assert answers.get() == 200
            process.join(10)

            async def use_and_close() -> int:
                async with channel:
                    return await use()

            assert asyncio.run(use_and_close()) == 200


# ----------------------------------------------------------------------------------------------------- event loops


class TestLoops:
    """One channel in several event loops."""

    @pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_one_after_the_other(self) -> None:
        """The first loop ended without closing: its connections go with it, and the second has its own."""
        with ScriptedServer() as server:
            channel = AsyncChannel(server.url)

            async def use() -> int:
                return (await channel.send(QUERY)).status

            assert [asyncio.run(use()) for _ in range(3)] == [200] * 3
            assert server.connections == 3
            asyncio.run(channel.aclose())
            gc.collect()

    def test_two_at_once(self) -> None:
        with ScriptedServer() as server:
            one = Awaited(server.url)
            other = Awaited(server.url)
            other.channel = one.channel
            try:
                waiting = [loop.begin() for _ in range(20) for loop in (one, other)]
                assert {answer.result(10).status for answer in waiting} == {200}
                # Closed in one, closed in both, each where it belongs.
                one.close()
                for loop in (one, other):
                    with pytest.raises(NoDecision, match="已关闭"):
                        loop.send()
            finally:
                other.end()
                one.end()

    def test_a_cancelled_task_cancels_its_request(self) -> None:
        left = threading.Event()

        def wait_for_the_client(peer: scripted.Peer) -> None:
            if not peer.connection.recv(1):
                left.set()
            peer.hang_up()

        async def cancel(server: ScriptedServer) -> None:
            async with AsyncChannel(server.url, timeouts=LONG) as channel:
                task = asyncio.create_task(channel.send(QUERY))
                await asyncio.to_thread(server.asked.acquire, timeout=5)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert await asyncio.to_thread(left.wait, 5), "the connection is closed"
                # And the channel goes on.
                assert (await channel.send(QUERY)).status == 200

        with ScriptedServer(wait_for_the_client, scripted.json_answer({})) as server:
            asyncio.run(cancel(server))

    def test_a_caller_s_own_timeout_is_his(self) -> None:
        async def outside(server: ScriptedServer) -> None:
            async with AsyncChannel(server.url, timeouts=LONG) as channel:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await channel.send(QUERY)

        with ScriptedServer(scripted.hang) as server:
            asyncio.run(outside(server))

    def test_a_slow_platform_does_not_hold_the_loop(self) -> None:
        async def both(server: ScriptedServer) -> float:
            async with AsyncChannel(server.url, timeouts=LONG) as channel:
                slow = asyncio.create_task(channel.send(QUERY))
                await asyncio.to_thread(server.asked.acquire, timeout=5)
                started = time.monotonic()
                await channel.send(UNSAFE)
                slow.cancel()
                return time.monotonic() - started

        with ScriptedServer(scripted.hang, scripted.json_answer({})) as server:
            assert asyncio.run(both(server)) < 1


# -------------------------------------------------------------------------------------------------- the end of it all


ENDS = {
    "a name server that hangs, blocking": """
        channel = Channel("https://credit.example.gov.cn", timeouts=Timeouts(total=0.2))
        socket.getaddrinfo = lambda *_, **__: time.sleep(60)
        say(channel.send)
    """,
    "a name server that hangs, awaited": """
        channel = AsyncChannel("https://credit.example.gov.cn", timeouts=Timeouts(total=0.2))
        socket.getaddrinfo = lambda *_, **__: time.sleep(60)
        say(lambda call: asyncio.run(channel.send(call)))
    """,
    "a call in a thread that nobody waits for": """
        channel = Channel(URL, timeouts=Timeouts(read=60, total=60))
        threading.Thread(target=channel.send, args=(CALL,), daemon=True).start()
        print("timeout")
    """,
    "a channel that nobody closed": """
        channel = Channel(URL, timeouts=Timeouts(read=0.2), retries=Retries(attempts=0))
        say(channel.send)
    """,
}


@pytest.mark.parametrize("name", ENDS)
def test_the_interpreter_ends(name: str) -> None:
    """Nothing of ours keeps a program from ending."""
    lines = [line.strip() for line in ENDS[name].strip().splitlines()]
    with ScriptedServer(scripted.hang) as server:
        program = f"""
import asyncio, socket, threading, time
from credit_sdk.errors import NoDecision
from credit_sdk.transport import *
URL, CALL = {server.url!r}, Call("GET", "/v1/health")
def say(send):
    try:
        send(CALL)
    except NoDecision as error:
        print(error.fault)
{chr(10).join(lines)}
"""
        started = time.monotonic()
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
        taken = time.monotonic() - started
    assert ended.stdout.strip() in {"dns", "timeout"}, ended.stderr
    assert taken < 10


@respx.mock(base_url="https://credit.example.gov.cn/api")
def test_a_project_s_own_tests_may_use_respx(respx_mock: respx.MockRouter, connect: Connect) -> None:
    """The usual doubles for httpx stand in for a platform here as well."""
    route = respx_mock.post("/v1/records/query").mock(side_effect=[httpx.Response(503), httpx.Response(200, json={})])
    reply = connect("https://credit.example.gov.cn/api", retries=Retries(first=0.001)).send()
    assert (reply.status, reply.content, route.call_count) == (200, b"{}", 2)


def test_nothing_heavy_is_loaded_before_the_first_call() -> None:
    program = """
import json, sys
from credit_sdk.transport import *
AsyncChannel("https://credit.example.gov.cn", auth=ApiKey("k"))
Channel("https://credit.example.gov.cn", auth=HmacSigner("k", "s"))
Call("GET", "/v1/health")
print(json.dumps(sorted({"httpx", "httpcore", "tenacity", "anyio"} & set(sys.modules))))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == []


def test_repr_shows_the_platform_only() -> None:
    channel = Channel("https://credit.example.gov.cn:8443/api", auth=ApiKey("geheim"), headers={"X-Secret": "geheim"})
    assert repr(channel) == "Channel('https://credit.example.gov.cn:8443')"
    assert channel.name == "https://credit.example.gov.cn:8443"
