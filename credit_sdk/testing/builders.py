"""Records and measure lists for tests: name what matters, the rest is filled in. Everything is fictional (虚构)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.formats import measures as _measures
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.identifiers import organisation_code, uscc
from credit_sdk.model.moments import SHANGHAI, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.model.measure import MeasureList

MOMENT = datetime(2026, 11, 21, 12, tzinfo=SHANGHAI)
"""The moment that the builders' dates fit: then listings are in force, and coverage is four hours old."""

_AREA = "990100"  # no area of GB/T 2260 begins with 99


def fictional_code(number: int, *, pair: str = "91") -> str:
    """A 统一社会信用代码 that no registry issues, every check character in order.

    :param number: 0 to 999999; another number, another code.
    :param pair: the first two characters; ``92``: a sole trader (个体工商户).

    >>> fictional_code(1)
    '91990100MA0000015X'
    """
    if not 0 <= number <= 999_999:
        raise ValueError("number must be between 0 and 999999")
    body = f"MA{number:06d}"
    first = f"{pair}{_AREA}{body}{organisation_code.check_digit(body)}"
    return first + uscc.check_digit(first)


def coverage(
    list: str = "tax.major-violation",
    *,
    as_of: datetime = MOMENT - timedelta(hours=4),
    history_from: str | None = "2015-01-01",
) -> dict[str, Any]:
    """A record object that says: this list was consulted.

    :param list: the list's code, or ``violations``.
    """
    return _without_none({"type": "coverage", "list": list, "as_of": written(as_of), "history_from": history_from})


def listing(
    list: str = "tax.major-violation",
    *,
    id: str = "L-1",
    subject: str | Mapping[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A record object for an entry on a list; in force at :data:`MOMENT`.

    :param subject: a code, or the object as it stands in a file; default: ``fictional_code(1)`` with a name.
    :param changes: further keys, or other values; ``None`` takes a key out.
    """
    info = CATALOGUE.get(list)
    whole = {
        "type": "listing",
        "id": id,
        "list": list,
        "kind": info.kind.value if info else None,
        "subject": _subject(subject),
        "status": "active",
        "authority": "虚构市主管部门",
        "document": "虚构文〔2025〕1号",
        "reason": "虚构事由",
        "effective_from": "2025-03-01",
        "effective_until": None if info and info.open_ended else "2028-02-29",
        "remedy": "可向认定部门提出异议",
    }
    return _without_none(whole | changes)


def violation(*, id: str = "V-1", subject: str | Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A record object for an adverse record outside lists (不良信用记录).

    :param subject: as for :func:`listing`.
    :param changes: as for :func:`listing`.
    """
    whole = {
        "type": "violation",
        "id": id,
        "subject": _subject(subject),
        "status": "active",
        "authority": "虚构市主管部门",
        "document": "虚构罚〔2025〕1号",
        "decided_on": "2025-05-06",
        "reason": "虚构事由",
    }
    return _without_none(whole | changes)


def measure(id: str = "test.refuse", **changes: Any) -> dict[str, Any]:
    """A measure as it stands in a measure list: a mandatory refusal, unless ``changes`` say otherwise.

    :param changes: further keys, or other values; ``None`` takes a key out. ``effect="priority"`` makes an incentive.
    """
    penalty = changes.get("effect", "restrict") == "restrict"
    whole = {
        "id": id,
        "name": "虚构惩戒措施" if penalty else "虚构激励措施",
        "name_en": "Fictional penalty" if penalty else "Fictional incentive",
        "effect": "restrict",
        "consequence": "refuse" if penalty else None,
        "force": "mandatory",
        "actions": ["award"],
        "unit": "虚构采购人",
        "triggers": [{"list": "tax.major-violation" if penalty else "tax.a-rated"}],
        "basis": [{"title": "虚构信用条例", "document": "虚构发〔2026〕1号", "article": "一", "verified": "text"}],
    }
    return _without_none(whole | changes)


def measure_list(*measures: Mapping[str, Any], **changes: Any) -> MeasureList:
    """A measure list of ``measures``, for domain ``test``, action ``award``, in force in ``CN``.

    :param measures: as :func:`measure` gives them; default: one mandatory refusal.
    :param changes: further keys of the file, or other values; ``None`` takes a key out.
    :raises InvalidMeasureList: it cannot be used.
    """
    whole = {
        "id": "cn.test",
        "domain": "test",
        "title": "虚构领域信用奖惩措施清单",
        "version": "1",
        "jurisdiction": "CN",
        "status": "in_force",
        "issued_by": "虚构信用主管部门",
        "reviewed_on": "2026-11-21",
        "policy": {"on_objection": "flag"},
        "actions": {"award": {"title": "中标、成交"}},
        "measures": [*measures] or [measure()],
    }
    return _measures.from_dict(_without_none(whole | changes), file=None)


def _subject(given: str | Mapping[str, Any] | None) -> dict[str, Any]:
    if given is None:
        return {"code": fictional_code(1), "name": "虚构一号有限公司", "type": "legal_entity"}
    return {"code": given} if isinstance(given, str) else dict(given)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
