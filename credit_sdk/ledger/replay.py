"""Replay (复算): a decision made again from what was kept of it, and compared byte for byte with what was said then.

Nobody is asked and no clock is read: the request, the answers, the measure list and the lists known at the time are the
kept ones, and the code is the one that clients answer through (:mod:`credit_sdk.decision.answering`). So the same bytes come
out, or something has changed since: the rules in this version of the SDK, or the entry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.decision.answering import answer
from credit_sdk.decision.compiled import CompiledList
from credit_sdk.decision.planning import Stamp, plan
from credit_sdk.errors import CreditError, InvalidMeasureList, InvalidRequest, LedgerDamaged
from credit_sdk.formats import kept
from credit_sdk.ledger import _entries
from credit_sdk.ledger.checks import kept_check
from credit_sdk.model.version import sdk_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from credit_sdk.decision.result import Decision
    from credit_sdk.ports.ledger import LedgerStore


class Difference(NamedTuple):
    """One place where the decision says something else now."""

    path: str
    """Where in the decision's JSON, such as ``obligations[procurement.refuse].until``; under ``entry``, in what the ledger says of
    the decision beside it, by which it is found and counted."""
    kept: str | None
    """What was said then, as JSON; ``None``: nothing."""
    now: str | None
    """What is said now."""

    def __repr__(self) -> str:
        return f"<Difference {self.path}>"  # the values may name a firm (rule 9.4)


class Replay(NamedTuple):
    """What came of a replay."""

    decision_id: str
    same: bool
    """Whether the same bytes came out."""
    differences: tuple[Difference, ...]
    sdk_then: str
    """Version of the SDK that decided."""
    sdk_now: str
    error: CreditError | None = None
    """Why there is no decision now, where there was one."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: the fields, ``error`` as its code."""
        return {
            "decision_id": self.decision_id,
            "same": self.same,
            "differences": [one._asdict() for one in self.differences],
            "sdk_then": self.sdk_then,
            "sdk_now": self.sdk_now,
            "error": None if self.error is None else self.error.code,
        }


def replay(store: LedgerStore, decision_id: str) -> Replay:
    """Decide again from what was kept, and compare.

    :raises UnknownDecision: the ledger has no such decision.
    :raises InvalidRequest: it was kept without what it stood on, as another client made it.
    :raises InvalidMeasureList: this version of the SDK cannot read the measure list as it was kept.
    :raises LedgerDamaged: what was kept is not as it was written.
    """
    body = body_of(store, decision_id)
    said = said_in(store, body)
    sdk_then = body.get("sdk")
    if not isinstance(sdk_then, str):
        raise damaged(store)
    then = text_of(said)
    rules = rules_of(store, body)
    try:
        now = again(body, said, rules, decision_id)
        text, differences = now.to_json(), _summaries(body, now)
    except (LedgerDamaged, InvalidMeasureList):
        raise
    except CreditError as error:  # no decision any more, or a subject that this version does not take
        gone = Difference("effect", _text(said.get("effect")), None)
        return Replay(decision_id, False, (gone,), sdk_then, sdk_version(), error)
    except (LookupError, TypeError, ValueError):
        raise damaged(store) from None
    differences = (*_compared(then, text), *differences)
    return Replay(decision_id, not differences, differences, sdk_then, sdk_version())


def body_of(store: LedgerStore, decision_id: str) -> Mapping[str, Any]:
    """What was kept of a check.

    :raises UnknownDecision: the ledger has no such decision.
    :raises InvalidRequest: without what the decision stood on.
    :raises LedgerDamaged: it cannot be read.
    """
    stored = kept_check(store, decision_id)
    try:
        body = json.loads(stored.entry.body)
        known = body["v"] == _entries.VERSION
    except (LookupError, TypeError, ValueError):
        raise damaged(store) from None
    if not known:
        raise LedgerDamaged(
            f"台账 {store.name} 中的这一条目由更新版本的 SDK 写入; 请升级 SDK 后复算",
            f"this entry of ledger {store.name} was written by a newer version of the SDK; upgrade and replay it then",
            key="v",
        )
    if body.get("answers") is None or body.get("rules") is None:
        raise InvalidRequest(
            "该结论由另一客户端作出, 入账时没有留存信用记录和措施清单, 不能复算; 请在作出结论的客户端上启用台账",
            "another client made this decision, and it was kept without its records and measure list, so it cannot be"
            " replayed; give the client that decides the ledger",
            key="decision_id",
        )
    whole: Mapping[str, Any] = body
    return whole


def said_in(store: LedgerStore, body: Mapping[str, Any]) -> dict[str, Any]:
    """The decision's JSON as it was kept.

    :raises LedgerDamaged: there is none.
    """
    said = body.get("decision")
    if not isinstance(said, dict):
        raise damaged(store)
    return said


def text_of(said: Mapping[str, Any]) -> str:
    """A kept decision as the text that it was: JSON that ``json.dumps`` wrote comes out of ``json.dumps`` again as it went in."""
    return json.dumps(said, ensure_ascii=False)


def rules_of(store: LedgerStore, body: Mapping[str, Any]) -> kept.Rules:
    """The rules that were decided by.

    :raises LedgerDamaged: they are not there, or not as they were written.
    :raises InvalidMeasureList: this version cannot read them.
    """
    digest = body["rules"]
    text = store.text(digest) if isinstance(digest, str) else None
    if text is None:
        raise LedgerDamaged(
            f"台账 {store.name} 中缺少作出结论时的措施清单; 请用备份核对",
            f"ledger {store.name} lacks the measure list that was decided by; compare it with a backup",
            key="rules",
        )
    return kept.read_rules(text, digest)


def again(body: Mapping[str, Any], said: Mapping[str, Any], rules: kept.Rules, decision_id: str) -> Decision:
    """The decision, made anew, under the entry's id and its parts' kept ones.

    :raises CreditError: there is none.
    :raises LookupError, TypeError, ValueError: what was kept is not as it was written.
    """
    now = kept.read_moment(body["decided_at"])
    request = kept.read_request(body["request"])
    ready = plan(request, CompiledList(rules.measure_list, rules.lists))
    decision = answer(
        ready,
        kept.read_answers(body["answers"]),
        _source(said),
        as_of=request.as_of or now,
        stamp=lambda: Stamp("", now),
    )
    # A member without an answer had an id too, which nobody knows any more: so the ids are put in afterwards.
    ids = [part["decision_id"] for part in said["parts"]]
    if len(ids) == len(decision.parts):
        parts = tuple(part._replace(decision_id=id_) for part, id_ in zip(decision.parts, ids, strict=True))
        decision = decision._replace(parts=parts)
    return decision._replace(decision_id=decision_id)


def _source(said: Mapping[str, Any]) -> str:
    """Name of the source that was asked. Only a fallback tells it by itself; a record names its own source."""
    one = next((one for one in (*said["parts"], said) if one["degraded"]), said)
    name: str = one["source"]["name"]
    return name


def damaged(store: LedgerStore) -> LedgerDamaged:
    """The error for an entry that is not as it was written."""
    return LedgerDamaged(
        f"台账 {store.name} 中的这一条目与写入时不符; 其余条目仍可读取, 请运行 credit ledger repair",
        f"this entry of ledger {store.name} is not as it was written; all others can be read, run credit ledger repair",
    )


# ------------------------------------------------------------------------------------------------------- comparing


def _summaries(body: Mapping[str, Any], now: Decision) -> tuple[Difference, ...]:
    """What the entry says of the decision beside its JSON, compared with what it would say now."""
    entry = _entries.checked(now, (), request="null", answers="null", decided_at="null", rules=None, sdk="")
    then, anew = _summary(body), _summary(json.loads(entry.body))
    days = {one["id"] for one in then["measures"] if one.get("provisional")}  # set anew once the calendar is out
    for one in (*then["measures"], *anew["measures"]):
        one.pop("name_en", None)
        if one["id"] in days:
            one.pop("due_on", None)
            one.pop("provisional", None)
    return tuple(_differences("entry", then, anew))


def _summary(body: Mapping[str, Any]) -> dict[str, Any]:
    listings = [{"id": id_, "list": list_, "standing": standing} for id_, list_, standing in body["listings"]]
    measures = [dict(one) for one in body["measures"]]
    return {
        **{key: body[key] for key in ("domain", "action", "effect", "blocking", "degraded", "must_check")},
        "listings": listings,
        "measures": measures,
    }


def _compared(then: str, now: str) -> tuple[Difference, ...]:
    if then == now:
        return ()
    found = tuple(_differences("", json.loads(then), json.loads(now)))
    if found:
        return found
    place = next(
        place for place in range(max(len(then), len(now))) if then[place : place + 1] != now[place : place + 1]
    )
    start = max(0, place - 20)
    return (Difference("", then[start : place + 40], now[start : place + 40]),)  # the same, in another order


def _differences(path: str, then: Any, now: Any) -> Iterator[Difference]:
    """Down to the smallest part that differs."""
    olds, news = _parts(path, then), _parts(path, now)
    if olds is None or news is None or type(then) is not type(now):
        if then != now or type(then) is not type(now):  # true is 1 to Python
            yield Difference(path, _text(then), _text(now))
        return
    for place in dict.fromkeys((*olds, *news)):
        if place in olds and place in news:
            yield from _differences(place, olds[place], news[place])
        else:
            yield Difference(
                place, _text(olds[place]) if place in olds else None, _text(news[place]) if place in news else None
            )


def _parts(path: str, value: Any) -> dict[str, Any] | None:
    """An object's or array's parts by path; those of an array by their ids, where they have some."""
    if isinstance(value, dict):
        return {f"{path}.{key}" if path else key: item for key, item in value.items()}
    if isinstance(value, list):
        ids = [item.get("id") if isinstance(item, dict) else None for item in value]
        named = all(isinstance(id_, str) for id_ in ids) and len(set(ids)) == len(ids)
        return {
            f"{path}[{id_ if named else place}]": item for place, (id_, item) in enumerate(zip(ids, value, strict=True))
        }
    return None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
