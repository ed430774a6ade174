"""Section 4 of the decision rules: which measures the entries trigger, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision.identity import established_on, identify
from credit_sdk.decision.result import Notice, SeenListing
from credit_sdk.decision.standing import effect_of_objection, fits_area, lacks_term, standing_of, was_in_force
from credit_sdk.errors import BadRecord
from credit_sdk.model.moments import years_after
from credit_sdk.model.terms import Identity, ListClass, ListKind, ObjectionEffect, Standing, Status

if TYPE_CHECKING:
    from datetime import date, datetime

    from credit_sdk.decision.compiled import ActionTable, CompiledList, Rule
    from credit_sdk.decision.coverage import CoverageReport, CoverageView
    from credit_sdk.model.catalogue import ListInfo
    from credit_sdk.model.listing import Listing, Violation
    from credit_sdk.model.record import CreditRecord
    from credit_sdk.model.subject import ListedSubject, Subject
    from credit_sdk.model.terms import Role


class Findings:
    """What the entries of one check come to, before it is put together. Filled listing by listing."""

    __slots__ = (
        "advised",
        "applied",
        "ask",
        "blacks",
        "flagged",
        "notices",
        "reds",
        "seen",
        "suspended",
        "unverified",
        "unverified_adverse",
        "withheld_clean",
    )

    def __init__(self) -> None:
        self.seen: list[SeenListing] = []
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
        self.unverified: list[Listing] = []
        """Listings whose identity has to be verified (rule 3.5)."""
        self.unverified_adverse = False
        """Whether a black listing in force matched by name only (rule 3.5)."""
        self.flagged: list[Listing] = []
        """Objected listings that trigger a penalty and want a person's eye (rule 2.2)."""
        self.ask: list[Listing] = []
        """Listings whose authority has to be asked for their end (rule 2.5)."""
        self.notices: list[Notice] = []


class Reader:
    """Goes through the entries of one subject, or of one related to it, at one moment, under one table of rules."""

    __slots__ = ("area", "compiled", "day", "findings", "policy", "report", "table", "view")

    def __init__(
        self, compiled: CompiledList, table: ActionTable, view: CoverageView, report: CoverageReport, day: date
    ) -> None:
        self.compiled = compiled
        self.policy = compiled.policy
        self.area = compiled.measure_list.jurisdiction
        self.table = table
        self.view = view
        self.report = report
        self.day = day
        self.findings = Findings()

    def read(self, own: list[tuple[Listing, Identity]], role: Role | None = None) -> None:
        """Take in listings; with a ``role``, those of a subject that holds it towards the one checked (rule 4.5)."""
        lists = self.compiled.lists
        years = self.policy.unknown_term_years
        findings = self.findings
        for listing, identity in own:
            info = lists[listing.list]
            standing = standing_of(listing, info, self.day, years)
            findings.seen.append(SeenListing(listing, info.list_class, standing, identity))
            if standing is Standing.IN_FORCE:
                if listing.effective_until is None and lacks_term(listing, info):
                    findings.notices.append(Notice("term_unknown", listing.id, listing.list))
                self._read_in_force(listing, info, identity, role)
            elif standing is Standing.TERM_UNKNOWN:
                findings.notices.append(Notice("term_unknown", listing.id, listing.list))
                findings.ask.append(listing)

    def _read_in_force(self, listing: Listing, info: ListInfo, identity: Identity, role: Role | None) -> None:
        findings = self.findings
        official = info.list_class is ListClass.OFFICIAL or self.policy.apply_third_party
        if identity is not Identity.CODE and not (identity is Identity.NAME and self.policy.match_by_name):
            findings.unverified.append(listing)
            if identity is Identity.NAME and official and role is None and info.kind is ListKind.BLACK:
                findings.unverified_adverse = True
            return
        if official and role is None:
            if info.kind is ListKind.BLACK:
                findings.blacks.append(listing)
            elif info.kind is ListKind.RED:
                findings.reds.append(listing)
        rules = self.table.by_list.get(listing.list)
        if rules is None:
            return
        # Not consulted (7.5), stale (7.3) or of another area (2.9): neither restricts nor rewards.
        if (
            listing.list not in self.view.table
            or listing.list in self.report.stale
            or not fits_area(listing, self.area)
        ):
            return
        for rule, min_rank in rules:
            if role is not None and role not in rule.measure.reached_by:
                continue
            if rule.is_valid(self.day) and self._severe_enough(listing, min_rank):
                self._trigger(rule, listing, official)

    def _severe_enough(self, listing: Listing, min_rank: int) -> bool:
        """Rule 2.7."""
        if not min_rank:
            return True
        if listing.severity is None:
            self.findings.notices.append(Notice("severity_unknown", listing.id, listing.list))
            return False
        return listing.severity.rank >= min_rank

    def _trigger(self, rule: Rule, listing: Listing, official: bool) -> None:
        findings = self.findings
        if rule.penalty and listing.status is Status.OBJECTED:
            effect, kind_unknown = effect_of_objection(listing, self.policy)
            if kind_unknown:
                findings.notices.append(Notice("objection_kind_unknown", listing.id, listing.list))
            if effect is ObjectionEffect.SUSPEND:
                findings.suspended.setdefault(rule, []).append(listing)
                return
            if effect is ObjectionEffect.FLAG:
                findings.flagged.append(listing)
        (findings.applied if official else findings.advised).setdefault(rule, []).append(listing)

    def read_clean_years(
        self,
        asked: Subject,
        subjects: list[ListedSubject],
        own: list[tuple[Listing, Identity]],
        violations: list[tuple[Violation, Identity]],
    ) -> None:
        """Rule 4.4, for every clean-years rule of the table."""
        black = tuple(code for code in self.report.required if self.compiled.lists[code].kind is ListKind.BLACK)
        born = established_on(asked, subjects)
        for rule, years in self.table.clean:
            if not rule.is_valid(self.day):
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
            if (named and self.policy.match_by_name) or (born is not None and born >= first):
                continue
            gaps = self.view.history_gaps(first, self.report, black)
            if gaps:
                self.findings.notices += [Notice("history_unknown", None, code) for code in gaps]
                continue
            if born is None:
                self.findings.notices.append(Notice("age_unknown"))
            if named:
                self.findings.withheld_clean.append(rule)
            else:
                self.findings.applied.setdefault(rule, [])

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
    """The record's entries that are, or may be, the subject's, each with its identity (section 3).

    :raises BadRecord: an entry of a list nobody knows, or of another kind than its list's (rules 2.4, 7.5).
    """
    listings, violations = record.listings, record.violations
    for listing in listings:
        info = compiled.lists.get(listing.list)
        if info is None or info.kind is not listing.kind:
            raise _bad_listing(listing, known=info is not None)
    code = asked.code
    # The usual check by code, spelled out: one comparison an entry, on the path of every warm check.
    usual = code is not None and asked.name_key is None and not violations
    if usual and all(listing.subject.code == code for listing in listings):
        return [(listing, Identity.CODE) for listing in listings], []
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
    entries: list[tuple[Listing | Violation, Identity]] = [*listings, *violations]
    entries.sort(key=lambda pair: pair[0].id)
    by_code = [entry.subject for entry, identity in entries if identity is Identity.CODE]
    if by_code or asked.code is not None:
        return by_code
    return [entry.subject for entry, identity in entries if identity is Identity.NAME]


def check_clock(record: CreditRecord, newest: datetime, tolerance_end: datetime) -> None:
    """Refuse dates from the future.

    :raises BadRecord: a list vouched for beyond the reading clock plus an hour (rule 7.4).
    """
    if newest > tolerance_end:
        ahead = sorted(code for code, coverage in record.coverage.items() if coverage.as_of > tolerance_end)
        raise BadRecord(
            f"名单日期晚于读取时间一小时以上: {'、'.join(ahead)}; 请核对数据日期与本机时钟",
            f"lists dated more than an hour after the reading clock: {', '.join(ahead)}; check the data's dates and this"
            " machine's clock",
            key=ahead[0],
        )


def _bad_listing(listing: Listing, *, known: bool) -> BadRecord:
    if not known:
        return BadRecord(
            f"条目 {listing.id} 属于未知名单 {listing.list!r}; 请安装声明该名单的适配器或改正名单代码",
            f"listing {listing.id} is on the unknown list {listing.list!r}; install the adapter that declares it or"
            " correct the code",
            key="list",
        )
    return BadRecord(
        f"条目 {listing.id} 的类别 {listing.kind} 与名单 {listing.list} 的类别不符",
        f"listing {listing.id} is of kind {listing.kind}, its list {listing.list} is not",
        key="kind",
    )
