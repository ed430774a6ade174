"""Finding the receipt in a file: JSON as it is, or embedded in a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from credit_sdk.errors import InvalidReceipt, quoted
from credit_sdk.formats._canonical import digest, parsed
from credit_sdk.formats._receipt_seals import SCHEMA

OPENING = '<script type="application/json" id="credit-receipt">'
CLOSING = "</script>"

_LARGEST = 64 << 20
"""No receipt is longer, in bytes."""
_PDF = b"%PDF"
_PAGES = frozenset({".html", ".htm", ".shtml", ".xhtml", ".xht"})
"""By these names browsers take a file for a page, whatever is in it."""
_FAMILY = re.compile(r"credit\.receipt/([0-9]+)")


class Found(NamedTuple):
    """What stood in a file."""

    document: dict[str, Any]
    page: str | None
    """Digest of the page around it; ``None``: it stood in no page."""
    contained: bool = True
    """Whether a browser, too, takes it for data to its end: with a ``<`` in it, it might end earlier, and what follows be shown."""


def read(source: str | Path | bytes) -> Found:
    """The receipt in a file, or in its bytes.

    :raises InvalidReceipt: there is none; names the file and the way out.
    """
    if isinstance(source, bytes):
        return _found(source)
    try:
        return _named(Path(source))
    except InvalidReceipt as error:
        error.file = str(source)
        raise


def _named(path: Path) -> Found:
    found = _found(_bytes(path))
    if found.page is None and path.suffix.lower() in _PAGES:
        raise _refused(
            f"文件名以 {path.suffix} 结尾, 内容却是 JSON 凭证: 浏览器会把其中的文字当作网页显示, 所见不是凭证的页面; 请把文件名改为"
            " .json 后核验",
            f"its name ends in {path.suffix}, and it is a JSON receipt: a browser shows what stands in it as a page, which is not"
            " the receipt's; name it .json and verify again",
        ) from None
    return found


def is_receipt(path: Path) -> bool:
    """Whether a receipt is in a file, or a PDF, as receipts are printed to."""
    try:
        data = _bytes(path)
        return data.startswith(_PDF) or bool(_found(data))
    except InvalidReceipt:
        return False


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidReceipt(f"文件读不了: {said}", f"the file cannot be read: {said}") from None


def _found(data: bytes) -> Found:
    if len(data) > _LARGEST:
        raise _refused(
            f"文件超过 {_LARGEST >> 20} MiB, 不是核查凭证; 请确认文件",
            f"larger than {_LARGEST >> 20} MiB and so no receipt; look whether it is the right file",
        ) from None
    if data.startswith(_PDF):
        raise _refused(
            "这是 PDF, 供阅读和打印, 不含签名数据; 请核验随同保存的 .html 或 .json 凭证文件",
            "a PDF is for reading and carries no signature; verify the .html or .json file that was kept with it",
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise _refused(
                "内容不完整 (在结尾处截断); 请使用签发时的原文件",
                "the file ends too early; use the file as it was issued",
            ) from None
        raise _refused(
            "文件不是 UTF-8 文本, 可能被其他程序转存过; 请使用签发时的原文件",
            "not UTF-8 text; another program may have stored it anew; use the file as it was issued",
        ) from None
    text = text.replace("\r\n", "\n").strip("\n")  # as mail and version control may change them
    page, contained = None, True
    start = text.find(OPENING)
    if start >= 0:
        start += len(OPENING)
        end = text.find(CLOSING, start)
        if end < 0:
            raise _refused(
                "页面不完整, 其中的签名数据在结尾处截断; 请使用签发时的原文件",
                "the page ends too early, within the signed data; use the file as it was issued",
            ) from None
        page = digest((text[:start] + text[end:]).encode("utf-8", "surrogatepass"))
        text = text[start:end]
        contained = "<" not in text
    elif text.lstrip()[:1] == "<":
        raise _refused(
            "这个页面不含签名数据, 不是核查凭证或经浏览器另存过; 请使用签发时的原文件",
            "this page holds no signed data: it is no receipt, or a browser has saved it anew; use the file as it was issued",
        ) from None
    return Found(_document(text), page, contained)


def _document(text: str) -> dict[str, Any]:
    value = parsed(text)
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema == SCHEMA and isinstance(value, dict):
        return value
    later = _FAMILY.fullmatch(schema) if isinstance(schema, str) else None
    if later and later[1] != "1":
        raise _refused(
            f"凭证格式为 {schema}, 本版本只认识 {SCHEMA}; 请升级 credit-sdk 后核验",
            f"the receipt's form is {schema}, and this version knows {SCHEMA}; update credit-sdk and verify again",
            "schema",
        ) from None
    raise _refused(
        f"不是核查凭证 (schema 为 {quoted(schema)}, 应为 {SCHEMA}); 请确认文件",
        f"no check receipt (its schema is {quoted(schema)}, not {SCHEMA}); look whether it is the right file",
        "schema",
    ) from None


def _refused(zh: str, en: str, key: str | None = None) -> InvalidReceipt:
    return InvalidReceipt(zh, en, key=key)
