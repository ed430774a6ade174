"""A receiver that is away for a week, fails after it has stored, limits the rate, or says nothing while the client closes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.ledger import DeliveryState
from credit_sdk.ports.observer import Deferred, Delivered
from credit_sdk.sources import HttpSource
from credit_sdk.testing import MOMENT, FixedClock, Sandbox
from credit_sdk.transport import Retries
from tests.faults import ledger_rig as rig
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONCE = Retries(attempts=0)
CLOSE = 2.0


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    return running


class Seen:
    """An observer that keeps what it is told of deliveries."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def observe(self, event: Any) -> None:
        if isinstance(event, Deferred | Delivered):
            self.events.append(event)


def test_the_platform_is_away_for_a_week(tmp_path: Path, sandbox: Sandbox) -> None:
    """Reports go on being kept at once; each day they are tried less often; when it is back, all of them arrive, once."""
    sandbox.fault("503", path="/v1/outcomes")
    clock, keys, calls = FixedClock(), [], 0
    with SqliteLedger(tmp_path / "ledger.db") as store, HttpSource(sandbox.url, retries=ONCE, clock=clock) as platform:
        dispatcher = Dispatcher(store, {"platform": platform}, clock=clock)
        for day in range(7):
            credit = rig.client(store, clock=clock)
            keys.append(rig.check_and_report(credit))
            while True:
                calls += dispatcher.run_once().claimed > 0
                next_at = store.next_at(clock())
                if next_at is None or next_at >= MOMENT + timedelta(days=day + 1):
                    break
                clock.moment = max(next_at, clock.moment + timedelta(minutes=5))
            clock.moment = MOMENT + timedelta(days=day + 1)
        waiting = store.deliveries(state=DeliveryState.WAITING)
        assert [one.key for one in waiting] == keys
        assert sandbox.outcomes() == []
        assert max(one.next_at for one in waiting) <= clock() + timedelta(days=1)
        assert calls < 200

        sandbox.clear_faults()
        clock.advance(timedelta(days=1))
        while dispatcher.run_once().claimed:
            pass
        assert sorted(one["idempotency_key"] for one in sandbox.outcomes()) == sorted(keys)
        assert len(store.deliveries(state=DeliveryState.DELIVERED)) == len(keys) == 7


def test_it_fails_after_it_has_stored(tmp_path: Path, sandbox: Sandbox) -> None:
    """Sent again by the schedule, with the same key: stored once, and the first receipt is the one that is kept."""
    sandbox.fault("500", path="/v1/outcomes", times=2, after=True)
    seen = Seen()
    with HttpSource(sandbox.url, retries=ONCE) as platform:
        credit = rig.client(tmp_path / "ledger.db", platform, clock=system_clock, observer=seen)
        keys = [rig.check_and_report(credit) for _ in range(3)]
        assert credit.flush(20)
        ledger = credit.ledger
        assert ledger is not None
        assert [one.receipt for one in ledger.store.deliveries()] == sorted(
            one["receipt"] for one in sandbox.outcomes()
        )
        credit.close()
    assert sorted(one["idempotency_key"] for one in sandbox.outcomes()) == sorted(keys)
    assert sum(event.repeated for event in seen.events if isinstance(event, Delivered)) > 0


def test_a_storm_of_429(tmp_path: Path, sandbox: Sandbox) -> None:
    """Retry-After is heeded; nothing is refused, and nothing is lost."""
    sandbox.fault("429", path="/v1/outcomes", times=3, retry_after=30)
    clock = FixedClock()
    with SqliteLedger(tmp_path / "ledger.db") as store, HttpSource(sandbox.url, retries=ONCE, clock=clock) as platform:
        credit = rig.client(store, clock=clock)
        keys = [rig.check_and_report(credit) for _ in range(20)]
        dispatcher = Dispatcher(store, {"platform": platform}, clock=clock)
        for _ in range(3):
            assert dispatcher.run_once().delivered == 0
            soonest = store.next_at(clock())
            assert soonest is not None
            assert soonest >= clock() + timedelta(seconds=30)
            clock.advance(timedelta(minutes=5))
        while dispatcher.run_once().claimed:
            pass
        assert sorted(one["idempotency_key"] for one in sandbox.outcomes()) == sorted(keys)


def test_close_keeps_its_word(tmp_path: Path) -> None:
    """The seconds it is given and half a second more at the most; three networks at once."""
    with (
        ScriptedServer(scripted.hang) as hung,
        scripted.silent_url() as silent,
        scripted.silent_url("https") as silent_tls,
        ThreadPoolExecutor(3) as pool,
    ):

        def close(url: str) -> tuple[float, int]:
            path = tmp_path / f"{url.rpartition(':')[2]}.db"
            source = HttpSource(url, clock=FixedClock())
            credit = rig.client(path, source)
            for _ in range(5):
                rig.check_and_report(credit)
            started = time.monotonic()
            credit.close(CLOSE)
            took = time.monotonic() - started
            source.close(0)
            return took, len(rig.reports_in(path))

        ended = list(pool.map(close, (hung.url, silent, silent_tls)))
    assert [reports for _, reports in ended] == [5, 5, 5]
    assert max(took for took, _ in ended) < CLOSE + 0.5
