"""Check a counterparty against the published credit lists before acting (信用联合奖惩核查).

>>> from credit_sdk import CreditClient
>>> with CreditClient("demo") as credit:
...     decision = credit.check("91990100MA0000A019", domain="procurement", action="award")
>>> decision.effect, decision.blocking
(<Effect.RESTRICT: 'restrict'>, True)

Nothing heavy is loaded before it is used: every name below is fetched from its floor on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credit_sdk.client import AsyncCreditClient, CreditClient
    from credit_sdk.decision.result import Decision, Notice, Obligation, SeenListing
    from credit_sdk.ledger.values import Override, Receipt
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.model.subject import Subject
    from credit_sdk.model.terms import Effect, Role, SubjectType

__all__ = [
    "AsyncCreditClient",
    "CheckRequest",
    "CreditClient",
    "Decision",
    "Effect",
    "Notice",
    "Obligation",
    "Override",
    "Receipt",
    "Role",
    "SeenListing",
    "Subject",
    "SubjectType",
]

_HOMES = {
    "AsyncCreditClient": "credit_sdk.client",
    "CheckRequest": "credit_sdk.model.request",
    "CreditClient": "credit_sdk.client",
    "Decision": "credit_sdk.decision.result",
    "Effect": "credit_sdk.model.terms",
    "Notice": "credit_sdk.decision.result",
    "Obligation": "credit_sdk.decision.result",
    "Override": "credit_sdk.ledger.values",
    "Receipt": "credit_sdk.ledger.values",
    "Role": "credit_sdk.model.terms",
    "SeenListing": "credit_sdk.decision.result",
    "Subject": "credit_sdk.model.subject",
    "SubjectType": "credit_sdk.model.terms",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        if name == "__version__":
            from credit_sdk.model.version import sdk_version

            return sdk_version()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
