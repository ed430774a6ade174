"""What a ledger lacks is asked of the store, whoever made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from credit_sdk.ledger.losses import NOTHING_LOST, Losses, losses_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.ports.ledger import LedgerStore


class Silent:
    """A store that tells nothing of what it lacks."""


class Telling:
    """A store of somebody else's that does."""

    def damage(self) -> Mapping[str, int]:
        return {"page": 2, "crc": 1, "gone": 4}


def test_a_store_is_asked_if_it_tells() -> None:
    assert losses_of(cast("LedgerStore", Telling())) == Losses(damaged=3, missing=4)
    assert losses_of(cast("LedgerStore", Silent())) == NOTHING_LOST
