"""What files of records, or a source, hold: coverage, counts, and what is wrong with them for the installed adapters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.cli.measure_json import duration, required
from credit_sdk.decision import phrases, words
from credit_sdk.decision.coverage import DEFAULT_MAX_AGE
from credit_sdk.decision.standing import lacks_term
from credit_sdk.errors import InvalidRequest
from credit_sdk.model.identifiers import uscc
from credit_sdk.model.listing import VIOLATIONS, Listing
from credit_sdk.model.moments import written
from credit_sdk.model.record import Coverage
from credit_sdk.model.terms import MeasureListStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from credit_sdk.cli.session import Session
    from credit_sdk.errors import Lang
    from credit_sdk.formats.records import Records
    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.listing import Violation
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.plugins import DomainRegistry
    from credit_sdk.ports.platform import Health


@dataclass(slots=True)
class Holding:
    """What is held of one list."""

    code: str
    coverage: Coverage | None
    age: timedelta | None
    statuses: Counter[str] | None
    """Entries by status; ``None`` where the source does not say."""
    without_code: int = 0
    """Entries that no code can compare (rule 3.7)."""
    without_end: int = 0
    """Black listings without an end on a list that should have one (rule 2.5)."""
    failing_codes: int = 0
    """Entries whose code fails its check character (rule 3.1)."""
    stale_for: list[str] = field(default_factory=list)
    """Installed measure lists for which it is too old."""


@dataclass(slots=True)
class Holdings:
    """The whole report."""

    holdings: list[Holding]
    missing_for: dict[str, list[str]]
    """Required lists that are not covered, by installed measure list in force."""
    known: KnownLists

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; ages in seconds."""
        return {
            "lists": [
                {
                    "list": one.code,
                    "covered": one.coverage is not None,
                    "as_of": None if one.coverage is None else written(one.coverage.as_of),
                    "history_from": None
                    if one.coverage is None or one.coverage.history_from is None
                    else one.coverage.history_from.isoformat(),
                    "age_seconds": None if one.age is None else int(one.age.total_seconds()),
                    "entries": None if one.statuses is None else dict(sorted(one.statuses.items())),
                    "without_code": one.without_code,
                    "without_end": one.without_end,
                    "failing_codes": one.failing_codes,
                    "stale_for": one.stale_for,
                }
                for one in self.holdings
            ],
            "missing_for": self.missing_for,
        }


def of_files(files: Sequence[str], measure_lists: Iterable[MeasureList], known: KnownLists, now: datetime) -> Holdings:
    """What files hold.

    :param measure_lists: those that it is held against.
    :param known: every list that a file may name.
    :raises InvalidRecords: a file does not load.
    """
    from credit_sdk.formats.records import read

    records = read(files, known)
    return _report(records.coverage, records, measure_lists, known, now)


def of_source(
    source: str, domains: DomainRegistry, measure_lists: Iterable[MeasureList], known: KnownLists, now: datetime
) -> Holdings:
    """What a source covers.

    :raises InvalidSettings: there is no such source.
    :raises NoDecision: it is a platform that does not answer.
    :raises InvalidRequest: it does not say what it covers.
    """
    from credit_sdk.cli.deployment import client
    from credit_sdk.sources import HttpSource

    with client(source, (), None, "", domains=domains) as credit:
        covered = getattr(credit.source, "coverage", None)
        if covered is None and isinstance(credit.source, HttpSource):
            covered = coverage_of(credit.source.health())
        if covered is None:
            raise InvalidRequest(
                "该来源不提供查询范围；请改为给出数据文件",
                "this source does not say what it covers; give files instead",
                key="--source",
            )
        return _report(covered, None, measure_lists, known, now)


def coverage_of(health: Health) -> Mapping[str, Coverage]:
    """What a platform says it speaks for."""
    return {code: Coverage(as_of) for code, as_of in health.lists.items()}


def of_coverage(coverage: Mapping[str, Coverage], domains: DomainRegistry, now: datetime) -> Holdings:
    """What is covered, where nothing is known of the entries."""
    measure_lists = [ml for domain in domains.domains.values() for ml in domain.measure_lists]
    return _report(coverage, None, measure_lists, domains.lists, now)


def _report(
    coverage: Mapping[str, Coverage],
    records: Records | None,
    measure_lists: Iterable[MeasureList],
    known: KnownLists,
    now: datetime,
) -> Holdings:
    entries: dict[str, list[Listing | Violation]] = {code: [] for code in coverage}
    if records is not None:
        for listing in records.listings:
            entries.setdefault(listing.list, []).append(listing)
        if records.violations:
            entries.setdefault(VIOLATIONS, []).extend(records.violations)
    in_force = [ml for ml in measure_lists if ml.status is MeasureListStatus.IN_FORCE]
    needed = {ml.id: required(ml) for ml in in_force}
    holdings = [
        _holding(code, coverage.get(code), found if records is not None else None, known, now)
        for code, found in sorted(entries.items())
    ]
    for one in holdings:
        one.stale_for = [ml.id for ml in in_force if one.code in needed[ml.id] and _is_stale(one, ml)]
    missing = {id_: [code for code in codes if code not in coverage] for id_, codes in needed.items()}
    return Holdings(holdings, {id_: codes for id_, codes in sorted(missing.items()) if codes}, known)


def _holding(
    code: str, coverage: Coverage | None, found: Iterable[Listing | Violation] | None, known: KnownLists, now: datetime
) -> Holding:
    age = None if coverage is None else now - coverage.as_of
    if found is None:
        return Holding(code, coverage, age, None)
    entries = list(found)
    info = known.get(code)
    codes = [entry.subject.code for entry in entries if entry.subject.code]
    return Holding(
        code,
        coverage,
        age,
        Counter(entry.status.value for entry in entries),
        without_code=sum(1 for e in entries if not (e.subject.code or e.subject.organisation_code)),
        without_end=0 if info is None else sum(1 for e in entries if isinstance(e, Listing) and lacks_term(e, info)),
        failing_codes=sum(1 for one in codes if not uscc.check_digit_matches(one)),
    )


def _is_stale(one: Holding, measure_list: MeasureList) -> bool:
    policy = measure_list.policy
    return one.age is not None and one.age > policy.max_age_by_list.get(one.code, policy.max_age or DEFAULT_MAX_AGE)


def draw(report: Holdings, session: Session) -> None:
    """Draw the report."""
    screen, lang = session.screen(), session.lang
    en = lang == "en"
    screen.heading(f"Lists held · {len(report.holdings)}" if en else f"持有的名单 · {len(report.holdings)} 份")
    for one in report.holdings:
        problems = list(_problems(one, lang))
        screen.entry(
            words.list_name(one.code, lang, report.known),
            one.code,
            mark="!" if problems else "✓",
            colour="yellow" if problems else "green",
            tag_style="cyan",
        )
        screen.paragraph(" · ".join(_said(one, lang)), indent=4, style="dim")
        for problem in problems:
            screen.paragraph(problem, indent=4, style="yellow")
    if report.missing_for:
        screen.heading("Required, but not covered" if en else "必查而未覆盖的名单", "yellow")
        screen.facts(
            [
                (id_, words.joined([words.named_list(code, lang, report.known) for code in codes], lang))
                for id_, codes in report.missing_for.items()
            ],
            indent=2,
        )
    screen.line()


def _said(one: Holding, lang: Lang) -> list[str]:
    en = lang == "en"
    said = []
    if one.coverage is not None:
        as_of = phrases.moment(one.coverage.as_of, lang)
        said.append(f"vouched for up to {as_of}" if en else f"数据截至 {as_of}")
        if one.age is not None and one.age >= timedelta(minutes=1):
            said.append(f"{_rounded(one.age)} old" if en else f"距今 {_rounded(one.age)}")
        if one.coverage.history_from is not None:
            first = phrases.day(one.coverage.history_from, lang)
            said.append(f"history from {first}" if en else f"历史完整自 {first}")
    if one.statuses is not None:
        counts = [f"{words.say(words.STATUSES, s, lang)} {n}" for s, n in sorted(one.statuses.items())]
        total = one.statuses.total()
        said.append(
            f"{total} entr{'y' if total == 1 else 'ies'}" + (f" ({', '.join(counts)})" if counts else "")
            if en
            else f"{total} 条" + (f"（{'、'.join(counts)}）" if counts else "")
        )
    return said


def _problems(one: Holding, lang: Lang) -> Iterable[str]:
    en = lang == "en"
    if one.coverage is None:
        yield (
            "no coverage line: its entries neither restrict nor reward, and the list counts as not consulted"
            if en
            else "没有 coverage 行：其条目不据以奖惩，该名单视为未查询"
        )
    if one.age is not None and one.age < timedelta(hours=-1):
        yield "vouched for beyond now; no decision will be made with it" if en else "数据截至时间晚于现在，不能据以决定"
    if one.stale_for:
        lists = words.joined(one.stale_for, lang)
        yield f"too old for {lists}" if en else f"对 {lists} 已过期"
    for count, zh, en_ in (
        (one.without_code, "条没有可比对的代码，只能按名称核查", "without a code to compare: found by name only"),
        (one.without_end, "条未载明截止日期", "without an end"),
        (one.failing_codes, "条的代码校验位不符", "with a code that fails its check character"),
    ):
        if count:
            yield f"{count} {en_}" if en else f"{count} {zh}"


def _rounded(age: timedelta) -> str:
    """In the largest unit that fits."""
    for unit in (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)):
        if age >= unit:
            return duration(age // unit * unit)
    return duration(timedelta(seconds=int(age.total_seconds())))
