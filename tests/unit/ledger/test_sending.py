"""One batch on its way: what is sent again in smaller pieces, and what is not."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import BadRecord, InvalidRequest
from credit_sdk.ledger._sending import Telling, Told
from credit_sdk.ledger._verdicts import Fate
from credit_sdk.model.terms import Effect
from credit_sdk.ports.platform import Outcome, PlatformReceipt
from credit_sdk.testing import fictional_code
from tests.unit.ledger.delivering import NOW, Receiver, dice, failure

if TYPE_CHECKING:
    from collections.abc import Sequence


def outcomes(several: int) -> list[Outcome]:
    return [
        Outcome("d", {"code": fictional_code(n)}, "procurement", "award", Effect.ALLOW, NOW, key=f"k{n}")
        for n in range(several)
    ]


def tell(sender: Any, several: int, *, doubt: bool = False, calls: int = 10_000, **more: Any) -> list[Told]:
    left = iter(range(calls))
    telling = Telling(sender, lambda: None if next(left, None) is None else 1.0, doubt=doubt, dice=dice(), **more)
    return list(telling.tell(outcomes(several)))


def taken(told: Sequence[Told]) -> list[str]:
    return [one.idempotency_key for one in chain.from_iterable(one.receipts for one in told)]


def failed(told: Sequence[Told]) -> dict[str | None, Fate]:
    return {outcome.key: verdict.fate for one in told for outcome, verdict in one.failures}


def test_a_batch_is_one_call() -> None:
    receiver = Receiver()
    told = tell(receiver, 100)
    assert (receiver.sizes, len(taken(told)), failed(told)) == ([100], 100, {})


@pytest.mark.parametrize("poison", [{"k0"}, {"k63"}, {"k5", "k6", "k60"}])
@pytest.mark.parametrize("error", [failure(422), InvalidRequest("无", "none"), RecursionError()])
def test_the_guilty_stand_alone_and_the_others_go_out(poison: set[str], error: Exception) -> None:
    receiver = Receiver(lambda sent: error if poison & {one.key for one in sent} else None)
    told = tell(receiver, 64)
    fate = Fate.ALONE if isinstance(error, RecursionError) else Fate.REFUSED
    assert failed(told) == dict.fromkeys(poison, fate)
    assert taken(told) == [f"k{n}" for n in range(64) if f"k{n}" not in poison]
    assert len(receiver.calls) <= 2 * 6 * len(poison) + 1


def test_an_outage_ends_the_batch() -> None:
    receiver = Receiver(lambda _: failure(503))
    told = tell(receiver, 10)
    assert receiver.sizes == [10]
    assert set(failed(told).values()) == {Fate.LATER}
    assert len(failed(told)) == 10


def test_an_outage_amid_the_search_ends_it() -> None:
    errors = iter([failure(422), failure(503)])
    receiver = Receiver(lambda _: next(errors, None))
    told = tell(receiver, 10)
    assert receiver.sizes == [10, 5]
    assert failed(told) == {f"k{n}": Fate.LATER for n in range(5)}


@pytest.mark.parametrize("error", [failure(500), failure(fault="deadline"), BadRecord("无", "none", fault="schema")])
def test_a_receiver_that_fails_over_one_outcome_gets_the_others(error: Exception) -> None:
    receiver = Receiver(lambda sent: error if any(one.key == "k7" for one in sent) else None)
    assert receiver.sizes == []
    told = tell(receiver, 64, doubt=True)
    assert receiver.sizes[:2] == [64, 1]
    assert failed(told) == {"k7": Fate.ALONE}
    assert len(taken(told)) == 63


def test_a_receiver_that_fails_over_all_gets_two_calls() -> None:
    receiver = Receiver(lambda _: failure(500))
    told = tell(receiver, 64, doubt=True)
    assert receiver.sizes == [64, 1]
    assert list(failed(told).values()) == [Fate.LATER]


@pytest.mark.parametrize("error", [failure(503), failure(429), failure(401), failure(), failure(fault="dns")])
def test_what_can_only_be_the_receiver_s_gets_one(error: Exception) -> None:
    receiver = Receiver(lambda _: error)
    tell(receiver, 64, doubt=True)
    assert receiver.sizes == [64]


ANY_FAULT = [
    failure(503), failure(504), failure(500), failure(429), failure(401), failure(403), failure(), failure(fault="dns"),
    OSError(),
]  # fmt: skip


@pytest.mark.parametrize("error", ANY_FAULT)
def test_one_that_a_receiver_goes_on_failing_over_stands_alone(error: Exception) -> None:
    """Whoever says so, and whatever it says: a gateway before a server that dies of it, a firewall."""
    receiver = Receiver(lambda sent: error if any(one.key == "k7" for one in sent) else None)
    told = tell(receiver, 64, doubt=True, wary=True)
    assert receiver.sizes[0] == 1
    assert failed(told) == {"k7": Fate.ALONE}
    assert len(taken(told)) == 63
    assert len(receiver.calls) <= 16


@pytest.mark.parametrize("error", ANY_FAULT)
def test_a_receiver_that_goes_on_failing_is_asked_for_little(error: Exception) -> None:
    """And what was held back for that one waits as long."""
    receiver = Receiver(lambda _: error)
    told = tell(receiver, 64, doubt=True, wary=True)
    assert receiver.sizes == [1]
    assert failed(told) == {f"k{n}": Fate.LATER for n in range(64)}


def test_who_names_a_time_is_not_asked_again_at_once() -> None:
    """What got through until then did."""
    error = failure(503, retry_after=60.0)
    receiver = Receiver(lambda sent: error if any(one.key == "k7" for one in sent) else None)
    told = tell(receiver, 64, doubt=True, wary=True)
    assert [len(keys) for keys in receiver.calls if "k7" in keys] != []
    assert len(receiver.calls) <= 3
    assert taken(told)
    assert set(failed(told).values()) == {Fate.LATER}
    assert len(taken(told)) + len(failed(told)) == 64


def test_a_receiver_that_fails_over_nearly_everything_is_not_asked_for_each() -> None:
    receiver = Receiver(lambda sent: failure(503) if len(sent) > 1 or sent[0].key != "k7" else None)
    told = tell(receiver, 1000, doubt=True, wary=True, stale={f"k{n}" for n in range(1000) if n != 7})
    assert taken(told) == ["k7"]
    assert len(receiver.calls) < 40


def test_one_under_suspicion_is_not_the_one_that_is_tried() -> None:
    """As it would say nothing of the receiver."""
    receiver = Receiver(lambda _: failure(503))
    tell(receiver, 64, doubt=True, wary=True, stale={f"k{n}" for n in range(64) if n != 9})
    assert receiver.calls == [["k9"]]


def test_when_the_time_is_over_the_rest_is_not_told_of() -> None:
    receiver = Receiver(lambda sent: failure(422) if len(sent) > 1 else None)
    told = tell(receiver, 8, calls=5)
    assert receiver.sizes == [8, 4, 2, 1, 1]
    assert taken(told) == ["k0", "k1"]
    assert failed(told) == {}


RECEIPTS = [PlatformReceipt(f"R{n}", f"k{n}", NOW) for n in range(3)]


@pytest.mark.parametrize(
    ("answers", "right"),
    [
        (RECEIPTS[:2], []),
        ([*RECEIPTS, RECEIPTS[0]], []),
        ([], []),
        (None, []),
        ("receipts", []),
        ([RECEIPTS[0], RECEIPTS[2], RECEIPTS[1]], ["k0"]),
        ([RECEIPTS[0], "R1", RECEIPTS[2]], ["k0", "k2"]),
    ],
)
def test_receipts_for_something_else_are_none(answers: Any, right: list[str]) -> None:
    class Muddled:
        def send(self, sent: Sequence[Outcome], *, timeout: float | None = None) -> Any:
            return answers

    told = tell(Muddled(), 3)
    assert taken(told) == right
    assert set(failed(told).values()) == {Fate.LATER}
    assert len(failed(told)) == 3 - len(right)
    assert told[0].outage is not None
    assert told[0].outage.fault == "schema"


def test_an_answer_for_each_is_each_one_s() -> None:
    class Fussy:
        def send(self, sent: Sequence[Outcome], *, timeout: float | None = None) -> Any:
            return [failure(422), BadRecord("无", "none", fault="business", status=200), *RECEIPTS[2 : len(sent)]]

    told = tell(Fussy(), 3)
    assert failed(told) == {"k0": Fate.REFUSED, "k1": Fate.ALONE}
    assert taken(told) == ["k2"]
    assert told[0].outage is None
