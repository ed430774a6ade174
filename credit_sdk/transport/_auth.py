"""Who is asking: authentication as small objects. They hold secrets and show none.

A :class:`Signer` makes headers out of a request; what it makes may differ each time. :class:`ClientCredentials` is no
signer, because it has to ask for its token first: it says how to ask and how to read the answer, and the channel, which
can send, keeps the token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import quote_plus, urlencode

from credit_sdk.errors import InvalidSettings
from credit_sdk.transport import _address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_VISIBLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will be sent, for whoever signs it.

    :param method: in upper case.
    :param host: the ``Host`` header.
    :param target: path and query, as they stand in the request line.
    :param content: the body; empty for none.
    """

    method: str
    host: str
    target: str
    content: bytes


class Signer(Protocol):
    """Proves by headers who is asking. Called for every attempt, perhaps from several threads."""

    def headers(self, outgoing: Outgoing, now: datetime) -> Mapping[str, str]:
        """The headers to add.

        :param now: the present moment, with an offset.
        """
        ...


class ApiKey:
    """An API key in a header (API 密钥).

    :param key: printable ASCII.
    :param header: its name; ``Authorization`` takes the key with its scheme: ``ApiKey("Bearer …", header="Authorization")``.
    :raises InvalidSettings: the key or the header's name cannot be sent.
    """

    __slots__ = ("_key", "header")

    def __init__(self, key: str, *, header: str = "X-Api-Key") -> None:
        self._key = _visible(key, "api_key")
        if not _HEADER.fullmatch(header):
            raise InvalidSettings("请求头名称不可用", "the header's name cannot be used", key="api_key.header")
        self.header = header

    def headers(self, outgoing: Outgoing, now: datetime) -> Mapping[str, str]:  # noqa: ARG002 - the port's parameters
        """The key."""
        return {self.header: self._key}

    def __repr__(self) -> str:
        return f"ApiKey(header={self.header!r})"


class HmacSigner:
    r"""Signs each request with a shared secret (HMAC 签名).

    Added headers, and the string that is signed, its lines joined by ``\n`` without one at the end::

        X-Credit-Key: <key id>                     CREDIT-HMAC-SHA256
        X-Credit-Timestamp: 2026-11-21T00:00:00Z   <method>
        X-Credit-Nonce: <32 hexadecimal digits>    <host, with the port if it is not the scheme's own>
        Content-Digest: sha-256=:<base64>:         <path and query, as in the request line>
        X-Credit-Signature: <hexadecimal>          <timestamp>
                                                   <nonce>
                                                   <the Content-Digest header>

    The body stands for itself by its digest (RFC 9530). Timestamp and nonce are new at every attempt, so that a platform
    may refuse what it has seen, or what is older than it likes.

    :param key_id: which secret; printable ASCII.
    :param secret: the secret; text is taken as UTF-8.
    :param digest: a hash that :mod:`hashlib` knows: ``sha256``, or ``sm3`` (国密) where OpenSSL brings it. It digests body
        and signature both; the first line above names it.
    :raises InvalidSettings: an empty secret, or a digest that is not known here.
    """

    __slots__ = ("_secret", "digest", "key_id")

    def __init__(self, key_id: str, secret: str | bytes, *, digest: str = "sha256") -> None:
        self.key_id = _visible(key_id, "hmac.key_id")
        self._secret = secret.encode() if isinstance(secret, str) else bytes(secret)
        if not self._secret:
            raise InvalidSettings("密钥为空", "the secret is empty", key="hmac.secret")
        try:
            hashlib.new(digest)
        except (ValueError, TypeError):
            raise InvalidSettings(
                "本机没有这种摘要算法", "this digest is not available on this machine", key="hmac.digest"
            ) from None
        self.digest = digest.lower()

    @property
    def algorithm(self) -> str:
        """The first line of what is signed: ``CREDIT-HMAC-SHA256``."""
        return f"CREDIT-HMAC-{self.digest.upper()}"

    def headers(self, outgoing: Outgoing, now: datetime) -> Mapping[str, str]:
        """The five headers."""
        from datetime import UTC

        timestamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        nonce = secrets.token_hex(16)
        digest = self.content_digest(outgoing.content)
        return {
            "X-Credit-Key": self.key_id,
            "X-Credit-Timestamp": timestamp,
            "X-Credit-Nonce": nonce,
            "Content-Digest": digest,
            "X-Credit-Signature": self.signature(outgoing, timestamp=timestamp, nonce=nonce, digest=digest),
        }

    def content_digest(self, content: bytes) -> str:
        """The ``Content-Digest`` header of a body; the RFC's name for SHA-256 is ``sha-256``."""
        name = re.sub(r"^sha(?=\d)", "sha-", self.digest)
        return f"{name}=:{base64.b64encode(hashlib.new(self.digest, content).digest()).decode()}:"

    def signature(self, outgoing: Outgoing, *, timestamp: str, nonce: str, digest: str) -> str:
        """The signature, for whoever makes or checks one."""
        lines = (self.algorithm, outgoing.method, outgoing.host, outgoing.target, timestamp, nonce, digest)
        return hmac.new(self._secret, "\n".join(lines).encode(), self.digest).hexdigest()

    def __repr__(self) -> str:
        return f"HmacSigner(key_id={self.key_id!r}, digest={self.digest!r})"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token.

    :param lifetime: seconds from when it was asked for.
    """

    value: str
    lifetime: float

    def __repr__(self) -> str:
        return f"Token(lifetime={self.lifetime!r})"


_UNKNOWN_LIFETIME = 300.0


class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token, asked for, kept, renewed before it ends and once after a 401.

    The token is the channel's: two channels, and two processes, each ask for their own.

    :param token_url: where tokens are asked for; ``https``, without userinfo and query.
    :param client_id: as the platform gave it.
    :param client_secret: likewise.
    :param scope: what to ask for; ``None``: what the platform gives.
    :param secret_in: where id and secret stand: in an ``Authorization`` header, as every server must accept, or in the body.
    :raises InvalidSettings: an empty id or secret, or an unusable URL.
    """

    __slots__ = ("_secret", "client_id", "scope", "secret_in", "token_url")

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str | None = None,
        secret_in: Literal["header", "body"] = "header",  # noqa: S107 - a place, no secret
    ) -> None:
        for value, key in ((client_id, "client_id"), (client_secret, "client_secret")):
            if not value:
                raise InvalidSettings("不得为空", "must not be empty", key=f"oauth.{key}")
        if secret_in not in {"header", "body"}:
            raise InvalidSettings("须是 header 或 body", "must be header or body", key="oauth.secret_in")
        # Plain http is the channel's to allow.
        _address.parse(token_url, key="oauth.token_url", allow_plain_http=True)
        self.token_url = token_url
        self.client_id = client_id
        self._secret = client_secret
        self.scope = scope
        self.secret_in = secret_in

    def question(self) -> tuple[bytes, Mapping[str, str]]:
        """Body and headers of the question for a token."""
        form = {"grant_type": "client_credentials"}
        if self.scope is not None:
            form["scope"] = self.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.secret_in == "body":  # noqa: S105 - a place, no secret
            form |= {"client_id": self.client_id, "client_secret": self._secret}
        else:
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return urlencode(form).encode(), headers

    def token(self, content: bytes) -> Token | None:
        """The token in an answer; ``None`` if it holds none that can be used."""
        try:
            answer = json.loads(content)
            value, kind = answer["access_token"], answer.get("token_type", "Bearer")
            lifetime = float(answer.get("expires_in") or _UNKNOWN_LIFETIME)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return None
        if not isinstance(value, str) or not _TOKEN.fullmatch(value) or str(kind).lower() != "bearer":
            return None
        return Token(value, lifetime) if lifetime > 0 else None

    def headers(self, token: Token) -> Mapping[str, str]:
        """The header that shows the token."""
        return {"Authorization": f"Bearer {token.value}"}

    def __repr__(self) -> str:
        return f"ClientCredentials({self.token_url!r}, client_id={self.client_id!r}, scope={self.scope!r})"


Authenticator: TypeAlias = Signer | ClientCredentials
"""What ``auth`` may be."""


def _visible(text: object, key: str) -> str:
    """``text``, if a header can carry it. The error does not repeat it."""
    if not isinstance(text, str) or not _VISIBLE.fullmatch(text):
        raise InvalidSettings(
            "为空, 或含有首尾空白、换行、非 ASCII 字符",
            "is empty, or has white space at its ends, a line break or characters beyond ASCII",
            key=key,
        )
    return text
