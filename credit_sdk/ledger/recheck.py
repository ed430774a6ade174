"""Asking again for what is still open (复核): restrictions outstanding, measures due, fallbacks.

Only what became different comes back. A restriction whose measure no longer applies, because every listing behind it has ended,
is due for release. No answer changes nothing, and is counted.

It is asked once for each matter (who, and what for), however many decisions on it are open. An answer that says something new
is kept as a decision of its own that takes the latest one's place: what was done already need not be done again, and what is
not asked for any more is due by none of them. It is noted with all of them, so that the next time it is compared with what was
said last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.decision.coverage import CoverageView
from credit_sdk.errors import CreditError, LedgerDamaged, Restricted, StaleData
from credit_sdk.formats import kept
from credit_sdk.ledger import releases
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger.releases import Ended
from credit_sdk.ledger.restored import Restored, is_news, put_back
from credit_sdk.ledger.settling import settle
from credit_sdk.ledger.values import Again
from credit_sdk.model.record import CreditRecord
from credit_sdk.model.terms import Standing
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import DutyState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from credit_sdk.decision.result import Decision
    from credit_sdk.ledger.releases import End
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.ports.ledger import Duty, Entry, KeptDecision, LedgerStore
    from credit_sdk.ports.source import Answer

BATCH = 200
"""So many are asked for at once."""
_PAGE = 1000

_STANDINGS: Mapping[Standing, End] = {
    Standing.EXPIRED: "expired",
    Standing.TERM_UNKNOWN: "expired",  # its term by the policy is over (rule 2.5)
    Standing.REPAIRED: "repaired",
    Standing.REMOVED: "removed",
    Standing.REVOKED: "revoked",
    # Back where it was before anybody was listed.
    Standing.DRAFT: "removed",
    Standing.PUBLICISED: "removed",
    Standing.NOT_YET: "removed",
}
"""How a listing that does not count any more has ended."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """A decision that would be another one today."""

    decision_id: str
    old: KeptDecision
    new: Decision
    changed: tuple[str, ...]
    """What differs: ``effect``, ``blocking``, ``degraded``, ``obligations``, ``advice``, ``suspended``, ``withheld``."""

    def __repr__(self) -> str:
        return f"<Recheck {self.decision_id} {', '.join(self.changed)}>"


class Rechecked(list[Recheck]):
    """What came of asking again: the decisions that became different, and how the others fared."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        """How many matters were asked for."""
        self.unanswered = 0
        """How many of them have no answer today. Nothing changes for them."""
        self.errors: dict[str, int] = {}
        """Why, by the error's code."""
        self.due: list[Duty] = []
        """Restrictions that became due for release by it."""
        self.answered: set[str] = set()
        """Ids of the decisions that have an answer, and of the answers that were kept."""

    def __repr__(self) -> str:
        return (
            f"<Rechecked {self.asked}: {len(self)} changed, {self.unanswered} without an answer, {len(self.due)} due>"
        )


def recheck(
    store: LedgerStore,
    check_many: Callable[[Sequence[CheckRequest]], Sequence[Decision | CreditError]],
    now: datetime,
    *,
    answers: Callable[[Decision], Sequence[Answer]] | None = None,
    keep: Callable[[Decision, Again], None] | None = None,
    on_release: Callable[[Duty], object] | None = None,
    decisions: Iterable[KeptDecision] | None = None,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> Rechecked:
    """Ask again for every open decision, and by date and feed for those without an answer.

    :param check_many: gives one answer for each request, and keeps none of them.
    :param answers: gives what one of its decisions rests on, in the order of ``Plan.wanted``; ``None``: nobody knows, so that no
        listing is found to be gone.
    :param keep: keeps one of its decisions, as every check is kept; ``None``: what changed is told each time.
    :param on_release: see :func:`credit_sdk.ledger.releases.tell_due`.
    :param decisions: only these; default: all that are open.
    :param progress: is told after each batch how many have been asked for, and of how many.
    :raises LedgerUnavailable: the ledger cannot be read or written; what was found before stands.
    """
    done = Rechecked()
    asking = _Asking(store, check_many, now, answers, keep, done)
    # All of them before the first is asked for: what is kept on the way is today's.
    wanted = _by_matter(open_decisions(store) if decisions is None else decisions)
    for start in range(0, len(wanted), batch):
        some = wanted[start : start + batch]
        ended = {(one.duty.decision_id, one.duty.measure): one for one in asking.again(some)}
        done.due += releases.mark_due(store, list(ended.values()), now)
        if progress is not None:
            progress(start + len(some), len(wanted))
    if decisions is None:
        done.due += releases.look(store, now, besides=done.answered)
    releases.tell_due(store, now, on_release)
    settle(store, now)
    return done


def open_decisions(store: LedgerStore) -> Iterator[KeptDecision]:
    """Every decision that is still open, the oldest first."""
    last: str | None = None
    while page := store.open_decisions(after=last, limit=_PAGE):
        yield from page
        last = page[-1].decision_id


def _by_matter(decisions: Iterable[KeptDecision]) -> list[list[KeptDecision]]:
    matters: dict[tuple[str, str | None], list[KeptDecision]] = {}
    for one in decisions:
        matters.setdefault((one.question or one.decision_id, one.service), []).append(one)
    return list(matters.values())


class _Matter(NamedTuple):
    """Open decisions that one answer speaks of."""

    request: CheckRequest
    latest: KeptDecision
    body: Mapping[str, Any]
    """Of the latest one's entry."""
    all: list[KeptDecision]

    def __repr__(self) -> str:
        return f"<_Matter {self.latest!r}, {len(self.all)} open>"  # request and body name firms (rule 9.4)


@dataclass(slots=True)
class _Asking:
    """One run: what it works with, and what came of it."""

    store: LedgerStore
    check_many: Callable[[Sequence[CheckRequest]], Sequence[Decision | CreditError]]
    now: datetime
    answers: Callable[[Decision], Sequence[Answer]] | None
    keep: Callable[[Decision, Again], None] | None
    done: Rechecked

    def again(self, some: Sequence[Sequence[KeptDecision]]) -> Iterator[Ended]:
        """Ask for a batch of matters; what their answers ended comes out."""
        asked = [matter for decisions in some for matter in self._read(decisions)]
        self.done.asked += len(asked)
        answers = self.check_many([matter.request for matter in asked]) if asked else ()
        for matter, answer in zip(asked, answers, strict=True):
            new = _decision(answer)
            if isinstance(new, CreditError):
                self._unanswered(new.code)
            elif new.degraded is not None:  # a fallback says nothing of the firm
                self._unanswered(new.degraded.reason)
            elif not self._put_back(matter, new):
                self._unanswered(StaleData.code)
            else:
                rests_on = self.answers(new) if self.answers is not None else ()
                for old in matter.all:
                    self.done.answered.add(old.decision_id)
                    yield from _ended(self.store, old, new, rests_on)
                if new.source.stale:  # what stands in for the source may know less than it
                    self._unanswered(StaleData.code)
                else:
                    self._compare(matter, new)

    def _read(self, decisions: Sequence[KeptDecision]) -> Iterable[_Matter]:
        """What to ask for: once, unless the same matter was asked about in other words (another place, other terms)."""
        found: dict[str, _Matter] = {}
        for old in reversed(decisions):
            try:
                body = _body(self.store, old.decision_id)
                request = _today(kept.read_request(body["request"]))
            except CreditError as error:  # damaged, or not readable by this version: as good as no answer
                self.done.asked += 1
                self._unanswered(error.code)
                continue
            found.setdefault(kept.request_text(request), _Matter(request, old, body, [])).all.append(old)
        return found.values()

    def _put_back(self, matter: _Matter, new: Decision) -> bool:
        """Put back what was due for release, and is asked for again.

        :returns: ``False``: an end was found since the answer's data were read, so that it says nothing of it; nothing was done.
        """
        found = [duty for old in matter.all for duty in _restored(self.store, old, new)]
        source = new.source.to_dict()
        if not all(is_news(self.store, duty, source) for duty in found):
            return False
        put_back(self.store, [Restored(duty, None) for duty in found], self.now)
        return True

    def _compare(self, matter: _Matter, new: Decision) -> None:
        old = matter.latest
        before, today = _content(_said_last(self.store, old, matter.body)), _content(new.to_dict())
        changed = tuple(part for part in before if before[part] != today[part])
        if self.keep is not None and (changed or old.degraded):
            others = tuple(one.decision_id for one in matter.all if one is not old)
            self.keep(new, Again("recheck", old.decision_id, others))
            self.done.answered.add(new.decision_id)
            noted = [_noted(id_, new, self.now, changed=True) for id_ in others]
            self.store.append([*noted, _noted(old.decision_id, new, self.now, changed=bool(changed))])
        if changed:
            self.done.append(Recheck(old.decision_id, old, new, changed))

    def _unanswered(self, code: str) -> None:
        self.done.unanswered += 1
        self.done.errors[code] = self.done.errors.get(code, 0) + 1


def _noted(decision_id: str, new: Decision, now: datetime, *, changed: bool) -> Entry:
    id_ = uuid7()
    body = {"fresh": new.decision_id, "why": "recheck", "changed": changed, "token": id_}
    return entry(EntryKind.CONFIRMED, now, body, decision_id=decision_id, id=id_)


def _decision(answer: Decision | CreditError) -> Decision | CreditError:
    """The decision in an answer: also where the caller could not carry it out (rule 5.5)."""
    return answer.decision if isinstance(answer, Restricted) else answer


def _said_last(store: LedgerStore, old: KeptDecision, body: Mapping[str, Any]) -> Any:
    """What was said last of the matter: by the decision, or by a later one that was noted with it."""
    for stored in reversed(store.entries(decision_id=old.decision_id, kinds=(EntryKind.CONFIRMED,))):
        fresh = json.loads(stored.entry.body)["fresh"]
        later = store.entry(fresh) if fresh != old.decision_id else None
        if later is not None:
            return json.loads(later.entry.body)["decision"]
    return body["decision"]


def _content(decision: Mapping[str, Any]) -> dict[str, Any]:
    """What a decision comes to; not when it was made, and of what data."""
    sections = {
        name: [(one["id"], one["because"]) for one in decision[name]]
        for name in ("obligations", "advice", "suspended", "withheld")
    }
    return {
        "effect": decision["effect"],
        "blocking": decision["blocking"],
        "degraded": decision["degraded"] is not None,
        **sections,
    }


def _restored(store: LedgerStore, old: KeptDecision, new: Decision) -> list[Duty]:
    """The restrictions of a decision that were due for release, and that today's asks for."""
    due = store.duties(decision_id=old.decision_id, states=(DutyState.RELEASE_DUE,), penalty=True, limit=releases.MOST)
    return [duty for duty in due if duty.measure in _applying(new)]


def _applying(decision: Decision) -> set[str]:
    return {one.id for one in (*decision.obligations, *decision.advice, *decision.suspended)}


def _ended(store: LedgerStore, old: KeptDecision, new: Decision, answers: Sequence[Answer]) -> Iterator[Ended]:
    """The restrictions of a decision that today's does not ask for, and whose listings have all ended.

    :param answers: what today's rests on.
    """
    executed = (DutyState.EXECUTED,)
    duties = store.duties(decision_id=old.decision_id, states=executed, penalty=True, limit=releases.MOST)
    if not duties:
        return
    applies = _applying(new)
    seen = {one.id: one.standing for part in (new, *new.parts) for one in part.listings}
    for duty in duties:
        if duty.measure in applies or not duty.listings:
            continue
        reasons = {
            id_: _STANDINGS.get(seen[id_]) if id_ in seen else _gone(store, duty, id_, new, answers)
            for id_ in duty.listings
        }
        known = {id_: reason for id_, reason in reasons.items() if reason is not None}
        if len(known) == len(reasons):
            yield Ended(duty, known)


def _gone(store: LedgerStore, duty: Duty, listing: str, new: Decision, answers: Sequence[Answer]) -> End | None:
    """How a listing has ended that today's decision does not show; ``None``: its list may have it still.

    An outage ends no restriction (rules 7.2, 7.3, 8.1): the list has to be fresh in the source's own answer on everyone whose
    listing it was.
    """
    body = _body(store, duty.decision_id)
    code = next((list_ for id_, list_, _ in body["listings"] if id_ == listing), None)
    shown = [place for place, answer in enumerate(body["answers"] or ()) if listing in _ids(answer)]
    members_left_out = any(notice.code == "member_undecided" for notice in new.notices)
    for place in shown or range(len(answers)):
        record = answers[place] if place < len(answers) else None
        if not isinstance(record, CreditRecord) or record.stale:
            return None
        if members_left_out and any(one.id == listing for one in record.listings):
            return None
        report = CoverageView(record.coverage, (), new.measure_list.policy).report(new.as_of)
        if code not in report.consulted or code in report.stale:
            return None
    return "gone" if answers else None


def _ids(answer: Mapping[str, Any]) -> list[str]:
    """Of the listings in an answer as it was kept; a failure shows none."""
    return [] if "error" in answer else [one["id"] for one in answer.get("listings", ())]


def _body(store: LedgerStore, decision_id: str) -> dict[str, Any]:
    stored = store.entry(decision_id)
    if stored is None:
        raise LedgerDamaged(
            "台账中缺少一条结论; 运行 credit ledger repair 修复",
            "a decision is missing in the ledger; run `credit ledger repair`",
            file=store.name,
        )
    body: dict[str, Any] = json.loads(stored.entry.body)
    return body


def _today(request: CheckRequest) -> CheckRequest:
    """The request for the present moment."""
    request.as_of = None
    return request
