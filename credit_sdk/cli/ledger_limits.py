"""How much of a ledger a command holds at once, and how it says that there may be more."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from credit_sdk.cli.warnings import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.cli.session import Session

_S = TypeVar("_S", bound="Sequence[object]")

MOST = 100_000


def told(session: Session, found: _S) -> _S:
    """What a store gave for ``limit=MOST``; with a warning if that may not be all."""
    if len(found) >= MOST:
        warn(
            session,
            "ledger_cut",
            f"只取到前 {MOST} 条，后面可能还有；先办这些，再运行一次",
            f"only the first {MOST} were taken, and there may be more; see to these, then run it again",
        )
    return found
