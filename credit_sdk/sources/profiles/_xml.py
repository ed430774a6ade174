"""XML read with care: no document type, no entity of anyone's making, and the encodings that platforms really use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.parsers.expat import errors as expat

from credit_sdk.sources.profiles._reading import unusable

if TYPE_CHECKING:
    from credit_sdk.sources.profiles._profile import Reading
    from credit_sdk.transport import Reply

_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]{0,100}\?>")
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
_UNFINISHED = frozenset(
    expat.codes[message]
    for message in (
        expat.XML_ERROR_NO_ELEMENTS,
        expat.XML_ERROR_UNCLOSED_TOKEN,
        expat.XML_ERROR_PARTIAL_CHAR,
        expat.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
# What XML 1.0 cannot say, not even escaped.
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_xml(reply: Reply, reading: Reading) -> ET.Element:
    """The body's root element.

    The standard library's parser fetches nothing from outside, but would expand entities that the text itself defines; a
    text that has a document type is refused before it is parsed.

    :raises BadRecord: no XML, or XML that nobody should send.
    """
    text = _decoded(reply, reading)
    start = text.lstrip()[:100].lower()
    if "html" in reply.headers.get("content-type", "") or start.startswith(("<html", "<!doctype html")):
        raise unusable(
            reading,
            reply,
            "html",
            "是网页而不是数据; 请检查地址, 或是否有登录页、网关拦截",
            "it is a web page, not data; check the address, and whether a login page or a gateway stands in between",
        )
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise unusable(
            reading, reply, "schema", "XML 含文档类型声明, 不予解析", "the XML has a document type, and is not read"
        )
    try:
        return ET.fromstring(text)  # noqa: S314 - guarded above: without a document type there are no entities to expand
    except ET.ParseError as error:
        if error.code in _UNFINISHED:
            raise unusable(reading, reply, "truncated", "XML 不完整, 传输中断", "the XML is cut short") from None
        raise unusable(reading, reply, "schema", "不是有效的 XML", "it is not valid XML") from None


def write_xml(root: ET.Element) -> bytes:
    """A request's body."""
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def add(parent: ET.Element, tag: str, text: str | None) -> None:
    """Put a child with text into ``parent``; without text, none."""
    if text:
        ET.SubElement(parent, tag).text = sayable(text)


def sayable(text: str) -> str:
    """Without the characters that XML cannot carry; in names they are invisible, and count for nothing (rule 3.6)."""
    return _UNSAYABLE.sub("", text)


def text_of(element: ET.Element, path: str) -> str | None:
    """The text at ``path``; blank counts as missing."""
    return (element.findtext(path) or "").strip() or None


def _decoded(reply: Reply, reading: Reading) -> str:
    stated = _DECLARATION.match(reply.content)
    name = stated[1].decode("ascii").lower() if stated else "utf-8"
    encoding = _ENCODINGS.get(name)
    if encoding is None:
        raise unusable(
            reading,
            reply,
            "encoding",
            "XML 编码应为 UTF-8 或 GB18030",
            "the XML must be encoded as UTF-8 or GB18030",
        )
    try:
        text = reply.content.decode(encoding)
    except UnicodeDecodeError:
        raise unusable(
            reading, reply, "encoding", f"不是 {encoding.upper()}", f"it is not {encoding.upper()}"
        ) from None
    # The parser would decode text by its declaration once more.
    return re.sub(r"\A\ufeff?\s*<\?xml[^>]*\?>", "", text).lstrip("\ufeff")
