"""Bodies in and out: JSON in UTF-8, and nothing that could not be written down again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.responses import Response

from credit_sdk.sandbox._problems import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

LARGEST = 8 << 20
"""Largest body that is read, in bytes: a thousand subjects with names and former names take some hundred thousand."""
_JSON = re.compile(r"application/json\s*(;\s*charset\s*=\s*\"?utf-8\"?\s*)?", re.IGNORECASE)


def answer(value: Any, status: int = 200) -> Response:
    """``value`` as JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, media_type="application/json")


async def json_of(request: Request, *, optional: bool = False) -> Any:
    """The body, decoded.

    :param optional: an empty body is an empty object.
    :raises Refused: it is no JSON, too large, or not called JSON.
    """
    body = await _read(request)
    if optional and not body:
        return {}
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise Refused(
            415,
            "unsupported_media_type",
            "请以 Content-Type: application/json 发送 UTF-8 编码的 JSON",
            "send JSON in UTF-8 with Content-Type: application/json",
            key="Content-Type",
        )
    try:
        value = json.loads(body.decode(), parse_constant=_no_json)
        # Half a surrogate pair passes as an escape, and could be neither stored nor answered with.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(
            400,
            "bad_json",
            "请求体不是有效的 UTF-8 JSON; 请检查编码、括号和转义",
            "the body is not valid JSON in UTF-8; check its encoding, brackets and escapes",
        ) from None
    return value


async def object_of(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """The body, which must be an object.

    :raises Refused: as :func:`json_of`, or it is something else.
    """
    value = await json_of(request, optional=optional)
    if not isinstance(value, dict):
        raise Refused(422, "invalid_request", "请求体应为对象", "the body must be an object")
    return value


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused(
                413,
                "too_large",
                f"请求体超过 {LARGEST} 字节; 请分批",
                f"the body is larger than {LARGEST} bytes; send it in batches",
            )
    return bytes(body)


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's
