"""Floor 3, the ports: what the floors above hand to each other, as Protocols."""

from __future__ import annotations

from credit_sdk.ports.changes import AsyncChangeFeed, Change, ChangeFeed, ChangePage
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.observer import SILENT, Observer
from credit_sdk.ports.record_store import Kept, RecordStore
from credit_sdk.ports.sender import AsyncOutcomeSender, OutcomeSender
from credit_sdk.ports.source import Answer, AsyncRecordSource, RecordSource

__all__ = [
    "SILENT",
    "Answer",
    "AsyncChangeFeed",
    "AsyncOutcomeSender",
    "AsyncRecordSource",
    "Change",
    "ChangeFeed",
    "ChangePage",
    "Clock",
    "Kept",
    "Observer",
    "OutcomeSender",
    "RecordSource",
    "RecordStore",
    "system_clock",
]
