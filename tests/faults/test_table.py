"""The table in the docs is the table of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.lives import LIVES
from tests.faults.rows import ROWS
from tests.faults.table import document, expected, render

PAGE = Path(__file__).parents[2] / "docs" / "_generated" / "faults.md"

IDS = [row.id for row in ROWS] + [life.id for life in LIVES]
# The faults that the SDK promises to have proven.
PROMISED = {
    *("dns-hang", "refused", "tls-stranger", "drip-headers", "drip-body", "reset-in-body"),
    *("429-seconds", "429-date", "429-past-date", "429-absurd", "500-then-good"),
    *("html", "business-failure", "truncated-json", "wrong-schema", "wrong-subject", "missing-subject"),
    *("duplicate-subject", "oversized", "gzip-bomb", "redirect-elsewhere", "clock-ahead", "clock-behind"),
    *("cancelled", "fork-preload", "fork-multiprocessing", "shutdown", "two-loops", "close-black-hole"),
}


def test_the_page_is_up_to_date() -> None:
    """``uv run python -m tests.faults.table > docs/_generated/faults.md`` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == document()


def test_nothing_promised_is_missing() -> None:
    assert len(set(IDS)) == len(IDS)
    assert set(IDS) >= PROMISED


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_row_is_in_it(lang: str) -> None:
    table = render({row.id: expected(row) for row in ROWS}, lang)  # type: ignore[arg-type]
    assert [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")] == IDS
