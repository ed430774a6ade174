"""Floor 8, the public test kit: what an adapter's, a source's or an application's tests import.

- :class:`AdapterContract`: inherit it, and an adapter is tested against everything that is expected of one.
- :class:`SourceContract`: the same for a source of credit records; :class:`RecordStoreContract`: for a cache's store;
  :class:`LedgerStoreContract`: for a ledger's.
- :func:`listing`, :func:`violation`, :func:`coverage`: records as they stand in a JSON Lines file, fictional by default.
- :func:`measure_list`, :func:`measure`: measure lists for tests. :func:`fictional_code`: codes that no registry issues.
- :class:`FailingSource`, :class:`FixedClock`: doubles for the ports.
- :class:`Sandbox`: a running platform with made-up data, to list, repair, and break (``pip install credit-sdk[sandbox]``).

The contracts are pytest classes: ``pip install credit-sdk[testing]``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credit_sdk.testing.adapter import AdapterContract
    from credit_sdk.testing.builders import MOMENT, coverage, fictional_code, listing, measure, measure_list, violation
    from credit_sdk.testing.doubles import FailingSource, FixedClock
    from credit_sdk.testing.ledger import LedgerStoreContract
    from credit_sdk.testing.record_store import RecordStoreContract, kept
    from credit_sdk.testing.sandbox import Sandbox
    from credit_sdk.testing.source import SourceContract, SourceQuestion

__all__ = [
    "MOMENT",
    "AdapterContract",
    "FailingSource",
    "FixedClock",
    "LedgerStoreContract",
    "RecordStoreContract",
    "Sandbox",
    "SourceContract",
    "SourceQuestion",
    "coverage",
    "fictional_code",
    "kept",
    "listing",
    "measure",
    "measure_list",
    "violation",
]

_HOMES = {
    "AdapterContract": "adapter",
    "FailingSource": "doubles",
    "FixedClock": "doubles",
    "LedgerStoreContract": "ledger",
    "RecordStoreContract": "record_store",
    "Sandbox": "sandbox",
    "SourceContract": "source",
    "SourceQuestion": "source",
    "kept": "record_store",
}


def __getattr__(name: str) -> Any:
    # The contracts import pytest; an application that only needs a double must not.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'builders')}"), name)
