"""Checks and requests as OpenTelemetry spans and metrics (extra ``credit-sdk[otel]``). The only file that imports it.

.. code-block:: python

    from credit_sdk.client.opentelemetry import OpenTelemetryObserver

    client = CreditClient(source, observer=OpenTelemetryObserver())

Spans (named by what happened, never by whom it concerned):

- ``credit.check``, ``credit.check_many``: one check, one batch; ``credit.domain``, ``credit.action``, ``credit.effect``,
  ``credit.blocking``, ``credit.stale``, ``credit.degraded``; ``error.type`` where there is no decision.
- ``POST /v1/records/query`` and the like: one attempt at a platform, by the HTTP conventions (``http.request.method``,
  ``server.address``, ``url.template``, ``http.response.status_code``, ``http.request.resend_count``, ``error.type``).
  ``url.full`` is left out.

A span is made when its event ends, with the times it had, as a child of the span that is current in the application. Metrics:
histograms ``credit.check.duration`` and ``credit.request.duration`` (seconds), counters ``credit.checks``,
``credit.request.retries``, ``credit.cache.lookups``, ``credit.layer.failures`` and ``credit.ledger.failures``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry import metrics, trace

from credit_sdk.ports.observer import (
    BatchDone,
    CacheLooked,
    Decided,
    Deferred,
    Delivered,
    LayerFailed,
    LedgerFailed,
    NotDecided,
    Refused,
    RequestDone,
    Retried,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.ports.observer import Event

_NAME = "credit_sdk"

_Attributes: TypeAlias = "Mapping[str, str | bool | int | None]"


class OpenTelemetryObserver:
    """Turns events into spans and metrics, for any client, source or channel that takes an ``observer``."""

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        """Take tracer and meter.

        :param tracer_provider: default: the application's global one; without one nothing happens.
        :param meter_provider: as for ``tracer_provider``.
        """
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._checks = meter.create_counter("credit.checks", "{check}", "Checks, by what they came to")
        self._check_duration = meter.create_histogram("credit.check.duration", "s", "Time of single checks and batches")
        self._request_duration = meter.create_histogram(
            "credit.request.duration", "s", "Time of attempts at a platform"
        )
        self._retries = meter.create_counter("credit.request.retries", "{retry}", "Attempts that were made again")
        self._lookups = meter.create_counter("credit.cache.lookups", "{lookup}", "Records looked up in the cache")
        self._reports = meter.create_counter("credit.reports", "{report}", "Reports sent, by what became of them")
        self._layer_failures = meter.create_counter(
            "credit.layer.failures", "{subject}", "Subjects a layer did not answer"
        )

        self._ledger_failures = meter.create_counter(
            "credit.ledger.failures", "{entry}", "What could not be kept in the ledger"
        )

    def observe(self, event: Event) -> None:
        """Make the event's span, and count it; an event that a later version adds is none of ours."""
        match event:
            case Decided():
                self._decided(event)
            case NotDecided():
                self._not_decided(event)
            case BatchDone():
                self._batch_done(event)
            case RequestDone():
                self._request_done(event)
            case Retried():
                self._retries.add(1, _known({"url.template": event.path, "error.type": event.reason}))
            case CacheLooked():
                self._lookups.add(1, {"credit.cache.hit": event.hit, "credit.stale": event.stale})
            case LayerFailed():
                attributes = {"credit.layer": event.layer, "error.type": event.error}
                self._layer_failures.add(event.subjects, attributes)
            case LedgerFailed():
                self._ledger_failures.add(event.entries, {"credit.entry": event.what, "error.type": event.error})
            case Delivered():
                self._report_count(event.receiver, "delivered", event.reports, None)
            case Deferred():
                self._report_count(event.receiver, "deferred", event.reports, event.fault)
            case Refused():
                self._report_count(event.receiver, "refused", event.reports, event.fault)

    def _report_count(self, receiver: str, outcome: str, reports: int, fault: str | None) -> None:
        attributes = {"credit.receiver": receiver, "credit.delivery": outcome, "error.type": fault}
        self._reports.add(reports, _known(attributes))

    def _decided(self, event: Decided) -> None:
        attributes: _Attributes = {
            "credit.domain": event.domain,
            "credit.action": event.action,
            "credit.effect": event.effect.value,
            "credit.blocking": event.blocking,
            "credit.stale": event.stale,
            "credit.degraded": event.degraded,
        }
        self._check_done(attributes, event.elapsed)

    def _not_decided(self, event: NotDecided) -> None:
        attributes: _Attributes = {
            "credit.domain": event.domain,
            "credit.action": event.action,
            "credit.fault": event.fault,
            "error.type": event.error,
        }
        self._check_done(attributes, event.elapsed)

    def _check_done(self, attributes: _Attributes, elapsed: float | None) -> None:
        self._checks.add(1, _known(attributes))
        if elapsed is not None:
            self._check_duration.record(elapsed, _known(attributes))
            self._span("credit.check", trace.SpanKind.INTERNAL, attributes, elapsed)

    def _batch_done(self, event: BatchDone) -> None:
        attributes = {"credit.rows": event.rows, "credit.undecided": event.undecided}
        self._check_duration.record(event.elapsed, {"credit.batch": True})
        self._span("credit.check_many", trace.SpanKind.INTERNAL, attributes, event.elapsed)

    def _request_done(self, event: RequestDone) -> None:
        attributes: _Attributes = {
            "http.request.method": event.method,
            "url.template": event.path,
            "server.address": event.host,
            "http.response.status_code": event.status,
            "error.type": event.error,
        }
        self._request_duration.record(event.elapsed, _known(attributes))
        single: _Attributes = {
            **attributes,
            "http.request.resend_count": event.attempt - 1 or None,
            "credit.request_id": event.request_id,
        }
        self._span(f"{event.method} {event.path}", trace.SpanKind.CLIENT, single, event.elapsed)

    def _span(self, name: str, kind: trace.SpanKind, attributes: _Attributes, elapsed: float) -> None:
        """A span that ends now and began ``elapsed`` seconds ago."""
        end = time.time_ns()
        span = self._tracer.start_span(
            name, kind=kind, attributes=_known(attributes), start_time=end - round(elapsed * 1e9)
        )
        if attributes.get("error.type") is not None:
            span.set_status(trace.StatusCode.ERROR)
        span.end(end)


def _known(attributes: _Attributes) -> dict[str, str | bool | int]:
    """What is known; an attribute without a value is none."""
    return {key: value for key, value in attributes.items() if value is not None}
