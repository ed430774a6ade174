"""Feedback rules as TOML: what is read, and what is refused at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidSettings
from credit_sdk.formats import feedback

if TYPE_CHECKING:
    from pathlib import Path


def test_tables_by_domain(tmp_path: Path) -> None:
    file = tmp_path / "feedback.toml"
    file.write_text(
        '[feedback.default]\nreceiver = "city"\n\n'
        '[feedback.procurement]\nperiod = "monthly"\nby_day = 20\nbasis = "虚构办法第一条"\n',
        encoding="utf-8",
    )
    assert feedback.load(file) == {
        "default": {"receiver": "city"},
        "procurement": {"period": "monthly", "by_day": 20, "basis": "虚构办法第一条"},
    }


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("", None, "feedback"),
        ("[feedback]\n", 1, "feedback"),
        ("[feedback.procurement]\nreciever = 'x'\n", 2, "feedback.procurement.reciever"),
        ("[feedback.procurement]\n\nperiod = 'weekly'\n", 3, "feedback.procurement.period"),
        ("[feedback.procurement]\nperiod = 'monthly'\nby_day = 29\n", 3, "feedback.procurement.by_day"),
        ("[feedback.procurement]\nperiod = 'monthly'\nby_day = '20'\n", 3, "feedback.procurement.by_day"),
        ("[feedback.procurement]\nby_day = 20\n", 2, "feedback.procurement.by_day"),
        ("[feedback.procurement]\nbasis = ''\n", 2, "feedback.procurement.basis"),
        ("[feedback.procurement]\nreceiver = 'With Blank'\n", 2, "feedback.procurement.receiver"),
        ("[feedback.Procurement]\n", 1, "feedback.Procurement"),
        ("[feedbak.procurement]\n", None, "feedback"),
        ("feedback = 1\n", 1, "feedback"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, line: int | None, key: str) -> None:
    file = tmp_path / "feedback.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        feedback.load(file)
    assert (refused.value.file, refused.value.line, refused.value.key) == (str(file), line, key)
    assert refused.value.zh
    assert refused.value.en


@pytest.mark.parametrize("content", [b"[feedback", b"\xff"])
def test_what_is_no_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "feedback.toml"
    file.write_bytes(content)
    for path in (file, tmp_path / "missing.toml"):
        with pytest.raises(InvalidSettings) as refused:
            feedback.load(path)
        assert refused.value.file == str(path)
