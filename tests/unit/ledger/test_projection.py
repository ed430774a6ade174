"""What an entry means to the views: every statement knows its parameters, and nothing makes the projection fail."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.ledger import _statements as sql
from credit_sdk.ledger._projection import Change, project
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ledger import Entry, EntryKind, Stored
from credit_sdk.testing.builders import MOMENT
from credit_sdk.testing.ledger import checked, delivered, entry, measure, reported, undecided

_DECISION = checked(measure(), measure("advised", section="advice"))
_KEYS = {"keys": ["k"], "fault": "timeout", "next_at": stamped(MOMENT)}
ENTRIES = {
    "checked": _DECISION,
    "undecided": undecided(),
    "reported": reported(_DECISION, ["refuse"], not_executed={"advised": "虚构理由"}),
    "delivered": delivered("k"),
    "deferred": entry(EntryKind.DEFERRED, _KEYS),
    "refused": entry(EntryKind.REFUSED, _KEYS),
    "requeued": entry(EntryKind.REQUEUED, _KEYS),
    "confirmed": entry(EntryKind.CONFIRMED, {"fresh": _DECISION.id}, decision_id=_DECISION.id),
    "discharged": entry(EntryKind.DISCHARGED, {"measure": "refuse"}, decision_id=_DECISION.id),
    "followed": entry(EntryKind.FOLLOWED, {"feed": "f", "cursor": "c", "changes": []}),
    "release_due": entry(
        EntryKind.RELEASE_DUE, {"measure": "refuse", "reasons": {"B1": "gone"}}, decision_id=_DECISION.id
    ),
    "release_void": entry(EntryKind.RELEASE_VOID, {"measure": "refuse"}, decision_id=_DECISION.id),
    "settled": entry(
        EntryKind.SETTLED,
        {"measure": "refuse", "due_on": "2026-12-01", "provisional": False},
        decision_id=_DECISION.id,
    ),
    "repaired": entry(EntryKind.REPAIRED, {"lost": [[2, 3]]}),
    "closed": entry(EntryKind.CLOSED, {"month": "2026-11", "receiver": "r", "summary": []}),
}


def project_(one: Entry) -> list[Change]:
    return project(Stored(7, one))


def test_every_kind_is_known() -> None:
    assert set(ENTRIES) == set(EntryKind)


@pytest.mark.parametrize("kind", EntryKind)
def test_statements_and_parameters_fit(kind: EntryKind) -> None:
    changes = project_(ENTRIES[kind])
    assert changes[0] == ("placed", {"sequence": 7, "kind": kind, "decision_id": ENTRIES[kind].decision_id})
    assert "damaged" not in [name for name, _ in changes]
    for name, parameters in changes:
        statement = sql.INSERTS.get(name) or sql.UPDATES[name]
        assert set(re.findall(r":(\w+)", statement)) <= set(parameters)
        assert all(value is None or isinstance(value, str | int) for value in parameters.values())


def test_what_is_advised_is_not_asked_for() -> None:
    states = {str(values["measure"]): values["state"] for name, values in project_(_DECISION) if name == "duty"}
    assert states == {"refuse": "due", "advised": "advised"}


def test_a_guard_that_watches_asks_for_nothing() -> None:
    names = [name for name, _ in project_(checked(measure(), shadow=True))]
    assert names == ["placed", "decision", "mark", "used"]


def test_a_delivery_is_late_by_this_sides_clock() -> None:
    body = json.loads(delivered("k").body)
    body["receipts"][0][2] = "1999-01-01T00:00:00Z"
    [_, (_, values)] = project_(entry(EntryKind.DELIVERED, body))
    assert values["at"] == stamped(MOMENT)


def test_moments_are_compared_as_one_wrote_them_all() -> None:
    [_, (_, values)] = project_(entry(EntryKind.REQUEUED, {"keys": ["k"], "next_at": "2026-01-01T00:00:00Z"}))
    assert values["next_at"] == "2026-01-01T08:00:00.000+08:00"


@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("body", ["", "null", "[]", "{}", '{"v":2}', '{"v":1}', '"' + "[" * 5_000, "[" * 200_000])
def test_a_strange_body_is_noted(kind: EntryKind, body: str) -> None:
    changes = project_(Entry("id", stamped(MOMENT), kind, None, body))
    if (kind, body) != (EntryKind.CONFIRMED, '{"v":1}'):  # nothing is read from it
        assert [name for name, _ in changes] == ["placed", "damaged"]


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(kind=st.sampled_from(EntryKind), changes=st.dictionaries(st.integers(0, 20), _JSON, max_size=4))
def test_nothing_makes_it_fail(kind: EntryKind, changes: dict[int, Any]) -> None:
    body = json.loads(ENTRIES[kind].body)
    keys = sorted(body)
    for place, value in changes.items():
        body[keys[place % len(keys)]] = value
    assert project_(ENTRIES[kind]._replace(body=json.dumps(body)))[0].statement == "placed"
