"""Terms of retention as TOML: what is read, and what is refused at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidSettings
from credit_sdk.formats import retention

if TYPE_CHECKING:
    from pathlib import Path


def _short(_domain: str, years: int) -> tuple[str, str] | None:
    return ("太短", "too short") if years < 1 else None


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("otherwise = 15\n[years]\nsubsidy = 10\n", {"otherwise": 15, "years": {"subsidy": 10}}),
        ("otherwise = 5\n", {"otherwise": 5}),
        ("years.subsidy = 10\n", {"years": {"subsidy": 10}}),
    ],
)
def test_years_by_domain(tmp_path: Path, text: str, table: object) -> None:
    file = tmp_path / "retention.toml"
    file.write_text(text, encoding="utf-8")
    assert retention.load(file, _short) == table


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("", None, None),
        ("otherwise = '15'\n", 1, "otherwise"),
        ("otherwise = true\n", 1, "otherwise"),
        ("otherwise = 0\n", 1, "otherwise"),
        ("[years]\n\nsubsidy = 1.5\n", 3, "years.subsidy"),
        ("[years]\n\nsubsidy = 0\n", 3, "years.subsidy"),
        ("[years]\nSubsidy = 5\n", 2, "years.Subsidy"),
        ("[years]\nsubsidy = 5\notherwise = 15\n", 3, "years.otherwise"),
        ("years = 5\n", 1, "years"),
        ("othrwise = 5\n", 1, "othrwise"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, line: int | None, key: str) -> None:
    file = tmp_path / "retention.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        retention.load(file, _short)
    assert (refused.value.file, refused.value.line, refused.value.key) == (str(file), line, key)
    assert refused.value.zh
    assert refused.value.en


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as refused:
        retention.load(tmp_path / "missing.toml", _short)
    assert refused.value.file == str(tmp_path / "missing.toml")
