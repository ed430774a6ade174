"""A decision's JSON (``credit.decision/1``) as a decision again, to be told to a reader: from a ledger, from an archive.

The JSON says what was decided and why, not all that the decision object knew: whose a related subject's listing is, what a
name was on the list, the measure list's own title. Given the measure list, the latter is taken from it. What is not known is
left out, never guessed. Nothing is decided with what is read here.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from credit_sdk.decision.coverage import CoverageReport
from credit_sdk.decision.result import (
    SCHEMA,
    Conflict,
    Decision,
    Degraded,
    Notice,
    Obligation,
    SeenListing,
    SourceReport,
)
from credit_sdk.errors import CreditError, InvalidFile, quoted
from credit_sdk.model.listing import Listing
from credit_sdk.model.measure import Basis, Measure, MeasureList, Policy
from credit_sdk.model.request import CheckRequest
from credit_sdk.model.subject import ListedSubject, Subject
from credit_sdk.model.terms import (
    Consequence,
    Effect,
    Force,
    Identity,
    ListClass,
    ListKind,
    MeasureListStatus,
    Severity,
    Standing,
    Status,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(value: Any, *, measure_list: MeasureList | None = None) -> Decision:
    """The decision that ``value`` tells of.

    :param value: as :meth:`Decision.to_dict` has it.
    :param measure_list: the one it was made by; used if its digest is the decision's.
    :raises InvalidFile: it is no decision of this schema, or of a later one.
    """
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema != SCHEMA:
        raise InvalidFile(
            f"不是 {SCHEMA} 格式的核查结论 (schema 为 {quoted(schema)}); 请用作出该结论的 SDK 版本读取",
            f"no decision as {SCHEMA} has it (its schema is {quoted(schema)}); read it with the version that made it",
            key="schema",
        )
    try:
        return _decision(value, measure_list)
    except (LookupError, TypeError, ValueError, AttributeError, CreditError) as error:
        raise InvalidFile(
            f"核查结论不完整或取值有误 ({type(error).__name__}); 请使用原文件",
            f"the decision is not whole, or a value is none ({type(error).__name__}); use the file as it was written",
            key="decision",
        ) from None


def _decision(value: Mapping[str, Any], measure_list: MeasureList | None) -> Decision:
    made_by = value["measure_list"]
    if measure_list is None or measure_list.digest != made_by["digest"]:
        measure_list = _measure_list(value)
    seen = tuple(_seen(one) for one in value["listings"])
    listings = {one.id: one.listing for one in seen}
    measures = {measure.id: measure for measure in measure_list.measures}

    def told(key: str) -> tuple[Obligation, ...]:
        return tuple(_obligation(one, measures, listings) for one in value[key])

    parts = tuple(_decision(part, measure_list) for part in value["parts"])
    subject, coverage, source, degraded = value["subject"], value["coverage"], value["source"], value["degraded"]
    asked = _subject(subject)
    return Decision(
        decision_id=value["decision_id"],
        decided_at=datetime.fromisoformat(value["decided_at"]),
        request=CheckRequest(
            subject=asked,
            domain=value["domain"],
            action=value["action"],
            members=[part.subject for part in parts],
            jurisdiction=value["jurisdiction"],
        ),
        subject=asked,
        as_of=datetime.fromisoformat(value["as_of"]),
        effect=Effect(value["effect"]),
        blocking=value["blocking"],
        measure_list=measure_list,
        coverage=CoverageReport(
            tuple(coverage["required"]),
            {code: datetime.fromisoformat(at) for code, at in coverage["consulted"].items()},
            tuple(coverage["missing"]),
            tuple(coverage["stale"]),
        ),
        source=SourceReport(
            source["name"],
            None if source["read_at"] is None else datetime.fromisoformat(source["read_at"]),
            source["found"],
            source["stale"],
        ),
        obligations=told("obligations"),
        advice=told("advice"),
        suspended=told("suspended"),
        withheld=told("withheld"),
        listings=seen,
        conflicts=tuple(Conflict(one["red"], one["black"]) for one in value["conflicts"]),
        notices=tuple(Notice(one["code"], one["listing"], one["list"]) for one in value["notices"]),
        degraded=None if degraded is None else Degraded(degraded["reason"], degraded["fallback"]),
        parts=parts,
    )


def _subject(value: Mapping[str, Any]) -> Subject:
    # `issued`: whether its check character failed was settled when it was asked for.
    return Subject(
        value["code"],
        name=value["name"],
        type=value["type"],
        organisation_code=value.get("organisation_code"),
        registration_number=value.get("registration_number"),
        issued=True,
    )


def _seen(value: Mapping[str, Any]) -> SeenListing:
    listing = Listing(
        id=value["id"],
        list=value["list"],
        kind=ListKind(value["kind"]),
        subject=ListedSubject(),
        status=Status(value["status"]),
        authority=value["authority"],
        effective_from=date.fromisoformat(value["effective_from"]),
        effective_until=_day(value["effective_until"]),
        document=value["document"],
        reason=value["reason"],
        severity=None if value["severity"] is None else Severity(value["severity"]),
        remedy=value["remedy"],
    )
    return SeenListing(listing, ListClass(value["class"]), Standing(value["standing"]), Identity(value["identity"]))


def _obligation(
    value: Mapping[str, Any], measures: Mapping[str, Measure], listings: Mapping[str, Listing]
) -> Obligation:
    behind = tuple(listings[id_] for id_ in value["because"])
    if value["measure"] is None:
        return Obligation(None, behind, advice=value["id"])
    # Terms as they were decided, with what the context gave.
    return Obligation(measures[value["measure"]], behind, value.get("reason"), value["properties"]["terms"])


def _measure_list(value: Mapping[str, Any]) -> MeasureList:
    """As much of the measure list as the decision itself tells."""
    told: dict[str, Measure] = {}
    for whole in (value, *value["parts"]):
        for key in ("obligations", "advice", "suspended", "withheld"):
            for one in whole[key]:
                if one["measure"] is not None:
                    told.setdefault(one["measure"], _measure(one))
    classes = {one["id"]: one["class"] for one in value["listings"]}
    third_party = any(
        one["because"] and all(classes[id_] == ListClass.THIRD_PARTY for id_ in one["because"])
        for one in value["obligations"]
    )
    made_by = value["measure_list"]
    return MeasureList(
        id=made_by["id"],
        domain=value["domain"],
        title=made_by["id"],
        version=made_by["version"],
        jurisdiction=value["jurisdiction"] or "CN",
        status=MeasureListStatus.IN_FORCE,
        issued_by=None,
        reviewed_on=None,
        policy=Policy(apply_third_party=third_party),
        actions={},
        measures=tuple(told.values()),
        digest=made_by["digest"],
    )


def _measure(value: Mapping[str, Any]) -> Measure:
    properties = value["properties"]
    consequence = properties["consequence"]
    return Measure(
        id=value["measure"],
        name=value["name"],
        effect=Effect.PRIORITY if consequence is None else Effect.RESTRICT,
        force=Force(value["force"]),
        type=value["type"],
        actions=(),
        triggers=(),
        consequence=None if consequence is None else Consequence(consequence),
        unit=properties["unit"],
        basis=tuple(
            Basis(
                one["title"],
                one["document"],
                one["article"],
                None if one["verified"] is None else Verified(one["verified"]),
            )
            for one in value["basis"]
        ),
        terms=properties["terms"],
    )


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
