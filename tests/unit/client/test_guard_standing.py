"""What a guard and its confirmation make of decisions that change under them: nothing done is forgotten, nothing is made up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.errors import InvalidReport, InvalidRequest, Restricted, SourceUnavailable
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.terms import Effect
from credit_sdk.testing import coverage, fictional_code, listing, measure, measure_list
from tests.unit.client.conftest import Told, Way
from tests.unit.client.guarding import CLEAN, LISTED, OVERRIDE, REFUSE, guarding, memory, outcome, standing

if TYPE_CHECKING:
    from pathlib import Path

    from credit_sdk import Decision
    from tests.unit.client.conftest import Called

T = TypeVar("T", CreditClient, AsyncCreditClient)

LIMITED, FREE = (coverage(), listing()), (coverage(),)
FALLBACK = measure_list(
    actions={"award": {"on_unavailable": "allow"}, "pay": {"on_unavailable": "allow"}},
    measures=[
        measure("test.refuse", actions=["award"], consequence="refuse"),
        measure("test.limit", name="限制", actions=["pay"], consequence="limit"),
    ],
)


def made(kind: type[T], source: Any, ledger: Any) -> T:
    """A client of one kind, as ``way`` makes it."""
    client = Way(kind).client(source, REFUSE, ledger=ledger).client
    assert isinstance(client, kind)
    return client


def done(client: Called, decision: Decision) -> dict[str, str]:
    """The measures that a decision asked for, and how they stand."""
    return {duty.measure: duty.state.value for duty in client.ledger.store.duties(decision_id=decision.decision_id)}


# ------------------------------------------------------------------------------------------ carried out, then gone


def test_what_was_carried_out_stays_with_the_decision_that_asked_for_it(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, LIMITED, FREE)
    seen: list[Decision] = []

    def body(case: Any) -> Any:
        seen.append(case.decision)
        case.executed("test.limit")
        return case.confirm()

    client.guard(LISTED, body, action="pay")
    [before, now] = [report["outcome"] for report in client.reports]
    assert (before["decision_id"], before["executed"]) == (seen[0].decision_id, ["test.limit"])
    assert (now["executed"], now["note"]) == ([], None)
    assert now["decision_id"] != seen[0].decision_id
    assert done(client, seen[0])["test.limit"] == "executed"  # and so to be lifted once its listing has ended


def test_nothing_is_said_of_measures_that_nobody_named(way: Way, tmp_path: Path) -> None:
    watched = measure_list(
        actions={"pay": {}},
        measures=[
            measure("test.limit", actions=["pay"], consequence="limit"),
            measure(
                "test.watch",
                actions=["pay"],
                consequence="scrutinise",
                triggers=[{"list": ["court.judgment-defaulter"]}],
            ),
        ],
    )
    seen = (coverage(), coverage("court.judgment-defaulter"))
    other = listing(id="T-1", list="court.judgment-defaulter")
    records = [memory(*seen, listing(), other), memory(*seen, other)]

    def answer(subjects: Any) -> Any:
        return (records.pop(0) if len(records) > 1 else records[0]).fetch(subjects)

    source = Told(answer)
    client = way.client(source, watched, ledger=tmp_path / "credit.db")

    def body(case: Any) -> Any:
        case.executed("test.limit")
        return case.confirm()

    client.guard(LISTED, body, action="pay")
    assert [report["outcome"]["executed"] for report in client.reports] == [["test.limit"], []]


# ---------------------------------------------------------------------------------------------- an outage in between


def test_an_outage_lifts_no_restriction(way: Way, tmp_path: Path) -> None:
    client = way.client(memory(), FALLBACK, ledger=tmp_path / "credit.db")
    refused, limited = client.check(LISTED), client.check(LISTED, action="pay")
    assert refused.blocking
    down = way.client(_Down(), FALLBACK, ledger=tmp_path / "credit.db")
    with pytest.raises(Restricted) as raised:
        down.call("confirm", refused)
    assert raised.value.decision == refused
    confirmation = down.call("confirm", limited)
    assert (confirmation.decision, confirmation.changed, confirmation.why) == (limited, False, "unknown")


def test_an_outage_gives_no_incentive_either(way: Way, tmp_path: Path) -> None:
    client = way.client(memory(coverage()), FALLBACK, ledger=tmp_path / "credit.db")
    allowed = client.check(CLEAN)
    down = way.client(_Down(), FALLBACK, ledger=tmp_path / "credit.db")
    confirmation = down.call("confirm", allowed)
    assert confirmation.decision.degraded is not None
    assert confirmation.decision.effect is Effect.ALLOW


class _Down:
    name = "down"

    def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
        raise SourceUnavailable("来源不可用", "the source is unavailable", fault="connect")

    async def fetch_async(self, subjects: Any, *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        self.fetch(subjects)


# ------------------------------------------------------------------------------------------------- refused on the way


def test_a_refusal_that_the_client_finds_in_the_body_is_reported_as_one(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, FREE, (coverage(), listing(subject=CLEAN)))
    with pytest.raises(Restricted):
        client.guard(CLEAN, lambda case: client.client.confirm(case.decision))
    assert outcome(client)["executed"] == ["test.refuse"]
    assert outcome(client)["note"] == "已拒绝办理"


def test_somebody_elses_refusal_is_none_of_this_case(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path, memory(coverage(), listing()))
    other = client.check(LISTED)
    with pytest.raises(Restricted):
        client.guard(CLEAN, lambda _: client.client.confirm(other))
    assert outcome(client)["note"] == "办理中断 (Restricted)"


def test_an_override_covers_the_same_refusal_whatever_the_caller_handles(way: Way, tmp_path: Path) -> None:
    client, source = standing(way, tmp_path, LIMITED)
    body = client.guard(LISTED, lambda case: case.confirm(), override=OVERRIDE, handles=["limit"])
    assert body.decision.blocking
    assert len(source.asked) == 2


# -------------------------------------------------------------------------------------------- reports that must fit


def test_advice_without_a_measure_is_nothing_that_was_carried_out(way: Way, tmp_path: Path) -> None:
    flagged = measure_list(
        policy={"on_objection": "flag"},
        actions={"pay": {}},
        measures=[measure("test.limit", actions=["pay"], consequence="limit")],
    )
    objected = memory(coverage(), listing(status="objected"))
    client = way.client(objected, flagged, ledger=tmp_path / "credit.db")
    assert "human_review" in [one.id for one in client.check(LISTED, action="pay").advice]
    with pytest.raises(InvalidRequest, match="human_review"):
        client.guard(LISTED, action="pay", executed={"test.limit", "human_review"})
    client.guard(LISTED, action="pay", executed={"test.limit"})
    assert outcome(client)["executed"] == ["test.limit"]


@pytest.mark.parametrize(("measures", "fits"), [({"test.limit"}, True), ({"test.limti"}, False)])
def test_a_misspelt_measure_is_found_before_the_body(way: Way, tmp_path: Path, measures: set[str], fits: bool) -> None:
    client = guarding(way, tmp_path, memory(coverage()))
    ran: list[Any] = []
    if fits:
        client.guard(CLEAN, ran.append, action="pay", executed=measures)
    else:
        with pytest.raises(InvalidRequest) as raised:
            client.guard(CLEAN, ran.append, action="pay", executed=measures)
        assert raised.value.key == "executed"
    assert len(ran) == (1 if fits else 0)


def test_a_long_note_and_a_long_name_still_fit(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path, memory(coverage()))
    error = type("E" * 300, (Exception,), {})

    def body(case: Any) -> None:
        case.note("长" * 1800)
        raise error

    with pytest.raises(error):
        client.guard(CLEAN, body)
    assert outcome(client)["note"].endswith("E)")


# --------------------------------------------------------------------------- who else reports on the same decision


def test_what_another_process_said_in_between_is_not_the_last_word(way: Way, tmp_path: Path) -> None:
    here, there = guarding(way, tmp_path), guarding(way, tmp_path)
    decision = here.check(LISTED, action="pay")
    there.call("report", decision.decision_id, executed=["test.limit"])
    there.call("report", decision.decision_id, not_executed={"test.limit": "采购文件未载明"})
    receipt = here.call("report", decision, executed=["test.limit"])
    assert done(here, decision)["test.limit"] == "executed"
    assert [body["outcome"]["key"] for body in here.reports][-1] == receipt.key
    assert len(here.reports) == 3


def test_the_same_said_elsewhere_is_the_same_report(way: Way, tmp_path: Path) -> None:
    here, there = guarding(way, tmp_path), guarding(way, tmp_path)
    decision = here.check(LISTED, action="pay")
    first = there.call("report", decision.decision_id, executed=["test.limit"])
    assert here.call("report", decision, executed=["test.limit"]) == first
    assert len(here.reports) == 1


# ------------------------------------------------------------------------------------------------------- consortiums


def test_a_members_decision_is_no_decision_to_act_upon(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    decision = client.check(CLEAN, members=[fictional_code(3), LISTED])
    [lead, *_] = decision.parts
    assert (decision.is_part, lead.is_part) == (False, True)
    with pytest.raises(InvalidReport, match="联合体"):
        client.call("report", lead)
    with pytest.raises(InvalidRequest, match="联合体"):
        client.call("confirm", lead)
    assert len(client.entries) == 1


# ------------------------------------------------------------------------------------------------- cut off on the way


def test_a_coroutine_that_is_taken_down_without_its_loop_is_reported(tmp_path: Path) -> None:
    client = made(AsyncCreditClient, memory(coverage()), tmp_path / "credit.db")
    loop = asyncio.new_event_loop()

    async def acting() -> None:
        async with client.guard(CLEAN, domain="test", action="award"):
            begun.set()
            await asyncio.Event().wait()

    async def starting() -> Any:
        task = asyncio.ensure_future(acting())
        task.add_done_callback(lambda _: begun.set())
        await begun.wait()
        assert not task.done()
        return task.get_coro()

    begun = asyncio.Event()
    coroutine = loop.run_until_complete(starting())
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    coroutine.close()
    with SqliteLedger(tmp_path / "credit.db") as store:
        [report] = store.entries(kinds=["reported"])
    assert "办理中断 (GeneratorExit)" in report.entry.body


class _Cut(SqliteLedger):
    """A ledger whose writer is interrupted just after an override is written."""

    cut: type[BaseException] | None = KeyboardInterrupt

    def append(self, entries: Any, *, connection: Any = None) -> Any:
        there = super().append(entries, connection=connection)
        if self.cut is not None and any('"what":"override"' in one.body for one in entries):
            error, self.cut = self.cut, None
            raise error
        return there


def test_an_override_whose_body_never_began_is_said_to_be_broken_off(tmp_path: Path) -> None:
    with _Cut(tmp_path / "credit.db") as store:
        client = made(CreditClient, memory(), store)
        with (
            pytest.raises(KeyboardInterrupt),
            client.guard(LISTED, domain="test", action="award", override=OVERRIDE),
        ):
            pytest.fail("the body does not begin")
        bodies = [one.entry.body for one in store.entries(kinds=["reported"])]
    assert ['"what":"override"' in body for body in bodies] == [True, False]
    assert "办理中断 (KeyboardInterrupt)" in bodies[1]


# -------------------------------------------------------------------------------------------------------- decorators


def test_an_object_whose_call_is_awaited_is_no_plain_function(tmp_path: Path) -> None:
    class Acting:
        async def __call__(self) -> None: ...

    client = made(CreditClient, memory(coverage()), tmp_path / "credit.db")
    with pytest.raises(InvalidRequest):
        client.guard(CLEAN, domain="test", action="award")(Acting())
    waited = made(AsyncCreditClient, memory(coverage()), tmp_path / "async.db")
    waited.guard(CLEAN, domain="test", action="award")(Acting())
    asyncio.run(waited.aclose())
    client.close()


def test_whoever_only_watches_stops_nobody_over_the_subject(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    client = made(CreditClient, memory(coverage()), tmp_path / "credit.db")

    @client.guard(lambda order: order["code"], domain="test", action="award", mode="shadow")
    def act(order: dict[str, str]) -> str:
        return "acted"

    assert act({}) == "acted"
    assert "KeyError" in caplog.text
    client.close()
