"""The ledger's table in the docs is the table of the tests, and each row has its test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.faults.ledger_table import ROWS, Row, render

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "_generated" / "ledger_faults.md"
# The faults that the ledger promises to have proven.
PROMISED = {
    *("killed", "week", "500-stored", "429", "no-room", "read-only", "locked", "damaged-page", "many", "forked"),
    *("restarted", "rollback", "clock-back", "exit", "close"),
}


def test_the_page_is_up_to_date() -> None:
    """``uv run python -m tests.faults.ledger_table > docs/_generated/ledger_faults.md`` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_nothing_promised_is_missing() -> None:
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert set(ids) >= PROMISED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_row_has_its_tests(row: Row) -> None:
    held: set[object] = set()
    for named in row.tests:
        file, _, test = named.partition("::")
        tree = ast.parse((TESTS / f"{file}.py").read_text(encoding="utf-8"))
        found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == test]
        assert found
        held |= {row for function in found for row in _rows_held_in(function)}
    assert held == ({row.id} if row.error is not None else set())


def _rows_held_in(test: ast.FunctionDef) -> list[object]:
    """The rows that a test holds against what it met."""
    calls = [node for node in ast.walk(test) if isinstance(node, ast.Call)]
    calls = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "meets"]
    return [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_row_says_the_same_in_both_languages(row: Row) -> None:
    assert (row.error is None) or row.way is not None
    assert all((row.zh, row.en, row.zh_result, row.en_result, *(row.way or ("", ""))[: 2 * (row.way is not None)]))
