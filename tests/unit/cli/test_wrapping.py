from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.cli.wrapping import columns, wrap


@pytest.mark.parametrize(("text", "size"), [("abc", 3), ("限制", 4), ("A级", 3), ("（一）", 6), ("", 0)])
def test_a_chinese_character_takes_two_columns(text: str, size: int) -> None:
    assert columns(text) == size


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("限制参加政府采购", 8, ["限制参加", "政府采购"]),
        ("限制参加政府采购。", 16, ["限制参加政府采", "购。"]),  # no line begins with a full stop
        ("参见《条例》", 6, ["参见", "《条", "例》"]),  # none ends with an opening mark
        ("one two three", 7, ["one two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("  多余 \n 空白  ", 20, ["多余 空白"]),
    ],
)
def test_lines_break_where_a_reader_expects(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.integers(4, 60))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.integers(-8, 3))
def test_however_narrow_it_goes_on(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
