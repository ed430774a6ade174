"""Which measure list decides (rule 5.9): the one in force whose area fits the request's most closely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidRequest, MeasureListNotInForce, NoMeasureList, quoted
from credit_sdk.model.jurisdiction import CN, contains, is_jurisdiction
from credit_sdk.model.terms import MeasureListStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credit_sdk.model.measure import MeasureList


def select(measure_lists: Iterable[MeasureList], jurisdiction: str | None, *, domain: str) -> MeasureList:
    """Pick the measure list that decides alone.

    :param measure_lists: those of the domain, whatever their area and status.
    :param jurisdiction: ``CN`` or a GB/T 2260 code; ``None``: the one in force, if there is only one.
    :param domain: named in errors.
    :raises InvalidRequest: ``jurisdiction`` is not an area.
    :raises NoMeasureList: none fits; several fit equally well; or no area is given and several are in force.
    :raises MeasureListNotInForce: only draft, model or repealed lists fit.
    """
    if jurisdiction is not None and not _is_area(jurisdiction):
        raise InvalidRequest(
            f"jurisdiction {quoted(jurisdiction)} 不是行政区划; 请写 CN 或 2、4、6 位行政区划代码 (GB/T 2260), 如 4418",
            f"jurisdiction {quoted(jurisdiction)} is no area; write CN or a GB/T 2260 code of 2, 4 or 6 digits, such as 4418",
            key="jurisdiction",
        )
    installed = tuple(measure_lists)
    fitting = [ml for ml in installed if jurisdiction is None or contains(ml.jurisdiction, jurisdiction)]
    in_force = [ml for ml in fitting if ml.status is MeasureListStatus.IN_FORCE]
    if not in_force:
        raise _not_in_force(fitting) if fitting else _none_fits(installed, jurisdiction, domain)
    if jurisdiction is None:
        if len(in_force) > 1:
            raise NoMeasureList(
                f"领域 {domain} 有多份现行措施清单: {_shown(in_force)}; 请用 jurisdiction 写明行政区划",
                f"domain {domain} has several measure lists in force: {_shown(in_force)}; say which area with jurisdiction",
                key="jurisdiction",
            )
        return in_force[0]
    narrowest = max(_depth(ml.jurisdiction) for ml in in_force)
    best = [ml for ml in in_force if _depth(ml.jurisdiction) == narrowest]
    if len(best) > 1:
        raise NoMeasureList(
            f"行政区划 {jurisdiction} 有多份同级现行措施清单: {_shown(best)}; 只能由一份决定, 请停用其余各份",
            f"for area {jurisdiction} several measure lists fit equally well: {_shown(best)}; one alone decides, take the"
            " others out",
            key="jurisdiction",
        )
    return best[0]


def _is_area(value: object) -> bool:
    return isinstance(value, str) and is_jurisdiction(value)


def _depth(area: str) -> int:
    return 0 if area == CN else len(area)


def _not_in_force(fitting: list[MeasureList]) -> MeasureListNotInForce:
    shown = ", ".join(f"{ml.id} ({ml.status})" for ml in _by_id(fitting))
    return MeasureListNotInForce(
        f"措施清单尚未施行或已失效, 只供查阅和比对: {shown}; 请换用 status 为 in_force 的清单",
        f"a measure list that is not in force serves reading and comparing only: {shown}; use one whose status is in_force",
        key="status",
    )


def _none_fits(installed: tuple[MeasureList, ...], jurisdiction: str | None, domain: str) -> NoMeasureList:
    if not installed:
        return NoMeasureList(
            f"领域 {domain} 没有措施清单; 请安装该领域的适配器, 或自带措施清单",
            f"domain {domain} has no measure list; install its adapter, or bring a measure list",
            key="domain",
        )
    return NoMeasureList(
        f"领域 {domain} 没有适用于行政区划 {jurisdiction} 的措施清单; 已有: {_shown(installed)}",
        f"domain {domain} has no measure list for area {jurisdiction}; there are: {_shown(installed)}",
        key="jurisdiction",
    )


def _shown(measure_lists: Iterable[MeasureList]) -> str:
    return ", ".join(f"{ml.id} ({ml.jurisdiction})" for ml in _by_id(measure_lists))


def _by_id(measure_lists: Iterable[MeasureList]) -> list[MeasureList]:
    return sorted(measure_lists, key=lambda ml: ml.id)
