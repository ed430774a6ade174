"""The dispatcher's thread: when it starts, what wakes it, and that it ends in time."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidSettings, LedgerUnavailable
from credit_sdk.ledger.awaited import Awaited
from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.ledger.schedule import Backoff
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.ledger import DeliveryState
from tests.unit.ledger.delivering import Receiver, failure, report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from credit_sdk.errors import NoDecision
    from credit_sdk.ports.platform import Outcome, PlatformReceipt

QUICK = Backoff((0.01,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "credit-ledger.db")
    yield ledger
    ledger.close()


def put(store: SqliteLedger, several: int = 1, **more: Any) -> list[str]:
    return report(store, several, at=system_clock(), **more)


def waiting(store: SqliteLedger) -> int:
    return len(store.deliveries(state=DeliveryState.WAITING))


class Stuck(Receiver):
    """Never comes back, whatever its timeout."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()

    def send(
        self, outcomes: Sequence[Outcome], *, timeout: float | None = None
    ) -> Sequence[PlatformReceipt | NoDecision]:
        self.called.release()
        self.over.wait(30)
        return super().send(outcomes, timeout=timeout)


def test_nothing_starts_before_it_is_needed(store: SqliteLedger) -> None:
    before = threading.active_count()
    sending = Dispatcher(store, {"platform": Receiver()})
    assert not sending.state().running
    assert sending.close()
    sending.wake()
    assert threading.active_count() == before


def test_a_wake_delivers_and_flush_waits_for_it(store: SqliteLedger) -> None:
    receiver = Receiver()
    sending = Dispatcher(store, {"platform": receiver})
    keys = put(store, 3)
    sending.wake()
    assert sending.flush(5)
    assert sending.state().running
    keys += put(store, 2)
    assert sending.flush(5)
    assert receiver.taken == dict.fromkeys(keys, 1)
    assert sending.close(5)
    assert not sending.state().running


def test_what_is_reported_together_is_sent_together(store: SqliteLedger) -> None:
    receiver = Receiver()
    sending = Dispatcher(store, {"platform": receiver})
    sending.wake()
    assert sending.flush(5)
    for _ in range(10):
        put(store)
        sending.wake()
    assert sending.flush(5)
    assert len(receiver.calls) <= 3
    assert sending.close(5)


def test_flush_says_what_is_left(store: SqliteLedger) -> None:
    sending = Dispatcher(store, {"platform": Receiver(lambda _: failure())})
    assert sending.flush(5)
    put(store)
    assert not sending.flush(0.2)
    assert sending.close(5)
    assert waiting(store) == 1


def test_flush_waits_for_a_platform_that_comes_back(store: SqliteLedger) -> None:
    errors = [failure(503), failure(), failure(429)]
    receiver = Receiver(lambda _: errors.pop() if errors else None)
    sending = Dispatcher(store, {"platform": receiver}, backoff=QUICK)
    keys = put(store, 3)
    assert sending.flush(5)
    assert receiver.taken == dict.fromkeys(keys, 1)
    assert sending.close(5)


def test_flush_does_not_wait_for_what_is_reported_meanwhile(store: SqliteLedger) -> None:
    over = threading.Event()
    receiver = Receiver()
    sending = Dispatcher(store, {"platform": receiver}, batch=1)

    def report_on() -> None:
        while not over.wait(0.001):
            put(store, 2)
            sending.wake()

    keys = put(store, 3)
    busy = threading.Thread(target=report_on)
    busy.start()
    try:
        time.sleep(0.1)
        assert sending.flush(5)
        assert waiting(store) > 0
        assert keys[-1] in receiver.taken
    finally:
        over.set()
        busy.join()
    assert sending.close(5)


def test_each_flush_waits_for_its_own(store: SqliteLedger) -> None:
    sending = Dispatcher(store, {"platform": Receiver()})
    put(store, 20)
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(sending.flush(5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8
    assert waiting(store) == 0
    assert sending.close(5)


def test_flush_does_not_wait_for_others(store: SqliteLedger) -> None:
    report(store, receiver="elsewhere", at=system_clock())
    sending = Dispatcher(store, {"platform": Receiver()})
    assert sending.flush(5)
    assert sending.close(5)
    assert waiting(store) == 1
    nobody = Dispatcher(store, {})
    nobody.wake()
    assert nobody.flush(0)
    assert nobody.close()


def test_close_sends_what_is_due(store: SqliteLedger) -> None:
    receiver = Receiver()
    sending = Dispatcher(store, {"platform": receiver}, batch=10)
    put(store, 100)
    sending.wake()
    assert sending.close(5)
    assert len(receiver.taken) == 100
    sending.wake()
    assert not sending.state().running


def test_close_is_bounded_whatever_a_sender_does(store: SqliteLedger) -> None:
    receiver = Stuck()
    sending = Dispatcher(store, {"platform": receiver})
    put(store, 3)
    sending.wake()
    assert receiver.called.acquire(timeout=5)
    begun = time.monotonic()
    assert not sending.close(0.3)
    assert time.monotonic() - begun < 0.8
    assert waiting(store) == 3
    receiver.over.set()


def test_what_a_call_that_does_not_end_was_sending_is_given_back(store: SqliteLedger) -> None:
    receiver = Stuck()
    sending = Dispatcher(store, {"platform": receiver}, backoff=QUICK)
    put(store, 3)
    sending.wake()
    assert receiver.called.acquire(timeout=5)
    assert {one.claimed_until is not None for one in store.deliveries()} == {True}
    assert not sending.close(1)
    assert {(one.attempts, one.fault, one.claimed_until) for one in store.deliveries()} == {(1, "deadline", None)}
    other = Receiver()
    following = Dispatcher(store, {"platform": other})
    assert following.flush(5), "nobody waits for the lease to end"
    assert len(other.taken) == 3
    assert following.close(5)
    receiver.over.set()


def test_a_failure_while_closing_is_written_down(store: SqliteLedger) -> None:
    sending: Dispatcher
    asked = threading.Event()

    def trouble(_: Sequence[Outcome]) -> Exception:
        asked.set()
        while sending._closes_at is None:
            time.sleep(0.001)
        return failure(429)

    sending = Dispatcher(store, {"platform": Receiver(trouble)})
    put(store, 2)
    sending.wake()
    assert asked.wait(5)
    assert sending.close(2)
    assert {(one.attempts, one.fault, one.claimed_until) for one in store.deliveries()} == {(1, "rate_limited", None)}
    state = sending.state().receivers["platform"]
    assert (state.failures, state.fault, state.deferred) == (1, "rate_limited", 2)


def test_calls_get_no_more_time_than_closing_has(store: SqliteLedger) -> None:
    sending: Dispatcher
    asked = threading.Event()

    def trouble(_: Sequence[Outcome]) -> None:
        if not asked.is_set():
            asked.set()
            while sending._closes_at is None:
                time.sleep(0.001)

    receiver = Receiver(trouble)
    sending = Dispatcher(store, {"platform": receiver}, batch=1)
    put(store, 2)
    sending.wake()
    assert asked.wait(5)
    assert sending.close(2)
    first, second = receiver.timeouts
    assert first == 20
    assert second is not None
    assert second <= 2


def test_the_thread_lives_through_a_ledger_that_fails(store: SqliteLedger, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(SqliteLedger):
        faults = 3

        def claim(self, *args: Any, **more: Any) -> Any:
            if self.faults:
                self.faults -= 1
                raise LedgerUnavailable("台账被占用", "the ledger is locked")
            return super().claim(*args, **more)

    receiver = Receiver()
    failing = Failing(store.name)
    sending = Dispatcher(failing, {"platform": receiver}, backoff=QUICK)
    keys = put(store, 2)
    assert sending.flush(5)
    assert receiver.taken == dict.fromkeys(keys, 1)
    assert len([line for line in caplog.messages if "台账被占用" in line]) == 1
    assert sending.state().trouble is None
    assert sending.close(5)
    failing.close()


def test_receipts_that_could_not_be_written_down_come_again(store: SqliteLedger) -> None:
    class Full(SqliteLedger):
        full = True

        def append(self, *args: Any, **more: Any) -> Any:
            if self.full:
                self.full = False
                raise LedgerUnavailable("磁盘已满", "the disk is full")
            return super().append(*args, **more)

    receiver = Receiver()
    full = Full(store.name)
    keys = put(store, 2)
    sending = Dispatcher(full, {"platform": receiver}, backoff=QUICK, lease=0.3, timeout=0.2)
    assert not sending.flush(0)
    assert sending.flush(5) or sending.flush(5)
    assert receiver.taken == dict.fromkeys(keys, 2)  # the receiver knows them by their keys
    assert sending.close(5)
    full.close()


def test_an_awaited_sender_has_an_event_loop_of_its_own(store: SqliteLedger) -> None:
    inner = Receiver()
    loops: list[asyncio.AbstractEventLoop] = []
    released: list[asyncio.AbstractEventLoop] = []

    class Slow:
        async def send_async(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
            loops.append(asyncio.get_running_loop())
            await asyncio.sleep(0)
            return inner.send(outcomes, timeout=timeout)

        async def release_async(self) -> None:
            released.append(asyncio.get_running_loop())

    sending = Dispatcher(store, {"platform": Awaited(Slow())}, batch=2)
    keys = put(store, 5)
    assert sending.flush(5)
    assert sending.close(5)
    assert inner.taken == dict.fromkeys(keys, 1)
    assert len(set(loops)) == 1
    assert released == loops[:1]
    assert loops[0].is_closed()


class Sends:
    async def send(self, outcomes: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        raise NotImplementedError


class SendsAsync:
    async def send_async(self, outcomes: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        raise NotImplementedError


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (None, "HttpSource"),
        (object(), "HttpSource"),
        ("https://credit.example.gov.cn/api", "HttpSource"),
        (Receiver, "HttpSource"),
        (SendsAsync(), "Awaited"),
        (Sends(), "Awaited"),
    ],
    ids=lambda one: None if isinstance(one, str) else type(one).__name__,
)
def test_what_sends_nothing_is_refused(store: SqliteLedger, wrong: Any, hint: str) -> None:
    with pytest.raises(InvalidSettings, match=hint) as caught:
        Dispatcher(store, {"platform": wrong})
    assert caught.value.key == "receivers.platform"
    assert hint in caught.value.message("en")


@pytest.mark.parametrize("wrong", [[Receiver()], {"": Receiver()}, {1: Receiver()}], ids=["list", "no name", "number"])
def test_receivers_have_names(store: SqliteLedger, wrong: Any) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Dispatcher(store, wrong)
    assert caught.value.key == "receivers"


def test_an_awaited_sender_is_bounded(store: SqliteLedger) -> None:
    class Hangs:
        async def send_async(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
            await asyncio.Event().wait()

    sending = Dispatcher(store, {"platform": Awaited(Hangs())}, timeout=0.05)
    put(store)
    assert sending.run_once().deferred == 1
    sending.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_begins_anew(store: SqliteLedger) -> None:
    blocked = Stuck()
    sending = Dispatcher(store, {"platform": blocked})
    put(store, 1)
    sending.wake()
    assert blocked.called.acquire(timeout=5)  # its thread is busy, and holds its turn
    child = os.fork()
    if child == 0:
        code = 1
        try:
            blocked.over.set()
            inherited = not sending.state().running
            keys = put(store, 3)
            sending.wake()
            ended = sending.close(5)
            code = 0 if inherited and ended and blocked.taken == dict.fromkeys(keys, 1) else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    blocked.over.set()
    assert sending.flush(5)
    assert len(blocked.taken) == 1
    assert sending.close(5)


def test_a_thread_that_cannot_be_started_is_started_later(store: SqliteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    receiver = Receiver()
    sending = Dispatcher(store, {"platform": receiver})
    keys = put(store, 2)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        sending.wake()
        assert not sending.flush(0.1)
    assert sending.flush(5)
    assert receiver.taken == dict.fromkeys(keys, 1)
    assert sending.close(5)
