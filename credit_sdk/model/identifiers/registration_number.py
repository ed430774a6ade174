"""工商注册号, the business registration number on licences issued before the USCC.

GS 15-2006 工商行政管理市场主体注册号编制规则 (in force 1 July 2007), 15 digits: 6 首次登记机关代码, 8 顺序码, 1 校验码. No longer issued,
but older listings carry it.

How well this is verified: length and parts from the standard's published contents page and agreeing secondary sources; the
check digit (ISO 7064 MOD 11,10, in China GB/T 17710) only from programs that cite the standard, most of which agree, and
from a few published numbers that fit. Its annex A was not read. A number whose check digit fails is therefore **not** refused;
:func:`check_digit_matches` tells whoever wants to know.

农民专业合作社 carry ``NA`` in positions 7-8 and a fixed ``X`` in place of the check digit (seen in one registry reader's program
only); that form is accepted too. Others (13 digits, from before 2007; provinces' own letters) are refused, because with letters
everywhere the letter O for a zero would become "on no list": give the USCC or the name instead.

A 15-digit ID number of the first generation (no longer valid since 2013) has the same form and cannot be told apart.

>>> validate("990100 000000013")
'990100000000013'
>>> format("990100000000013")
'990100 00000001 3'
>>> mask("990100000000013")
'9901*******0013'
>>> is_valid("990100NA000001X")
True
"""

from __future__ import annotations

import re

from credit_sdk.errors import InvalidSubject
from credit_sdk.model.identifiers._compact import compact, starred

__all__ = ["check_digit", "check_digit_matches", "compact", "format", "is_valid", "mask", "validate"]

_LENGTH = 15
_COOPERATIVE = re.compile(r"[0-9]{6}NA[0-9]{6}X")


def validate(text: str) -> str:
    """The compacted number. The check digit is not required to fit: see the module's note.

    :param text: the number as given; may hold white space, hyphens and full-width digits.
    :raises InvalidSubject: empty, of another length, or of another form. Never says the input.
    """
    number = _compacted(text)
    if not number:
        raise InvalidSubject(
            "工商注册号为空；没有注册号的，请不填此项而按全称核查（name=）",
            "The registration number is empty; without one, leave it out and check by full name (name=)",
        )
    if len(number) != _LENGTH:
        raise InvalidSubject(
            f"工商注册号应为 15 位，去掉空格和连字符后为 {len(number)} 位；18 位的统一社会信用代码请以 code= 给出",
            f"A registration number has 15 digits; without white space and hyphens there are {len(number)} characters; "
            "give an 18-character unified social credit code as code=",
        )
    if not _all_digits(number) and not _COOPERATIVE.fullmatch(number):
        position = next(at for at, symbol in enumerate(number, 1) if not _all_digits(symbol))
        raise InvalidSubject(
            f"工商注册号第 {position} 位不是数字；其他形式的旧注册号请改用统一社会信用代码（code=）或全称（name=）",
            f"Character {position} of the registration number is no digit; for numbers of another form give the "
            "unified social credit code (code=) or the full name (name=)",
        )
    return number


def is_valid(text: str) -> bool:
    """Whether ``validate(text)`` returns: 15 digits, or a cooperative's number."""
    try:
        validate(text)
    except InvalidSubject:
        return False
    return True


def format(text: str) -> str:
    """The number in its parts: authority of first registration, sequence, check digit.

    :raises InvalidSubject: of another length or form.
    """
    number = validate(text)
    return f"{number[:6]} {number[6:14]} {number[14]}"


def check_digit(first14: str) -> str:
    """The check digit that fits the first 14, by ISO 7064 MOD 11,10.

    >>> check_digit("99010000000001")
    '3'

    :raises InvalidSubject: not 14 digits.
    """
    if len(first14) != _LENGTH - 1 or not _all_digits(first14):
        raise InvalidSubject(
            "计算校验码需要工商注册号的前 14 位数字",
            "A check digit needs the first 14 digits of a registration number",
        )
    product = 10
    for digit in first14:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def check_digit_matches(number: str) -> bool:
    """Whether the last digit of a compacted number fits; a cooperative's X always does. False for what is no number."""
    if _COOPERATIVE.fullmatch(number):
        return True
    return len(number) == _LENGTH and _all_digits(number) and check_digit(number[:14]) == number[14]


def mask(number: str) -> str:
    """First and last four digits, the rest starred (rule 9.4); nothing of what has not 15 characters."""
    return starred(number, 4, 4, length=_LENGTH)


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()  # isdigit alone knows the digits of every script


def _compacted(text: object) -> str:
    if not isinstance(text, str):
        raise InvalidSubject(
            "工商注册号须为文本；按数字存放的号码可能丢失数位",
            "A registration number must be text; stored as a number it may lose digits",
        )
    return compact(text)
