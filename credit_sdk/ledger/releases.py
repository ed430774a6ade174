"""Restrictions whose listings have ended, and which are due for release (解除, rule 9.5).

That they ended is known from the change feed (repaired, removed, revoked), by date (expired), or from asking again
(:mod:`credit_sdk.ledger.recheck`). A restriction is due when it was carried out and every listing behind it has ended; what
cannot be told from feed and date is left for asking again, such as one whose firm was listed once more by what the feed said.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Coroutine
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from credit_sdk.decision.fragments import compact_text
from credit_sdk.errors import CreditError, InvalidSettings
from credit_sdk.ledger._entries import append_each, entry, id_from
from credit_sdk.ledger.feed import news_from, read_followed
from credit_sdk.ledger.restored import find_restored, put_back, voids
from credit_sdk.model.moments import shanghai_day
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import DutyState, EntryKind
from credit_sdk.ports.log import FailureLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from credit_sdk.ports.ledger import Duty, LedgerStore, Stored

End: TypeAlias = Literal["expired", "repaired", "removed", "revoked", "gone"]
"""How a listing ended; ``gone``: the source does not show it any more, and does not say why."""

MOST = 100_000
"""So many duties are looked at at once."""

_ENDS: Mapping[str, End] = {"repaired": "repaired", "removed": "removed", "revoked": "revoked"}
"""By a listing's status."""

_FAULTS = FailureLog()


class Ended(NamedTuple):
    """A restriction that was carried out, and whose listings have all ended."""

    duty: Duty
    reasons: Mapping[str, End]
    """By listing."""


class _Said(NamedTuple):
    """What the feed said last of a listing."""

    id: str
    list: str
    at: datetime
    status: str | None
    marks: Sequence[str]
    """Whose it is."""
    sequence: int
    """Where in the ledger it was written down."""


def look(
    store: LedgerStore,
    now: datetime,
    *,
    besides: Collection[str] = (),
    on_release: Callable[[Duty], object] | None = None,
) -> list[Duty]:
    """Find what has ended, by what the feed said and by date, and what applies again by a later check; write it down.

    :param besides: as for :func:`find_ended`.
    :param on_release: as for :func:`tell_due`.
    :returns: the restrictions that are due for release by it, and were not before.
    :raises LedgerUnavailable: the ledger cannot be read or written.
    """
    put_back(store, find_restored(store), now)
    found = mark_due(store, find_ended(store, now, besides=besides), now)
    tell_due(store, now, on_release)
    return found


def find_ended(store: LedgerStore, now: datetime, *, besides: Collection[str] = ()) -> list[Ended]:
    """The restrictions outstanding whose listings have ended, by what the feed said and by date. Writes nothing.

    :param besides: ids of decisions that are left out, because it is known how they stand.
    """
    today = shanghai_day(now)
    said, put_back_at = _said_by_feed(store), voids(store)
    going_on = _going_on(said)
    duties = {(one.decision_id, one.measure): one for one in _candidates(store, today, said)}
    found = []
    for duty in duties.values():
        if duty.decision_id in besides:
            continue
        decided = store.entry(duty.decision_id)
        void = put_back_at.get((duty.decision_id, duty.measure))
        ends = {} if decided is None or void is not None else _ends_of(decided)
        since = 0 if decided is None else decided.sequence
        if void is not None:  # it stands again: what was known before then was known better since
            since = max(since, void.sequence)
        decided_at = duty.decided_at if decided is None else datetime.fromisoformat(decided.entry.at)
        heard = {id_: said[id_] for id_ in duty.listings if id_ in said and said[id_].sequence > since}
        reasons = {id_: _how(heard.get(id_), ends.get(id_), decided_at, today) for id_ in duty.listings}
        known = {id_: reason for id_, reason in reasons.items() if reason is not None}
        if known and len(known) == len(reasons) and not _is_listed_anew(store, duty, decided, going_on):
            found.append(Ended(duty, known))
    return found


def mark_due(store: LedgerStore, ended: Sequence[Ended], now: datetime) -> list[Duty]:
    """Write down that restrictions are due for release. Whoever finds the same end again writes nothing.

    :returns: those that were not due before, as they stand now.
    :raises LedgerUnavailable: the ledger cannot be written; the next run goes on.
    """
    entries, fresh, put_back_at = [], [], voids(store) if ended else {}
    for duty, reasons in ended:
        id_ = _id_of(duty, reasons, "due", put_back_at)
        if store.entry(id_) is not None:
            continue
        body = {"measure": duty.measure, "reasons": dict(reasons)}
        entries.append(entry(EntryKind.RELEASE_DUE, now, body, decision_id=duty.decision_id, id=id_))
        fresh.append(duty._replace(state=DutyState.RELEASE_DUE, reason=in_short(reasons)))
    append_each(store, entries)
    return fresh


def check_hook(on_release: Any) -> None:
    """Refuse what would be told of a restriction and never run.

    :raises InvalidSettings: it cannot be called, or has to be awaited, which nobody does.
    """
    import inspect  # heavy, and for hooks only

    forms = (on_release, getattr(type(on_release), "__call__", None))  # noqa: B004 - an object may be called, too
    if not callable(on_release) or any(map(inspect.iscoroutinefunction, forms)):
        raise InvalidSettings(
            "应为普通函数, 不能是 async def; 要等待的事, 请在其中交给自己的事件循环",
            "must be a plain function, and no async def; what is to be awaited, hand to a loop of your own in it",
            key="on_release",
        )


def tell_due(store: LedgerStore, now: datetime, on_release: Callable[[Duty], object] | None) -> int:
    """Tell the hook of each restriction that is due for release, once, whichever process found it.

    A process that has a hook writes down that it tells of a restriction, and then does: of two that would, one does; if it
    dies in between nobody does, and the restriction stands among those due all the same. What the hook raises is logged, and
    changes nothing.

    :returns: how often the hook was called.
    :raises LedgerUnavailable: the ledger cannot be read or written.
    """
    if on_release is None:
        return 0
    told, put_back_at = 0, voids(store)
    for duty in due(store):
        found = store.entries(decision_id=duty.decision_id, kinds=(EntryKind.RELEASE_DUE,))
        bodies = [body for one in found if (body := json.loads(one.entry.body))["measure"] == duty.measure]
        reasons = bodies[-1]["reasons"]
        id_ = _id_of(duty, reasons, "told", put_back_at)
        if any(one.entry.id == id_ for one in found):
            continue
        mine = uuid7()
        body = {"measure": duty.measure, "reasons": reasons, "told": mine}
        store.append([entry(EntryKind.RELEASE_DUE, now, body, decision_id=duty.decision_id, id=id_)])
        written = store.entry(id_)
        if written is None or json.loads(written.entry.body)["told"] != mine:
            continue  # another process was faster
        _tell(on_release, duty)
        told += 1
    return told


def in_short(reasons: Mapping[str, str]) -> str:
    """``DEMO-01: repaired``, by listing."""
    return ", ".join(f"{id_}: {reason}" for id_, reason in sorted(reasons.items()))


def outstanding(store: LedgerStore) -> list[Duty]:
    """The restrictions that were carried out and not lifted, those due for release among them."""
    return list(store.duties(states=(DutyState.EXECUTED, DutyState.RELEASE_DUE), penalty=True, limit=MOST))


def due(store: LedgerStore) -> list[Duty]:
    """The restrictions that are due for release."""
    return list(store.duties(states=(DutyState.RELEASE_DUE,), penalty=True, limit=MOST))


def _candidates(store: LedgerStore, today: date, said: Mapping[str, _Said]) -> Iterable[Duty]:
    executed = (DutyState.EXECUTED,)
    yield from store.duties(states=executed, penalty=True, ended_on=today, limit=MOST)
    for listing, last in said.items():
        if last.status in _ENDS:
            yield from store.duties(states=executed, penalty=True, listing=listing, limit=MOST)


def _said_by_feed(store: LedgerStore) -> dict[str, _Said]:
    """What was read of each listing since the oldest restriction that stands; what was known before, that decision knew."""
    oldest = next(iter(store.duties(states=(DutyState.EXECUTED,), penalty=True, limit=1)), None)
    stored = None if oldest is None else store.entry(oldest.decision_id)
    if stored is None:
        return {}
    said = {}
    for sequence, body in read_followed(store, stored.sequence):
        for change in body["changes"]:
            if change["kind"] == "listing":
                id_, at = change["id"], datetime.fromisoformat(change["at"])
                said[id_] = _Said(id_, change["list"], at, change["status"], change["marks"], sequence)
    return said


def _going_on(said: Mapping[str, _Said]) -> dict[str, list[_Said]]:
    """By mark, the listings that have not ended, as far as the feed knows."""
    found = defaultdict(list)
    for one in said.values():
        if one.status not in _ENDS:
            for mark in one.marks:
                found[mark].append(one)
    return found


def _is_listed_anew(
    store: LedgerStore, duty: Duty, decided: Stored | None, going_on: Mapping[str, Sequence[_Said]]
) -> bool:
    """Whether the feed knows another listing of the firm's, by which the measure may apply, that the decision did not know.

    Whether it does, whoever asks again will see.
    """
    if decided is None or not going_on:
        return False
    body = json.loads(decided.entry.body)
    earliest = news_from(datetime.fromisoformat(body["decision"]["source"]["read_at"] or decided.entry.at))
    others = {
        one.list
        for mark in body["marks"]
        for one in going_on.get(mark, ())
        if one.id not in duty.listings and one.sequence > decided.sequence and one.at >= earliest
    }
    return bool(others) and not others.isdisjoint(_lists_of(store, body, duty.measure) or others)


def _lists_of(store: LedgerStore, body: Mapping[str, Any], measure: str) -> Collection[str] | None:
    """The lists by which a measure may apply, under the rules that were decided by; ``None``: they are not at hand."""
    from credit_sdk.decision.compiled import CompiledList
    from credit_sdk.ledger.replay import rules_of

    try:
        rules = rules_of(store, body)
    except CreditError:
        return None
    return CompiledList(rules.measure_list, rules.lists).lists_of(measure)


def _ends_of(stored: Stored) -> dict[str, date | None]:
    """The last days of the listings that a decision saw, as they stood then."""
    decision = json.loads(stored.entry.body)["decision"]
    ends: dict[str, date | None] = {}
    for part in (decision, *decision["parts"]):
        for listing in part["listings"]:
            until = listing["effective_until"]
            ends[listing["id"]] = None if until is None else date.fromisoformat(until)
    return ends


def _how(said: _Said | None, until: date | None, decided_at: datetime, today: date) -> End | None:
    """How a listing has ended; ``None``: it has not, or that cannot be told from here."""
    if said is not None and (end := _ENDS.get(said.status or "")) is not None:
        return end
    if said is not None and said.at > decided_at:
        return None  # something about it is different now, its term perhaps: whoever asks again will see
    return "expired" if until is not None and until < today else None


def _id_of(duty: Duty, reasons: Mapping[str, str], what: str, voids: Mapping[tuple[str, str], Stored]) -> str:
    """The same for the same end of the same restriction, so that it is written once whoever finds it.

    :param voids: where it was put back since, it is another end.
    """
    void = voids.get((duty.decision_id, duty.measure))
    content = compact_text([duty.measure, sorted(reasons.items()), *([] if void is None else [void.entry.id])])
    return id_from(f"{duty.decision_id}-{what}", content)


def _tell(on_release: Callable[[Duty], object], duty: Duty) -> None:
    try:
        said = on_release(duty)
        if isinstance(said, Coroutine):  # an async def behind a plain function: nothing of it has run
            said.close()
            raise TypeError  # noqa: TRY301 - told as whatever else the hook may raise
    except Exception as error:  # noqa: BLE001 - the deployment's own code; the restriction is due all the same
        kind = type(error).__name__
        _FAULTS.failed(
            f"on_release 出错 ({kind}); 待解除事项已入账, 见 credit ledger releases",
            f"on_release failed ({kind}); what is due for release is in the ledger, see credit ledger releases",
        )
