"""The ledger in PostgreSQL keeps the contract: alone, as one service of several, and for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credit_sdk.ledger.sql import SqlLedger
from credit_sdk.testing.ledger import LedgerStoreContract

if TYPE_CHECKING:
    from pathlib import Path


class TestSqlLedger(LedgerStoreContract):
    service: str | None = None

    @pytest.fixture(autouse=True)
    def _on(self, postgres: str) -> None:
        self.url = postgres

    def make_store(self, tmp_path: Path) -> SqlLedger:
        return SqlLedger(self.url, service=self.service)


class TestOneService(TestSqlLedger):
    service = "awards"
