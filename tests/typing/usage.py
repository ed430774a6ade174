"""What users write, read by the type checker alone: positive, and negative where an ignore has to be needed.

`mypy --strict` warns of an ignore that nothing needs, so that each of these lines is a test.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, assert_type

from credit_sdk import (
    AsyncCreditClient,
    CheckRequest,
    CreditClient,
    Decision,
    Effect,
    Notice,
    Obligation,
    Role,
    SeenListing,
    Subject,
    SubjectType,
)
from credit_sdk.errors import BadRecord, CreditError, IncompleteCoverage, InvalidSubject, NoDecision, Restricted
from credit_sdk.formats import measures
from credit_sdk.model.measure import MeasureList
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.plugins import Domain, DomainRegistry, hookimpl
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
