"""What every profile needs to read answers strictly: the errors, the clock, and whose entries they are."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from credit_sdk.decision.coverage import CLOCK_TOLERANCE
from credit_sdk.decision.identity import same_by_code
from credit_sdk.errors import BadRecord
from credit_sdk.formats import records
from credit_sdk.model import names
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.moments import written
from credit_sdk.model.record import CoverageTable, CreditRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.formats.records import Records
    from credit_sdk.model.listing import Listing, Violation
    from credit_sdk.model.subject import ListedSubject, Subject
    from credit_sdk.sources.profiles._profile import Reading
    from credit_sdk.transport import Reply


def unusable(
    reading: Reading, reply: Reply | None, fault: str, zh: str, en: str, *, key: str | None = None
) -> BadRecord:
    """An answer that arrived and cannot be used.

    :param fault: the stable word for what is wrong (``NoDecision.fault``).
    :param zh: what is wrong, as the rest of a sentence; without identifiers.
    """
    number = None if reply is None else reply.request_id
    return BadRecord(
        f"来源 {reading.source} 的应答不能使用: {zh}" + (f" (请求编号 {number})" if number else ""),
        f"the answer of source {reading.source} cannot be used: {en}" + (f" (request {number})" if number else ""),
        key=key,
        fault=fault,
        status=None if reply is None else reply.status,
        request_id=number,
        retryable=fault == "truncated",
    )


def check_date(reading: Reading, reply: Reply) -> None:
    """Compare the clocks: the reply's ``Date`` with ours.

    With either clock wrong by a day, what is in force and what is fresh cannot be told.

    :raises BadRecord: they are an hour apart or more (rule 7.4's hour).
    """
    stated = reply.headers.get("date")
    if stated is None:
        return
    try:
        moment = parsedate_to_datetime(stated)
        apart = abs(moment - reading.now)
    except (TypeError, ValueError, OverflowError):  # a date without offset cannot be compared
        return
    if apart > CLOCK_TOLERANCE:
        raise clocks_differ(reading, reply, moment)


def clocks_differ(reading: Reading, reply: Reply | None, theirs: datetime) -> BadRecord:
    """That the platform's clock is not ours."""
    return unusable(
        reading,
        reply,
        "clock",
        f"平台时间 {written(theirs)} 与本机时间 {written(reading.now)} 相差超过一小时; 请校准时钟",
        f"the platform's time {written(theirs)} and this machine's {written(reading.now)} are more than an hour apart; set"
        " the clocks",
    )


def moment_of(text: str, key: str, reading: Reading, reply: Reply) -> datetime:
    """A moment with an offset.

    :raises BadRecord: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise unusable(reading, reply, "schema", "不是带时区的时间", "not a moment with an offset", key=key)
    return moment


def read_coverage(lines: Sequence[Mapping[str, Any]], reading: Reading, reply: Reply) -> CoverageTable:
    """The lists that an answer speaks for.

    :raises BadRecord: a line is unusable, there is none, or one is from the future.
    """
    table = reading.remembered.get(lines)
    if table is None:
        table = CoverageTable(_parse(lines, "coverage", reading, reply).coverage)
        reading.remembered.put(lines, table)
    if not table:
        raise unusable(
            reading,
            reply,
            "coverage",
            "没有说明查询范围 (coverage), 无法得知查询了哪些名单; 请联系平台",
            "it names no coverage, so nobody knows which lists were consulted; ask the platform",
            key="coverage",
        )
    newest = max(one.as_of for one in table.values())
    if newest > reading.now + CLOCK_TOLERANCE:
        raise clocks_differ(reading, reply, newest)
    return table


def read_record(
    subject: Subject,
    listings: Sequence[Mapping[str, Any]],
    violations: Sequence[Mapping[str, Any]],
    *,
    coverage: CoverageTable,
    found: bool,
    uncoded: Sequence[str],
    fictional: bool,
    reading: Reading,
    reply: Reply,
) -> CreditRecord:
    """One subject's record.

    :param listings: objects as they stand in a JSON Lines file, ``type`` included; ``violations`` too.
    :raises BadRecord: one of them is unusable (rule 2.4), is of somebody else, or contradicts ``found``.
    """
    entries = _parse(listings, "listing", reading, reply)
    adverse = _parse(violations, "violation", reading, reply)
    every: list[Listing | Violation] = [*entries.listings, *adverse.violations]
    for entry in every:
        same = _may_be(subject, entry.subject)
        if not same:
            raise unusable(
                reading,
                reply,
                "wrong_subject",
                "其中有其他主体的条目; 请联系平台",
                "it holds an entry of another subject; ask the platform",
                key="subject",
            )
        if same is _BY_CODE and not found:
            raise unusable(
                reading,
                reply,
                "contradiction",
                "称不掌握该主体, 却给出其条目; 请联系平台",
                "it says that the subject is not known, and brings an entry of its; ask the platform",
                key="found",
            )
    for code in uncoded:
        if code not in reading.lists and code != VIOLATIONS:
            raise unusable(
                reading,
                reply,
                "schema",
                "uncoded_lists 中有未知名单",
                "uncoded_lists names an unknown list",
                key="uncoded_lists",
            )
    return CreditRecord(
        reading.source,
        reading.now,
        found,
        coverage,
        tuple(entries.listings),
        tuple(adverse.violations),
        frozenset(uncoded),
        fictional=fictional,
    )


def _parse(lines: Sequence[Mapping[str, Any]], type_: str, reading: Reading, reply: Reply) -> Records:
    for line in lines:
        if line.get("type") != type_:
            raise unusable(
                reading,
                reply,
                "schema",
                f"此处每个对象的 type 应为 {type_}",
                f"each object here must be of type {type_}",
                key="type",
            )
    try:
        return records.parse(lines, reading.lists)
    except BadRecord as error:
        raise unusable(reading, reply, "schema", error.zh, error.en, key=error.key) from None


_BY_CODE, _BY_NAME = "code", "name"


def _may_be(asked: Subject, listed: ListedSubject) -> str | None:
    """How an entry may be the subject's, as the source port's contract has it; ``None``: it cannot."""
    if same_by_code(asked, listed):
        return _BY_CODE
    if asked.name_key is None:
        return None
    ours = {asked.name_key, *map(names.normalise, asked.former_names)}
    theirs = (listed.name, *listed.former_names) if listed.name else listed.former_names
    return _BY_NAME if any(names.normalise(name) in ours for name in theirs) else None
