"""Section 5 of the decision rules: putting the findings together."""

from __future__ import annotations

from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from credit_sdk.decision.result import (
    AdviceType,
    Conflict,
    Decision,
    Notice,
    Obligation,
    SeenListing,
    SourceReport,
    build,
    restricted,
)
from credit_sdk.errors import IncompleteCoverage, NoDecision, StaleData
from credit_sdk.model.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from credit_sdk.decision.compiled import Rule
    from credit_sdk.decision.coverage import CoverageReport, CoverageView
    from credit_sdk.decision.planning import Plan, Stamp
    from credit_sdk.decision.triggers import Findings
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.subject import Subject


_RESTRICT, _PRIORITY, _ALLOW = Effect.RESTRICT, Effect.PRIORITY, Effect.ALLOW  # bound for the warm path, see triggers

Way: TypeAlias = Literal["applied", "unverified", "advised"]
"""How a rule was triggered: by what counts; by clean years that an unverified entry speaks against; by third parties."""


def combine(
    plan: Plan,
    subject: Subject,
    as_of: datetime,
    stamp: Stamp,
    findings: Findings,
    *,
    view: CoverageView,
    report: CoverageReport,
    source: SourceReport,
) -> Decision:
    """One subject's findings as a decision.

    :raises NoDecision: a required list is missing or stale, and the decision would not be blocking (rules 7.2, 7.3).
    """
    # 5.1: penalties first, as a restriction overrides every incentive (5.3).
    restricting = blocking = False
    for rule in findings.applied:
        if rule.binding and rule.penalty:
            restricting = True
            blocking = blocking or rule.refuses
    if (report.missing or report.stale) and not blocking:
        _check_complete(findings, report)

    # 5.2 to 5.5: incentives, unless something withholds them.
    obligations: list[Obligation] = []
    advice: list[Obligation] = []
    withheld: list[Obligation] = []
    priority = False
    why_none = _why_withheld(restricting, findings)
    # A subject's own listings were read in order, each once; only those of several subjects have to be put in order.
    tidy = _sorted if findings.mixed else tuple
    handles, context = plan.request.handles, plan.request.context
    for _, rule, listings, way in _in_order(findings.applied, findings.withheld_clean, findings.advised):
        reason = None if rule.penalty else why_none or _why_this_is_withheld(rule, way, handles)
        obligation = build(Obligation, (rule.measure, tidy(listings), reason, context, None))
        if reason is not None:
            withheld.append(obligation)
            continue
        if rule.binding and way == "applied":
            obligations.append(obligation)
        else:
            advice.append(obligation)
        if not rule.penalty and way == "applied":
            priority = True

    if findings.advice:
        advice += _general_advice(findings)
    if priority:
        findings.notices += [Notice("cross_check_partial", None, code) for code in view.unchecked_black]

    # By position, in the order of Decision's fields: with keywords it would take more than twice as long to build.
    return Decision(
        stamp.decision_id,
        stamp.decided_at,
        plan.request,
        subject,
        as_of,
        _RESTRICT if restricting else _PRIORITY if priority else _ALLOW,
        blocking,
        plan.compiled.measure_list,
        report,
        source,
        tuple(obligations),
        tuple(advice),
        _suspended(findings, context) if findings.suspended else (),
        tuple(withheld),
        _by_id(findings),
        _conflicts(findings) if findings.reds and findings.blacks else (),
        ordered(findings.notices) if findings.notices else (),
        None,
        (),
        stamp.signer,
    )


def enforce_handles(decision: Decision) -> Decision:
    """The decision, unless the caller has declared that it cannot carry it out (rule 5.5).

    :raises Restricted: a penalty's obligation is of a type that the caller does not handle.
    """
    handles = decision.request.handles
    if handles is None:
        return decision
    penalties = (o for o in decision.obligations if o.measure is not None and o.measure.is_penalty)
    unhandled = tuple(dict.fromkeys(o.type for o in penalties if o.type not in handles))
    if unhandled:
        raise restricted(decision, unhandled)
    return decision


def _check_complete(findings: Findings, report: CoverageReport) -> None:
    """Refuse to decide what is not blocking on part of the lists.

    :raises NoDecision: a required list is missing or stale.
    """
    stale_required = tuple(code for code in report.stale if code in report.required)
    if report.missing or stale_required:
        raise _no_answer(report.missing, stale_required, _by_id(findings))


def _why_withheld(restricting: bool, findings: Findings) -> str | None:
    """Why no incentive may be given, whatever it is; the first reason that holds."""
    if restricting:
        return "restricted"
    if findings.blacks:
        return "black_listed"
    if findings.unverified_adverse:
        return "identity_unverified"
    return None


def _why_this_is_withheld(rule: Rule, way: Way, handles: Collection[str] | None) -> str | None:
    """Why this incentive may not be given, where others may."""
    if way == "unverified":
        return "identity_unverified"
    if way == "applied" and handles is not None and rule.measure.type not in handles:
        return "unhandled"
    return None


def _in_order(
    applied: Mapping[Rule, Sequence[Listing]],
    unverified: Sequence[Rule] = (),
    advised: Mapping[Rule, Sequence[Listing]] = MappingProxyType({}),
) -> list[tuple[int, Rule, Sequence[Listing], Way]]:
    """The triggered rules in the measure list's order, with their place there, the listings behind them, and the way."""
    rules: list[tuple[int, Rule, Sequence[Listing], Way]]
    rules = [(rule.order, rule, listings, "applied") for rule, listings in applied.items()]
    if unverified:
        rules += [(rule.order, rule, (), "unverified") for rule in unverified]
    if advised:  # 2.8: what third-party lists alone trigger is advice
        rules += [(rule.order, rule, x, "advised") for rule, x in advised.items() if rule not in applied]
    if len(rules) > 1:
        rules.sort(key=_PLACE)
    return rules


_PLACE = itemgetter(0)


def _suspended(findings: Findings, context: Mapping[str, Any] | None) -> tuple[Obligation, ...]:
    tidy = _sorted if findings.mixed else tuple
    return tuple(
        [Obligation(rule.measure, tidy(x), "objected", context) for _, rule, x, _ in _in_order(findings.suspended)]
    )


def _conflicts(findings: Findings) -> tuple[Conflict, ...]:
    return tuple([Conflict(red.id, black.id) for red in findings.reds for black in findings.blacks])


def _general_advice(findings: Findings) -> list[Obligation]:
    tidy = _sorted if findings.mixed else tuple
    by_type = findings.advice
    return [Obligation(None, tidy(by_type[type_]), advice=type_) for type_ in _GENERAL if type_ in by_type]


_GENERAL: tuple[AdviceType, ...] = ("human_review", "verify_identity", "ask_authority")


def _no_answer(missing: Sequence[str], stale: Sequence[str], seen: tuple[SeenListing, ...]) -> NoDecision:
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
    error.listings = seen
    return error


def ordered(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Each notice once, by code, list and listing."""
    once = set(notices)
    if len(once) < 2:
        return tuple(once)
    return tuple(sorted(once, key=lambda notice: (notice.code, notice.list or "", notice.listing or "")))


def _sorted(listings: Sequence[Listing]) -> tuple[Listing, ...]:
    if len(listings) < 2:
        return tuple(listings)
    by_id = {listing.id: listing for listing in listings}
    return tuple([by_id[id_] for id_ in sorted(by_id)])


def _by_id(findings: Findings) -> tuple[SeenListing, ...]:
    """The listings seen, sorted by id."""
    return tuple(sorted(findings.seen, key=_SEEN_ID) if findings.mixed else findings.seen)


_SEEN_ID = attrgetter("listing.id")
