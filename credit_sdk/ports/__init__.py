"""Floor 3, the ports: what the floors above hand to each other, as Protocols."""

from __future__ import annotations

from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.source import Answer, AsyncRecordSource, RecordSource

__all__ = ["Answer", "AsyncRecordSource", "Clock", "RecordSource", "system_clock"]
