"""What keeps a ledger from being used, whatever it is kept in: a fault, and the error that tells of it."""

from __future__ import annotations

from typing import NamedTuple

from credit_sdk.errors import LedgerUnavailable


class Fault(NamedTuple):
    """Something that goes wrong, and the way out."""

    zh: str
    en: str
    retryable: bool = True
    """Whether waiting may help."""


CLOSED = Fault("台账已关闭", "it has been closed", retryable=False)


def unavailable(name: str, fault: Fault, shown: str = "") -> LedgerUnavailable:
    """The error to raise: the ledger, the fault, the way out.

    :param name: the ledger's.
    :param shown: what follows, in any language.
    """
    error = LedgerUnavailable(
        f"台账用不了: {fault.zh}{shown}", f"the ledger is not available: {fault.en}{shown}", file=name
    )
    error.retryable = fault.retryable
    return error
