"""Rounds of delivery by a clock that is set by hand: what the ledger says after each."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidSettings
from credit_sdk.ledger.dead import hasten, requeue
from credit_sdk.ledger.dispatcher import Dispatcher, Sent
from credit_sdk.ledger.schedule import DAY, Backoff
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.ledger import DeliveryState, EntryKind
from credit_sdk.ports.observer import Deferred, Delivered, Refused
from credit_sdk.testing import fictional_code
from tests.unit.ledger.delivering import NOW, Hands, Receiver, dice, failure, report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from credit_sdk.ports.ledger import Delivery
    from credit_sdk.ports.observer import Event
    from credit_sdk.ports.platform import Outcome

WEEK = 7 * DAY


class Watching:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def observe(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = SqliteLedger(tmp_path / "credit-ledger.db")
    yield ledger
    ledger.close()


def dispatcher(store: SqliteLedger, *receivers: Receiver, **options: Any) -> Dispatcher:
    names = ("platform", "city")
    options = {"dice": dice(), **options}
    return Dispatcher(store, dict(zip(names, receivers, strict=False)), **options)


def states(store: SqliteLedger) -> dict[str, DeliveryState]:
    return {one.key: one.state for one in store.deliveries()}


def only(store: SqliteLedger, **where: Any) -> Delivery:
    (one,) = store.deliveries(**where)
    return one


def until_nothing_happens(sending: Dispatcher, clock: Hands, seconds: float) -> list[Sent]:
    """Rounds over so much time: whenever something is due, as the thread does it."""
    rounds, end = [], clock() + timedelta(seconds=seconds)
    while True:
        sent = sending.run_once(clock())
        if sent.claimed:
            rounds.append(sent)
            continue
        next_at = sending._rounds.next_at(clock())
        if next_at is None or next_at > end:
            clock.moment = end
            return rounds
        clock.moment = next_at


def test_what_is_due_is_delivered_once(store: SqliteLedger) -> None:
    keys = report(store, 5)
    later = report(store, send_from=NOW + timedelta(days=1))
    receiver = Receiver()
    sending = dispatcher(store, receiver)
    assert sending.run_once(NOW) == Sent(claimed=5, delivered=5)
    assert sending.run_once(NOW) == Sent()
    assert receiver.calls == [keys]
    assert [one.receipt for one in store.deliveries(state=DeliveryState.DELIVERED)] == [f"R-{key[-4:]}" for key in keys]
    assert states(store)[later[0]] is DeliveryState.WAITING
    assert sending.run_once(NOW + timedelta(days=1)).delivered == 1
    kinds = [one.entry.kind for one in store.entries(kinds=[EntryKind.DELIVERED])]
    assert len(kinds) == 2  # one entry for a call, however many receipts it brought


def test_the_outcome_is_as_it_was_kept(store: SqliteLedger) -> None:
    seen: list[Outcome] = []
    (key,) = report(store, kind="override", case=True, override={"reason": "a", "approver": "b", "legal_basis": "c"})
    dispatcher(store, Receiver(seen.extend)).run_once(NOW)
    (outcome,) = seen
    assert (outcome.key, outcome.at, outcome.subject["code"]) == (key, NOW, fictional_code(0))
    assert (outcome.kind, outcome.case, outcome.override) == (
        "override",
        True,
        {"reason": "a", "approver": "b", "legal_basis": "c"},
    )


def test_a_platform_that_is_down_for_a_week_gets_every_report_once(store: SqliteLedger) -> None:
    clock = Hands()
    receiver = Receiver(lambda _: failure(503) if clock() < NOW + timedelta(days=7) else None)
    sending = dispatcher(store, receiver, batch=10)
    keys: list[str] = []
    for _ in range(7):
        keys += report(store, 5, at=clock())
        until_nothing_happens(sending, clock, DAY)
    assert not receiver.taken
    assert len(receiver.calls) < 40  # politely
    assert all(one.fault == "server_error" for one in store.deliveries() if one.attempts)
    until_nothing_happens(sending, clock, DAY)
    assert receiver.taken == dict.fromkeys(keys, 1)
    assert set(states(store).values()) == {DeliveryState.DELIVERED}
    assert sending.state().receivers["platform"].fault is None


def test_another_process_goes_on_where_this_one_ended(store: SqliteLedger) -> None:
    clock, receiver = Hands(), Receiver(lambda _: failure())
    keys = report(store, 3)
    first = dispatcher(store, receiver)
    until_nothing_happens(first, clock, 3600)
    attempts = only(store, key=keys[0]).attempts
    second = dispatcher(store, receiver)
    until_nothing_happens(second, clock, 3600)
    # It does not begin to ask every second again.
    assert only(store, key=keys[0]).attempts - attempts <= 2


def test_a_storm_of_429_is_waited_out(store: SqliteLedger) -> None:
    clock, came = Hands(), []

    def storm(_: Sequence[Outcome]) -> Exception | None:
        came.append(clock())
        return failure(429, retry_after=600.0) if len(came) < 6 else None

    keys, receiver = report(store, 50), Receiver(storm)
    sending = dispatcher(store, receiver, batch=10)
    until_nothing_happens(sending, clock, DAY)
    pauses = [after - before for before, after in pairwise(came[:6])]
    assert min(pauses) >= timedelta(seconds=600)
    assert receiver.taken == dict.fromkeys(keys, 1)


def test_retry_after_is_heeded_up_to_a_day(store: SqliteLedger) -> None:
    report(store)
    dispatcher(store, Receiver(lambda _: failure(503, retry_after=1e9))).run_once(NOW)
    assert timedelta(days=1) <= only(store).next_at - NOW <= timedelta(days=1.1)


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_kill_no_report(store: SqliteLedger, status: int, caplog: pytest.LogCaptureFixture) -> None:
    clock, broken = Hands(), [failure(status)]
    keys = report(store, 3)
    receiver = Receiver(lambda _: broken[0] if broken else None)
    sending = dispatcher(store, receiver)
    until_nothing_happens(sending, clock, DAY)
    assert set(states(store).values()) == {DeliveryState.WAITING}
    assert only(store, key=keys[0]).fault == "credentials"
    assert len([line for line in caplog.messages if "credentials" in line]) == 1
    broken.clear()
    until_nothing_happens(sending, clock, DAY)
    assert receiver.taken == dict.fromkeys(keys, 1)


def test_a_poisonous_report_at_the_head_blocks_nobody(store: SqliteLedger) -> None:
    keys = report(store, 20)
    said = failure(422, problem="invalid_request", words=f"虚构0号建筑有限公司 {fictional_code(0)}: 不予接收")
    receiver = Receiver(lambda sent: said if keys[0] in {one.key for one in sent} else None)
    sending = dispatcher(store, receiver)
    assert sending.run_once(NOW) == Sent(claimed=20, delivered=19, refused=1)
    dead = only(store, state=DeliveryState.REFUSED)
    assert (dead.key, dead.fault, dead.words) == (keys[0], "refused", "invalid_request: **** ****: 不予接收")
    assert sending.run_once(NOW + timedelta(days=30)) == Sent()
    assert receiver.taken == dict.fromkeys(keys[1:], 1)


def test_what_is_no_outcome_is_put_aside(store: SqliteLedger) -> None:
    keys = [*report(store, effect="deny"), *report(store, 2)]
    receiver = Receiver()
    assert dispatcher(store, receiver).run_once(NOW) == Sent(claimed=3, delivered=2, refused=1)
    assert only(store, state=DeliveryState.REFUSED).key == keys[0]


def test_a_platform_that_fails_over_one_report_gets_the_others(store: SqliteLedger) -> None:
    clock, keys = Hands(), report(store, 20)
    receiver = Receiver(lambda sent: failure(500) if keys[3] in {one.key for one in sent} else None)
    sending = dispatcher(store, receiver)
    until_nothing_happens(sending, clock, DAY)
    assert receiver.taken == dict.fromkeys([key for key in keys if key != keys[3]], 1)
    assert only(store, key=keys[3]).state is DeliveryState.WAITING  # who knows: it may be mended
    assert sending.state().receivers["platform"].failures == 0


@pytest.mark.parametrize(
    "error",
    [failure(502), failure(503), failure(504), failure(500), failure(401), failure(403), failure(429), failure()],
)
@pytest.mark.parametrize("at_first", [1, 5, 150])
def test_no_report_keeps_others_waiting_for_long(store: SqliteLedger, at_first: int, error: Exception) -> None:
    """Whatever its receiver says of it. A new report every hour, for five days."""
    clock, came, made = Hands(), dict[str, datetime](), dict[str, datetime]()
    keys = report(store, at_first)
    receiver = Receiver(lambda sent: error if keys[0] in {one.key for one in sent} else None)
    sending = dispatcher(store, receiver)
    made.update(dict.fromkeys(keys, NOW))
    for hour in range(120):
        until_nothing_happens(sending, clock, 3600)
        came |= {key: clock() for key in receiver.taken if key not in came}
        clock.moment = NOW + timedelta(hours=hour + 1)
        made |= dict.fromkeys(report(store, at=clock()), clock())
    until_nothing_happens(sending, clock, 3600)
    came |= {key: clock() for key in receiver.taken if key not in came}
    assert set(made) - set(came) == {keys[0]}
    assert max(came[key] - made[key] for key in came) <= timedelta(hours=2)
    assert only(store, key=keys[0]).state is DeliveryState.WAITING
    assert only(store, key=keys[0]).attempts < 30
    assert len(receiver.calls) < 250


def test_a_report_whose_receiver_names_a_time_for_it_keeps_nobody_waiting_for_long(store: SqliteLedger) -> None:
    clock, keys = Hands(), report(store, 40)
    error = failure(503, retry_after=600.0)
    receiver = Receiver(lambda sent: error if keys[3] in {one.key for one in sent} else None)
    sending = dispatcher(store, receiver)
    until_nothing_happens(sending, clock, 3 * 3600)
    assert receiver.taken == dict.fromkeys([key for key in keys if key != keys[3]], 1)


def test_whoever_has_reports_tried_at_once_ends_their_receiver_s_rest(store: SqliteLedger) -> None:
    """In a process that runs, and knows nothing but its ledger."""
    down = [failure(503, retry_after=3600.0)]
    keys, receiver = report(store, 2), Receiver(lambda _: down[0] if down else None)
    sending, clock = dispatcher(store, receiver), Hands()
    requeue(store, NOW - timedelta(seconds=1), keys[:1])  # before it failed
    assert sending.run_once(clock()).deferred == 2
    clock.go(60)
    assert sending.run_once(clock()) == Sent()
    down.clear()
    (new,) = report(store, at=clock())
    assert sending.run_once(clock()) == Sent(), "it rests"
    assert hasten(store, clock()) == keys
    assert sending.run_once(clock()).delivered == 3
    assert receiver.taken == dict.fromkeys([*keys, new], 1)


def test_a_rest_that_was_ended_may_begin_again(store: SqliteLedger) -> None:
    keys, receiver, clock = report(store, 2), Receiver(lambda _: failure(503)), Hands()
    sending = dispatcher(store, receiver, backoff=Backoff((3600,)))
    for _ in range(3):
        assert sending.run_once(clock()).deferred == 2
        clock.go(60)
        assert sending.run_once(clock()) == Sent()
        assert hasten(store, clock()) == keys
    assert len(receiver.calls) == 3


def test_a_damaged_word_that_they_are_well_keeps_nobody_waiting(store: SqliteLedger) -> None:
    platform, city, clock = Receiver(lambda _: failure(503)), Receiver(), Hands()
    sending = dispatcher(store, platform, city, backoff=Backoff((3600,)))
    keys = report(store)
    assert sending.run_once(clock()).deferred == 1
    clock.go(60)
    hasten(store, clock())
    with sqlite3.connect(store.name) as file:
        file.execute("UPDATE entries SET body = '{}' WHERE kind = 'requeued'")
    report(store, receiver="city", at=clock())
    assert sending.run_once(clock()).delivered == 1
    clock.go(3600)
    sending.run_once(clock())
    assert platform.calls == [keys, keys]


def test_what_waits_for_others_hides_nothing(store: SqliteLedger) -> None:
    """When it is looked at next: as soon as something is due that can be sent from here."""
    report(store, 2, receiver="elsewhere")
    report(store, send_from=NOW + timedelta(seconds=4))
    sending = dispatcher(store, Receiver())
    sending.run_once(NOW)
    assert sending._rounds.next_at(NOW) == NOW + timedelta(seconds=4)


def test_receipts_that_do_not_fit_are_no_receipts(store: SqliteLedger) -> None:
    keys, right = report(store, 2), Receiver()
    wrong = [True]

    class Muddled(Receiver):
        def send(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> Any:
            receipts = right.send(outcomes, timeout=timeout)
            return receipts[::-1] if wrong else receipts

    clock = Hands()
    sending = dispatcher(store, Muddled())
    assert sending.run_once(clock()) == Sent(claimed=2, deferred=2)
    assert {one.fault for one in store.deliveries()} == {"schema"}
    wrong.clear()
    until_nothing_happens(sending, clock, DAY)
    assert set(states(store).values()) == {DeliveryState.DELIVERED}
    assert right.taken == dict.fromkeys(keys, 2)


def test_a_source_without_an_intake_keeps_its_reports(store: SqliteLedger) -> None:
    report(store, 3)
    receiver = Receiver(lambda _: InvalidSettings("平台约定 x 不提供结果反馈", "profile x offers no intake"))
    assert dispatcher(store, receiver).run_once(NOW) == Sent(claimed=3, deferred=3)
    waiting = store.deliveries(state=DeliveryState.WAITING)
    assert {(one.fault, one.words) for one in waiting} == {
        ("request", "平台约定 x 不提供结果反馈 | profile x offers no intake")
    }


def test_one_receiver_s_trouble_is_not_the_other_s(store: SqliteLedger) -> None:
    platform, city = Receiver(lambda _: failure()), Receiver()
    first, second, third = report(store, 2), report(store, 2, receiver="city"), report(store, receiver="province")
    sending = dispatcher(store, platform, city)
    assert sending.run_once(NOW) == Sent(claimed=4, delivered=2, deferred=2)
    assert (set(platform.calls[0]), set(city.calls[0])) == (set(first), set(second))
    assert states(store)[third[0]] is DeliveryState.WAITING  # nobody here can send it
    assert sending.run_once(NOW) == Sent()


def test_two_dispatchers_send_nothing_twice(store: SqliteLedger) -> None:
    keys, receiver = report(store, 30), Receiver()
    one, two = dispatcher(store, receiver, batch=4), dispatcher(store, receiver, batch=4)
    while one.run_once(NOW).claimed + two.run_once(NOW).claimed:
        pass
    assert receiver.taken == dict.fromkeys(keys, 1)


def test_a_clock_put_back_keeps_no_receiver_waiting(store: SqliteLedger) -> None:
    down = [failure()]
    report(store)
    receiver = Receiver(lambda _: down.pop() if down else None)
    sending = dispatcher(store, receiver)
    assert sending.run_once(NOW).deferred == 1
    yesterday = NOW - timedelta(days=1)
    (key,) = report(store, at=yesterday)
    assert sending.run_once(yesterday).delivered == 1
    assert receiver.taken == {key: 1}
    assert sending.run_once(NOW + timedelta(seconds=1)).delivered == 1


def test_what_a_dead_worker_claimed_comes_again(store: SqliteLedger) -> None:
    keys = report(store, 3)
    store.claim("dead", NOW, lease=60, limit=2)
    receiver = Receiver()
    sending = dispatcher(store, receiver)
    assert sending.run_once(NOW).delivered == 1
    assert sending.run_once(NOW + timedelta(seconds=61)).delivered == 2
    assert receiver.taken == dict.fromkeys(keys, 1)


def test_a_lease_that_is_nearly_over_gives_the_rest_back(store: SqliteLedger) -> None:
    report(store, 4)
    receiver = Receiver(lambda sent: failure(422) if len(sent) > 1 else None)
    sending = dispatcher(store, receiver, lease=0.2, timeout=0.1)
    assert sending.run_once(NOW, timeout=0.01) == Sent()  # not even claimed
    assert all(timeout is None or timeout <= 0.1 for timeout in receiver.timeouts)
    assert until_nothing_happens(sending, Hands(), 1)[-1].given_back == 0
    assert len(receiver.taken) == 4


def test_everything_is_told(store: SqliteLedger) -> None:
    keys, watching = report(store, 4), Watching()
    errors = [failure(503, retry_after=5.0)]
    receiver = Receiver(
        lambda sent: errors.pop() if errors else failure(422) if keys[0] in {one.key for one in sent} else None
    )
    sending = dispatcher(store, receiver, observer=watching)
    until_nothing_happens(sending, Hands(), 60)
    deferred, *rest = watching.events
    assert isinstance(deferred, Deferred)
    assert (deferred.receiver, deferred.reports, deferred.fault, deferred.status) == (
        "platform",
        4,
        "server_error",
        503,
    )
    assert deferred.wait >= 5
    assert sum(one.reports for one in rest if isinstance(one, Delivered)) == 3
    assert [(one.reports, one.fault, one.status) for one in rest if isinstance(one, Refused)] == [(1, "refused", 422)]
    state = sending.state().receivers["platform"]
    assert (state.delivered, state.deferred, state.refused, state.failures) == (3, 4, 1, 0)
    assert fictional_code(0) not in repr(watching.events) + repr(state)


def test_entries_say_what_happened(store: SqliteLedger) -> None:
    keys = report(store, 2)
    errors = [failure(503)]
    sending = dispatcher(store, Receiver(lambda _: errors.pop() if errors else None), backoff=Backoff((10,)))
    sending.run_once(NOW)
    sending.run_once(NOW + timedelta(seconds=10))
    deferred, delivered = (json.loads(one.entry.body) for one in store.entries(after=2))
    assert (deferred["receiver"], deferred["keys"], deferred["fault"], deferred["status"]) == (
        "platform",
        keys,
        "server_error",
        503,
    )
    assert [row[0] for row in delivered["receipts"]] == keys
    assert delivered["receipts"][0][1:] == [f"R-{keys[0][-4:]}", "2026-11-21T12:00:00.000+08:00", False]


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"batch": 1001}, {"timeout": 60.0}, {"timeout": 0.0}])
def test_numbers_that_do_not_fit_are_refused(store: SqliteLedger, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        dispatcher(store, Receiver(), **wrong)
