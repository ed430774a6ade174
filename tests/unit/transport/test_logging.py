"""The HTTP library's lines hold no identifier and no query string."""

from __future__ import annotations

import logging

import httpx
import pytest

from credit_sdk.testing import fictional_code
from credit_sdk.transport._logging import LOGGERS, redact, redacted

CODE = fictional_code(1)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (
            f'HTTP Request: GET https://credit.example.gov.cn/api/v1/lists?code={CODE}&x=1 "HTTP/1.1 200 OK"',
            'HTTP Request: GET https://credit.example.gov.cn/api/v1/lists**** "HTTP/1.1 200 OK"',
        ),
        (f"GET https://h.example/subjects/{CODE}/listings", "GET https://h.example/subjects/****/listings"),
        (f"GET https://h.example/subjects/{CODE.lower()}", "GET https://h.example/subjects/****"),
        ("GET https://h.example/org/MA000001-5", "GET https://h.example/org/****"),
        ("GET https://h.example/org/MA0000015", "GET https://h.example/org/****"),
        ("GET https://key:secret@h.example/a", "GET https://****h.example/a"),
        ("GET https://h.example/a#fragment", "GET https://h.example/a****"),
        ("GET https://h.example/%E8%99%9A%E6%9E%84/x", "GET https://h.example/****/x"),
        ("GET https://h.example/虚构一号（示范）有限公司/x", "GET https://h.example/****/x"),
        (
            "receive_response_headers.complete return_value=(b'HTTP/1.1', 200, b'OK', [(b'set-cookie', b's=1')])",
            "receive_response_headers.complete return_value=(b'HTTP/1.1', 200, b'OK', ****)",
        ),
        ("connect_tcp.started host='credit.example.gov.cn' port=443 timeout=2.0", None),
        ("send_request_headers.started request=<Request [b'POST']>", None),
        ('HTTP Request: POST https://credit.example.gov.cn/api/v1/records/query "HTTP/1.1 200 OK"', None),
    ],
)
def test_what_is_left_of_a_line(line: str, left: str | None) -> None:
    assert redacted(line) == (left or line)


@pytest.mark.lets_identifiers_out  # in the URL; the line is looked at
def test_httpx_own_line_is_filtered(caplog: pytest.LogCaptureFixture) -> None:
    redact()
    redact()
    with (
        caplog.at_level(logging.DEBUG, "httpx"),
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client,
    ):
        client.get(f"https://user:secret@credit.example.gov.cn/{CODE}", params={"name": "虚构一号有限公司"})
    [line] = caplog.messages
    assert line == 'HTTP Request: GET https://****credit.example.gov.cn/******** "HTTP/1.1 200 OK"'
    assert len([f for f in logging.getLogger("httpx").filters if type(f).__name__ == "_Redaction"]) == 1


def test_every_logger_of_the_library_is_filtered() -> None:
    """A filter on a logger does not see its children's records; a new child would pass by."""
    import httpcore  # noqa: F401 - imported for its loggers

    known = {name for name in logging.root.manager.loggerDict if name.partition(".")[0] in {"httpx", "httpcore"}}
    assert known <= set(LOGGERS)


def test_a_line_that_cannot_be_read_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    redact()
    with caplog.at_level(logging.INFO, "httpx"):
        logging.getLogger("httpx").info("%d", CODE)
    assert caplog.messages == ["****"]


def test_an_exception_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    redact()
    with caplog.at_level(logging.INFO, "httpcore.connection"):
        error = httpx.ConnectError(f"no way to https://h.example/?code={CODE}")
        logging.getLogger("httpcore.connection").error("failed", exc_info=error)
    assert caplog.messages == ["failed"]
    assert CODE not in caplog.text
