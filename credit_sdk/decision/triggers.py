"""Section 4 of the decision rules: which measures the entries trigger, and how."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING

from credit_sdk.decision.coverage import CLOCK_TOLERANCE, no_offset
from credit_sdk.decision.identity import established_on, identify
from credit_sdk.decision.result import Notice, SeenListing, build
from credit_sdk.decision.standing import effect_of_objection, fits_area, lacks_term, standing_of, was_in_force
from credit_sdk.errors import BadRecord, quoted
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.moments import years_after
from credit_sdk.model.terms import Identity, ListClass, ListKind, ObjectionEffect, Standing, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from credit_sdk.decision.compiled import ActionTable, CompiledList, Rule
    from credit_sdk.decision.coverage import CoverageReport, CoverageView
    from credit_sdk.decision.result import AdviceType
    from credit_sdk.model.catalogue import ListInfo
    from credit_sdk.model.listing import Listing, Violation
    from credit_sdk.model.record import CreditRecord
    from credit_sdk.model.subject import ListedSubject, Subject
    from credit_sdk.model.terms import Role


# Bound here because the warm path asks for them several times a listing, and up to Python 3.11 each `Status.ACTIVE` costs
# as much as a call.
_IN_FORCE, _TERM_UNKNOWN = Standing.IN_FORCE, Standing.TERM_UNKNOWN
_CODE, _NAME = Identity.CODE, Identity.NAME
_OBJECTED = Status.OBJECTED


class Findings:
    """What the entries of one check come to, before it is put together; read in listing by listing.

    Under one table of rules, at one moment; the subject's own entries first, then those of subjects related to it.
    """

    __slots__ = (
        "advice",
        "advised",
        "applied",
        "blacks",
        "compiled",
        "day",
        "mixed",
        "notices",
        "policy",
        "reds",
        "seen",
        "suspended",
        "table",
        "unverified_adverse",
        "withheld_clean",
    )

    def __init__(self, compiled: CompiledList, table: ActionTable, day: date) -> None:
        self.compiled = compiled
        self.policy = compiled.policy
        self.table = table
        self.day = day
        self.seen: list[SeenListing] = []
        self.mixed = False
        """Whether related subjects' listings are among them."""
        self.applied: dict[Rule, list[Listing]] = {}
        """Rules triggered, with the listings behind each; none behind clean years."""
        self.advised: dict[Rule, list[Listing]] = {}
        """Rules triggered by third-party lists only (rule 2.8)."""
        self.suspended: dict[Rule, list[Listing]] = {}
        """Penalties of objected listings (rule 2.2)."""
        self.withheld_clean: list[Rule] = []
        """Clean-years rules that an adverse entry of unverified identity stands against (rule 3.5)."""
        self.blacks: list[Listing] = []
        """Black listings in force, stale, uncovered and suspended ones included (rule 5.4)."""
        self.reds: list[Listing] = []
        self.unverified_adverse = False
        """Whether a black listing in force matched by name only (rule 3.5)."""
        self.advice: dict[AdviceType, list[Listing]] = {}
        """Listings whose identity has to be verified (rule 3.5), that are objected, trigger a penalty and want a person's
        eye (2.2), or whose authority has to be asked for their end (2.5)."""
        self.notices: list[Notice] = []

    def read(self, own: list[tuple[Listing, Identity]], report: CoverageReport, role: Role | None = None) -> None:
        """Take in listings; with a ``role``, those of a subject that holds it towards the one checked (rule 4.5).

        :param report: for which lists the record speaks that they come from.
        """
        by_list, day = self.table.by_list, self.day
        years, area = self.policy.unknown_term_years, self.compiled.measure_list.jurisdiction
        decisive = report.consulted.keys() - report.stale if report.stale else report.consulted
        if role is not None:
            self.mixed = True
        for listing, identity in own:
            info, official, black, red, rules = by_list[listing.list]
            standing = standing_of(listing, info, day, years)
            self.seen.append(build(SeenListing, (listing, info.list_class, standing, identity, role)))
            if standing is not _IN_FORCE or listing.effective_until is None:
                self._note_term(listing, info, standing)
            if standing is not _IN_FORCE:
                continue
            if identity is not _CODE and not (identity is _NAME and self.policy.match_by_name):
                self.advice.setdefault("verify_identity", []).append(listing)
                self.unverified_adverse |= identity is _NAME and black and role is None
                continue
            if black and role is None:
                self.blacks.append(listing)
            elif red and role is None:
                self.reds.append(listing)
            # Not consulted (7.5), stale (7.3) or of another area (2.9): neither restricts nor rewards.
            if listing.list not in decisive or not (listing.jurisdiction is None or fits_area(listing, area)):
                continue
            objected = listing.status is _OBJECTED
            triggered = self.applied if official else self.advised
            for rule, min_rank, first_day, last_day in rules:
                if (
                    first_day <= day <= last_day
                    and (role is None or role in rule.measure.reached_by)
                    and (not min_rank or self._is_severe_enough(listing, min_rank))
                    and not (objected and rule.penalty and self._is_suspended(rule, listing))
                ):
                    triggered.setdefault(rule, []).append(listing)

    def _note_term(self, listing: Listing, info: ListInfo, standing: Standing) -> None:
        """Rule 2.5."""
        if standing is _TERM_UNKNOWN:
            self.advice.setdefault("ask_authority", []).append(listing)
        if standing is _TERM_UNKNOWN or (standing is _IN_FORCE and lacks_term(listing, info)):
            self.notices.append(Notice("term_unknown", listing.id, listing.list))

    def _is_severe_enough(self, listing: Listing, min_rank: int) -> bool:
        """Rule 2.7."""
        if listing.severity is None:
            self.notices.append(Notice("severity_unknown", listing.id, listing.list))
            return False
        return listing.severity.rank >= min_rank

    def _is_suspended(self, rule: Rule, listing: Listing) -> bool:
        """What follows from the objection to ``listing``: whether it suspends the penalty (rule 2.2)."""
        effect, kind_unknown = effect_of_objection(listing, self.policy)
        if kind_unknown:
            self.notices.append(Notice("objection_kind_unknown", listing.id, listing.list))
        if effect is ObjectionEffect.SUSPEND:
            self.suspended.setdefault(rule, []).append(listing)
            return True
        if effect is ObjectionEffect.FLAG:
            flagged = self.advice.setdefault("human_review", [])
            if listing not in flagged[-1:]:  # it may trigger several penalties
                flagged.append(listing)
        return False

    def read_clean_years(
        self,
        asked: Subject,
        subjects: list[ListedSubject],
        own: list[tuple[Listing, Identity]],
        violations: list[tuple[Violation, Identity]],
        coverage: tuple[CoverageView, CoverageReport],
    ) -> None:
        """Rule 4.4, for every clean-years rule of the table."""
        view, report = coverage
        black = tuple(code for code in report.required if self.compiled.lists[code].kind is ListKind.BLACK)
        born = established_on(asked, subjects)
        for rule, years in self.table.clean:
            if not rule.first_day <= self.day <= rule.last_day:
                continue
            first = years_after(self.day, -years)
            adverse = [
                identity
                for violation, identity in violations
                if violation.status is not Status.REVOKED and first <= violation.decided_on <= self.day
            ] + [identity for listing, identity in own if self._blackened(listing, first)]
            if any(identity is Identity.CODE for identity in adverse):
                continue
            named = any(identity is Identity.NAME for identity in adverse)
            self.notices += [
                Notice("violation_unverified", violation.id, VIOLATIONS)
                for violation, identity in violations
                if violation.status is not Status.REVOKED
                and first <= violation.decided_on <= self.day
                and not (identity is Identity.NAME and self.policy.match_by_name)
            ]
            if (named and self.policy.match_by_name) or (born is not None and born >= first):
                continue
            gaps = view.history_gaps(first, report, black)
            if gaps:
                self.notices += [Notice("history_unknown", None, code) for code in gaps]
                continue
            if born is None:
                self.notices.append(Notice("age_unknown"))
            if named:
                self.withheld_clean.append(rule)
            else:
                self.applied.setdefault(rule, [])

    def _blackened(self, listing: Listing, first: date) -> bool:
        info = self.compiled.lists[listing.list]
        return (
            info.kind is ListKind.BLACK
            and (info.list_class is ListClass.OFFICIAL or self.policy.apply_third_party)
            and was_in_force(listing, info, first, self.day, self.policy.unknown_term_years)
        )


def own_listings(
    asked: Subject, record: CreditRecord, compiled: CompiledList
) -> tuple[list[tuple[Listing, Identity]], list[tuple[Violation, Identity]]]:
    """The record's entries that are, or may be, the subject's, each with its identity (section 3), listings by id.

    :raises BadRecord: an entry that cannot be used, as readers refuse it too (rules 2.4, 7.5).
    """
    try:
        return _own(asked, record, compiled)
    except (AttributeError, TypeError) as error:
        raise BadRecord(
            "记录中的条目不完整, 或不是 Listing 与 Violation; 请检查来源的实现",
            "entries of the record lack a part, or are no Listing and Violation; check the source's implementation",
        ) from error


def _own(
    asked: Subject, record: CreditRecord, compiled: CompiledList
) -> tuple[list[tuple[Listing, Identity]], list[tuple[Violation, Identity]]]:
    listings, violations = sorted(record.listings, key=_ID), record.violations
    lists, code = compiled.lists, asked.code
    by_code: list[tuple[Listing, Identity]] = []
    for listing in listings:
        info = lists.get(listing.list)
        authority, start, end = listing.authority, listing.effective_from, listing.effective_until
        if (
            info is None
            or info.kind is not listing.kind
            or not authority
            or authority.isspace()
            or type(listing.status) is not Status
            or type(start) is not date
            or (end is not None and end < start)
        ):
            raise _bad_listing(listing, info)
        if listing.subject.code == code:
            by_code.append((listing, _CODE))
    if code is not None and asked.name_key is None and not violations and len(by_code) == len(listings):
        return by_code, []  # the usual check by code: every entry of the record bears it
    for violation in violations:
        if not violation.authority or violation.authority.isspace() or type(violation.decided_on) is not date:
            raise BadRecord(
                f"不良信用记录 {quoted(violation.id)} 缺少认定单位或决定日期",
                f"violation {quoted(violation.id)} names no authority or no day of decision",
                key="authority" if type(violation.decided_on) is date else "decided_on",
            )
    identities = identify(asked, [x.subject for x in listings] + [v.subject for v in violations])
    found = [(x, i) for x, i in zip(listings, identities[: len(listings)], strict=True) if i is not None]
    adverse = [(v, i) for v, i in zip(violations, identities[len(listings) :], strict=True) if i is not None]
    return found, adverse


def surest_subjects(
    asked: Subject, listings: list[tuple[Listing, Identity]], violations: list[tuple[Violation, Identity]]
) -> list[ListedSubject]:
    """Whom the subject's entries name, surest and lowest id first; what they say of its type and age counts.

    Where the request has a code, an entry known by name only says nothing: its identity is not verified.
    """
    entries: Sequence[tuple[Listing | Violation, Identity]] = listings
    if violations:
        entries = sorted([*listings, *violations], key=lambda pair: pair[0].id)
    by_code = [entry.subject for entry, identity in entries if identity is _CODE]
    if by_code or asked.code is not None:
        return by_code
    return [entry.subject for entry, identity in entries if identity is _NAME]


_ID = attrgetter("id")


def check_clock(record: CreditRecord, newest: datetime) -> None:
    """Refuse dates from the future.

    :param newest: the latest moment that any list of the record is vouched for.
    :raises BadRecord: a list vouched for beyond the reading clock plus an hour (rule 7.4).
    """
    if record.read_at.tzinfo is None:
        raise no_offset("read_at")
    if newest <= record.read_at:
        return
    tolerance_end = record.read_at + CLOCK_TOLERANCE
    if newest > tolerance_end:
        ahead = sorted(code for code, coverage in record.coverage.items() if coverage.as_of > tolerance_end)
        raise BadRecord(
            f"名单日期晚于读取时间一小时以上: {'、'.join(ahead)}; 请核对数据日期与本机时钟",
            f"lists dated more than an hour after the reading clock: {', '.join(ahead)}; check the data's dates and this"
            " machine's clock",
            key=ahead[0],
        )


def _bad_listing(listing: Listing, info: ListInfo | None) -> BadRecord:
    if not listing.authority or listing.authority.isspace():
        return BadRecord(
            f"条目 {listing.id} 缺少认定单位; 没有认定单位就没有限制",
            f"listing {listing.id} names no authority; there is no restriction without one",
            key="authority",
        )
    if info is None:
        return BadRecord(
            f"条目 {listing.id} 属于未知名单 {quoted(listing.list)}; 请安装声明该名单的适配器或改正名单代码",
            f"listing {listing.id} is on the unknown list {quoted(listing.list)}; install the adapter that declares it or"
            " correct the code",
            key="list",
        )
    if info.kind is listing.kind:
        return BadRecord(
            f"条目 {listing.id} 缺少状态或开始日期, 或结束日期早于开始日期",
            f"listing {listing.id} has no status or start, or ends before it starts",
            key="effective_from" if type(listing.status) is Status else "status",
        )
    return BadRecord(
        f"条目 {listing.id} 的类别 {listing.kind} 与名单 {listing.list} 的类别 {info.kind} 不符",
        f"listing {listing.id} is of kind {listing.kind}, its list {listing.list} of kind {info.kind}",
        key="kind",
    )
