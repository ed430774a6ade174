"""The watch over identifiers sees what comes out, wherever it does."""

from __future__ import annotations

import logging

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from credit_sdk.errors import BadRecord
from credit_sdk.ports.answers import as_answer
from credit_sdk.testing import fictional_code
from credit_sdk.transport._logging import redact
from tests.leaks import IDENTIFIER, WATCH

CODE = fictional_code(1)


@pytest.fixture(autouse=True)
def clean(no_identifier_comes_out: None) -> None:
    """After the watch has begun."""


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        CODE.lower(),
        f"code={CODE}&x",
        "91990100MA0000A019",
        "990100000000012",
        "虚构一号有限公司",
        "虛構信用(示範)有限公司",
        "https://h.example/%E8%99%9A%E6%9E%84%E4%B8%80%E5%85%AC%E5%8F%B8",
    ],
)
def test_it_knows_an_identifier(text: str) -> None:
    assert IDENTIFIER.search(text)


@pytest.mark.parametrize(
    "text", ["9199**********015X", "虚构市税务局", "虚构领域信用奖惩措施清单", "cn.procurement", "area 990100", "L-1"]
)
def test_it_knows_what_is_none(text: str) -> None:
    assert IDENTIFIER.search(text) is None


@pytest.mark.lets_identifiers_out
def test_it_hears_the_log() -> None:
    logging.getLogger("credit_sdk").debug("asked for %s", CODE)
    [found] = WATCH.take()
    assert "log of credit_sdk" in found


@pytest.mark.lets_identifiers_out
def test_it_hears_an_exception_in_the_log() -> None:
    logging.getLogger("credit_sdk").error("failed", exc_info=ValueError(CODE))
    assert len(WATCH.take()) == 1


@pytest.mark.lets_identifiers_out
def test_it_sees_urls_and_the_librarys_line_only_unfiltered() -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        redact()
        client.get("https://h.example/", params={"code": CODE})
    [found] = WATCH.take()
    assert found.startswith("URL")


@pytest.mark.lets_identifiers_out
def test_it_sees_spans() -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(InMemorySpanExporter()))
    provider.get_tracer("test").start_span("check", attributes={"code": CODE}).end()
    [found] = WATCH.take()
    assert found.startswith("span")


@pytest.mark.lets_identifiers_out
def test_it_sees_errors_of_the_sdk_and_what_is_behind_them() -> None:
    as_answer(OSError(), CODE)
    assert len(WATCH.take()) == 2  # in Chinese and in English
    as_answer(httpx.ConnectError(f"no way to {CODE}"), "platform")
    [found] = WATCH.take()
    assert "ConnectError behind BadRecord" in found


def test_what_a_test_makes_itself_is_its_own_affair() -> None:
    BadRecord(CODE, CODE)
    as_answer(ValueError(CODE), "careless")
