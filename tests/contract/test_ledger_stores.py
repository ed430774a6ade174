"""The ledger in SQLite follows the ledger store contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing import LedgerStoreContract

if TYPE_CHECKING:
    from pathlib import Path

    from credit_sdk.ports.ledger import LedgerStore


class TestSqliteLedger(LedgerStoreContract):
    def make_store(self, tmp_path: Path) -> LedgerStore:
        return SqliteLedger(tmp_path / "ledger.db")
