"""What a platform says besides records: how it is, and that it took outcomes in (反馈回执)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from credit_sdk.model.terms import Effect

OutcomeKind: TypeAlias = Literal["outcome", "override", "release", "discharge"]
"""What an outcome tells of."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a platform is, by its own word.

    :param ok: whether it says that all is well.
    :param time: the time by its clock; ``None`` if it does not say.
    :param lists: the lists it speaks for, and up to which moment each is vouched for.
    """

    ok: bool
    time: datetime | None = None
    lists: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What was done after a decision (惩戒、激励反馈), as it is told to the platform.

    :param decision_id: the decision's.
    :param subject: the identifiers as they were checked, such as ``code`` and ``name``.
    :param executed: ids of the measures that were carried out.
    :param not_executed: ids of those that were not, and why.
    :param at: when it was done, with an offset.
    :param key: its own idempotency key, the same on every attempt: a platform that has it already stores nothing, so that
        batches may be cut differently each time.
    :param kind: what is told: an ``outcome``, an ``override`` (紧急放行), a ``release`` (解除) or a ``discharge`` (履行).
    :param case: whether it is worth keeping as an example (典型案例).
    :param override: ``reason``, ``approver`` and ``legal_basis`` of an override.
    """

    decision_id: str
    subject: Mapping[str, str]
    domain: str
    action: str
    effect: Effect
    at: datetime
    executed: tuple[str, ...] = ()
    not_executed: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    key: str | None = None
    kind: OutcomeKind = "outcome"
    case: bool = False
    override: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        # Identifiers never stand in repr (rule 9.4).
        return f"Outcome({self.decision_id!r}, domain={self.domain!r}, action={self.action!r}, effect={self.effect!r})"


@dataclass(frozen=True, slots=True)
class PlatformReceipt:
    """That the platform took an outcome in (回执).

    :param id: the platform's own number for it.
    :param idempotency_key: the outcome's own key, or the batch's where it has none.
    :param received_at: by the platform's clock.
    :param repeated: whether it had it already.
    """

    id: str
    idempotency_key: str
    received_at: datetime
    repeated: bool = False
