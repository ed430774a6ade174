"""Section 2 of the decision rules: when a listing counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from credit_sdk.model.jurisdiction import CN, contains
from credit_sdk.model.moments import years_after
from credit_sdk.model.terms import ListKind, ObjectionEffect, Standing, Status

if TYPE_CHECKING:
    from datetime import date

    from credit_sdk.model.catalogue import ListInfo
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.measure import Policy

STANDING_OF_STATUS = {
    Status.DRAFT: Standing.DRAFT,
    Status.PUBLICISED: Standing.PUBLICISED,
    Status.REPAIRED: Standing.REPAIRED,
    Status.REMOVED: Standing.REMOVED,
    Status.REVOKED: Standing.REVOKED,
}
"""Statuses that do not count, whatever the dates (rule 2.3); the others are ``active`` and ``objected``."""

_IN_FORCE = Standing.IN_FORCE  # bound for the warm path, see triggers


def standing_of(listing: Listing, info: ListInfo, day: date, unknown_term_years: int) -> Standing:
    """Whether ``listing`` counts on ``day`` (an Asia/Shanghai day), or why not (rules 2.1, 2.3, 2.5)."""
    if listing.status in STANDING_OF_STATUS:
        return STANDING_OF_STATUS[listing.status]
    if day < listing.effective_from:
        return Standing.NOT_YET
    end = listing.effective_until
    if end is not None:
        return _IN_FORCE if day <= end else Standing.EXPIRED
    if lacks_term(listing, info) and day >= years_after(listing.effective_from, unknown_term_years):
        return Standing.TERM_UNKNOWN
    return Standing.IN_FORCE


def lacks_term(listing: Listing, info: ListInfo) -> bool:
    """Whether it is a black listing without an end on a list whose entries should have one (rule 2.5)."""
    return listing.effective_until is None and info.kind is ListKind.BLACK and not info.open_ended


def last_day_in_force(listing: Listing, info: ListInfo, unknown_term_years: int) -> date | None:
    """The last day on which the listing was or will be in force; ``None`` if it never was, or is without end.

    Ask :func:`was_in_force` first for "never". Repair and removal end it on ``ended_on`` (rule 4.4).
    """
    if listing.status in _ENDED and listing.ended_on is not None:
        return listing.ended_on
    if lacks_term(listing, info):
        return years_after(listing.effective_from, unknown_term_years) - timedelta(days=1)
    return listing.effective_until


def was_in_force(listing: Listing, info: ListInfo, first: date, last: date, unknown_term_years: int) -> bool:
    """Whether the listing was in force on any day from ``first`` to ``last`` (rule 4.4)."""
    if listing.status in _NEVER_COUNTED or listing.effective_from > last:
        return False
    end = last_day_in_force(listing, info, unknown_term_years)
    return end is None or end >= first


_ENDED = frozenset({Status.REPAIRED, Status.REMOVED})
_NEVER_COUNTED = frozenset({Status.REVOKED, Status.DRAFT, Status.PUBLICISED})


def effect_of_objection(listing: Listing, policy: Policy) -> tuple[ObjectionEffect, bool]:
    """What an objection to ``listing`` does, and whether its kind was needed but unknown (rule 2.2)."""
    rule = policy.on_objection
    if rule is None:  # the loader lets this pass only for lists without a penalty
        return ObjectionEffect.SUSPEND, False
    if isinstance(rule, ObjectionEffect):
        return rule, False
    if listing.objection is None:
        return ObjectionEffect.SUSPEND, True
    return rule[listing.objection], False


def fits_area(listing: Listing, jurisdiction: str) -> bool:
    """Whether a local list's entry triggers a measure list of ``jurisdiction`` (rule 2.9)."""
    area = listing.jurisdiction
    if area is None or jurisdiction == CN or not listing.list.startswith("local."):
        return True
    return contains(area, jurisdiction)
