"""What a channel was told, checked once. Shared by both twins, by all threads, and by forked children: it never changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidSettings
from credit_sdk.transport import _address
from credit_sdk.transport._auth import ClientCredentials

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.observer import Observer
    from credit_sdk.transport._address import Address
    from credit_sdk.transport._auth import Authenticator
    from credit_sdk.transport._settings import Retries, Timeouts, Tls

MAX_BODY = 16 * 1024 * 1024
"""Bytes of an answer, before and after decompression: a thousand subjects with thirty entries each fit well."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?|")
# The channel sets these; given by a caller as well they would stand twice.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "x-request-id"})


@dataclass(frozen=True, slots=True)
class Setup:
    """The channel's settings. ``tls_context`` is ``None`` until the first connection needs it, if no file was named."""

    address: Address
    token_address: Address | None
    auth: Authenticator | None
    timeouts: Timeouts
    retries: Retries
    tls: Tls
    tls_context: ssl.SSLContext | None
    max_body: int
    headers: Mapping[str, str]
    observer: Observer
    clock: Clock

    @property
    def needs_tls(self) -> bool:
        """Whether any connection will be under TLS."""
        return any(one is not None and one.scheme == "https" for one in (self.address, self.token_address))

    @classmethod
    def of(
        cls,
        base_url: str,
        *,
        auth: Authenticator | None,
        timeouts: Timeouts,
        retries: Retries,
        tls: Tls,
        allow_plain_http: bool,
        max_body: int,
        headers: Mapping[str, str] | None,
        observer: Observer,
        clock: Clock,
    ) -> Setup:
        """Check what was told.

        :raises InvalidSettings: something is unusable.
        """
        address = _address.parse(base_url, key="base_url", allow_plain_http=allow_plain_http)
        token_address = None
        if isinstance(auth, ClientCredentials):
            token_address = _address.parse(auth.token_url, key="oauth.token_url", allow_plain_http=allow_plain_http)
        if type(max_body) is not int or max_body < 1:
            raise InvalidSettings("须是大于零的字节数", "must be a positive number of bytes", key="max_body")
        context = None
        if tls.has_files:  # a wrong path is told now, not at the first check
            from credit_sdk.transport._library import httpx

            context = tls.make_context(lambda: httpx.create_ssl_context(trust_env=False))
        return cls(
            address,
            token_address,
            auth,
            timeouts,
            retries,
            tls,
            context,
            max_body,
            checked_headers(headers or {}),
            observer,
            clock,
        )


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """``headers`` by lower-case name, if they can be sent. The error names the header and never its value.

    :raises InvalidSettings: a name or a value cannot be sent, or is the channel's to set.
    """
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise InvalidSettings(
                "请求头名称不可用, 或由本软件设置", "a header's name that cannot be used", key="headers"
            )
        if not _VALUE.fullmatch(value):
            raise InvalidSettings(
                "请求头的值含有换行、首尾空白或非 ASCII 字符",
                "a header's value that cannot be sent",
                key=f"headers.{name}",
            )
    return {name.lower(): value for name, value in headers.items()}
