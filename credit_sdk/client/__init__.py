"""Floor 7, the shells: they connect the floors below, and think nothing of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credit_sdk.client._async import AsyncCreditClient
    from credit_sdk.client._sync import CreditClient

__all__ = ["AsyncCreditClient", "CreditClient"]


def __getattr__(name: str) -> Any:
    # asyncio is heavy; who checks synchronously never loads it.
    if name == "CreditClient":
        from credit_sdk.client._sync import CreditClient

        return CreditClient
    if name == "AsyncCreditClient":
        from credit_sdk.client._async import AsyncCreditClient

        return AsyncCreditClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
