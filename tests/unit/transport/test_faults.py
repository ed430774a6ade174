"""Every exception of the HTTP library has a word, and every word an error in two languages."""

from __future__ import annotations

import inspect
import json
import pickle
import re
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest

from credit_sdk import errors
from credit_sdk.errors import BadRecord, NoDecision, SourceUnavailable
from credit_sdk.transport import _faults

if TYPE_CHECKING:
    from types import ModuleType


def exceptions_of(library: ModuleType) -> dict[str, type[BaseException]]:
    return {
        name: value
        for name, value in vars(library).items()
        if inspect.isclass(value) and issubclass(value, BaseException)
    }


@pytest.mark.parametrize("name", sorted(exceptions_of(httpx)))
def test_every_exception_of_the_library_is_mapped(name: str) -> None:
    assert exceptions_of(httpx)[name] in _faults.EXCEPTIONS, f"httpx.{name} has no word in transport/_faults.py"


def test_the_library_has_the_exceptions_that_are_mapped() -> None:
    theirs = {kind for kind in _faults.EXCEPTIONS if kind.__module__.startswith("httpx")}
    assert theirs <= set(exceptions_of(httpx).values())
    assert len(theirs) > 25


def test_every_exception_below_becomes_one_that_is_mapped() -> None:
    """httpcore's own come through httpx's; what httpx does not know would come through as it is."""
    from httpx._transports.default import _load_httpcore_exceptions

    known = _load_httpcore_exceptions()
    ours = {httpcore.ConnectionNotAvailable}  # the pool's own signal, which it catches
    for name, kind in exceptions_of(httpcore).items():
        assert kind in known or kind in ours, f"httpcore.{name}"


@pytest.mark.parametrize("word", sorted(_faults.FAULTS))
def test_every_word_is_a_public_one(word: str) -> None:
    assert word in errors.FAULTS
    fault = _faults.FAULTS[word]
    assert fault.error in {SourceUnavailable, BadRecord}
    error = _faults.failure(word, "credit.example.gov.cn", status=500, request_id="r-1", because="why")
    assert error.fault == word
    for text in (error.message("zh"), error.message("en")):
        assert "credit.example.gov.cn" in text
        assert "r-1" in text
        assert "500" in text
        assert "why" in text
        assert "\n" not in text
    assert error.message("zh") != error.message("en")


def test_every_mapped_word_has_an_error() -> None:
    assert set(_faults.EXCEPTIONS.values()) <= set(_faults.FAULTS)


def _caused(error: Exception, *causes: BaseException) -> Exception:
    """``error`` with what lies behind it, as httpx and httpcore leave it: chained, and partly hidden."""
    last: BaseException = error
    for cause in causes:
        last.__context__ = cause
        last.__suppress_context__ = True
        last = cause
    return error


class H11Error(Exception):
    __module__ = "h11._util"


@pytest.mark.parametrize(
    ("error", "reading", "word"),
    [
        (httpx.ConnectError(""), False, "connect"),
        (_caused(httpx.ConnectError(""), httpcore.ConnectError(), ConnectionRefusedError()), False, "connect"),
        (_caused(httpx.ConnectError(""), httpcore.ConnectError(), socket.gaierror(-2, "x")), False, "dns"),
        (_caused(httpx.ConnectTimeout(""), httpcore.ConnectTimeout(), socket.gaierror(-3, "x")), False, "dns"),
        (_caused(httpx.ConnectError(""), httpcore.ConnectError(), ssl.SSLError(1, "x")), False, "tls"),
        (_caused(httpx.ReadError(""), httpcore.ReadError(), ssl.SSLError(1, "x")), False, "tls"),
        (_caused(httpx.ReadError(""), httpcore.ReadError(), ssl.SSLEOFError(8, "x")), True, "reset"),
        (_caused(httpx.ConnectTimeout(""), TimeoutError(), ssl.SSLWantReadError(2, "x")), False, "timeout"),
        (_caused(httpx.ConnectError(""), OSError(), ExceptionGroup("", [OSError(), OSError()])), False, "connect"),
        (_caused(httpx.ConnectError(""), ExceptionGroup("", [ssl.SSLError(1, "x")])), False, "tls"),
        (httpx.ConnectTimeout(""), False, "timeout"),
        (httpx.PoolTimeout(""), False, "pool"),
        (httpx.ReadTimeout(""), True, "timeout"),
        (httpx.ReadError(""), True, "reset"),
        (httpx.RemoteProtocolError(""), False, "reset"),
        (_caused(httpx.RemoteProtocolError(""), httpcore.RemoteProtocolError(), H11Error()), False, "protocol"),
        (_caused(httpx.RemoteProtocolError(""), httpcore.RemoteProtocolError(), H11Error()), True, "truncated"),
        (httpx.LocalProtocolError(""), False, "request"),
        (httpx.InvalidURL(""), False, "request"),
        (TimeoutError(), True, "deadline"),
        (ConnectionResetError(), True, "reset"),
        (RuntimeError("Event loop is closed"), True, "reset"),
        (ValueError(), True, "request"),
    ],
)
def test_the_word_for_an_exception(error: Exception, reading: bool, word: str) -> None:
    assert _faults.word_for(error, reading=reading) == word


def test_a_chain_in_a_circle_ends() -> None:
    error = httpx.ReadError("")
    error.__context__ = OSError()
    error.__context__.__context__ = error
    assert _faults.word_for(error, reading=True) == "reset"


@pytest.mark.parametrize(
    ("status", "word", "retryable"),
    [
        (300, "redirect", False),
        (400, "refused", False),
        (401, "credentials", False),
        (403, "credentials", False),
        (407, "credentials", False),
        (408, "timeout", True),
        (409, "refused", False),
        (425, "timeout", True),
        (429, "rate_limited", True),
        (500, "server_error", True),
        (501, "server_error", False),
        (504, "server_error", True),
        (505, "server_error", False),
        (599, "server_error", True),
        (101, "refused", False),
    ],
)
def test_the_word_for_a_status(status: int, word: str, retryable: bool) -> None:
    assert _faults.status_word(status) == (word, retryable)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"code": "cursor_expired"}, "cursor_expired"),
        ({"code": "Cursor Expired"}, None),
        ({"code": "code_91990100MA0000A019"}, None),
        ({"code": "x" * 41}, None),
        ({"code": 4}, None),
        ({}, None),
        ([], None),
        ("text", None),
    ],
)
def test_a_problem_is_known_by_a_plain_word(content: Any, code: str | None) -> None:
    headers = {"content-type": "application/problem+json; charset=utf-8"}
    assert _faults.problem_of(headers, json.dumps(content).encode()).code == code
    assert _faults.problem_of({"content-type": "text/html"}, json.dumps(content).encode()) == (None, None)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"code":"a"}' + b" " * 70_000])
def test_a_broken_problem_is_none(content: bytes) -> None:
    assert _faults.problem_of({"content-type": "application/problem+json"}, content) == (None, None)


def test_an_error_keeps_its_facts_across_processes() -> None:
    error = _faults.failure("rate_limited", "h.example", status=429, request_id="r-1", retry_after=3.0, problem="slow")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert isinstance(again, SourceUnavailable)
    assert vars(again) == vars(error)
    assert (again.fault, again.status, again.retry_after, again.problem) == ("rate_limited", 429, 3.0, "slow")


def test_an_error_without_a_platform_has_no_fault() -> None:
    error = NoDecision("无", "none")
    assert (error.fault, error.status, error.request_id, error.retry_after, error.retryable) == (None,) * 4 + (False,)
    assert SourceUnavailable("无", "none").retryable
    assert not SourceUnavailable("无", "none", retryable=False).retryable


def test_every_fault_that_the_package_names_is_in_the_public_table() -> None:
    package = Path(errors.__file__).parent
    named = {
        (word, path.name)
        for path in package.rglob("*.py")
        for word in re.findall(r'\bfault="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert named
    assert {one for one in named if one[0] not in errors.FAULTS} == set()


@pytest.mark.parametrize("word", sorted(errors.FAULTS))
def test_the_public_table_is_bilingual(word: str) -> None:
    zh, en = errors.FAULTS[word]
    assert zh != en
    assert en.isascii()
