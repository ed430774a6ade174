"""Finding a check in the ledger by its decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.errors import UnknownDecision
from credit_sdk.ports.ledger import EntryKind

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import LedgerStore, Stored


def kept_check(store: LedgerStore, decision_id: str, *, key: str = "decision_id") -> Stored:
    """The entry of the check that ended with this decision.

    :param key: what the error calls the parameter.
    :raises UnknownDecision: the ledger has none with this id.
    """
    stored = store.entry(decision_id)
    if stored is None or stored.entry.kind != EntryKind.CHECKED:
        raise UnknownDecision(
            f"台账 {store.name} 中没有这一结论; 已入账的见 credit ledger list",
            f"ledger {store.name} has no such decision; see credit ledger list for those it has",
            key=key,
        )
    return stored
