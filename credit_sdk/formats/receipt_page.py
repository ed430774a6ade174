"""The page of a receipt: one HTML file that loads nothing, runs nothing, and prints on A4.

Templates are numbered and kept: a receipt is laid out by the one that it was issued with. Whoever changes how the page looks
adds ``receipt_pages/N.html`` and ``N.css`` and leaves the others alone.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidReceipt
from credit_sdk.formats._receipt_extra import needing_extra
from credit_sdk.formats._receipt_reading import CLOSING, OPENING

with needing_extra():
    from jinja2 import Environment, StrictUndefined, Template
    from jinja2.exceptions import TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.errors import Lang

TEMPLATE = 1
"""The template that receipts are issued with."""

_KNOWN = frozenset({1})
_NUMBER = re.compile(r"[0-9A-Za-z-]{1,64}")


def render(document: Mapping[str, Any], lang: Lang, template: int) -> str:
    """The page without the signed JSON in it: what the page's digest is taken of.

    :param document: the receipt; its ``told``, ``issued``, ``decision`` and ``key`` are used.
    :raises InvalidReceipt: there is no such template, or the receipt is not whole.
    """
    if template not in _KNOWN or isinstance(template, bool):
        raise InvalidReceipt("没有这个版式", "there is no such template", key="page")
    issued = document["issued"]
    if not isinstance(issued["id"], str) or not _NUMBER.fullmatch(issued["id"]):
        raise InvalidReceipt(
            "凭证编号的写法不对", "the receipt's number is none", key="issued"
        )  # it stands in the style
    told = document["told"][lang]
    style = _style(template).replace("RECEIPT_NUMBER", issued["id"])
    style = style.replace("RUNNING_NOTE", _running_note(told, issued, lang))
    try:
        page = _template(template).render(
            lang=lang,
            issued=issued,
            decision=document["decision"],
            key=document["key"],
            told=told,
            style=style,
            style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
            opening=OPENING,
            closing=CLOSING,
        )
    except TemplateError:
        raise InvalidReceipt(
            "凭证不完整, 排不出页面", "the receipt is not whole and cannot be laid out", key="told"
        ) from None
    return page.strip("\n")


def embed(shell: str, data: bytes) -> str:
    """The page with the signed JSON in it."""
    head, tail = shell.split(OPENING + CLOSING)
    return f"{head}{OPENING}{_harmless(data.decode())}{CLOSING}{tail}\n"


def _harmless(text: str) -> str:
    """JSON as it may stand in a script element: nothing in it can end the element, and it says the same."""
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _running_note(told: Mapping[str, Any], issued: Mapping[str, Any], lang: Lang) -> str:
    """What stands at the head of every printed page; words of ours only, as it goes into the style."""
    notes = []
    if told["fictional"]:
        notes.append("fictional data, for demonstration only" if lang == "en" else "虚构数据 · 仅供演示")
    if issued["masked"]:
        notes.append("masked for publication" if lang == "en" else "公开版 · 标识已遮蔽")
    return " · ".join(notes)


@cache
def _template(number: int) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_packaged(f"{number}.html"))


@cache
def _style(number: int) -> str:
    return _packaged(f"{number}.css")


def _packaged(name: str) -> str:
    return (files("credit_sdk.formats") / "receipt_pages" / name).read_text("utf-8").replace("\r\n", "\n")
