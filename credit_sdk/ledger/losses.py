"""What a ledger lacks: entries that cannot be read, and entries that are gone. Numbers and lists lack them, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.ports.ledger import DamageTeller

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import LedgerStore

_GONE = "gone"


class Losses(NamedTuple):
    """How many entries are lacking; false if none is."""

    damaged: int = 0
    """Entries that are there, and cannot be read or understood."""
    missing: int = 0
    """Entries that are not there any more: a repair could not save them, or somebody took them out before they were read."""

    def __bool__(self) -> bool:
        return bool(self.damaged or self.missing)


NOTHING_LOST = Losses()


def losses_of(store: LedgerStore) -> Losses:
    """What a ledger is known to lack, by one cheap question; nothing where the store does not tell.

    :raises LedgerUnavailable: the ledger cannot be read.
    """
    if not isinstance(store, DamageTeller):
        return NOTHING_LOST
    counts = dict(store.damage())
    missing = counts.pop(_GONE, 0)
    return Losses(sum(counts.values()), missing)
