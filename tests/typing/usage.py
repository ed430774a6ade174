"""What users write, read by the type checker alone: positive, and negative where an ignore has to be needed.

`mypy --strict` warns of an ignore that nothing needs, so that each of these lines is a test.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, assert_type

from credit_sdk import (
    AsyncCreditClient,
    CheckRequest,
    CreditClient,
    Decision,
    Effect,
    Notice,
    Obligation,
    Override,
    Receipt,
    Role,
    SeenListing,
    Subject,
    SubjectType,
)
from credit_sdk.errors import BadRecord, CreditError, IncompleteCoverage, InvalidSubject, NoDecision, Restricted
from credit_sdk.formats import measures
from credit_sdk.ledger import FeedbackRule
from credit_sdk.ledger.desk import Ledger
from credit_sdk.ledger.recheck import Recheck, Rechecked
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ledger.values import Confirmation
from credit_sdk.model.measure import MeasureList
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.plugins import Domain, DomainRegistry, hookimpl
from credit_sdk.ports.ledger import Duty, KeptDecision
from credit_sdk.sources import DemoSource, FilesSource, MemorySource, ThreadedSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk.ports import Answer, AsyncRecordSource, RecordSource


# ------------------------------------------------------------------------------------------------------------- checking


def check_one() -> None:
    with CreditClient("demo") as credit:
        assert_type(credit, CreditClient)
        decision = credit.check("91990100MA0000A019", domain="procurement", action="award")
        assert_type(decision, Decision)
        assert_type(decision.effect, Effect)
        assert_type(decision.blocking, bool)
        assert_type(decision.obligations, tuple[Obligation, ...])
        assert_type(decision.listings, tuple[SeenListing, ...])
        assert_type(decision.notices, tuple[Notice, ...])
        assert_type(decision.parts, tuple[Decision, ...])
        assert_type(decision.explain(), str)
        assert_type(decision.explain("en"), str)
        assert_type(decision.to_json(), str)
        assert_type(decision.obligations[0].because, tuple[str, ...])
        assert_type(decision.obligations[0].until, date | None)
        decision.explain("fr")  # type: ignore[arg-type]


def every_argument(credit: CreditClient) -> None:
    credit.check(
        Subject("91990100MA0000A019", name="虚构甲建筑工程有限公司", type=SubjectType.LEGAL_ENTITY),
        domain="procurement",
        action="award",
        members=["91990100MA0000A02C", Subject(name="虚构乙有限公司")],
        related=[(Role.PARENT, "91990100MA0000A03F"), ("principal", Subject("91990100MA0000A02C"))],
        jurisdiction="4418",
        handles={"refuse", "limit"},
        purpose="award",
        authorization="虚构文号",
        as_of=datetime(2026, 11, 21, tzinfo=UTC),
        context={"bonus_points": "2"},
        timeout=2.5,
    )


def wrong_arguments(credit: CreditClient) -> None:
    credit.check("91990100MA0000A019")  # type: ignore[call-arg]
    credit.check("91990100MA0000A019", "procurement", "award")  # type: ignore[call-arg]
    credit.check(91990100, domain="procurement", action="award")  # type: ignore[arg-type]
    credit.check("91990100MA0000A019", domain="procurement", action="award", as_of="today")  # type: ignore[arg-type]
    credit.check("91990100MA0000A019", domain="procurement", action="award", related="parent")  # type: ignore[arg-type]
    credit.check("91990100MA0000A019", domain="procurement", action="award", retries=3)  # type: ignore[call-arg]
    credit.source = DemoSource()  # type: ignore[misc]


def wrong_results(decision: Decision) -> None:
    decision.effect = Effect.ALLOW  # type: ignore[misc]
    decision.obligations.append(decision.obligations[0])  # type: ignore[attr-defined]
    decision.score  # type: ignore[attr-defined]  # noqa: B018 - there are no scores (9.3)


def every_effect(decision: Decision) -> str:
    """The effects are a closed set: no default is needed."""
    match decision.effect:
        case Effect.ALLOW:
            return "allow"
        case Effect.PRIORITY:
            return "priority"
        case Effect.RESTRICT:
            return "restrict"


def check_many(credit: CreditClient) -> None:
    requests = [CheckRequest(subject="91990100MA0000A019", domain="procurement", action="award")]
    results = credit.check_many(requests)
    assert_type(results, list[Decision | CreditError])
    for result in results:
        if isinstance(result, CreditError):
            assert_type(result.message("en"), str)
            assert_type(result.line, int | None)
        else:
            assert_type(result, Decision)
    results[0].effect  # type: ignore[union-attr]  # noqa: B018 - a failure has none
    CheckRequest("91990100MA0000A019", "procurement", "award")  # type: ignore[call-arg]
    CheckRequest(subject="91990100MA0000A019", domain="procurement")  # type: ignore[call-arg]


async def awaited() -> None:
    async with AsyncCreditClient("demo") as credit:
        assert_type(credit, AsyncCreditClient)
        assert_type(await credit.check("91990100MA0000A019", domain="procurement", action="award"), Decision)
        assert_type(await credit.check_many([]), list[Decision | CreditError])
        credit.check("91990100MA0000A019", domain="procurement", action="award").effect  # type: ignore[attr-defined]  # noqa: B018
        await credit.aclose()
    with AsyncCreditClient("demo"):  # type: ignore[attr-defined]
        pass


# --------------------------------------------------------------------------------------------------------- the ledger


def told(duty: Duty) -> None:
    assert_type(duty.measure, str)


def keeping(path: Path) -> None:
    CreditClient("demo", ledger="credit-ledger.db")
    CreditClient("demo", ledger=path, ledger_required=False, feedback="feedback.toml", service="招标系统")
    CreditClient("demo", ledger="postgresql://127.0.0.1/credit", feedback={"test": FeedbackRule(by_day=20)})
    CreditClient("demo", ledger=SqliteLedger(path), on_release=told, shadow={"subsidy/grant"})
    CreditClient("demo", ledger=Ledger.open(path), receipt_key=path)
    CreditClient("demo", ledger=3)  # type: ignore[arg-type]
    CreditClient("demo", ledger=path, shadow=1)  # type: ignore[arg-type]
    CreditClient("demo", ledger=path, on_release=print)


def reporting(credit: CreditClient, decision: Decision) -> None:
    receipt = credit.report(decision, executed=["a"], not_executed={"b": "已超期"}, note="见卷宗", case=True)
    assert_type(receipt, Receipt)
    assert_type(receipt.key, str)
    assert_type(receipt.receiver, str | None)
    credit.report(decision.decision_id)
    credit.report(decision, ["a"])  # type: ignore[call-arg]
    credit.report(decision, not_executed=["b"])  # type: ignore[arg-type]
    assert_type(credit.discharge(decision.decision_id, "a", proof="收件单"), Receipt)
    assert_type(credit.release(decision.decision_id, ["a"]), Receipt)
    assert_type(credit.releases(), list[Duty])
    assert_type(credit.recheck(), Rechecked)
    assert_type(credit.affected("L-1"), list[KeptDecision])
    for changed in credit.recheck():
        assert_type(changed, Recheck)
    assert_type(credit.confirm(decision, validity=timedelta(minutes=5)), Confirmation)
    assert_type(credit.flush(1.0), bool)
    assert_type(credit.ledger, Ledger | None)
    credit.close(5)


def guarding(credit: CreditClient, connection: Any) -> None:
    override = Override("抢险救灾", "虚构领导", "虚构条例第八条")
    Override("抢险救灾", "虚构领导")  # type: ignore[call-arg]
    override.reason = "x"  # type: ignore[misc]
    with credit.guard("91990100MA0000A019", domain="subsidy", action="grant", override=override) as case:
        assert_type(case.decision, Decision | None)
        case.executed("a", "b")
        case.declined("c", "已超期")
        case.note("见卷宗")
        case.mark_as_case()
        assert_type(case.confirm(connection=connection).token, str)
        case.declined("c")  # type: ignore[call-arg]
    credit.guard("91990100MA0000A019", domain="subsidy", action="grant", mode="off")  # type: ignore[arg-type]

    @credit.guard(lambda code, amount: code, domain="subsidy", action="grant")
    def grant(code: str, amount: int) -> bool:
        return bool(amount)

    assert_type(grant("91990100MA0000A019", amount=3), bool)
    grant("91990100MA0000A019")  # type: ignore[call-arg]


async def awaited_ledger(credit: AsyncCreditClient, decision: Decision) -> None:
    assert_type(await credit.report(decision, executed=["a"]), Receipt)
    assert_type(await credit.confirm(decision), Confirmation)
    assert_type(await credit.recheck(), Rechecked)
    async with credit.guard("91990100MA0000A019", domain="subsidy", action="grant") as case:
        assert_type((await case.confirm()).decision, Decision)

    @credit.guard("91990100MA0000A019", domain="subsidy", action="grant")
    async def grant(amount: int) -> bool:
        return bool(amount)

    assert_type(await grant(3), bool)

    @credit.guard("91990100MA0000A019", domain="subsidy", action="grant")  # type: ignore[arg-type]
    def blocking(amount: int) -> bool:
        return bool(amount)

    with credit.guard("91990100MA0000A019", domain="subsidy", action="grant"):  # type: ignore[attr-defined]
        pass


# --------------------------------------------------------------------------------------------------------------- errors


def failures(credit: CreditClient) -> None:
    try:
        decision = credit.check("91990100MA0000A019", domain="procurement", action="award")
        decision.raise_for_restriction()
    except IncompleteCoverage as error:
        assert_type(error.missing, "Sequence[str]")
    except NoDecision as error:
        assert_type(error.retryable, bool)
        assert_type(error.code, str)
        error.missing  # type: ignore[attr-defined]  # noqa: B018 - of some branches only
    except Restricted as error:
        assert_type(error.decision, Decision)
    except InvalidSubject as error:
        as_value_error: ValueError = error
        del as_value_error
    CreditError("只有中文")  # type: ignore[call-arg]


# -------------------------------------------------------------------------------------------------------------- sources


class OwnSource:
    """A source of a department's own, of no class of ours."""

    name = "own"

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        now = datetime.now(UTC)
        return [
            CreditRecord(self.name, now, found=False, coverage=CoverageTable())
            if subject.code
            else BadRecord("没有代码", "no code")
            for subject in subjects
        ]

    def close(self) -> None:
        return None


class HalfASource:
    """No name, and nothing to close."""

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        return []


def sources(path: Path) -> None:
    own: RecordSource = OwnSource()
    CreditClient(own)
    CreditClient(FilesSource(path))
    CreditClient(FilesSource([path, "more.jsonl"]))
    CreditClient(MemorySource.of([{"type": "coverage"}]))
    CreditClient(HalfASource())  # type: ignore[arg-type]
    AsyncCreditClient(MemorySource.of([]))
    AsyncCreditClient(own)  # type: ignore[arg-type]
    threaded: AsyncRecordSource = ThreadedSource(own)
    AsyncCreditClient(threaded)
    CreditClient(ThreadedSource(own))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------- adapters


@hookimpl
def credit_sdk_domain() -> Domain:
    return Domain.from_package(__name__, name="own", title="自有领域")


def domains(path: Path) -> None:
    loaded = measures.load(path)
    assert_type(loaded, MeasureList)
    CreditClient("demo", domains=DomainRegistry([]), measure_lists=[loaded])
    CreditClient("demo", domains=DomainRegistry.from_entry_points(only=["procurement"]))
    CreditClient("demo", measure_lists=loaded)  # type: ignore[arg-type]
    loaded.version = "2"  # type: ignore[misc]


def subjects() -> None:
    assert_type(Subject("91990100MA0000A019").code, str | None)
    Subject("91990100MA0000A019", "虚构甲建筑工程有限公司")  # type: ignore[call-arg]
    Subject(code=1)  # type: ignore[arg-type]
    Subject("91990100MA0000A019").code = "x"  # type: ignore[misc]
