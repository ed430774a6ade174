"""What people write into reports: short enough for a platform to take, and something to read."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from credit_sdk.errors import InvalidReport

LONGEST_TEXT = 2000
"""Characters of a note or a reason: what platforms take. A longer one would be refused days later, with nobody there to mend it."""

_BREAKS = "\t\n\r"


def check_text(text: Any, key: str) -> str:
    """``text``, if a platform can take it.

    :raises InvalidReport: it is no text, or too long.
    """
    if not isinstance(text, str):
        raise InvalidReport("应为文字", "must be text", key=key)
    if len(text) > LONGEST_TEXT:
        raise InvalidReport(f"不能超过 {LONGEST_TEXT} 个字符", f"must have at most {LONGEST_TEXT} characters", key=key)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidReport("不是有效文本", "is not valid text", key=key) from None
    return text


def check_said(text: Any, key: str) -> str:
    """``text``, if it says something: 1 to 2,000 characters that can be seen; line breaks may stand between them.

    :raises InvalidReport: it does not, is no text, or has control characters.
    """
    if is_blank(check_text(text, key)):
        raise InvalidReport("不能为空白", "must not be blank", key=key)
    if any(category(one) == "Cc" and one not in _BREAKS for one in text):
        raise InvalidReport("不能含控制字符", "must have no control characters", key=key)
    return str(text)


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in it: spaces, zero-width and control characters."""
    return all(one.isspace() or not one.isprintable() for one in text)
