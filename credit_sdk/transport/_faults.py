"""From what the HTTP library raises, and from what a platform answers, to our own errors. Tables and pure functions."""

from __future__ import annotations

import json
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.errors import BadRecord, NoDecision, SourceUnavailable, masked
from credit_sdk.transport._body import CutShort, TooLarge, UnknownEncoding
from credit_sdk.transport._library import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """What one word of :data:`credit_sdk.errors.FAULTS` means here: the error, and whether asking again may help.

    :param zh: what happened and the way out; ``{host}`` stands for the platform.
    :param en: the same in English.
    """

    error: type[NoDecision]
    retryable: bool
    zh: str
    en: str


class Problem(NamedTuple):
    """What a platform says of a refusal."""

    code: str | None = None
    words: str | None = None


NO_PROBLEM = Problem()
"""It says nothing."""

_OUT, _BAD = SourceUnavailable, BadRecord

FAULTS: Mapping[str, Fault] = {
    "dns": Fault(_OUT, True, "{host} 的域名不能解析或解析超时; 请检查地址和 DNS", "the name {host} could not be resolved, or not in time; check the address and DNS"),
    "connect": Fault(_OUT, True, "连接不上 {host}; 请检查地址、端口和防火墙", "no connection to {host}; check address, port and firewall"),
    "tls": Fault(_OUT, False, "与 {host} 的 TLS 握手失败; 请检查证书 (私有 CA 用 Tls(ca_file=…), 客户端证书用 client_cert)", "TLS with {host} failed; check the certificates (a private CA: Tls(ca_file=…), a client certificate: client_cert)"),
    "timeout": Fault(_OUT, True, "{host} 在限时内没有应答; 请稍后重试, 或调整 timeouts", "{host} did not answer in time; ask again later, or adjust the timeouts"),
    "reset": Fault(_OUT, True, "与 {host} 的连接中途断开; 请稍后重试", "the connection to {host} broke; ask again later"),
    "pool": Fault(_OUT, True, "对 {host} 的在途请求过多, 没有空闲连接; 请减少并发", "too many requests to {host} in flight, no connection free; lower the concurrency"),
    "deadline": Fault(_OUT, True, "{host} 没有在总限时内完成应答 (含重试); 请稍后重试, 或调整 timeouts.total", "{host} did not finish within the total time, retries included; ask again later, or adjust timeouts.total"),
    "rate_limited": Fault(_OUT, True, "{host} 限流; 请降低频率, 稍后重试", "{host} limits the rate; ask less often, and again later"),
    "server_error": Fault(_OUT, True, "{host} 出错; 请稍后重试, 持续出现时请联系平台", "{host} failed; ask again later, or its operators if it goes on"),
    "credentials": Fault(_OUT, False, "{host} 不接受所用凭据; 请检查密钥及其权限", "{host} does not accept the credentials; check the key and what it may do"),
    "redirect": Fault(_OUT, False, "{host} 要求转到别处, 已拒绝; 请检查地址, 或是否有登录页、网关拦截", "{host} redirects elsewhere, refused; check the address, and whether a login page or a gateway stands in between"),
    "refused": Fault(_OUT, False, "{host} 拒绝了请求; 请检查地址和对接约定 (profile)", "{host} refused the request; check the address and the profile"),
    "request": Fault(_OUT, False, "对 {host} 的请求不能发出; 请检查对接约定 (profile) 与设置", "the request to {host} could not be made; check the profile and the settings"),
    "closed": Fault(_OUT, False, "客户端已关闭, 没有询问 {host}; 请新建客户端", "the client is closed, {host} was not asked; make a new client"),
    "protocol": Fault(_BAD, False, "{host} 的应答不是 HTTP; 请检查地址和端口", "what {host} answers is not HTTP; check address and port"),
    "truncated": Fault(_BAD, True, "{host} 的应答不完整; 请稍后重试", "the answer of {host} is cut short; ask again later"),
    "too_large": Fault(_BAD, False, "{host} 的应答过大; 请减小批量, 或调整 max_body", "the answer of {host} is too large; ask for less at once, or adjust max_body"),
    "encoding": Fault(_BAD, False, "{host} 应答的压缩格式不能识别或已损坏; 请联系平台", "the compression of the answer of {host} is unknown or broken; ask its operators"),
}  # fmt: skip
"""The transport's own faults; those of an answer's content are its readers'."""

EXCEPTIONS: Mapping[type[BaseException], str] = {
    # Nothing was sent yet.
    httpx.ConnectTimeout: "timeout",
    httpx.ConnectError: "connect",
    httpx.PoolTimeout: "pool",
    httpx.ProxyError: "connect",
    # On the way.
    httpx.ReadTimeout: "timeout",
    httpx.WriteTimeout: "timeout",
    httpx.ReadError: "reset",
    httpx.WriteError: "reset",
    httpx.CloseError: "reset",
    httpx.RemoteProtocolError: "protocol",
    httpx.DecodingError: "encoding",
    httpx.TooManyRedirects: "redirect",
    httpx.HTTPStatusError: "refused",
    # Ours: a call that cannot be written, or a body read twice.
    httpx.InvalidURL: "request",
    httpx.UnsupportedProtocol: "request",
    httpx.LocalProtocolError: "request",
    httpx.CookieConflict: "request",
    httpx.StreamConsumed: "request",
    httpx.StreamClosed: "request",
    httpx.ResponseNotRead: "request",
    httpx.RequestNotRead: "request",
    # The parents, for what a later version of the library adds.
    httpx.TimeoutException: "timeout",
    httpx.NetworkError: "reset",
    httpx.ProtocolError: "protocol",
    httpx.TransportError: "reset",
    httpx.RequestError: "reset",
    httpx.HTTPError: "reset",
    httpx.StreamError: "request",
    # Not the library's.
    TooLarge: "too_large",
    UnknownEncoding: "encoding",
    CutShort: "truncated",
    TimeoutError: "deadline",
    # What a broken event loop, an ending interpreter or a closed socket raise beneath the library.
    OSError: "reset",
    RuntimeError: "reset",
}
"""The word for each exception; a subclass that is not named has its nearest parent's."""

_STATUSES: Mapping[int, tuple[str, bool]] = {
    401: ("credentials", False),
    403: ("credentials", False),
    407: ("credentials", False),
    408: ("timeout", True),  # Request Timeout
    425: ("timeout", True),  # Too Early
    429: ("rate_limited", True),
}

_NO_TLS_FAULT = (
    # The connection broke, as any other may.
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    # Nothing came yet: what a timeout during the handshake has behind it.
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
)

_UNSENT = (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout)
_PROBLEM_CODE = re.compile(r"[a-z][a-z_]{0,39}")
_MOST_PROBLEM = 65536


def word_for(error: Exception, *, reading: bool) -> str:
    """The fault behind ``error``.

    :param reading: the answer's head had come, its body was being read.
    """
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "dns"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _NO_TLS_FAULT):
            return "tls"
    if isinstance(error, httpx.RemoteProtocolError):
        if reading:
            return "truncated"
        # Where the parser (h11) is not behind it, the platform hung up before it answered.
        return "protocol" if any(type(one).__module__.startswith("h11") for one in _causes(error)) else "reset"
    return next((EXCEPTIONS[kind] for kind in type(error).__mro__ if kind in EXCEPTIONS), "request")


def is_unsent(error: Exception) -> bool:
    """Whether ``error`` came before anything was sent."""
    return isinstance(error, _UNSENT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what lies behind it, groups opened: several addresses fail together."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        # The library's pool raises `from None`, which hides the context and does not remove it.
        waiting.append(one.__cause__ or one.__context__)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)


def failure(
    word: str,
    host: str,
    *,
    because: str = "",
    status: int | None = None,
    problem: str | None = None,
    words: str | None = None,
    request_id: str | None = None,
    retry_after: float | None = None,
    retryable: bool | None = None,
) -> NoDecision:
    """The error for a fault.

    :param because: more about it, in one word or two, without identifiers.
    """
    fault = FAULTS[word]
    more = ", ".join(part for part in (f"HTTP {status}" if status else "", problem or "", because) if part)
    zh, en = fault.zh.format(host=host), fault.en.format(host=host)
    if more:
        zh, en = f"{zh} ({more})", f"{en} ({more})"
    if request_id:
        zh, en = f"{zh} (请求编号 {request_id})", f"{en} (request {request_id})"
    return fault.error(
        zh,
        en,
        fault=word,
        status=status,
        problem=problem,
        words=words,
        request_id=request_id,
        retry_after=retry_after,
        retryable=fault.retryable if retryable is None else retryable,
    )


def tls_reason(error: Exception) -> str:
    """What OpenSSL says of a failed handshake, such as ``certificate has expired``; without names."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            # "Hostname mismatch, certificate is not valid for 'x'": the name is in the message already.
            return str(cause.verify_message).partition(",")[0]
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return str(cause.reason).lower().replace("_", " ")
    return ""


def status_word(status: int) -> tuple[str, bool]:
    """The fault that a status outside 200 to 299 means, and whether asking again may help."""
    if status >= 500:  # asking again for what is not implemented changes nothing
        return "server_error", status not in {501, 505}
    return _STATUSES.get(status, ("redirect" if 300 <= status < 400 else "refused", False))


def problem_of(headers: Mapping[str, str], content: bytes) -> Problem:
    """Problem details (RFC 9457).

    :returns: its ``code``, if that is a plain word, as it goes into messages and logs; and its ``detail``, else its ``title``.
    """
    if "json" not in headers.get("content-type", "") or len(content) > _MOST_PROBLEM:
        return NO_PROBLEM
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return NO_PROBLEM
    if not isinstance(whole, dict):
        return NO_PROBLEM
    code, said = whole.get("code"), whole.get("detail") or whole.get("title")
    return Problem(
        code if isinstance(code, str) and _PROBLEM_CODE.fullmatch(code) else None,
        masked(said) if isinstance(said, str) and said.strip() else None,
    )
