"""What is asked: one check (核查请求)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from credit_sdk.model.subject import Subject
    from credit_sdk.model.terms import Role


@dataclass(slots=True, kw_only=True)
class CheckRequest:
    """One check, as a value; the fields of ``CreditClient.check``.

    :param subject: a code, or a :class:`~credit_sdk.Subject`. With ``members`` it is the consortium's lead (牵头人).
    :param domain: domain of the measure list, such as ``procurement``.
    :param action: what the business system is about to do (办理事项), such as ``award``.
    :param members: the consortium's other members (联合体成员, rule 5.8).
    :param related: ``(role, subject)`` pairs: who holds which role towards the subject (rule 4.5).
    :param jurisdiction: ``CN`` or a GB/T 2260 code; picks the measure list (rule 5.9).
    :param handles: the obligation types that the caller can carry out; ``None``: not declared (rule 5.5).
    :param purpose: why the check is made; kept with the request.
    :param authorization: on what authority; kept with the request.
    :param as_of: the decision's moment, with an offset; default: now.
    :param context: what the matter itself gives, by key, such as the bonus points that a tender file sets. Only keys that a
        measure ``needs`` come to anything; of these ``deadline`` is a day (ISO 8601), ``deadline_days`` and
        ``deadline_working_days`` are whole numbers.
    """

    subject: str | Subject = field(repr=False)
    domain: str
    action: str
    members: Sequence[str | Subject] = field(default=(), repr=False)
    related: Sequence[tuple[Role | str, str | Subject]] = field(default=(), repr=False)
    jurisdiction: str | None = None
    handles: Collection[str] | None = None
    purpose: str | None = field(default=None, repr=False)
    authorization: str | None = field(default=None, repr=False)
    as_of: datetime | None = None
    context: Mapping[str, Any] | None = field(default=None, repr=False)
