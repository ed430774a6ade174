"""Events as spans and metrics, by OpenTelemetry's own exporters."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient
from credit_sdk.client.opentelemetry import OpenTelemetryObserver
from credit_sdk.errors import SourceUnavailable
from credit_sdk.ports.observer import CacheLooked, LayerFailed, LedgerFailed, RequestDone, Retried
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FailingSource, FixedClock, coverage, fictional_code, listing, measure_list

LISTED = fictional_code(1)
form = pytest.mark.parametrize("form", ["sync", "async"])


class Telemetry:
    """An observer with exporters to read."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self._reader = InMemoryMetricReader()
        self.observer = OpenTelemetryObserver(self.provider, MeterProvider([self._reader]))

    @property
    def spans(self) -> Any:
        return self.exporter.get_finished_spans()

    @property
    def metrics(self) -> dict[str, list[Any]]:
        data: Any = self._reader.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


def check(form: str, telemetry: Telemetry, source: Any) -> Any:
    options: dict[str, Any] = {
        "measure_lists": [measure_list()],
        "clock": FixedClock(),
        "observer": telemetry.observer,
    }
    question: dict[str, Any] = {"domain": "test", "action": "award"}
    if form == "sync":
        return CreditClient(source, **options).check(LISTED, **question)
    return asyncio.run(AsyncCreditClient(source, **options).check(LISTED, **question))


def memory() -> MemorySource:
    return MemorySource.of([coverage(), listing(subject=LISTED)], read_at=MOMENT)


@form
def test_a_check_is_a_span(form: str, telemetry: Telemetry) -> None:
    check(form, telemetry, memory())
    [span] = telemetry.spans
    assert (span.name, span.kind) == ("credit.check", SpanKind.INTERNAL)
    assert dict(span.attributes) == {
        "credit.domain": "test",
        "credit.action": "award",
        "credit.effect": "restrict",
        "credit.blocking": True,
        "credit.stale": False,
        "credit.degraded": False,
    }
    assert span.status.status_code is StatusCode.UNSET
    assert 0 < span.end_time - span.start_time < 5e9
    [point] = telemetry.metrics["credit.checks"]
    assert point.value == 1
    assert telemetry.metrics["credit.check.duration"][0].count == 1


@form
def test_a_check_without_answer_is_a_failed_span(form: str, telemetry: Telemetry) -> None:
    with pytest.raises(SourceUnavailable):
        check(form, telemetry, FailingSource(SourceUnavailable("不可用", "down", fault="dns")))
    [span] = telemetry.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert not span.events
    assert dict(span.attributes) == {
        "credit.domain": "test",
        "credit.action": "award",
        "credit.fault": "dns",
        "error.type": "source_unavailable",
    }


def test_a_batch_is_one_span_and_counts_every_row(telemetry: Telemetry) -> None:
    client = CreditClient(memory(), measure_lists=[measure_list()], clock=FixedClock(), observer=telemetry.observer)
    client.check_many(
        [CheckRequest(subject=one, domain="test", action="award") for one in (LISTED, "nonsense", LISTED)]
    )
    [span] = telemetry.spans
    assert (span.name, dict(span.attributes)) == ("credit.check_many", {"credit.rows": 3, "credit.undecided": 1})
    assert sorted(point.value for point in telemetry.metrics["credit.checks"]) == [1, 2]


def test_a_check_is_a_child_of_the_applications_span(telemetry: Telemetry) -> None:
    with telemetry.provider.get_tracer("application").start_as_current_span("award") as parent:
        check("sync", telemetry, memory())
    child, _ = telemetry.spans
    assert child.parent.span_id == parent.get_span_context().span_id


REQUEST = RequestDone("POST", "/v1/records/query", 200, 0.25, 2, "r-1", None, "credit.example.gov.cn")


def test_a_request_is_a_span(telemetry: Telemetry) -> None:
    telemetry.observer.observe(REQUEST)
    telemetry.observer.observe(RequestDone("GET", "/v1/health", None, 0.5, error="dns"))
    first, second = telemetry.spans
    assert (first.name, first.kind) == ("POST /v1/records/query", SpanKind.CLIENT)
    assert dict(first.attributes) == {
        "http.request.method": "POST",
        "url.template": "/v1/records/query",
        "server.address": "credit.example.gov.cn",
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
        "credit.request_id": "r-1",
    }
    assert first.end_time - first.start_time == 250_000_000
    assert first.status.status_code is StatusCode.UNSET
    assert second.status.status_code is StatusCode.ERROR
    assert second.attributes["error.type"] == "dns"
    counted = [point.attributes for point in telemetry.metrics["credit.request.duration"]]
    assert not any("credit.request_id" in attributes for attributes in counted), "one series a request"


def test_retries_lookups_and_layers_are_counted(telemetry: Telemetry) -> None:
    for event in (
        Retried("/v1/records/query", 1, 0.1, "rate_limited"),
        CacheLooked(hit=True),
        CacheLooked(hit=False),
        LayerFailed("national", "dns", 3),
        LedgerFailed("checked", "ledger_unavailable", 2),
    ):
        telemetry.observer.observe(event)
    values = {name: sorted(point.value for point in points) for name, points in telemetry.metrics.items()}
    assert values["credit.request.retries"] == [1]
    assert values["credit.cache.lookups"] == [1, 1]
    assert values["credit.layer.failures"] == [3]
    assert values["credit.ledger.failures"] == [2]
    assert not telemetry.spans


def test_an_event_of_a_later_version_is_ignored(telemetry: Telemetry) -> None:
    telemetry.observer.observe(object())  # type: ignore[arg-type]
    assert not telemetry.spans


def test_without_providers_nothing_happens() -> None:
    observer = OpenTelemetryObserver()
    observer.observe(REQUEST)


def test_nobody_else_loads_it() -> None:
    script = "import sys, credit_sdk, credit_sdk.client; print('opentelemetry' in sys.modules)"
    shown = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
