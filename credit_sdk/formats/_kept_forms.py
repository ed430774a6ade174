"""What is kept of each class that a decision stands on. A field that is added to one of them has to be added here."""

from __future__ import annotations

from typing import Any

from credit_sdk.decision.fragments import MOST_LISTINGS, made_once, quote
from credit_sdk.decision.result import SeenListing
from credit_sdk.errors import (
    BadRecord,
    IncompleteCoverage,
    NoDecision,
    SourceUnavailable,
    StaleData,
)
from credit_sdk.formats._kept_shapes import (
    DAY,
    EXTRA,
    FLAG,
    MAPPING,
    MOMENT,
    NUMBER,
    TEXT,
    Form,
    Shape,
    damaged,
    or_none,
    reading,
    several,
    word,
)
from credit_sdk.model.catalogue import ListInfo
from credit_sdk.model.listing import Listing, Violation
from credit_sdk.model.record import Coverage, CoverageTable, CreditRecord
from credit_sdk.model.request import CheckRequest
from credit_sdk.model.subject import ListedSubject, Subject
from credit_sdk.model.terms import (
    Identity,
    ListClass,
    ListKind,
    Objection,
    Role,
    Severity,
    Standing,
    Status,
    SubjectType,
    Verified,
)

# ----------------------------------------------------------------------------------------------------------- request

SUBJECT = Shape(
    Subject,
    code=TEXT,
    name=TEXT,
    type=word(SubjectType),
    organisation_code=TEXT,
    registration_number=TEXT,
    issued=FLAG,
    former_names=several(TEXT),
    established_on=DAY,
)

_ASKED = Form(
    lambda value: quote(value) if isinstance(value, str) else SUBJECT.write(value),
    lambda value: value if isinstance(value, str) else SUBJECT.read(value),
)
"""A code alone, or a subject."""


def _read_related(pair: Any) -> tuple[str, str | Subject]:
    role, subject = pair
    return TEXT.read(role), _ASKED.read(subject)


REQUEST = Shape(
    CheckRequest,
    subject=_ASKED,
    domain=TEXT,
    action=TEXT,
    members=several(_ASKED),
    related=several(Form(lambda pair: f"[{quote(pair[0])},{_ASKED.write(pair[1])}]", _read_related)),
    jurisdiction=TEXT,
    handles=several(TEXT),
    purpose=TEXT,
    authorization=TEXT,
    as_of=MOMENT,
    context=MAPPING,
)

# ----------------------------------------------------------------------------------------------------------- answers

LISTED = Shape(
    ListedSubject,
    code=TEXT,
    organisation_code=TEXT,
    registration_number=TEXT,
    name=TEXT,
    type=word(SubjectType),
    former_names=several(TEXT),
    established_on=DAY,
)

LISTING = Shape(
    Listing,
    id=TEXT,
    list=TEXT,
    kind=word(ListKind),
    subject=LISTED.form,
    status=word(Status),
    authority=TEXT,
    effective_from=DAY,
    effective_until=DAY,
    document=TEXT,
    reason=TEXT,
    severity=word(Severity),
    objection=word(Objection),
    ended_on=DAY,
    jurisdiction=TEXT,
    remedy=TEXT,
    extra=EXTRA,
)

# A source at hand gives out the same listings again and again.
_LISTING = Form(made_once(LISTING.write, most=MOST_LISTINGS), LISTING.read)

VIOLATION = Shape(
    Violation,
    id=TEXT,
    subject=LISTED.form,
    status=word(Status),
    authority=TEXT,
    decided_on=DAY,
    document=TEXT,
    reason=TEXT,
    severity=word(Severity),
    ended_on=DAY,
    extra=EXTRA,
)

SEEN = Shape(
    SeenListing,
    listing=_LISTING,
    list_class=word(ListClass),
    standing=word(Standing),
    identity=word(Identity),
    role=word(Role),
)

COVERAGE = Shape(Coverage, as_of=MOMENT, history_from=DAY)


def _write_coverage(table: CoverageTable) -> str:
    return "{" + ",".join([f"{quote(code)}:{COVERAGE.write(one)}" for code, one in table.items()]) + "}"


def _read_coverage(values: Any) -> CoverageTable:
    return CoverageTable({code: COVERAGE.read(one) for code, one in values.items()})


_ERRORS = {kind.code: kind for kind in (NoDecision, SourceUnavailable, IncompleteCoverage, StaleData, BadRecord)}
_ERROR_MEMBERS = {
    "zh": TEXT,
    "en": TEXT,
    "file": or_none(TEXT),
    "line": or_none(NUMBER),
    "key": or_none(TEXT),
    "fault": or_none(TEXT),
    "status": or_none(NUMBER),
    "problem": or_none(TEXT),
    "words": or_none(TEXT),
    "request_id": or_none(TEXT),
    "retry_after": or_none(NUMBER),
    "retryable": FLAG,
    "listings": several(SEEN.form),
    "missing": several(TEXT),
    "stale": several(TEXT),
}


def _write_error(error: NoDecision) -> str:
    """All of it but its cause and its traceback. A class of a source's own is kept as the nearest of ours, with its code."""
    ours = next(kind for kind in type(error).__mro__ if kind in _ERRORS.values())
    members = {"error": quote(ours.code)}  # type: ignore[attr-defined]
    if error.code not in _ERRORS:
        members["code"] = quote(error.code)
    for name, form in _ERROR_MEMBERS.items():
        value = getattr(error, name, None)
        if value is not None and value != ():
            members[name] = form.write(value)
    return "{" + ",".join([f'"{name}":{value}' for name, value in members.items()]) + "}"


def _read_error(values: dict[str, Any]) -> NoDecision:
    kind = _ERRORS.get(values["error"])
    if kind is None:
        raise damaged("NoDecision.error")
    error = kind("", "")
    for name, value in values.items():
        if name in ("error", "code"):
            continue
        if name not in _ERROR_MEMBERS:
            raise damaged("NoDecision")
        setattr(error, name, reading(_ERROR_MEMBERS[name], value, f"NoDecision.{name}"))
    if "code" in values:
        error.__dict__["code"] = TEXT.read(values["code"])
    error.args = (error.zh,)
    return error


_OUTAGE = Form(_write_error, _read_error)

RECORD = Shape(
    CreditRecord,
    source=TEXT,
    # A source at hand gives one moment and one table out with many records, and makes others when its data change.
    read_at=Form(made_once(MOMENT.write, most=64), MOMENT.read),
    found=FLAG,
    coverage=Form(made_once(_write_coverage, most=64), _read_coverage),
    listings=several(_LISTING),
    violations=several(VIOLATION.form),
    uncoded_lists=several(TEXT, frozenset),
    stale=FLAG,
    fictional=FLAG,
    origins=MAPPING,
    disputed=several(TEXT, frozenset),
    outage=_OUTAGE,
)

ANSWER = Form(
    lambda answer: RECORD.write(answer) if isinstance(answer, CreditRecord) else _write_error(answer),
    lambda values: _read_error(values) if "error" in values else RECORD.read(values),
)

# ------------------------------------------------------------------------------------------------------------- rules

LIST_INFO = Shape(
    ListInfo,
    code=TEXT,
    name=TEXT,
    name_en=TEXT,
    kind=word(ListKind),
    list_class=word(ListClass),
    open_ended=FLAG,
    keeper=TEXT,
    basis=TEXT,
    verified=word(Verified),
)
