"""公民身份号码, the citizen's ID number: recognised only in order to be refused (rules 3.1, 9.2).

GB 11643-1999: 6 area code, 8 birth date, 3 sequence, 1 check character 0-9X (ISO 7064 MOD 11-2). The rule was read in agreeing
secondary sources. Area codes begin with a province of GB/T 2260; residence permits of Hong Kong, Macao and Taiwan residents
carry 810000, 820000 and 830000 (国办发〔2018〕81号, 港澳台居民居住证申领发放办法第三条). Only the province is looked up, because
areas are abolished and numbers stay.

>>> is_valid("11990019491231002X")  # fictional (虚构): no area 119900 exists
True
>>> is_valid("11990019491331002X")
False
>>> mask("11990019491231002X")
'1****************X'
"""

from __future__ import annotations

from datetime import date

from credit_sdk.model.identifiers._compact import compact, starred

__all__ = ["is_valid", "mask"]

_LENGTH = 18
_PROVINCES = frozenset(
    (
        *("11", "12", "13", "14", "15"),  # 华北
        *("21", "22", "23"),  # 东北
        *("31", "32", "33", "34", "35", "36", "37"),  # 华东
        *("41", "42", "43", "44", "45", "46"),  # 中南
        *("50", "51", "52", "53", "54"),  # 西南
        *("61", "62", "63", "64", "65"),  # 西北
        *("71", "81", "82", "83"),  # 台湾, 香港, 澳门; 83 台湾 on residence permits
    )
)
_CENTURIES = frozenset(("18", "19", "20", "21"))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2^(18-i) mod 11
_CHECK_SYMBOLS = "10X98765432"  # at sum mod 11


def is_valid(text: str) -> bool:
    """Whether this is a well-formed ID number: a province, a birth date of 1800 to 2199 that exists, the check character.

    :param text: compacted as every identifier is. Never raises; nothing is known of whether the number was issued.
    """
    number = compact(text)
    # The century first: among the all-digit USCCs asked about, it alone sends nearly all away.
    if number[6:8] not in _CENTURIES or number[:2] not in _PROVINCES or len(number) != _LENGTH:
        return False
    digits = number[:17]
    if not (number.isascii() and digits.isdigit()):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return _CHECK_SYMBOLS[total % 11] == number[17]


def mask(text: str) -> str:
    """First and last character, the rest starred; nothing of what has not 18 characters."""
    return starred(text, 1, 1, length=_LENGTH)
