"""工商注册号: GS 15-2006, as far as it is verified. Every number here is fictional (虚构): area 990100 does not exist."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from credit_sdk.errors import InvalidSubject
from credit_sdk.model.identifiers import registration_number

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = "990100000000013"


def refused(validate: Callable[[str], str], text: str) -> InvalidSubject | None:
    try:
        validate(text)
    except InvalidSubject as error:
        return error
    return None


def test_the_docstrings_run() -> None:
    assert doctest.testmod(registration_number).failed == 0


@pytest.mark.parametrize("text", [NUMBER, " 990100 00000001 3 ", "990100-00000001-3", "９９０１０００００００００１３"])
def test_compaction(text: str) -> None:
    assert registration_number.compact(text) == NUMBER
    assert registration_number.validate(text) == NUMBER
    assert registration_number.is_valid(text)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        pytest.param("", "为空", "is empty", id="empty"),
        pytest.param("　", "为空", "is empty", id="blank"),
        pytest.param(NUMBER[:13], "13 位", "there are 13", id="13 digits, from before 2007"),
        pytest.param("91990100MA0000A019", "code=", "code=", id="a USCC"),
        pytest.param("99O100000000013", "第 3 位", "Character 3", id="O for 0"),
        pytest.param("990100A00000010", "第 7 位", "Character 7", id="a province's own letter"),
        pytest.param("990100NA0000010", "第 7 位", "Character 7", id="a cooperative's without its X"),
        pytest.param("٩90100000000013", "第 1 位", "Character 1", id="digits of another script"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, zh: str, en: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        registration_number.validate(text)
    assert zh in caught.value.message("zh")
    assert en in caught.value.message("en")
    assert not registration_number.is_valid(text)


def test_a_number_in_place_of_text_is_refused() -> None:
    with pytest.raises(InvalidSubject, match="须为文本"):
        registration_number.validate(990100000000013)  # type: ignore[arg-type]


@pytest.mark.parametrize("last", "012456789")
def test_a_failing_check_digit_is_told_but_not_refused(last: str) -> None:
    number = NUMBER[:14] + last
    assert registration_number.validate(number) == number
    assert not registration_number.check_digit_matches(number)


def test_a_cooperative_s_number_has_no_check_digit() -> None:
    assert registration_number.validate("990100na000001x") == "990100NA000001X"
    assert registration_number.check_digit_matches("990100NA000001X")


@given(st.text("0123456789", min_size=14, max_size=14))
def test_the_check_digit_is_iso_7064_mod_11_10(first14: str) -> None:
    assert registration_number.check_digit(first14) == mod_11_10.calc_check_digit(first14)
    assert registration_number.check_digit_matches(first14 + registration_number.check_digit(first14))


@pytest.mark.parametrize("first14", ["", NUMBER, NUMBER[:13], "99010000000A01", "９９０１００００００００００"])
def test_check_digit_wants_14_digits(first14: str) -> None:
    with pytest.raises(InvalidSubject):
        registration_number.check_digit(first14)


@pytest.mark.parametrize("text", ["", NUMBER[:14], "99O100000000013", "91990100MA0000A019"])
def test_the_last_digit_of_no_number_does_not_match(text: str) -> None:
    assert not registration_number.check_digit_matches(text)


def test_format_is_read_back() -> None:
    assert registration_number.format(NUMBER) == "990100 00000001 3"
    assert registration_number.validate(registration_number.format(NUMBER)) == NUMBER


@pytest.mark.parametrize(("text", "masked"), [(NUMBER, "9901*******0013"), ("", "****"), (NUMBER[:13], "****")])
def test_mask(text: str, masked: str) -> None:
    assert registration_number.mask(text) == masked


@given(st.text(min_size=4) | st.text("0123456789AX-", min_size=12, max_size=18))
def test_no_message_contains_the_input(text: str) -> None:
    error = refused(registration_number.validate, text)
    if error is not None:
        for told in (error.message("zh"), error.message("en"), str(error), repr(error)):
            assert text not in told
        assert error.__context__ is None
