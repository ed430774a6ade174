"""公民身份号码: recognised to be refused (rules 3.1, 9.2), GB 11643-1999. Fictional (虚构): areas xx9900 do not exist."""

from __future__ import annotations

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from credit_sdk.model.identifiers import id_number


def numbered(province: str = "11", born: str = "19491231", sequence: str = "002") -> str:
    first17 = f"{province}9900{born}{sequence}"
    return first17 + str(mod_11_2.calc_check_digit(first17))


def test_the_docstrings_run() -> None:
    assert doctest.testmod(id_number).failed == 0


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        pytest.param(numbered(), True, id="in order"),
        pytest.param(numbered("83"), True, id="residence permit of a Taiwan resident"),
        pytest.param(numbered("65"), True, id="last province of the mainland"),
        pytest.param(numbered("91"), False, id="no such province"),
        pytest.param(numbered("16"), False, id="no such province of the region"),
        pytest.param(numbered(born="18000101"), True, id="1800"),
        pytest.param(numbered(born="21991231"), True, id="2199"),
        pytest.param(numbered(born="17991231"), False, id="1799"),
        pytest.param(numbered(born="22000101"), False, id="2200"),
        pytest.param(numbered(born="20240229"), True, id="29 Feb of a leap year"),
        pytest.param(numbered(born="20230229"), False, id="29 Feb of another year"),
        pytest.param(numbered(born="19000229"), False, id="29 Feb 1900"),
        pytest.param(numbered(born="20240431"), False, id="31 April"),
        pytest.param(numbered(born="20241301"), False, id="month 13"),
        pytest.param(numbered(born="20240001"), False, id="month 0"),
        pytest.param(numbered()[:-1] + "9", False, id="check character fails"),
        pytest.param(numbered()[:-1], False, id="17 digits"),
        pytest.param("119900491231002", False, id="15 digits, first generation"),
        pytest.param("91990100MA0000A019", False, id="a USCC"),
        pytest.param("1199001949123100 2X"[:18], False, id="18 characters before compaction only"),
        pytest.param("11990019491231A021", False, id="letter inside"),
        pytest.param("", False, id="empty"),
    ],
)
def test_what_is_an_id_number(text: str, is_number: bool) -> None:
    assert id_number.is_valid(text) is is_number


def test_it_is_recognised_however_it_is_typed() -> None:
    number = next(number for n in range(100) if (number := numbered(sequence=f"{n:03d}")).endswith("X"))
    assert id_number.is_valid(number.lower())
    assert id_number.is_valid(f" {number[:6]}-{number[6:14]} {number[14:]}")
    assert id_number.is_valid("".join(chr(ord(character) + 0xFEE0) for character in number))


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.integers(0, 999))
def test_every_date_and_sequence_agrees_with_iso_7064(born: date, sequence: int) -> None:
    number = numbered(born=f"{born:%Y%m%d}", sequence=f"{sequence:03d}")
    assert id_number.is_valid(number)
    assert not any(id_number.is_valid(number[:-1] + wrong) for wrong in set("0123456789X") - {number[-1]})


@given(st.text())
def test_it_never_raises(text: str) -> None:
    assert id_number.is_valid(text) in {True, False}


@pytest.mark.parametrize(("text", "masked"), [(numbered(), "1****************X"), ("", "****"), ("119900", "****")])
def test_mask(text: str, masked: str) -> None:
    assert id_number.mask(text) == masked


def test_there_is_nothing_to_handle_a_person_s_number_with() -> None:
    assert id_number.__all__ == ["is_valid", "mask"]
