"""Delivery to a real platform over the loopback: what goes wrong between the two is made good, and nothing comes twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.cli import main
from credit_sdk.errors import InvalidRequest
from credit_sdk.ledger import Awaited, Backoff
from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.terms import Effect
from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.ledger import DeliveryState
from credit_sdk.ports.platform import Outcome
from credit_sdk.sources import AsyncHttpSource, HttpSource
from credit_sdk.sources.profiles import PlatformProfile, RedBlackXmlProfile, StandardProfile
from credit_sdk.testing import Sandbox, fictional_code
from tests.servers.redblack import redblack
from tests.servers.scripted import ScriptedServer, black_hole_url, hang, refusing_url, silent_url
from tests.unit.ledger.delivering import dice, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from credit_sdk.ports.sender import OutcomeSender

QUICK = Backoff((0.01, 0.05))
OUTCOMES = "/v1/outcomes"


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_running: Sandbox) -> Sandbox:
    _running.reset()
    return _running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "credit-ledger.db")
    yield ledger
    ledger.close()


@contextmanager
def sending(store: SqliteLedger, sender: OutcomeSender, **options: Any) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(store, {"platform": sender}, backoff=QUICK, dice=dice(), **options)
    try:
        yield dispatcher
    finally:
        dispatcher.close(5)


def put(store: SqliteLedger, several: int, **more: Any) -> list[str]:
    return report(store, several, at=system_clock(), **more)


def stored(sandbox: Sandbox) -> Counter[str]:
    """How often each key stands with the platform."""
    rows: list[dict[str, Any]] = []
    while len(page := sandbox.admin("GET", f"outcomes?limit=1000&offset={len(rows)}")["outcomes"]):
        rows += page
    return Counter(row["idempotency_key"] for row in rows)


def states(store: SqliteLedger) -> Counter[DeliveryState]:
    return Counter(one.state for one in store.deliveries(limit=10_000))


@pytest.mark.parametrize("awaited", [False, True])
def test_reports_arrive(store: SqliteLedger, sandbox: Sandbox, *, awaited: bool) -> None:
    sender: Any = Awaited(AsyncHttpSource(sandbox.url)) if awaited else HttpSource(sandbox.url)
    override = {"reason": "防汛抢险", "approver": "虚构某甲", "legal_basis": "虚构办法第一条"}
    keys = put(store, 30) + put(store, 1, kind="override", case=True, override=override)
    with sending(store, sender) as dispatcher:
        assert dispatcher.flush(10)
    assert stored(sandbox) == dict.fromkeys(keys, 1)
    assert sandbox.outcomes()[0]["outcome"]["override"] == override
    receipts = {row["idempotency_key"]: row["receipt"] for row in sandbox.outcomes()}
    assert {one.key: one.receipt for one in store.deliveries()} == receipts
    if not awaited:
        sender.close()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("500", {"after": True}),
        ("drop", {"after": True}),
        ("html", {"after": True}),
        ("truncated", {}),
        ("reset", {}),
    ],
)
def test_what_was_stored_before_the_answer_went_wrong_is_not_stored_again(
    store: SqliteLedger, sandbox: Sandbox, kind: str, options: dict[str, Any]
) -> None:
    keys = put(store, 10)
    sandbox.fault(kind, path=OUTCOMES, times=7, **options)
    with HttpSource(sandbox.url) as source, sending(store, source, batch=4) as dispatcher:
        assert dispatcher.flush(10)
        assert dispatcher.state().receivers["platform"].deferred
    assert stored(sandbox) == dict.fromkeys(keys, 1)
    assert states(store) == {DeliveryState.DELIVERED: 10}


def test_a_receiver_that_asks_for_patience_is_known_at_once(store: SqliteLedger, sandbox: Sandbox) -> None:
    """The call does not sit out the ``Retry-After``: the schedule does, and says so."""
    sandbox.fault("429", path=OUTCOMES, retry_after=30)
    keys = put(store, 2)
    with HttpSource(sandbox.url) as platform, sending(store, platform) as dispatcher:
        begun = time.monotonic()
        assert dispatcher.run_once().deferred == 2
        assert time.monotonic() - begun < 5
        state = dispatcher.state().receivers["platform"]
        assert (state.failures, state.fault, state.deferred) == (1, "rate_limited", 2)
    for one in store.deliveries():
        assert (one.attempts, one.fault, one.claimed_until) == (1, "rate_limited", None)
        assert (one.next_at - system_clock()).total_seconds() > 20
    assert len(keys) == 2


def test_what_rests_is_sent_at_once_on_the_command_line(
    store: SqliteLedger, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.fault("429", path=OUTCOMES, retry_after=600)
    keys = put(store, 2)

    def send(*options: str) -> tuple[int, dict[str, Any]]:
        code = main(("ledger", "send", "--ledger", store.name, "--source", sandbox.url, "--timeout", "20", *options))
        return code, json.loads(capsys.readouterr().out)

    code, first = send()
    assert (code, first["deferred"], first["left"], first["resting"]) == (4, 2, 2, 2)
    sandbox.reset()
    code, again = send()
    assert (code, again["delivered"], again["resting"]) == (4, 0, 2), "it waits out the schedule"
    main(("ledger", "send", "--ledger", store.name, "--source", sandbox.url, "--format", "table"))
    assert "credit ledger send --now" in capsys.readouterr().out
    code, done = send("--now")
    assert (code, done["delivered"], done["left"], done["resting"], done["resting_until"]) == (0, 2, 0, 0, None)
    assert stored(sandbox) == Counter(keys)


def test_a_storm_of_429_passes(store: SqliteLedger, sandbox: Sandbox) -> None:
    keys = put(store, 50)
    sandbox.fault("429", path=OUTCOMES, times=20, retry_after=0)
    with HttpSource(sandbox.url) as source, sending(store, source, batch=10) as dispatcher:
        assert dispatcher.flush(10)
    assert stored(sandbox) == dict.fromkeys(keys, 1)


def test_the_platform_says_why_it_refuses(store: SqliteLedger, sandbox: Sandbox) -> None:
    good = put(store, 8)
    (bad,) = put(store, 1, domain="Procurement")
    with HttpSource(sandbox.url) as source, sending(store, source) as dispatcher:
        assert dispatcher.flush(10)
    assert stored(sandbox) == dict.fromkeys(good, 1)
    (dead,) = store.deliveries(state=DeliveryState.REFUSED)
    assert (dead.key, dead.fault) == (bad, "refused")
    assert dead.words is not None
    assert dead.words.startswith("invalid_request: 应以小写字母开头")
    assert fictional_code(0) not in dead.words


def test_a_platform_of_another_shape_takes_them_too(store: SqliteLedger) -> None:
    keys = put(store, 5)
    with redblack([]) as platform, HttpSource(platform.url, profile=RedBlackXmlProfile()) as source:
        with sending(store, source) as dispatcher:
            assert dispatcher.flush(10)
        assert list(platform.feedback) == keys
    assert states(store) == {DeliveryState.DELIVERED: 5}


class WithoutIntake(StandardProfile):
    name = "bare"
    feedback = PlatformProfile.feedback


def test_a_platform_without_an_intake_leaves_them_where_they_are(store: SqliteLedger, sandbox: Sandbox) -> None:
    put(store, 3)
    with HttpSource(sandbox.url, profile=WithoutIntake()) as source, sending(store, source) as dispatcher:
        assert dispatcher.run_once().deferred == 3
    assert {one.fault for one in store.deliveries(state=DeliveryState.WAITING)} == {"request"}
    assert "bare" in (store.deliveries(limit=1)[0].words or "")


def test_an_outcome_without_a_key_is_not_sent(sandbox: Sandbox) -> None:
    outcome = Outcome("d", {"code": fictional_code(1)}, "procurement", "award", Effect.ALLOW, system_clock())
    with HttpSource(sandbox.url) as source:
        assert source.send([]) == ()
        with pytest.raises(InvalidRequest):
            source.send([outcome])


@contextmanager
def _hanging() -> Iterator[str]:
    with ScriptedServer(hang) as server:
        yield server.url


@contextmanager
def _refusing() -> Iterator[str]:
    yield refusing_url()


@pytest.mark.parametrize("network", [_hanging, silent_url, black_hole_url, _refusing])
def test_close_keeps_its_word_whatever_the_network_does(
    store: SqliteLedger, network: Callable[[], AbstractContextManager[str]]
) -> None:
    put(store, 300)
    with network() as url, HttpSource(url) as source:
        dispatcher = Dispatcher(store, {"platform": source}, backoff=QUICK, batch=1)
        dispatcher.wake()
        while not dispatcher.state().running:
            time.sleep(0.001)
        begun = time.monotonic()
        dispatcher.close(1)
        assert time.monotonic() - begun < 1.4  # a busy machine's share is in it; close(5) has half a second
    assert states(store) == {DeliveryState.WAITING: 300}


# ---------------------------------------------------------------------------------------------- several processes

_CHILD = """
import sys
from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.clock import system_clock
from credit_sdk.sources import HttpSource
from tests.unit.ledger.delivering import dice, report

path, url, several, how = sys.argv[1:]
store = SqliteLedger(path)
dispatcher = Dispatcher(store, {"platform": HttpSource(url)}, batch=20)
report(store, int(several), at=system_clock())
dispatcher.wake()
if how == "flush":
    sys.exit(0 if dispatcher.flush(20) and not any(one.fault for one in store.deliveries()) else 1)
print("reported", flush=True)
"""


def child(store: SqliteLedger, url: str, several: int, how: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _CHILD, store.name, url, str(several), how], stdout=subprocess.PIPE)


@pytest.mark.parametrize("network", [None, _hanging])
def test_an_exit_with_a_full_queue_loses_nothing(
    store: SqliteLedger, sandbox: Sandbox, network: Callable[[], AbstractContextManager[str]] | None
) -> None:
    with (network or _hanging)() as url:
        process = child(store, sandbox.url if network is None else url, 500, "exit")
        assert process.stdout is not None
        assert process.stdout.readline() == b"reported\n"
        begun = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 6  # two seconds for the queue, some for the interpreter
        process.stdout.close()
    there = stored(sandbox)
    assert (len(there) == 0) is (network is not None)
    with HttpSource(sandbox.url) as source:
        # What the other process had in hand is free again when its lease is over.
        later = Dispatcher(store, {"platform": source}, clock=lambda: system_clock().replace(year=2100))
        while later.run_once().claimed:
            pass
    assert states(store) == {DeliveryState.DELIVERED: 500}
    assert set(stored(sandbox).values()) == {1}
    assert len(stored(sandbox)) == 500


def test_two_processes_share_a_ledger(store: SqliteLedger, sandbox: Sandbox) -> None:
    other = child(store, sandbox.url, 400, "flush")
    keys = put(store, 400)
    with HttpSource(sandbox.url) as source, sending(store, source, batch=20) as dispatcher:
        assert dispatcher.flush(20)
        assert other.wait(20) == 0
        assert other.stdout is not None
        other.stdout.close()
        mine = dispatcher.state().receivers["platform"]
    there = stored(sandbox)
    assert set(keys) < set(there)
    assert (len(there), set(there.values())) == (800, {1})
    assert states(store) == {DeliveryState.DELIVERED: 800}
    assert mine.delivered
