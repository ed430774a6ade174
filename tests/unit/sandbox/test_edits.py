"""What becomes of an entry: the whole table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from credit_sdk.errors import InvalidRequest
from credit_sdk.formats.records import parse
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sandbox._edits import EDITS
from credit_sdk.testing import listing, violation

TODAY = date(2026, 11, 21)


def edited(name: str, entry: dict[str, Any], **given: Any) -> dict[str, Any]:
    return EDITS[name][0](entry, given, TODAY)


@pytest.mark.parametrize(
    ("name", "given", "changes"),
    [
        ("publicise", {}, {"status": "publicised"}),
        ("object", {}, {"status": "objected"}),
        ("object", {"objection": "information"}, {"status": "objected", "objection": "information"}),
        ("repair", {}, {"status": "repaired", "ended_on": "2026-11-21"}),
        ("repair", {"ended_on": "2026-11-01"}, {"status": "repaired", "ended_on": "2026-11-01"}),
        ("remove", {}, {"status": "removed", "ended_on": "2026-11-21"}),
        ("revoke", {}, {"status": "revoked"}),
        ("restore", {}, {"status": "active"}),
    ],
)
def test_an_edit_changes_this_and_nothing_else(name: str, given: dict[str, Any], changes: dict[str, Any]) -> None:
    for before in (
        {},
        {"status": "objected", "objection": "recognition"},
        {"status": "repaired", "ended_on": "2026-01-01"},
    ):
        assert edited(name, listing(**before), **given) == listing(**changes)


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_makes_can_be_read(name: str) -> None:
    for make in (listing, violation):
        entry = make()
        if entry["type"] in EDITS[name][2]:
            records = parse([edited(name, entry)], CATALOGUE)
            assert len(records.listings) + len(records.violations) == 1


def test_only_listings_have_kinds_of_objection() -> None:
    with pytest.raises(InvalidRequest):
        edited("object", violation(), objection="recognition")
    with pytest.raises(InvalidRequest):
        edited("object", listing(), objection=["recognition"])
