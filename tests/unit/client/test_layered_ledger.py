"""A ledger over several sources: none of them is the platform, unless it is named."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.client import _desk
from credit_sdk.ports.log import FailureLog
from credit_sdk.sources import AsyncLayeredSource, CachedSource, LayeredSource, MemorySource, ThreadedSource

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = [MemorySource.of([], name="one"), MemorySource.of([], name="two")]


class Platform:
    """Takes reports in."""

    def send(self, outcomes: Any, *, timeout: float | None = None) -> Any:
        raise NotImplementedError


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(_desk, "_FAULTS", FailureLog())
    caplog.set_level(logging.WARNING, "credit_sdk")
    return caplog


def test_it_is_said_once_that_nobody_takes_reports_in(log: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    layered = LayeredSource(LAYERS)
    awaited = AsyncLayeredSource([ThreadedSource(one) for one in LAYERS])
    CreditClient(layered, ledger=tmp_path / "ledger.db")
    CreditClient(CachedSource(layered), ledger=tmp_path / "ledger.db")
    AsyncCreditClient(awaited, ledger=tmp_path / "ledger.db")
    [line] = log.messages
    assert line.count('receivers={"platform": HttpSource(...)}') == 2, "in both languages"


def test_nothing_is_said_where_it_is_named_or_not_kept(log: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    CreditClient(LayeredSource(LAYERS), ledger=tmp_path / "ledger.db", receivers={"platform": Platform()})
    CreditClient(LayeredSource(LAYERS))
    CreditClient(LAYERS[0], ledger=tmp_path / "ledger.db")
    assert log.messages == []
