"""Section 5 of the decision rules: putting the findings together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision.result import (
    AdviceType,
    Conflict,
    Decision,
    Notice,
    Obligation,
    SeenListing,
    SourceReport,
    restricted,
)
from credit_sdk.errors import IncompleteCoverage, NoDecision, StaleData
from credit_sdk.model.terms import Consequence, Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from credit_sdk.decision.engine import Plan, Stamp
    from credit_sdk.decision.triggers import Findings, Reader
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.subject import Subject


def combine(
    plan: Plan, subject: Subject, as_of: datetime, stamp: Stamp, reader: Reader, source: SourceReport
) -> Decision:
    """One subject's findings as a decision.

    :raises NoDecision: a required list is missing or stale, and the decision would not be blocking (rules 7.2, 7.3).
    """
    findings, report = reader.findings, reader.report
    context = plan.request.context
    obligations: list[tuple[int, Obligation]] = []
    advice: list[tuple[int, Obligation]] = []
    withheld: list[tuple[int, Obligation]] = []

    # 5.1: penalties first, as a restriction overrides every incentive (5.3).
    for rule, listings in findings.applied.items():
        if rule.penalty:
            where = obligations if rule.binding else advice
            where.append((rule.order, Obligation(rule.measure, _sorted(listings), context=context)))
    restricting = bool(obligations)
    blocking = any(obligation.consequence is Consequence.REFUSE for _, obligation in obligations)

    missing, stale = report.missing, report.stale
    if (missing or stale) and not blocking:
        stale_required = tuple(code for code in stale if code in report.required)
        if missing or stale_required:
            raise _no_answer(missing, stale_required, findings.seen)

    # 5.2 to 5.5: incentives, unless something withholds them.
    priority = False
    why_none = _why_withheld(restricting, findings)
    handles = plan.request.handles
    for rule, listings in findings.applied.items():
        if not rule.penalty:
            reason = why_none or ("unhandled" if handles is not None and rule.measure.type not in handles else None)
            one = (rule.order, Obligation(rule.measure, _sorted(listings), reason, context=context))
            if reason is not None:
                withheld.append(one)
            else:
                priority = True
                (obligations if rule.measure.is_mandatory else advice).append(one)
    withheld += [
        (rule.order, Obligation(rule.measure, (), why_none or "identity_unverified", context=context))
        for rule in findings.withheld_clean
    ]

    # 2.8: what third-party lists alone trigger is advice.
    for rule, listings in findings.advised.items():
        if rule not in findings.applied:
            reason = None if rule.penalty else why_none
            one = (rule.order, Obligation(rule.measure, _sorted(listings), reason, context=context))
            (advice if reason is None else withheld).append(one)

    if priority:
        findings.notices += [Notice("cross_check_partial", None, code) for code in reader.view.unchecked_black]

    return Decision(
        decision_id=stamp.decision_id,
        decided_at=stamp.decided_at,
        request=plan.request,
        subject=subject,
        as_of=as_of,
        effect=Effect.RESTRICT if restricting else Effect.PRIORITY if priority else Effect.ALLOW,
        blocking=blocking,
        measure_list=plan.compiled.measure_list,
        coverage=report,
        source=source,
        obligations=_in_order(obligations),
        advice=_in_order(advice) + _general_advice(findings),
        suspended=_in_order(
            [
                (rule.order, Obligation(rule.measure, _sorted(listings), "objected", context=context))
                for rule, listings in findings.suspended.items()
            ]
        ),
        withheld=_in_order(withheld),
        listings=_by_id(findings.seen),
        conflicts=tuple(
            Conflict(red.id, black.id) for red in _sorted(findings.reds) for black in _sorted(findings.blacks)
        ),
        notices=ordered(findings.notices),
    )


def enforce_handles(decision: Decision) -> Decision:
    """The decision, unless the caller has declared that it cannot carry it out (rule 5.5).

    :raises Restricted: a penalty's obligation is of a type that the caller does not handle.
    """
    handles = decision.request.handles
    if handles is not None and any(
        o.measure is not None and o.measure.is_penalty and o.type not in handles for o in decision.obligations
    ):
        raise restricted(decision)
    return decision


def _why_withheld(restricting: bool, findings: Findings) -> str | None:
    """Why no incentive may be given, whatever it is; the first reason that holds."""
    if restricting:
        return "restricted"
    if findings.blacks:
        return "black_listed"
    if findings.unverified_adverse:
        return "identity_unverified"
    return None


def _general_advice(findings: Findings) -> tuple[Obligation, ...]:
    kinds: tuple[tuple[AdviceType, list[Listing]], ...] = (
        ("human_review", findings.flagged),
        ("verify_identity", findings.unverified),
        ("ask_authority", findings.ask),
    )
    return tuple(Obligation(None, _sorted(listings), advice=advice) for advice, listings in kinds if listings)


def _no_answer(missing: Sequence[str], stale: Sequence[str], seen: Sequence[SeenListing]) -> NoDecision:
    error: NoDecision
    if missing:
        error = IncompleteCoverage(
            f"未查询必查名单: {'、'.join(missing)}" + (f"; 数据过期: {'、'.join(stale)}" if stale else "") + "; "
            "请补充这些名单的数据, 或在措施清单 lists.optional 中声明为非必查",
            f"required lists not consulted: {', '.join(missing)}"
            + (f"; stale: {', '.join(stale)}" if stale else "")
            + "; provide their data, or declare them in the measure list's lists.optional",
            key=missing[0],
        )
        error.missing, error.stale = tuple(missing), tuple(stale)
    else:
        error = StaleData(
            f"名单数据过期: {'、'.join(stale)}; 请更新数据后重查",
            f"stale lists: {', '.join(stale)}; refresh the data and check again",
            key=stale[0],
        )
        error.stale = tuple(stale)
    error.listings = _by_id(seen)
    return error


def ordered(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Each notice once, by code, list and listing."""
    once = set(notices)
    if len(once) < 2:
        return tuple(once)
    return tuple(sorted(once, key=lambda notice: (notice.code, notice.list or "", notice.listing or "")))


def _sorted(listings: Sequence[Listing]) -> tuple[Listing, ...]:
    if len(listings) < 2:
        return tuple(listings)
    return tuple(sorted({listing.id: listing for listing in listings}.values(), key=lambda listing: listing.id))


def _by_id(seen: Sequence[SeenListing]) -> tuple[SeenListing, ...]:
    if len(seen) < 2:
        return tuple(seen)
    return tuple(sorted(seen, key=lambda one: one.listing.id))


def _in_order(obligations: list[tuple[int, Obligation]]) -> tuple[Obligation, ...]:
    if len(obligations) > 1:
        obligations.sort(key=lambda one: one[0])
    return tuple(obligation for _, obligation in obligations)
