"""组织机构代码, the organisation code that preceded the USCC and lives on as its characters 9-17.

GB 11714-1997: eight characters of 0-9A-Z (values 0-35) and a check character 0-9X, often written with a hyphen before the
latter. With weights 3, 7, 9, 10, 5, 8, 4, 2 the check character is 11 - sum mod 11, where 10 is written X and 11 is written 0.
The rule was read in agreeing secondary sources and holds for characters 9-17 of 2,999 codes of a real registry's sample; the
standard's own text was not seen.

>>> validate("fict0000-3")
'FICT00003'
>>> is_valid("FICT00001")
False
>>> format("FICT00003")
'FICT0000-3'
>>> mask("FICT00003")
'FI*****03'
"""

from __future__ import annotations

from credit_sdk.errors import InvalidSubject
from credit_sdk.model.identifiers._compact import compact, starred

__all__ = ["check_digit", "check_digit_matches", "compact", "format", "is_valid", "mask", "validate"]

_LENGTH = 9
_VALUES = {symbol: value for value, symbol in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SYMBOLS = "0123456789X"


def validate(text: str, *, issued: bool = False) -> str:
    """The compacted code.

    :param text: the code as given; may hold white space, hyphens, lower case and full-width characters.
    :param issued: accept a failing check character, as for a USCC.
    :raises InvalidSubject: empty, of another length, with a character that may not stand there, or with a failing check
        character. Never says the input.
    """
    code = _compacted(text)
    if not code:
        raise InvalidSubject(
            "组织机构代码为空；没有代码的，请不填此项而按全称核查（name=）",
            "The organisation code is empty; without a code, leave it out and check by full name (name=)",
        )
    if len(code) != _LENGTH:
        raise InvalidSubject(
            f"组织机构代码应为 9 位，去掉空格和连字符后为 {len(code)} 位；18 位的统一社会信用代码请以 code= 给出",
            f"An organisation code has 9 characters; without white space and hyphens there are {len(code)}; "
            "give an 18-character unified social credit code as code=",
        )
    position = _first_fault(code)
    if position:
        raise InvalidSubject(
            f"组织机构代码第 {position} 位不是可用字符：前 8 位为数字或大写英文字母，第 9 位为数字或 X",
            f"Character {position} of the organisation code may not stand there: the first 8 are digits or capitals, "
            "the 9th is a digit or X",
        )
    if not issued and not check_digit_matches(code):
        raise InvalidSubject(
            "组织机构代码的校验码（第 9 位）与前 8 位不符，多为输入错误，请核对证照；证照所载确系如此的，请加 issued=True",
            "The check character (9th) of the organisation code does not fit the first 8, most likely a typing error: "
            "compare the licence. If the licence does say so, add issued=True",
        )
    return code


def is_valid(text: str) -> bool:
    """Whether ``validate(text)`` returns."""
    try:
        validate(text)
    except InvalidSubject:
        return False
    return True


def format(text: str) -> str:
    """The code with the hyphen before its check character, as certificates print it. A failing one is shown as it is.

    :raises InvalidSubject: not 9 characters that may stand there.
    """
    code = validate(text, issued=True)
    return f"{code[:8]}-{code[8]}"


def check_digit(first8: str) -> str:
    """The check character that fits the first eight characters.

    >>> check_digit("FICT0000")
    '3'

    :raises InvalidSubject: not eight characters of 0-9A-Z.
    """
    if len(first8) != _LENGTH - 1 or _first_fault(first8 + "0"):
        raise InvalidSubject(
            "计算校验码需要组织机构代码的前 8 位（数字或大写英文字母）",
            "A check character needs the first 8 characters of an organisation code (digits or capitals)",
        )
    total = sum(_VALUES[symbol] * weight for symbol, weight in zip(first8, _WEIGHTS, strict=True))
    return _CHECK_SYMBOLS[-total % 11]  # 11 - r, and 0 for r = 0


def check_digit_matches(code: str) -> bool:
    """Whether the check character of a compacted code fits; False for what is no code."""
    return len(code) == _LENGTH and not _first_fault(code) and check_digit(code[:8]) == code[8]


def mask(code: str) -> str:
    """First and last two characters, the rest starred (rule 9.4); nothing of what has not 9 characters."""
    return starred(code, 2, 2, length=_LENGTH)


def _first_fault(code: str) -> int:
    """The position, from 1, of the first of 9 characters that may not stand there; 0 when all may."""
    for position, symbol in enumerate(code, 1):
        if symbol not in (_VALUES if position < _LENGTH else _CHECK_SYMBOLS):
            return position
    return 0


def _compacted(text: object) -> str:
    if not isinstance(text, str):
        raise InvalidSubject(
            "组织机构代码须为文本；按数字存放会丢失开头的 0",
            "An organisation code must be text; stored as a number it loses its leading zeros",
        )
    return compact(text)
