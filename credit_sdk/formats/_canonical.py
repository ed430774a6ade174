"""JSON that has one form only (RFC 8785, JSON Canonicalization Scheme), and its digest."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from credit_sdk.errors import InvalidReceipt
from credit_sdk.formats._receipt_extra import needing_extra

with needing_extra():
    import rfc8785


class NotCanonicalError(ValueError):
    """A value that JSON cannot say: a number beyond a double's reach, half a surrogate pair, something that is no JSON."""


def canonical(value: Any) -> bytes:
    """The canonical form: UTF-8, keys sorted, no white space, numbers as ECMAScript writes them.

    :raises NotCanonicalError: ``value`` has no such form.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise NotCanonicalError(type(error).__name__) from None


def digest(data: bytes) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def parsed(text: str) -> Any:
    """The value of a JSON text, read strictly: two readers must not see two things in it.

    :raises InvalidReceipt: no JSON, a key given twice, a number that is none, nested without end. Its message quotes nothing.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        raise InvalidReceipt(
            "内容不完整 (在结尾处截断); 请使用签发时的原文件" if cut else "不是有效的 JSON; 请使用签发时的原文件",
            "the file ends too early; use the file as it was issued"
            if cut
            else "no valid JSON; use the file as it was issued",
            line=error.lineno,
        ) from None
    except RecursionError:
        raise InvalidReceipt(
            "嵌套过深, 不是核查凭证; 请使用签发时的原文件",
            "nested too deep for a receipt; use the file as it was issued",
        ) from None
    except InvalidReceipt:
        raise
    except ValueError:  # Python refuses numbers of thousands of digits
        raise InvalidReceipt(
            "含有过大的数字, 不是核查凭证; 请使用签发时的原文件",
            "holds a number too large for a receipt; use the file as it was issued",
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidReceipt(
            "同一对象中有重复的键, 不能确定以哪个为准; 请使用签发时的原文件",
            "an object names a key twice, so that its meaning is uncertain; use the file as it was issued",
        )
    return value


def _no_number(_: str) -> NoReturn:
    raise InvalidReceipt(
        "含有 NaN 或 Infinity, 不是有效的 JSON; 请使用签发时的原文件",
        "holds NaN or Infinity, which is no JSON; use the file as it was issued",
    )
