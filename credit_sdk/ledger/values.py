"""What goes into the ledger and what comes back: a report's receipt, a confirmation, an override."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, NamedTuple

from credit_sdk.errors import InvalidReport
from credit_sdk.ledger._texts import check_said, is_blank

if TYPE_CHECKING:
    from datetime import datetime

    from credit_sdk.decision.result import Decision


class Receipt(NamedTuple):
    """That a report is kept (执行反馈已入账): it will be delivered, whatever becomes of this process.

    Not the platform's receipt (回执), which stands in the ledger once the report is delivered.
    """

    key: str
    """The report's idempotency key, the same on every attempt. The same report made again has the same."""
    decision_id: str
    receiver: str | None
    """Who gets it; ``None``: nobody, as the decision rests on fictional data and no receiver is at hand for them."""
    send_from: datetime
    """Not sent before."""
    send_by: datetime | None = None
    """Late after; ``None``: no term is set."""


class Confirmation(NamedTuple):
    """That a decision stands at the moment of acting (复核确认)."""

    token: str
    """Names the confirmation in the ledger; to be kept with the award."""
    decision: Decision
    """The decision that stands: the one asked about, or the one that took its place."""
    changed: bool
    """Whether it says something else than the one asked about."""
    why: str
    """``valid``: it was young enough and nothing has changed since, as far as the feed knows. Checked anew because it was
    ``old``, because the change feed has something on this subject that was not read before (``feed``), or because that cannot
    be told (``unknown``). ``shadow``: by a guard that
    only watches, which confirms nothing."""


class Again(NamedTuple):
    """That a check was made again for the same matter, and takes the place of the decision before."""

    why: Literal["recheck", "confirm"]
    of: str
    """That decision's id."""
    also: tuple[str, ...] = ()
    """Ids of others on the matter that are open: what it does not ask for is not due by them any more."""


@dataclass(frozen=True, slots=True)
class Override:
    """Acting although the decision blocks (break glass, 紧急放行): by whose word, and on what basis.

    It is reported before the action begins, as an outcome of its own; nothing keeps that from happening.

    :param reason: why the action cannot wait.
    :param approver: who approved of it.
    :param legal_basis: the instrument and article that allow it.
    :raises InvalidReport: one of them is not 1 to 2,000 characters that can be seen.
    """

    reason: str
    approver: str
    legal_basis: str

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if not isinstance(value, str) or is_blank(value):
                raise InvalidReport(
                    "紧急放行须写明理由、批准人和法律依据",
                    "an override needs a reason, an approver and a legal basis",
                    key=f"override.{part.name}",
                )
            check_said(value, f"override.{part.name}")

    def __repr__(self) -> str:
        return "<Override>"  # the approver is a person (rule 9.4)

    def to_dict(self) -> dict[str, str]:
        """``reason``, ``approver``, ``legal_basis``."""
        return {"reason": self.reason, "approver": self.approver, "legal_basis": self.legal_basis}
