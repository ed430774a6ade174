"""The standard platform contract's JSON (``platform.openapi.json``): questions written, answers read.

Answers are read strictly: a key that is missing or of another kind is an error, and nothing of the answer is used.
Unknown keys are let pass, so that a platform can say more than this version knows.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, TypeAdapter
from typing_extensions import TypedDict

from credit_sdk.formats._problems import Problem, tried
from credit_sdk.model.moments import written
from credit_sdk.model.terms import ListClass, ListKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.model.subject import Subject

API_VERSION = "1"
"""The contract's version, as the header ``Credit-Api-Version`` has it."""
MOST_SUBJECTS = 1000
"""Most subjects in one query."""
LONGEST_NAME = 512
"""Most characters of a name."""
MOST_FORMER_NAMES = 100
"""Most former names of a subject."""

_Text = Annotated[str, StringConstraints(min_length=1)]
# Strict, but times come as text: pydantic's strict mode takes those from JSON.
_CONFIG = ConfigDict(strict=True, extra="allow")


class AnswerObject(TypedDict):
    """What the platform says of one subject; the entries are objects as in a JSON Lines file."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    subject: dict[str, Any]
    found: bool
    listings: list[dict[str, Any]]
    violations: list[dict[str, Any]]
    uncoded_lists: list[_Text]


class RecordsObject(TypedDict):
    """The answer to a query."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    read_at: AwareDatetime
    coverage: list[dict[str, Any]]
    answers: list[AnswerObject]
    fictional: NotRequired[bool]


ListObject = TypedDict(
    "ListObject",
    {
        "code": _Text,
        "name": _Text,
        "name_en": NotRequired[str | None],
        "kind": ListKind,
        "class": ListClass,
        "open_ended": bool,
    },
)
"""One list of the platform's catalogue."""


class ListsObject(TypedDict):
    """The list catalogue."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    lists: list[ListObject]


class ChangeObject(TypedDict):
    """One change; ``subject`` as in a JSON Lines file."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    sequence: int
    at: AwareDatetime
    kind: Literal["listing", "violation", "list"]
    id: _Text
    list: _Text
    status: _Text | None
    subject: dict[str, Any] | None


class ChangesObject(TypedDict):
    """A page of the change feed."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    changes: list[ChangeObject]
    cursor: _Text
    more: bool


class HealthObject(TypedDict):
    """The platform's health."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    status: Literal["ok", "degraded"]
    time: AwareDatetime
    lists: dict[_Text, AwareDatetime]


class ReceiptObject(TypedDict):
    """A receipt for one outcome."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    id: _Text
    idempotency_key: _Text
    received_at: AwareDatetime
    status: Literal["accepted", "repeated"]


class ReceiptsObject(TypedDict):
    """The answer to outcomes."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    receipts: Annotated[list[ReceiptObject], Field(min_length=1)]


class UnusableJson(Exception):
    """The text is not what the contract says.

    :param key: the key at fault, dotted.
    """

    def __init__(self, key: str | None, zh: str, en: str) -> None:
        super().__init__(en)
        self.key, self.zh, self.en = key, zh, en


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)


def read_object(form: Any, content: bytes) -> Any:
    """``content`` as an object of ``form``, one of this module's classes.

    :raises UnusableJson: it is JSON of another form, or no JSON.
    """
    values = tried(_adapter(form).validate_json, content)
    if isinstance(values, Problem):
        raise UnusableJson(values.key or None, values.zh, values.en)
    return values


def subject_object(subject: Subject) -> dict[str, Any]:
    """A subject as the query has it: the identifiers that are given, and nothing else."""
    asked: dict[str, Any] = {
        key: value
        for key in ("code", "organisation_code", "registration_number", "name")
        if (value := getattr(subject, key)) is not None
    }
    if subject.former_names:
        asked["former_names"] = list(subject.former_names)
    return asked


def is_askable(subject: Subject) -> bool:
    """Whether a query may hold ``subject``: one that it may not would spoil the whole batch."""
    borne = [subject.name] if subject.name is not None else []
    return len(subject.former_names) <= MOST_FORMER_NAMES and all(
        0 < len(name.strip()) <= len(name) <= LONGEST_NAME for name in (*borne, *subject.former_names)
    )


def outcome_object(
    *,
    decision_id: str,
    subject: Mapping[str, str],
    domain: str,
    action: str,
    effect: str,
    executed: Sequence[str],
    not_executed: Mapping[str, str],
    at: Any,
    note: str | None,
    key: str | None = None,
    kind: str = "outcome",
    case: bool = False,
    override: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """An outcome as the intake takes it. What is as it mostly is goes unsaid: an intake of before knows no more."""
    told: dict[str, Any] = {
        "decision_id": decision_id,
        "subject": dict(subject),
        "domain": domain,
        "action": action,
        "effect": effect,
        "executed": list(executed),
        "not_executed": dict(not_executed),
        "at": written(at),
        "note": note,
    }
    if key is not None:
        told["key"] = key
    if kind != "outcome":
        told["kind"] = kind
    if case:
        told["case"] = True
    if override is not None:
        told["override"] = dict(override)
    return told
