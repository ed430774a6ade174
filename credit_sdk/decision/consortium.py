"""Rule 5.8: a consortium (联合体) is decided by all its members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision.combining import ordered
from credit_sdk.decision.coverage import merged
from credit_sdk.decision.result import Decision, Notice, Obligation, SourceReport
from credit_sdk.errors import NoDecision
from credit_sdk.model.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from credit_sdk.decision.coverage import CoverageReport
    from credit_sdk.decision.planning import Plan, Stamp


def combine_members(plan: Plan, parts: Sequence[Decision | NoDecision], as_of: datetime, stamp: Stamp) -> Decision:
    """The consortium's decision from its members' (or why a member has none), in the order of the request.

    The strictest effect wins; an incentive applies if the same measure applies to every member.

    :raises NoDecision: a member's, unless another member is blocked.
    """
    decided = [part for part in parts if isinstance(part, Decision)]
    blocking = any(part.blocking for part in decided)
    undecided = [part for part in parts if isinstance(part, NoDecision)]
    if undecided and not blocking:
        raise undecided[0]

    restricting = any(part.effect is Effect.RESTRICT for part in decided)
    penalties = [o for part in decided for o in part.obligations if _is_penalty(o)]
    incentives = [[o for o in (*part.obligations, *part.advice) if _is_incentive(o)] for part in decided]
    common = set.intersection(*({o.id for o in given} for given in incentives)) if not undecided else set()

    shared, partly = [], []
    for given in incentives:
        for incentive in given:
            if restricting:
                partly.append(incentive._replace(reason="restricted"))
            elif incentive.id in common:
                shared.append(incentive)
            else:
                partly.append(incentive._replace(reason="not_every_member"))
    priority = bool(shared) and all(part.effect is Effect.PRIORITY for part in decided)

    notices = [n for part in decided for n in part.notices if n.code != "cross_check_partial" or priority]
    if undecided:
        notices.append(Notice("member_undecided"))

    lead = decided[0]
    coverage = merged([part.coverage for part in decided])
    order = {measure.id: place for place, measure in enumerate(plan.compiled.measure_list.measures)}
    return Decision(
        decision_id=stamp.decision_id,
        decided_at=stamp.decided_at,
        request=plan.request,
        subject=plan.subjects[0],
        as_of=as_of,
        effect=Effect.RESTRICT if restricting else Effect.PRIORITY if priority else Effect.ALLOW,
        blocking=blocking,
        measure_list=lead.measure_list,
        coverage=coverage,
        source=_source(decided, coverage),
        obligations=_together([*penalties, *(o for o in shared if o.measure and o.measure.is_mandatory)], order),
        advice=_together(
            [
                *(o for o in shared if o.measure and not o.measure.is_mandatory),
                *(o for part in decided for o in part.advice if not _is_incentive(o)),
            ],
            order,
        ),
        suspended=_together([o for part in decided for o in part.suspended], order),
        withheld=_together([*partly, *(o for part in decided for o in part.withheld)], order),
        listings=tuple(sorted({s.id: s for part in decided for s in part.listings}.values(), key=lambda seen: seen.id)),
        conflicts=tuple(dict.fromkeys(c for part in decided for c in part.conflicts)),
        notices=ordered(notices),
        degraded=next((part.degraded for part in decided if part.degraded is not None), None),
        parts=tuple(decided),
        signer=stamp.signer,
    )


def _is_penalty(obligation: Obligation) -> bool:
    return obligation.measure is not None and obligation.measure.is_penalty


def _is_incentive(obligation: Obligation) -> bool:
    return obligation.measure is not None and not obligation.measure.is_penalty


def _together(obligations: Iterable[Obligation], order: dict[str, int]) -> tuple[Obligation, ...]:
    """One entry a measure, ``because`` of all members' listings; in the measure list's order, general advice last."""
    by_id: dict[str, Obligation] = {}
    for obligation in obligations:
        known = by_id.get(obligation.id)
        if known is not None:
            listings = {listing.id: listing for listing in (*known.listings, *obligation.listings)}
            known = known._replace(listings=tuple(listings[id_] for id_ in sorted(listings)))
        by_id[obligation.id] = known or obligation
    return tuple(sorted(by_id.values(), key=lambda obligation: order.get(obligation.id, len(order))))


def _source(parts: Sequence[Decision], coverage: CoverageReport) -> SourceReport:
    """The worst that can be said of the members' sources: the oldest reading, found only if all were."""
    sources = [part.source for part in parts]
    read = [source.read_at for source in sources if source.read_at is not None]
    return SourceReport(
        name="; ".join(dict.fromkeys(source.name for source in sources)),
        read_at=min(read, default=None),
        found=all(source.found for source in sources) if all(s.found is not None for s in sources) else None,
        stale=any(source.stale for source in sources),
        origins=origins(parts, coverage),
    )


def origins(parts: Sequence[Decision], coverage: CoverageReport) -> dict[str, str] | None:
    """Who answered for each list that was consulted for all members; ``None`` where it was one source for all."""
    if all(part.source.origins is None for part in parts):
        return None
    by_list: dict[str, dict[str, None]] = {}
    for part in parts:
        for code, origin in part.origins.items():
            by_list.setdefault(code, {})[origin] = None
    return {code: " / ".join(by_list[code]) for code in coverage.consulted}
