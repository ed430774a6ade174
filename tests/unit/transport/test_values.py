"""The values that a channel is made of: checked when they are made, and silent about secrets."""

from __future__ import annotations

import base64
import inspect
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.ports.observer import SILENT
from credit_sdk.transport import (
    ApiKey,
    AsyncChannel,
    Call,
    Channel,
    ClientCredentials,
    HmacSigner,
    Outgoing,
    Reply,
    Retries,
    Timeouts,
    Tls,
)
from credit_sdk.transport._auth import Token
from credit_sdk.transport._setup import checked_headers

URL = "https://credit.example.gov.cn"
TOKEN_URL = "https://auth.example.gov.cn/token"  # noqa: S105
SECRET = "geheim-0123456789"  # noqa: S105


def test_the_defaults() -> None:
    assert Timeouts().total == 2.0
    assert Retries().attempts == 2
    assert Channel(URL).timeouts == Timeouts()


@pytest.mark.parametrize("name", ["connect", "read", "write", "pool", "total"])
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, True, "2", None])
def test_a_timeout_is_a_positive_number(name: str, value: Any) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Timeouts(**{name: value})
    assert caught.value.key == f"timeouts.{name}"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"attempts": -1}, "retries.attempts"),
        ({"attempts": 1.5}, "retries.attempts"),
        ({"attempts": True}, "retries.attempts"),
        ({"first": 0}, "retries.first"),
        ({"longest": -1}, "retries.longest"),
    ],
)
def test_retries_are_counted(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Retries(**settings)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"context": object(), "ca_file": "ca.pem"}, "tls"),
        ({"client_key": "key.pem"}, "tls.client_cert"),
        ({"key_password": SECRET}, "tls.client_cert"),
    ],
)
def test_tls_settings_that_contradict(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Tls(**settings)
    assert caught.value.key == key


def test_verification_cannot_be_switched_off() -> None:
    assert not {"verify", "insecure"} & set(inspect.signature(Tls).parameters)
    assert not {"verify", "insecure"} & set(inspect.signature(Channel).parameters)


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_a_body_has_a_size(size: Any) -> None:
    with pytest.raises(InvalidSettings, match="max_body"):
        Channel(URL, max_body=size)


@pytest.mark.parametrize(
    "headers",
    [{"X-Evil": "a\r\nb"}, {"X-Name": "虚构"}, {"X Y": "a"}, {"": "a"}, {"Host": "elsewhere"}, {"X-Request-ID": "1"}],
)
def test_headers_that_cannot_be_sent(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Channel(URL, headers=headers)
    assert "elsewhere" not in caught.value.message("en")


def test_headers_are_known_by_lower_case() -> None:
    assert checked_headers({"Accept": "text/xml", "X-A": ""}) == {"accept": "text/xml", "x-a": ""}


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"method": "TRACE"}, "method"),
        ({"method": "get"}, "method"),
        ({"json": {}, "content": b""}, "content"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": math.nan}, "timeout"),
    ],
)
def test_a_call_that_makes_no_sense(arguments: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Call(**{"method": "POST", "path": "/v1/lists", **arguments})
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("method", "safe", "repeatable"),
    [
        ("GET", None, True),
        ("HEAD", None, True),
        ("POST", None, False),
        ("PUT", None, False),
        ("DELETE", None, False),
        ("POST", True, True),
        ("GET", False, False),
    ],
)
def test_what_may_be_sent_again(method: str, safe: bool | None, repeatable: bool) -> None:
    assert Call(method, "/v1/lists", safe=safe).repeatable is repeatable


def test_reprs_show_no_content() -> None:
    call = Call("POST", "/v1/a", json={"code": SECRET}, query={"c": SECRET}, headers={"X": SECRET})
    reply = Reply(status=200, headers={"x": SECRET}, content=SECRET.encode(), request_id="r-1")
    assert SECRET not in repr(call) + repr(reply)
    assert "/v1/a" in repr(call)
    assert "r-1" in repr(reply)


class TestAuthentication:
    """Small objects that hold secrets and show none."""

    @pytest.mark.parametrize(
        "auth",
        [ApiKey(SECRET), HmacSigner("k1", SECRET), ClientCredentials(TOKEN_URL, "id", SECRET), Token(SECRET, 60)],
        ids=lambda auth: type(auth).__name__,
    )
    def test_no_secret_is_shown(self, auth: object) -> None:
        assert SECRET not in repr(auth) + str(auth)
        assert type(auth).__name__ in repr(auth)

    @pytest.mark.parametrize("key", ["", " ", " a", "a\n", "密钥", None, b"key"])
    def test_a_key_that_cannot_be_sent(self, key: Any) -> None:
        with pytest.raises(InvalidSettings) as caught:
            ApiKey(key)
        assert caught.value.key == "api_key"

    @pytest.mark.parametrize("header", ["", "X Y", "X:Y", "X\r\n"])
    def test_a_header_that_cannot_be_sent(self, header: str) -> None:
        with pytest.raises(InvalidSettings):
            ApiKey("k", header=header)

    def test_a_known_signature(self) -> None:
        """Made with OpenSSL, so that platforms can check theirs against it."""
        signer = HmacSigner("k1", "secret")
        outgoing = Outgoing("POST", "credit.example.gov.cn", "/api/v1/records/query", b'{"subjects":[]}')
        digest = signer.content_digest(outgoing.content)
        assert digest == "sha-256=:bgIhnkW5Xcb2jxeFD+DBQJtjW/dcWUwj0wvq3d0D1RU=:"
        assert (
            signer.signature(outgoing, timestamp="2026-11-21T00:00:00Z", nonce="0" * 32, digest=digest)
            == "60b44c45136d595f5e09e22c3737db62b5c920edfb1ac0407ce35582ee80015f"
        )

    def test_every_part_is_signed(self) -> None:
        signer = HmacSigner("k1", SECRET)
        base = ("POST", "h.example", "/a?b=c", "t", "n", "d")

        def signed(parts: tuple[str, ...]) -> str:
            outgoing = Outgoing(parts[0], parts[1], parts[2], b"")
            return signer.signature(outgoing, timestamp=parts[3], nonce=parts[4], digest=parts[5])

        variants = [(*base[:index], "other", *base[index + 1 :]) for index in range(len(base))]
        assert len({signed(parts) for parts in [base, *variants]}) == len(base) + 1

    def test_the_digest_is_a_parameter(self) -> None:
        signer = HmacSigner("k1", SECRET, digest="SHA512")
        headers = signer.headers(Outgoing("GET", "h.example", "/", b""), datetime(2026, 11, 21, 8, tzinfo=UTC))
        assert headers["Content-Digest"].startswith("sha-512=:")
        assert signer.algorithm == "CREDIT-HMAC-SHA512"
        assert headers["X-Credit-Timestamp"] == "2026-11-21T08:00:00Z"

    def test_sm3_where_openssl_brings_it(self) -> None:
        try:
            signer = HmacSigner("k1", SECRET, digest="sm3")
        except InvalidSettings as error:
            pytest.skip(str(error))
        # GB/T 32905-2016, example 1.
        digest = bytes.fromhex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        assert signer.content_digest(b"abc") == f"sm3=:{base64.b64encode(digest).decode()}:"

    @pytest.mark.parametrize("digest", ["", "none", "crc32", None])
    def test_an_unknown_digest(self, digest: Any) -> None:
        with pytest.raises(InvalidSettings) as caught:
            HmacSigner("k1", SECRET, digest=digest)
        assert caught.value.key == "hmac.digest"

    def test_an_empty_secret(self) -> None:
        with pytest.raises(InvalidSettings):
            HmacSigner("k1", "")

    @pytest.mark.parametrize(
        ("arguments", "key"),
        [
            ((TOKEN_URL, "", "s"), "oauth.client_id"),
            ((TOKEN_URL, "id", ""), "oauth.client_secret"),
            (("https://id:geheim@auth.example/token", "id", "s"), "oauth.token_url"),
        ],
    )
    def test_credentials_that_make_no_sense(self, arguments: tuple[str, str, str], key: str) -> None:
        with pytest.raises(InvalidSettings) as caught:
            ClientCredentials(*arguments)
        assert caught.value.key == key
        assert "geheim" not in str(caught.value)

    @pytest.mark.parametrize(
        ("content", "lifetime"),
        [
            (b'{"access_token":"t","token_type":"Bearer","expires_in":60}', 60),
            (b'{"access_token":"t","token_type":"bearer","expires_in":"60"}', 60),
            (b'{"access_token":"t"}', 300),
            (b'{"access_token":"t","expires_in":0}', 300),
            (b'{"access_token":"t","expires_in":-1}', None),
            (b'{"access_token":"t","expires_in":NaN}', None),
            (b'{"access_token":"t","expires_in":[]}', 300),
            (b'{"access_token":"t","expires_in":[1]}', None),
            (b'{"access_token":""}', None),
            (b'{"access_token":7}', None),
            (b'{"access_token":"a b"}', None),
            (b"[]", None),
            (b"7", None),
            (b"<html>", None),
            (b"\xff", None),
            (b"[" * 100_000, None),
        ],
    )
    def test_the_token_in_an_answer(self, content: bytes, lifetime: float | None) -> None:
        token = ClientCredentials(TOKEN_URL, "id", SECRET).token(content)
        assert (token and token.lifetime) == lifetime


def test_the_twins_are_alike() -> None:
    """The same names and parameters, apart from what is awaited."""

    def members(kind: type) -> dict[str, str]:
        shown = {name: value for name, value in inspect.getmembers(kind) if not name.startswith("_")}
        shown.pop("release", None)  # of an event loop that ends: threads have none
        return {
            {"aclose": "close"}.get(name, name): str(inspect.signature(value)) if callable(value) else ""
            for name, value in shown.items()
        }

    assert members(Channel) == members(AsyncChannel)
    assert inspect.signature(Channel) == inspect.signature(AsyncChannel)


def test_the_lines_are_alike() -> None:
    from credit_sdk.transport import _line

    blocking, awaited = (
        {name for name in vars(kind) if not name.startswith("__")} for kind in (_line.Line, _line.AsyncLine)
    )
    assert blocking - awaited == {"forget"}
    assert awaited - blocking == {"_until_empty"}


def test_nobody_listens_by_default() -> None:
    assert Channel(URL)._setup.observer is SILENT
