"""The decision vectors: the rules as examples that run, shipped as package data for any implementation.

Their format, and how to compare, stand in ``vectors/README.md``. A department with an implementation of its own reads
them with :func:`load_vectors` and compares with :func:`matches`; :func:`run_vector` runs one against this SDK.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from credit_sdk.client import CreditClient
from credit_sdk.errors import CreditError, Restricted, SourceUnavailable
from credit_sdk.formats import measures
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.record import CreditRecord
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource
from credit_sdk.testing.matching import matches, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from credit_sdk.decision.result import Decision
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer

SCHEMA = "credit.vectors/1"
"""Schema of the files this module reads."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One example, its shorthands written out."""

    id: str
    """Stable; begins with the number of the rule."""
    rule: str
    """Number of the rule tested, such as ``2.1``."""
    title: str
    """What it shows, in Chinese."""
    measure_lists: tuple[Mapping[str, Any], ...]
    """The measure lists installed, as decoded TOML with dates as strings; one, unless jurisdiction selects."""
    records: tuple[Mapping[str, Any], ...]
    """The source's records, as lines of a JSON Lines file."""
    request: Mapping[str, Any]
    as_of: datetime
    read_at: datetime
    source: Mapping[str, Any] = field(default_factory=dict)
    """``unavailable``, ``unavailable_for``, ``stale``; see the format's description."""
    expect: Mapping[str, Any] | None = None
    """The decision to be given, or carried by ``error``."""
    error: str | None = None
    """Code of the error to be raised, if any."""
    error_attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    message_excludes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.id


def load_vectors() -> list[Vector]:
    """Every vector of the package, in the order of the rules.

    :raises ValueError: a file is not of :data:`SCHEMA`, or two vectors share an id.
    """
    folder = files("credit_sdk.testing") / "vectors"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".json"))
    vectors: dict[str, Vector] = {}
    for name in names:
        document = json.loads((folder / name).read_text(encoding="utf-8"))
        if document.get("schema") != SCHEMA:
            raise ValueError(f"{name}: not of schema {SCHEMA}")
        for vector in _vectors(document):
            if vector.id in vectors:
                raise ValueError(f"{name}: two vectors have the id {vector.id}")
            vectors[vector.id] = vector
    return list(vectors.values())


def _vectors(document: Mapping[str, Any]) -> Iterator[Vector]:
    defaults = document["defaults"]
    for raw in document["vectors"]:
        whole = {**defaults, **raw}
        as_of = datetime.fromisoformat(whole["as_of"])
        yield Vector(
            id=whole["id"],
            rule=whole["rule"],
            title=whole["title"],
            measure_lists=tuple(_measure_lists(document, whole)),
            records=tuple(_records(document, whole)),
            request=whole["request"],
            as_of=as_of,
            read_at=datetime.fromisoformat(whole["read_at"]) if "read_at" in whole else as_of,
            source=whole.get("source", {}),
            expect=_expectation(defaults["expect"], raw),
            error=whole.get("error"),
            error_attributes=whole.get("error_attributes", {}),
            message_excludes=tuple(whole.get("message_excludes", ())),
        )


def _measure_lists(document: Mapping[str, Any], vector: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "installed" in vector:
        for name in vector["installed"]:
            yield _measure_list(document, name, ())
    else:
        name, *patches = [vector["measures"]] if isinstance(vector["measures"], str) else vector["measures"]
        yield _measure_list(document, name, patches)


def _measure_list(document: Mapping[str, Any], name: str, patches: Sequence[str | Mapping[str, Any]]) -> dict[str, Any]:
    whole = merge_patch(document["measure_list_defaults"], document["measure_lists"][name])
    for patch in patches:
        whole = merge_patch(whole, document["patches"][patch] if isinstance(patch, str) else patch)
    whole["measures"] = [merge_patch(document["measure_defaults"], measure) for measure in whole["measures"]]
    return dict(whole)


def _records(document: Mapping[str, Any], vector: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    names = vector["coverage"]
    for name in [names] if isinstance(names, str) else names:
        yield from document["coverage_sets"][name]
    yield from vector["records"]


def _expectation(defaults: Mapping[str, Any], vector: Mapping[str, Any]) -> dict[str, Any] | None:
    if "expect" not in vector:
        return None
    unchecked = vector.get("unchecked", ())
    return {**{key: value for key, value in defaults.items() if key not in unchecked}, **vector["expect"]}


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: objects merge key by key, ``None`` removes a key, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def run_vector(vector: Vector) -> list[str]:
    """Check as ``vector`` asks, with this SDK's own client and a source in memory.

    :returns: how the answer differs from what the rules demand; empty when it conforms.
    """
    decision, error = _answer(vector)
    differences = _error_differences(vector, error)
    if vector.expect is not None:
        if decision is None:
            differences.append(f"no decision: {error!r}")
        else:
            differences += matches(dict(vector.expect), json.loads(decision.to_json()))
    if decision is not None:
        # Rule 6: the same record gives the same bytes, whatever the order of its entries.
        turned, _ = _answer(replace(vector, records=vector.records[::-1]))
        if turned is None or _bytes(turned) != _bytes(decision):
            differences.append("the same records in reverse order give another decision")
    return differences


def _answer(vector: Vector) -> tuple[Decision | None, CreditError | None]:
    """The decision, the error, or both where the error carries one."""
    try:
        own = [measures.from_dict(values) for values in vector.measure_lists]
        known = {**CATALOGUE, **{code: info for one in own for code, info in one.local_lists.items()}}
        source = _VectorSource(MemorySource.of(vector.records, lists=known, read_at=vector.read_at), vector.source)
        request = vector.request
        with CreditClient(source, domains=DomainRegistry(), measure_lists=own, clock=lambda: vector.read_at) as client:
            decision = client.check(
                subject_of(request["subject"]),
                domain=own[0].domain,
                action=request["action"],
                members=[subject_of(one) for one in request.get("members", ())],
                related=[(role, subject_of(one)) for role, one in request.get("related", ())],
                jurisdiction=request.get("jurisdiction"),
                handles=request.get("handles"),
                context=request.get("context"),
                as_of=vector.as_of,
            )
    except Restricted as error:
        return error.decision, error
    except CreditError as error:
        return None, error
    return decision, None


class _VectorSource:
    """A memory source in the state that a vector's ``source`` describes."""

    def __init__(self, records: MemorySource, state: Mapping[str, Any]) -> None:
        self._records = records
        self._state = state

    @property
    def name(self) -> str:
        return self._records.name

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        return [
            self._in_state(subject, answer)
            for subject, answer in zip(subjects, self._records.fetch(subjects, timeout=timeout), strict=True)
        ]

    def _in_state(self, subject: Subject, answer: Answer) -> Answer:
        if self._state.get("unavailable") or subject.code in self._state.get("unavailable_for", ()):
            return SourceUnavailable("向量规定来源不可用", "the vector says that the source is unavailable")
        if self._state.get("stale") and isinstance(answer, CreditRecord):
            return replace(answer, stale=True)
        return answer

    def close(self) -> None:
        self._records.close()


def _error_differences(vector: Vector, error: CreditError | None) -> list[str]:
    if vector.error is None or error is None or error.code != vector.error:
        if (None if error is None else error.code) == vector.error:
            return []
        return [f"expected {vector.error or 'no error'}, got {'no error' if error is None else error!r}"]
    differences = []
    for key, expected in vector.error_attributes.items():
        facts = getattr(error, key, ())
        actual = sorted(one if isinstance(one, str) else one.id for one in facts)
        differences += matches(sorted(expected), actual, f"error.{key}")
    said = (error.located("zh"), error.located("en"), str(error), repr(error))
    return differences + [
        f"the error's message contains {text!r}"
        for text in vector.message_excludes
        if any(text in sentence for sentence in said)
    ]


def _bytes(decision: Decision) -> bytes:
    def bare(values: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in values.items() if key not in {"decision_id", "decided_at"}}
        return {**kept, "parts": [bare(part) for part in values["parts"]]}

    return json.dumps(bare(json.loads(decision.to_json())), ensure_ascii=False).encode()
