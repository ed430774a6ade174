"""From a plan and a record to a decision: the second half of the one thought that both clients share (:mod:`planning`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision.combining import combine
from credit_sdk.decision.coverage import CoverageReport, merged
from credit_sdk.decision.identity import subject_type
from credit_sdk.decision.result import Decision, Degraded, Notice, SourceReport
from credit_sdk.decision.triggers import Findings, check_clock, own_listings, surest_subjects
from credit_sdk.errors import IncompleteCoverage, InvalidSubject, SourceUnavailable
from credit_sdk.model import names
from credit_sdk.model.moments import shanghai_day
from credit_sdk.model.terms import Effect, Role, SubjectType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from credit_sdk.decision.planning import Plan, Stamp
    from credit_sdk.errors import NoDecision
    from credit_sdk.model.record import CreditRecord
    from credit_sdk.model.subject import ListedSubject, Subject


_NATURAL_PERSON = SubjectType.NATURAL_PERSON  # bound for the warm path, see triggers


def conclude(
    plan: Plan,
    subject: Subject,
    record: CreditRecord,
    as_of: datetime,
    stamp: Stamp,
    related: Sequence[tuple[Role, Subject, CreditRecord]] = (),
) -> Decision:
    """Decide on one subject from its record, and the records of those related to it.

    :raises NoDecision: the records do not carry an answer (rules 2.4, 7.2 to 7.4).
    :raises InvalidSubject: the record says that the subject is a natural person (rule 9.2).
    """
    compiled = plan.compiled
    view = compiled.view(record.coverage)
    check_clock(record, view.newest)
    report = view.report(as_of)

    listings, violations = own_listings(subject, record, compiled)
    own = surest_subjects(subject, listings, violations)
    type_, type_differs = subject_type(subject, own)
    if type_ is _NATURAL_PERSON:
        raise InvalidSubject(
            "信用记录表明该主体是自然人; 不核查自然人",
            "the record says that the subject is a natural person; natural persons are not checked",
            key="type",
        )

    findings = Findings(compiled, compiled.table(plan.action.name, type_), shanghai_day(as_of))
    findings.read(listings, report)
    if related:
        report = merged([report, *(_read_related(findings, *one, as_of) for one in related)])
    if findings.table.clean:
        findings.read_clean_years(subject, own, listings, violations, (view, report))

    notices = findings.notices
    if type_differs:
        notices.append(Notice("type_differs"))
    if view.newest > as_of:
        notices += [Notice("data_newer", None, code) for code in view.newer_than(as_of)]
    if subject.issued and subject.check_digit_failed:
        notices.append(Notice("check_digit_failed"))
    if record.uncoded_lists or record.fictional or record.disputed:
        notices += _notices_of(record, subject)
    if _is_parentless_branch(subject, own, related):
        notices.append(Notice("parent_not_checked"))

    source = SourceReport(record.source, record.read_at, record.found, record.stale, record.origins)
    try:
        return combine(plan, subject, as_of, stamp, findings, view=view, report=report, source=source)
    except IncompleteCoverage as error:
        _blame(record.outage, error)
        raise error from record.outage


def _blame(outage: NoDecision | None, error: IncompleteCoverage) -> None:
    """Tell that a source is out that may have the missing lists: asking again may help."""
    if outage is None:
        return
    error.zh += f"; 有来源未能作答 ({outage.fault or outage.code}), 可稍后重试"
    error.en += f"; a source could not be asked ({outage.fault or outage.code}), try again later"
    error.fault, error.status, error.request_id = outage.fault, outage.status, outage.request_id
    error.retry_after, error.retryable = outage.retry_after, outage.retryable


def _notices_of(record: CreditRecord, subject: Subject) -> Iterator[Notice]:
    """What there is to say of the record itself."""
    if subject.name_key is None:
        yield from (Notice("name_needed", None, code) for code in record.uncoded_lists if code in record.coverage)
    if record.fictional:
        yield Notice("fictional_data")
    yield from (Notice("sources_differ", None, code) for code in record.disputed)


def _read_related(
    findings: Findings, role: Role, subject: Subject, record: CreditRecord, as_of: datetime
) -> CoverageReport:
    """Take in a related subject's listings under its own record's coverage, which is returned."""
    view = findings.compiled.view(record.coverage)
    check_clock(record, view.newest)
    listings, _ = own_listings(subject, record, findings.compiled)
    report = view.report(as_of)
    findings.read(listings, report, role)
    return report


def _is_parentless_branch(
    subject: Subject, own: Sequence[ListedSubject], related: Sequence[tuple[Role, Subject, CreditRecord]]
) -> bool:
    """Rule 3.7."""
    if related and any(role is Role.PARENT for role, _, _ in related):
        return False
    if subject.name and names.is_branch(subject.name):
        return True
    seen = None
    for listed in own:
        if listed.name != seen:  # a subject's entries mostly bear one name, and every warm check comes through here
            seen = listed.name
            if seen and names.is_branch(seen):
                return True
    return False


def without_source(
    plan: Plan, subject: Subject, error: SourceUnavailable, as_of: datetime, stamp: Stamp, source: str
) -> Decision:
    """The answer to an unreachable source: the action's fallback, marked as such (rule 8.3).

    :raises SourceUnavailable: ``error`` itself, where the action has no fallback, or it is no passing outage.
    """
    # Refused credentials or a certificate that does not hold are no outage: they stay until somebody mends them.
    if not plan.action.allow_when_unavailable or not error.retryable:
        raise error
    required = plan.compiled.required
    return Decision(
        decision_id=stamp.decision_id,
        decided_at=stamp.decided_at,
        request=plan.request,
        subject=subject,
        as_of=as_of,
        effect=Effect.ALLOW,
        blocking=False,
        measure_list=plan.compiled.measure_list,
        coverage=CoverageReport(required, missing=required),
        source=SourceReport(source),
        degraded=Degraded(error.code),
        signer=stamp.signer,
    )
