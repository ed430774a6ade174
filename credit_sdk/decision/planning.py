"""What is asked, settled before anything is fetched: the first half of the one thought that both clients share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import InvalidRequest, UnknownAction, quoted
from credit_sdk.model.measure import LONGEST_TERM
from credit_sdk.model.moments import shanghai_day
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Role

if TYPE_CHECKING:
    from credit_sdk.decision.compiled import CompiledList
    from credit_sdk.decision.result import Signer
    from credit_sdk.model.measure import Action
    from credit_sdk.model.request import CheckRequest


class Stamp(NamedTuple):
    """What tells one decision from another that says the same; passed in, as clocks and chance are."""

    decision_id: str
    """UUIDv7."""
    decided_at: datetime
    signer: Signer | None = None
    """Who signs the decision's receipt, if one is asked for."""


@dataclass(slots=True, eq=False)
class Plan:
    """A request made ready: what to fetch, and under which rules to decide. Not changed once made."""

    request: CheckRequest
    compiled: CompiledList
    action: Action
    subjects: tuple[Subject, ...]
    """Who is decided on: the subject, then the consortium's other members."""
    related: tuple[tuple[Role, Subject], ...] = ()

    @property
    def wanted(self) -> tuple[Subject, ...]:
        """Whose records are needed, in this order: the subjects', then the related subjects'."""
        return (*self.subjects, *(subject for _, subject in self.related)) if self.related else self.subjects


def plan(request: CheckRequest, compiled: CompiledList) -> Plan:
    """Settle what is asked.

    :raises InvalidSubject: a code, name or type that cannot be checked.
    :raises UnknownAction: the measure list does not declare the action.
    :raises InvalidRequest: another field is unusable; in ``context`` what sets a day, where a measure needs it.
    """
    action = compiled.measure_list.actions.get(request.action)
    if action is None:
        declared = ", ".join(compiled.measure_list.actions)
        raise UnknownAction(
            f"措施清单 {compiled.measure_list.id} 没有办理事项 {quoted(request.action)}; 已声明: {declared}",
            f"measure list {compiled.measure_list.id} declares no action {quoted(request.action)}; declared: {declared}",
            key="action",
        )
    _check_fields(request)
    if request.context and compiled.days_needed:
        _check_days(request.context, compiled.days_needed)
    subject = request.subject if isinstance(request.subject, Subject) else Subject(request.subject)
    if not request.members and not request.related:
        return Plan(request, compiled, action, (subject,))
    members = [m if isinstance(m, Subject) else Subject(m) for m in request.members]
    related = tuple([(_role(role), s if isinstance(s, Subject) else Subject(s)) for role, s in request.related])
    return Plan(request, compiled, action, tuple(dict.fromkeys((subject, *members))), related)


def _check_fields(request: CheckRequest) -> None:
    """Refuse what Python would take for something else: a naive moment, a string where several are meant.

    :raises InvalidRequest: names the field.
    """
    as_of: Any = request.as_of
    if as_of is not None and (not isinstance(as_of, datetime) or as_of.utcoffset() is None):
        raise InvalidRequest(
            "as_of 应为带时区的时间; 例如 2026-11-21T12:00:00+08:00",
            "as_of must be a moment with an offset; such as 2026-11-21T12:00:00+08:00",
            key="as_of",
        )
    if as_of is not None:
        try:
            shanghai_day(as_of)
        except OverflowError:
            raise InvalidRequest(
                "as_of 超出公历年份范围", "as_of lies outside the calendar's years", key="as_of"
            ) from None
    if request.members or request.handles is not None:
        for key, value in (("members", request.members), ("handles", request.handles or ())):
            if isinstance(value, str) or not isinstance(value, Collection):
                raise InvalidRequest(f"{key} 应为若干项组成的列表", f"{key} must be a list", key=key)
    related: Any = request.related
    if related and not (
        isinstance(related, Sequence) and all(isinstance(one, list | tuple) and len(one) == 2 for one in related)
    ):
        raise InvalidRequest(
            "related 应为 (角色, 主体) 的列表", "related must be a list of (role, subject) pairs", key="related"
        )
    if request.context is not None and not isinstance(request.context, Mapping):
        raise InvalidRequest("context 应为键值映射", "context must be a mapping", key="context")


def _check_days(context: Mapping[str, Any], needed: Collection[str]) -> None:
    """Refuse a term that cannot be read: silence would mean that there is none.

    :param needed: the keys that a measure of the list needs.
    :raises InvalidRequest: names the key.
    """
    for key in needed:
        given = context.get(key)
        if given is None:
            continue
        if key == "deadline":
            if not _is_day(given):
                raise InvalidRequest(
                    "应为日期; 例如 2026-12-10", "must be a day; such as 2026-12-10", key="context.deadline"
                )
        elif type(given) is not int or not 1 <= given <= LONGEST_TERM:
            raise InvalidRequest(
                f"应为 1 至 {LONGEST_TERM} 的整数",
                f"must be a whole number from 1 to {LONGEST_TERM}",
                key=f"context.{key}",
            )


def _is_day(given: object) -> bool:
    if isinstance(given, str):
        try:
            datetime.fromisoformat(given)
        except ValueError:
            return False
    return isinstance(given, str | date)


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InvalidRequest(
            f"未知的关联主体角色 {quoted(role)}; 可用: {', '.join(Role)}",
            f"unknown role {quoted(role)}; known: {', '.join(Role)}",
            key="related",
        ) from None
