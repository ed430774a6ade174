"""Where a platform is: base URLs that are safe to talk to, and paths below them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urljoin, urlsplit

from credit_sdk.errors import InvalidRequest, InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

_PORTS = {"http": 80, "https": 443}
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]*)+")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+(?:%[0-9a-z]+)?")
_QUERY_VALUE = re.compile(r"[\x20-\x7e]*")
# 9 characters and more with a digit, in one run: an organisation code, a 统一社会信用代码, a registration number.
_CODE = re.compile(r"(?=[A-Za-z]*[0-9])(?:[0-9A-Za-z]{9}|[0-9A-Za-z]{15}|[0-9A-Za-z]{18})(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL, taken apart.

    :param host: in lower case, without brackets.
    :param path: without a trailing slash; empty for none.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """``https://host``, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    def target(self, path: str, query: Mapping[str, str]) -> str:
        """The request target for a call: base path, the call's path and query."""
        return self.path + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")


def parse(url: object, *, key: str, allow_plain_http: bool = False) -> Address:
    """Take a base URL apart.

    :param key: the setting, for the error.
    :param allow_plain_http: accept ``http`` to other hosts than this machine.
    :raises InvalidSettings: it is no URL, has userinfo, a query or a fragment, or is plain ``http`` to another machine.
        The message does not repeat it: it may hold a password.
    """

    def wrong(zh: str, en: str) -> InvalidSettings:
        return InvalidSettings(
            f"{zh}; 写作 https://主机[:端口][/路径]", f"{en}; write https://host[:port][/path]", key=key
        )

    # `urlsplit` drops tabs and line breaks in silence.
    if not isinstance(url, str) or not url.isprintable() or url != url.strip() or "\\" in url:
        raise wrong("网址含有不可用的字符", "the URL has unusable characters")
    try:
        parts = urlsplit(url)
        host, port = _host(parts), parts.port
    except ValueError:
        raise wrong("网址不能解析", "the URL cannot be read") from None
    if parts.scheme not in _PORTS:
        raise wrong("只支持 https (本机可用 http)", "only https is supported (http to this machine)")
    if parts.username is not None or parts.password is not None:
        raise wrong(
            "网址中不得有用户名或密码; 凭据用 auth 提供", "no user or password in a URL; give credentials as auth"
        )
    if "?" in url or "#" in url:
        raise wrong("基础网址不得有查询或片段", "a base URL has no query and no fragment")
    path = parts.path.rstrip("/")
    if path and (not _PATH.fullmatch(path) or _climbs(path)):
        raise wrong("路径含有不可用的字符", "the path has unusable characters")
    if parts.scheme == "http" and not allow_plain_http and not is_loopback(host):
        raise InvalidSettings(
            "http 明文只用于本机; 请改用 https, 或在确知后果时写明 allow_plain_http=True",
            "plain http is for this machine only; use https, or say allow_plain_http=True if you know what follows",
            key=key,
        )
    return Address(parts.scheme, host, port if port is not None else _PORTS[parts.scheme], path)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode()  # a UnicodeError is a ValueError
    if not _HOST.fullmatch(host):
        raise ValueError("host")
    if ":" in host:
        ip_address(host.partition("%")[0])
    return host


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine by its very name: ``localhost``, 127.0.0.0/8 or ``::1``."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_path(path: str, query: Mapping[str, str]) -> None:
    """Refuse what must not stand in a URL: URLs end in the logs of every proxy on the way (rule 9.4).

    :raises InvalidRequest: the path is none, or path or query hold what may be an identifier or a name.
    """
    _check_path(path)
    for name, value in query.items():
        # A cursor is as long as it likes; what is exactly a code is none.
        if not _QUERY_VALUE.fullmatch(value) or _is_uscc(value):
            raise InvalidRequest(
                "查询参数中疑有主体代码或名称; 标识只能放在请求体中",
                "the query seems to hold a subject's code or name; identifiers go into the body only",
                key=name,
            )


@lru_cache(maxsize=256)
def _check_path(path: str) -> None:
    """A profile has few paths; only those that pass are kept."""
    if not _PATH.fullmatch(path) or _climbs(path):
        raise InvalidRequest(
            "请求路径应以 / 开头, 不含查询、空白和非 ASCII 字符",
            "a call's path starts with /, without query, white space and characters beyond ASCII",
            key="path",
        )
    if any(_CODE.match(part) for segment in path.split("/") for part in segment.split("-")):
        raise InvalidRequest(
            "请求路径中疑有主体代码; 标识只能放在请求体中",
            "the path seems to hold a subject's code; identifiers go into the body only",
            key="path",
        )


def _climbs(path: str) -> bool:
    return any(segment in {".", ".."} for segment in path.split("/"))


def _is_uscc(value: str) -> bool:
    from credit_sdk.model.identifiers import uscc

    return len(value) == 18 and uscc.is_valid(value)


def redirected(location: str, current: str, address: Address) -> str | None:
    """Where a redirect leads, as a request target.

    :param location: the ``Location`` header.
    :param current: the request target that was redirected.
    :returns: ``None`` if it leaves the address's scheme, host or port.
    """
    try:
        parts = urlsplit(urljoin(address.origin + current, location))
        host, port = _host(parts), parts.port
    except ValueError:
        return None
    same = (parts.scheme, host, port or _PORTS.get(parts.scheme)) == (address.scheme, address.host, address.port)
    if not same or parts.username is not None or not parts.path.isascii() or not parts.path.isprintable():
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


def host_of(location: str) -> str:
    """The host that a ``Location`` header names, for a message; empty if none."""
    try:
        return _host(urlsplit(location))
    except ValueError:
        return ""
