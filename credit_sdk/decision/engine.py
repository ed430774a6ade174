"""From a request and a record to a decision: the one thought that both clients share.

:func:`plan` settles what is asked before anything is fetched; :func:`conclude` decides from what came back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from credit_sdk.decision.combining import combine
from credit_sdk.decision.coverage import CoverageReport, merged
from credit_sdk.decision.identity import subject_type
from credit_sdk.decision.result import Decision, Degraded, Notice, SourceReport
from credit_sdk.decision.triggers import Findings, check_clock, own_listings, surest_subjects
from credit_sdk.errors import InvalidRequest, InvalidSubject, SourceUnavailable, UnknownAction, quoted
from credit_sdk.model import names
from credit_sdk.model.moments import shanghai_day
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Effect, Role, SubjectType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.decision.compiled import CompiledList
    from credit_sdk.model.measure import Action
    from credit_sdk.model.record import CreditRecord
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.model.subject import ListedSubject


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one decision from another that says the same; passed in, as clocks and chance are."""

    decision_id: str
    """UUIDv7."""
    decided_at: datetime


@dataclass(slots=True, eq=False)
class Plan:
    """A request made ready: what to fetch, and under which rules to decide. Not changed once made."""

    request: CheckRequest
    compiled: CompiledList
    action: Action
    subjects: tuple[Subject, ...]
    """Who is decided on: the subject, then the consortium's other members."""
    related: tuple[tuple[Role, Subject], ...] = ()

    @property
    def wanted(self) -> tuple[Subject, ...]:
        """Whose records are needed, in this order: the subjects', then the related subjects'."""
        return (*self.subjects, *(subject for _, subject in self.related)) if self.related else self.subjects


def plan(request: CheckRequest, compiled: CompiledList) -> Plan:
    """Settle what is asked.

    :raises InvalidSubject: a code, name or type that cannot be checked.
    :raises UnknownAction: the measure list does not declare the action.
    :raises InvalidRequest: another field is unusable.
    """
    action = compiled.measure_list.actions.get(request.action)
    if action is None:
        declared = ", ".join(compiled.measure_list.actions)
        raise UnknownAction(
            f"措施清单 {compiled.measure_list.id} 没有办理事项 {quoted(request.action)}; 已声明: {declared}",
            f"measure list {compiled.measure_list.id} declares no action {quoted(request.action)}; declared: {declared}",
            key="action",
        )
    _check_fields(request)
    subject = request.subject if isinstance(request.subject, Subject) else Subject(request.subject)
    if not request.members and not request.related:
        return Plan(request, compiled, action, (subject,))
    members = (m if isinstance(m, Subject) else Subject(m) for m in request.members)
    related = tuple((_role(role), s if isinstance(s, Subject) else Subject(s)) for role, s in request.related)
    return Plan(request, compiled, action, tuple(dict.fromkeys((subject, *members))), related)


def _check_fields(request: CheckRequest) -> None:
    """Refuse what Python would take for something else: a naive moment, a string where several are meant.

    :raises InvalidRequest: names the field.
    """
    as_of: Any = request.as_of
    if as_of is not None and (not isinstance(as_of, datetime) or as_of.utcoffset() is None):
        raise InvalidRequest(
            "as_of 应为带时区的时间; 例如 2026-11-21T12:00:00+08:00",
            "as_of must be a moment with an offset; such as 2026-11-21T12:00:00+08:00",
            key="as_of",
        )
    if as_of is not None:
        try:
            shanghai_day(as_of)
        except OverflowError:
            raise InvalidRequest(
                "as_of 超出公历年份范围", "as_of lies outside the calendar's years", key="as_of"
            ) from None
    for key, value in (("handles", request.handles), ("members", request.members), ("related", request.related)):
        if isinstance(value, str):
            raise InvalidRequest(
                f"{key} 应为若干项组成的列表, 不是字符串", f"{key} must be a list, not a string", key=key
            )


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InvalidRequest(
            f"未知的关联主体角色 {quoted(role)}; 可用: {', '.join(Role)}",
            f"unknown role {quoted(role)}; known: {', '.join(Role)}",
            key="related",
        ) from None


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
    check_clock(record, view)
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
    if subject.name_key is None and record.uncoded_lists:
        notices += [Notice("name_needed", None, code) for code in record.uncoded_lists if code in record.coverage]
    if record.fictional:
        notices.append(Notice("fictional_data"))
    if _is_parentless_branch(subject, own, related):
        notices.append(Notice("parent_not_checked"))

    source = SourceReport(record.source, record.read_at, record.found, record.stale)
    return combine(plan, subject, as_of, stamp, findings, view=view, report=report, source=source)


def _read_related(
    findings: Findings, role: Role, subject: Subject, record: CreditRecord, as_of: datetime
) -> CoverageReport:
    """Take in a related subject's listings under its own record's coverage, which is returned."""
    view = findings.compiled.view(record.coverage)
    check_clock(record, view)
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

    :raises SourceUnavailable: ``error`` itself, where the action has no fallback.
    """
    if not plan.action.allow_when_unavailable:
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
    )
