"""What may be said of a measure, by how it stands: that it was fulfilled (履行), that it was lifted (解除)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidReport, quoted
from credit_sdk.ports.ledger import DutyState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.ledger.matter import Matter
    from credit_sdk.ports.ledger import Duty

_NO_DISCHARGE: Mapping[DutyState | None, tuple[str, str]] = {
    None: ("尚未反馈为已执行; 请先用 report 反馈", "was not reported as carried out; report it first"),
    DutyState.DUE: (
        "尚未反馈为已执行或未执行; 请先用 report 反馈",
        "is still due; report it as carried out or as declined first",
    ),
    DutyState.DECLINED: ("已反馈为未执行, 没有待履行的", "was declined, so that nothing is left to fulfil"),
    DutyState.DISCHARGED: ("此前已入账为已履行", "was said to be fulfilled before"),
    DutyState.RELEASED: ("已解除", "was released"),
    DutyState.RELEASE_DUE: ("待解除; 解除请用 release", "is due for release; say so with release"),
}
_NO_RELEASE: Mapping[DutyState | None, tuple[str, str]] = {
    None: ("不是已执行的惩戒, 无从解除", "is no restriction that was carried out, so it cannot be lifted"),
    DutyState.DUE: ("尚未反馈为已执行, 无从解除", "was not reported as carried out, so it cannot be lifted"),
    DutyState.EXECUTED: (
        "所依据的名单条目未全部终止, 不到解除的时候; 待解除的见 credit ledger releases",
        "is not due for release, as not all of its listings have ended; see credit ledger releases",
    ),
    DutyState.DECLINED: ("已反馈为未执行, 无从解除", "was declined, so there is nothing to lift"),
    DutyState.DISCHARGED: ("此前已入账为已履行", "was said to be fulfilled before"),
    DutyState.RELEASED: ("此前已解除", "was released before"),
}


def check_discharge(matter: Matter, measure: str, duty: Duty | None) -> None:
    """Make sure that a measure was carried out and left something open.

    :param duty: how it stands; ``None``: nobody acted on it.
    :raises InvalidReport: it did not; says what to do.
    """
    if duty is not None and duty.penalty and duty.state is DutyState.EXECUTED:
        raise _refused(
            measure, "measure", "是惩戒, 终止后用 release 解除", "is a penalty, which is lifted with release"
        )
    state = None if duty is None else duty.state
    if state is not DutyState.EXECUTED:
        raise _refused(measure, "measure", *_NO_DISCHARGE[state])
    if (duty is None or duty.due_on is None) and measure not in matter.with_terms:
        raise _refused(measure, "measure", "没有期限和条件, 没有待履行的", "has no due day and no terms to fulfil")


def check_named(matter: Matter, measures: Any) -> tuple[str, ...]:
    """The measures to lift.

    :raises InvalidReport: they are no list of the decision's measures.
    """
    if isinstance(measures, str) or not isinstance(measures, Collection) or not measures:
        raise InvalidReport("应为措施编号的列表", "must be a list of measure ids", key="measures")
    for measure in measures:
        matter.check(measure, "measures")
    return tuple(dict.fromkeys(measures))


def check_release(measure: str, duty: Duty | None) -> None:
    """Make sure that a restriction is due for release.

    :param duty: how it stands; ``None``: it is none, or nobody acted on it.
    :raises InvalidReport: it is not.
    """
    state = None if duty is None else duty.state
    if state is not DutyState.RELEASE_DUE:
        raise _refused(measure, "measures", *_NO_RELEASE[state])


def _refused(measure: str, key: str, zh: str, en: str) -> InvalidReport:
    return InvalidReport(f"措施 {quoted(measure)} {zh}", f"measure {quoted(measure)} {en}", key=key)
