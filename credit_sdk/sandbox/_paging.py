"""Which part of a long answer is wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from credit_sdk.errors import quoted
from credit_sdk.sandbox._problems import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

_NUMBER = re.compile(r"[0-9]{1,9}")
_PAGE, MOST = 100, 1000


def number_of(request: Request, key: str, default: int, least: int, most: int) -> int:
    """A whole number from the query string.

    :raises Refused: it is something else, or out of bounds.
    """
    text = request.query_params.get(key, str(default))
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise Refused(
            400,
            "bad_parameter",
            f"应为 {least} 至 {most} 的整数",
            f"must be an integer from {least} to {most}",
            key=key,
        )
    return int(text)


def nothing_but(request: Request, *known: str) -> None:
    """The query string holds nothing else: a misspelt `cursor` would begin anew.

    :raises Refused: it does.
    """
    if unknown := request.query_params.keys() - set(known):
        raise Refused(
            400,
            "bad_parameter",
            f"未知的参数; 可用: {'、'.join(known)}",
            f"unknown parameter; known: {', '.join(known)}",
            key=quoted(min(unknown)),
        )


def part_of(request: Request) -> tuple[int, int]:
    """``limit`` and ``offset``."""
    return number_of(request, "limit", _PAGE, 1, MOST), number_of(request, "offset", 0, 0, 999_999_999)
