"""Problem details (RFC 9457): how a call is refused. No text in them holds a code or a name (rule 9.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

TITLES = {
    "bad_cursor": "游标无法识别 · Not a cursor of this platform",
    "bad_header": "请求头缺失或有误 · A header is missing or wrong",
    "bad_json": "请求体不是 JSON · The body is not JSON",
    "bad_parameter": "参数有误 · A parameter is wrong",
    "cursor_expired": "游标已过期 · The cursor is too old",
    "exists": "编号已被使用 · The id is taken",
    "forbidden": "不允许 · Not allowed",
    "idempotency_key_reused": "幂等键已用于另一内容 · The idempotency key came before, with another content",
    "internal_error": "平台出错 · The platform failed",
    "invalid_request": "内容不能使用 · The content cannot be used",
    "invalid_subject": "主体不能使用 · The subject cannot be used",
    "method_not_allowed": "不支持该方法 · The method is not allowed",
    "not_covered": "平台不提供该名单 · The platform does not speak for this list",
    "not_found": "没有这个地址或条目 · There is no such thing",
    "rate_limited": "请求过多 · Too many requests",
    "refused": "请求被拒绝 · The call is refused",
    "too_large": "请求体过大 · The body is too large",
    "too_many": "超过一次的上限 · More than one call may hold",
    "unauthorised": "凭证缺失或无效 · Credentials are missing or wrong",
    "unavailable": "平台暂时不可用 · The platform is not available at present",
    "unsupported_media_type": "请求体须为 application/json · The body must be application/json",
    "unsupported_version": "不支持该接口版本 · The version is not supported",
}
"""What each code means, in both languages."""

OF_STATUS = {
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    502: "unavailable",
    503: "unavailable",
    504: "unavailable",
}
"""The code that a bare status stands for."""


class Refused(Exception):
    """A call that is refused.

    :param status: the HTTP status.
    :param code: one of :data:`TITLES`.
    :param zh: what is wrong and the way out, in Chinese.
    :param en: the same in English.
    :param key: the place in the request that is at fault.
    """

    def __init__(
        self,
        status: int,
        code: str,
        zh: str | None = None,
        en: str | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(en or code)
        self.status, self.code, self.zh, self.en = status, code, zh, en
        self.key, self.headers = key, headers


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Refused:
    """The problem that a bare status stands for."""
    return Refused(status, OF_STATUS.get(status, "internal_error" if status >= 500 else "refused"), headers=headers)


def problem(request: Request, refused: Refused) -> JSONResponse:
    """The answer to a call that is refused."""
    return JSONResponse(
        {
            "type": f"urn:credit-platform:problem:{refused.code}",
            "title": TITLES[refused.code],
            "status": refused.status,
            "detail": refused.zh,
            "detail_en": refused.en,
            # A path that leads nowhere may hold anything, an identifier too; it is not sent back.
            "instance": None if refused.status == 404 else quote(request.url.path),
            "code": refused.code,
            "key": refused.key,
            "request_id": request.state.request_id,
        },
        refused.status,
        headers=dict(refused.headers or {}),
        media_type="application/problem+json",
    )
