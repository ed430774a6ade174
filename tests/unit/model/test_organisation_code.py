"""组织机构代码: GB 11714-1997. Every code here is fictional (虚构)."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.errors import InvalidSubject
from credit_sdk.model.identifiers import organisation_code

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "FICT00003"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def standard_check(first8: str) -> str:
    """The standard's formula, word for word: C9 = 11 - MOD(sum of Ci × Wi, 11); 10 is X, 11 is 0."""
    total = sum(int(symbol, 36) * weight for symbol, weight in zip(first8, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    value = 11 - total % 11
    return {10: "X", 11: "0"}.get(value, str(value))


def refused(validate: Callable[[str], str], text: str) -> InvalidSubject | None:
    try:
        validate(text)
    except InvalidSubject as error:
        return error
    return None


def test_the_docstrings_run() -> None:
    assert doctest.testmod(organisation_code).failed == 0


@pytest.mark.parametrize("text", [CODE, "fict0000-3", " FICT0000–3 ", "ＦＩＣＴ００００－３"])
def test_compaction(text: str) -> None:
    assert organisation_code.compact(text) == CODE
    assert organisation_code.validate(text) == CODE
    assert organisation_code.is_valid(text)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        pytest.param("", "为空", "is empty", id="empty"),
        pytest.param("　", "为空", "is empty", id="blank"),
        pytest.param("FICT0000", "8 位", "there are 8", id="without check character"),
        pytest.param("91990100MA0000A019", "code=", "code=", id="a USCC"),
        pytest.param("FICT0000A", "第 9 位", "Character 9", id="letter other than X at the end"),
        pytest.param("F/CT00001", "第 2 位", "Character 2", id="punctuation"),
        pytest.param("虚ICT00001", "第 1 位", "Character 1", id="Chinese character"),
        pytest.param("FICT00007", "issued=True", "issued=True", id="check character fails"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, zh: str, en: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        organisation_code.validate(text)
    assert zh in caught.value.message("zh")
    assert en in caught.value.message("en")
    assert not organisation_code.is_valid(text)


def test_a_number_in_place_of_text_is_refused() -> None:
    with pytest.raises(InvalidSubject, match="须为文本"):
        organisation_code.validate(123456789)  # type: ignore[arg-type]


def test_issued_accepts_a_failing_check_character_and_nothing_else() -> None:
    assert organisation_code.validate("FICT00007", issued=True) == "FICT00007"
    with pytest.raises(InvalidSubject):
        organisation_code.validate("FICT0000A", issued=True)


@given(st.text(ALPHABET, min_size=8, max_size=8))
def test_the_check_character_is_the_standard_s(first8: str) -> None:
    assert organisation_code.check_digit(first8) == standard_check(first8)
    assert organisation_code.is_valid(first8 + standard_check(first8))


def test_the_check_character_may_be_0_or_x() -> None:
    found = {organisation_code.check_digit(f"MA{number:06d}") for number in range(100)}
    assert found == set("0123456789X")


@pytest.mark.parametrize("first8", ["", "FICT000", CODE, "FICT000a", "虚ICT0000"])
def test_check_digit_wants_eight_characters(first8: str) -> None:
    with pytest.raises(InvalidSubject):
        organisation_code.check_digit(first8)


def test_format_is_read_back() -> None:
    assert organisation_code.format(CODE) == "FICT0000-3"
    assert organisation_code.validate(organisation_code.format(CODE)) == CODE


@pytest.mark.parametrize(("text", "masked"), [(CODE, "FI*****03"), ("", "****"), ("91990100MA0000A019", "****")])
def test_mask(text: str, masked: str) -> None:
    assert organisation_code.mask(text) == masked


@given(st.text(min_size=4) | st.text(ALPHABET + "-", min_size=7, max_size=11))
def test_no_message_contains_the_input(text: str) -> None:
    error = refused(organisation_code.validate, text)
    if error is not None:
        for told in (error.message("zh"), error.message("en"), str(error), repr(error)):
            assert text not in told
        assert error.__context__ is None
