"""统一社会信用代码, the unified social credit code of organisations (USCC).

GB 32100-2015 (in force 1 Oct 2015; amendment sheet GB 32100-2015/XG1-2016). 18 characters out of 31, the digits and the
capitals without I, O, Z, S, V::

    9 1 990100 MA0000A01 9
    │ │ │      │         └ 18     校验码, the check character
    │ │ │      └ 9-17             主体标识码 (组织机构代码), see organisation_code
    │ │ └ 3-8                     登记管理机关行政区划码, digits
    │ └ 2                         机构类别代码
    └ 1                           登记管理部门代码

With C the value of a character in the alphabet (0-30) and W = 3^(i-1) mod 31 its position's weight, the sum of C × W over
all 18 characters is divisible by 31. (The standard puts it as C18 = 31 - sum mod 31, and writes 31 as 0; programs that
forget the latter fail on one code in 31.) The rule was read in several agreeing secondary sources, and agrees with
python-stdnum and with the 2,999 codes of a real registry's sample; the standard's own text was not seen.

Pairs in positions 1-2 are not checked against a table, because published tables differ and new pairs are added; the area
code is not looked up, because areas are abolished and codes stay; the organisation code's own check character inside is
not checked (rule 3.1).

>>> validate("91990100MA0000A019")
'91990100MA0000A019'
>>> validate(" 91990100-ma0000a019 ")
'91990100MA0000A019'
>>> is_valid("91990100MA0000A018")
False
>>> format("91990100MA0000A019")
'91 990100 MA0000A01 9'
>>> mask("91990100MA0000A019")
'9199**********A019'
"""

from __future__ import annotations

from typing import NoReturn

from credit_sdk.errors import InvalidSubject
from credit_sdk.model.identifiers import id_number
from credit_sdk.model.identifiers._compact import compact, starred

__all__ = [
    "ALPHABET",
    "check_digit",
    "check_digit_matches",
    "compact",
    "format",
    "is_valid",
    "mask",
    "organisation_code",
    "validate",
]

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters, each at its value."""

_LENGTH = 18
_DIGITS = ALPHABET[:10]
_AREA = range(3, 9)  # positions, from 1
_LOOK_ALIKES = frozenset("IOZSV")


def _column(position: int) -> dict[str, int]:
    weight = pow(3, position - 1, 31) if position < _LENGTH else 1
    return {symbol: value * weight for value, symbol in enumerate(_DIGITS if position in _AREA else ALPHABET)}


# One dict a position, from the characters allowed there to value × weight. A look-up checks the alphabet, the digits of the
# area code and multiplies, all at once. See _remainder for why they have 18 names instead of standing in a list.
_COLUMNS = tuple(_column(position) for position in range(1, _LENGTH + 1))
_W1, _W2, _W3, _W4, _W5, _W6, _W7, _W8, _W9, _W10, _W11, _W12, _W13, _W14, _W15, _W16, _W17, _W18 = _COLUMNS


def _remainder(code: str) -> int | None:
    """0 for a code in order, 1-30 when the 18th character fails, None when it is no code at all.

    Written out, because every check and every record goes through here: half a microsecond, where a loop over weights
    takes more than twice that and a regular expression must still be followed by the sum.
    """
    try:
        c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18 = iter(code)
        return (
            _W1[c1] + _W2[c2] + _W3[c3] + _W4[c4] + _W5[c5] + _W6[c6]
            + _W7[c7] + _W8[c8] + _W9[c9] + _W10[c10] + _W11[c11] + _W12[c12]
            + _W13[c13] + _W14[c14] + _W15[c15] + _W16[c16] + _W17[c17] + _W18[c18]
        ) % 31  # fmt: skip
    except (KeyError, ValueError, TypeError):  # a character that may not stand there; not 18 of them; no text
        # No error is raised from in here: a KeyError in its context would show a character of the input (rule 9.4).
        return None


def validate(text: str, *, issued: bool = False, organisation: bool = False) -> str:
    """The compacted code (rule 3.1).

    :param text: the code as given; may hold white space, hyphens, lower case and full-width characters.
    :param issued: accept a failing 18th character: registries did issue some such codes. Whoever accepts one says so
        (:func:`check_digit_matches`).
    :param organisation: the caller knows that the subject is an organisation; accept a code that is also a valid 公民身份号码.
    :raises InvalidSubject: empty, of another length, with a character that may not stand there, with a failing 18th
        character, or a valid 公民身份号码. Says which and the way out, never the input.
    """
    code = text
    remainder = _remainder(text)
    if remainder is None:
        code = _compacted(text)
        remainder = _remainder(code)
        if remainder is None:
            _refuse(code)
    # The first 17 of a person's number are digits: one call settles every code with a letter in its organisation code.
    if not organisation and code[8:17].isdigit() and id_number.is_valid(code):
        raise InvalidSubject(
            "该输入同时是有效的公民身份号码，未予核查：本系统默认不核查自然人；确为组织的，请写明主体类型"
            "（type= 或 --type，如 legal_entity）",
            "The input is also a valid citizen's ID number and was not checked: natural persons are refused by default. "
            "If it is an organisation, name its type (type= or --type, such as legal_entity)",
        )
    if remainder and not issued:
        raise InvalidSubject(
            "统一社会信用代码的校验码（第 18 位）与前 17 位不符，多为输入错误，请核对证照；证照所载确系如此的，"
            "请加 issued=True（命令行 --issued）",
            "The check character (18th) of the unified social credit code does not fit the first 17, most likely a typing "
            "error: compare the licence. If the licence does say so, add issued=True (--issued on the command line)",
        )
    return code


def is_valid(text: str) -> bool:
    """Whether ``validate(text)`` returns: form and 18th character in order, and not also a citizen's ID number.

    >>> is_valid("91990100MA0000A01I")
    False
    """
    try:
        validate(text)
    except InvalidSubject:
        return False
    return True


def format(text: str) -> str:
    """The code in the standard's groups: department and category, area, organisation code, check character.

    A failing 18th character is shown as it is: comparing by eye is what the groups are for.

    :raises InvalidSubject: not 18 characters of the alphabet.
    """
    code = validate(text, issued=True, organisation=True)
    return f"{code[:2]} {code[2:8]} {code[8:17]} {code[17]}"


def check_digit(first17: str) -> str:
    """The 18th character that fits the first 17.

    >>> check_digit("91990100MA0000A01")
    '9'
    >>> check_digit("91990100MA0000006")  # the sum is divisible by 31: "0", not the 32nd character of 31
    '0'

    :raises InvalidSubject: not 17 characters of the alphabet.
    """
    remainder = _remainder(first17 + "0")  # "0" adds nothing
    if remainder is None:
        raise InvalidSubject(
            "计算校验码需要统一社会信用代码的前 17 位（第 3 至 8 位为数字，不含 I、O、Z、S、V）",
            "A check character needs the first 17 characters of a unified social credit code (3 to 8 digits; no I, O, Z, S, V)",
        )
    return ALPHABET[-remainder % 31]


def check_digit_matches(code: str) -> bool:
    """Whether the 18th character of a compacted code fits; False for what is no code."""
    return _remainder(code) == 0


def organisation_code(code: str) -> str:
    """Characters 9-17 of a compacted code: the 组织机构代码 inside, its own check character not looked at.

    >>> organisation_code("91990100MA0000A019")
    'MA0000A01'
    """
    return code[8:17]


def mask(code: str) -> str:
    """First and last four characters, the rest starred (rule 9.4); nothing of what has not 18 characters.

    >>> mask("91990100")
    '****'
    """
    return starred(code, 4, 4, length=_LENGTH)


def _compacted(text: object) -> str:
    if not isinstance(text, str):
        raise InvalidSubject(
            "统一社会信用代码须为文本；表格中按数字存放的代码会丢失末尾几位",
            "A unified social credit code must be text; spreadsheets that store it as a number lose its last digits",
        )
    return compact(text)


def _refuse(code: str) -> NoReturn:
    """Say what is wrong with a compacted code by length, position and kind, never by character."""
    if not code:
        raise InvalidSubject(
            "统一社会信用代码为空；没有代码的，请不填此项而按全称核查（name= 或 --name）",
            "The unified social credit code is empty; without a code, leave it out and check by full name (name= or --name)",
        )
    if len(code) != _LENGTH:
        hint_zh, hint_en = _OTHER_LENGTHS.get(len(code), ("请核对证照", "compare the licence"))
        raise InvalidSubject(
            f"统一社会信用代码应为 18 位，去掉空格和连字符后为 {len(code)} 位；{hint_zh}",
            f"A unified social credit code has 18 characters; without white space and hyphens there are {len(code)}; {hint_en}",
        )
    fits = [symbol in column for symbol, column in zip(code, _COLUMNS, strict=True)]
    position = fits.index(False) + 1
    zh, en = ("须为数字", "must be a digit") if position in _AREA else ("不是可用字符", "may not stand there")
    if code[position - 1] in _LOOK_ALIKES:
        hint_zh = "字母 I、O、Z、S、V 不使用，多为 1、0、2、5、U 之误"
        hint_en = "the letters I, O, Z, S, V are not used; most often 1, 0, 2, 5, U is meant"
    else:
        hint_zh = "可用数字和除 I、O、Z、S、V 外的大写英文字母，第 3 至 8 位只用数字"
        hint_en = "digits and the capitals without I, O, Z, S, V may be used, in positions 3 to 8 only digits"
    raise InvalidSubject(
        f"统一社会信用代码第 {position} 位{zh}（去掉空格和连字符后计）；{hint_zh}",
        f"Character {position} of the unified social credit code (white space and hyphens not counted) {en}; {hint_en}",
    )


_OTHER_LENGTHS = {
    9: (
        "9 位的组织机构代码请以 organisation_code= 给出",
        "give a 9-character organisation code as organisation_code=",
    ),
    15: (
        "15 位的工商注册号请以 registration_number= 给出",
        "give a 15-digit registration number as registration_number=",
    ),
}
