"""What ``credit doctor`` sees of the ledger: whether it can be used, what it lacks, what waits in it; and its feedback and key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.cli.ledger_limits import MOST
from credit_sdk.errors import CreditError, LedgerDamaged

if TYPE_CHECKING:
    from credit_sdk.client.settings import Settings
    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.ledger import LedgerStore

_NOBODY = "credit doctor"
"""A worker that claims nothing: what it gives back changes nothing, and yet has to be written."""


@dataclass(slots=True)
class LedgerFindings:
    """The findings."""

    name: str
    exists: bool = True
    """Whether there is one; a file is made with the first check."""
    usable: bool = False
    """Whether it can be read and written, and its tables are those of this version."""
    required: bool = True
    """Whether a check that cannot be kept fails."""
    damaged: int | None = None
    """Entries that cannot be read; ``None``, as with the others: it was not found out."""
    missing: int | None = None
    """Entries that are gone."""
    waiting: int | None = None
    late: int | None = None
    dead: int | None = None
    counted_to: int = MOST
    """``waiting``, ``late`` and ``dead`` are counted no further."""
    problems: list[CreditError] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        values = asdict(self)
        del values["problems"]
        return values


def look_at(settings: Settings, clock: Clock) -> LedgerFindings | None:
    """Look at the ledger that is set, and at the settings that go with it. Makes nothing.

    :returns: the findings; ``None``: no ledger is set.
    :raises CreditError: a setting cannot be used.
    """
    options = settings.ledger_options()
    if "ledger" not in options:
        return None
    from credit_sdk.ledger.desk import open_store

    target = options["ledger"]
    file = None if "://" in str(target) else Path(str(target))
    store, _ = open_store(target, options.get("service"))
    result = LedgerFindings(store.name, required=options.get("ledger_required", True))
    try:
        if file is None or file.exists():
            _use(store, result, clock)
        else:
            result.exists = False
            _look_at_folder(file, result)
    except CreditError as error:
        result.problems.append(error)
    finally:
        store.close()
    return result


def look_at_feedback(settings: Settings) -> None:
    """Read the feedback rules that are set.

    :raises InvalidSettings: they cannot be used.
    """
    if settings.feedback.value is not None:
        from credit_sdk.ledger.schedule import feedback_rules

        feedback_rules(settings.feedback.value)


def look_at_key(settings: Settings) -> None:
    """Read the key that signs receipts, where one is set or stands beside the ledger.

    :raises InvalidSettings: it cannot be used, or the extra ``receipts`` is not installed.
    """
    from credit_sdk.client.receipts import signer_of

    ledger = settings.ledger.value
    if settings.receipt_key.value is not None or ledger is not None:
        signer = signer_of(None if ledger is None or "://" in str(ledger) else ledger, settings.receipt_key.value)
        if settings.receipt_key.value is not None or signer.is_beside:
            signer.check()


def _use(store: LedgerStore, result: LedgerFindings, clock: Clock) -> None:
    from credit_sdk.ledger.losses import losses_of
    from credit_sdk.ports.ledger import DeliveryState

    lost = losses_of(store)
    result.damaged, result.missing = lost
    result.waiting = len(store.deliveries(state=DeliveryState.WAITING, limit=MOST))
    result.late = len(store.deliveries(late_at=clock(), limit=MOST))
    result.dead = len(store.deliveries(state=DeliveryState.REFUSED, limit=MOST))
    store.unclaim(_NOBODY)
    result.usable = True
    if lost.damaged:
        result.problems.append(
            LedgerDamaged(
                f"台账有 {lost.damaged} 条读不出来；请停用各进程后运行 credit ledger repair",
                f"{lost.damaged} entries of the ledger cannot be read; stop what uses it, then run credit ledger repair",
                file=store.name,
            )
        )


def _look_at_folder(file: Path, result: LedgerFindings) -> None:
    import os

    folder = file.absolute().parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        result.usable = True
        return
    from credit_sdk.errors import LedgerUnavailable

    error = LedgerUnavailable(
        "还没有台账，所在文件夹也不存在或不可写；请建好文件夹并授权，或换一个路径",
        "there is no ledger yet, and its folder does not exist or may not be written in; make it, have it granted, or name"
        " another path",
        file=result.name,
    )
    error.retryable = False
    result.problems.append(error)
