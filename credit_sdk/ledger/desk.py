"""The desk: what clients and the command line hold of a ledger. It connects store, schedule and dispatcher.

What is said here is durable when the call returns, and nothing here waits for the network: the dispatcher's thread does.
"""

from __future__ import annotations

import json
from os import PathLike
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from credit_sdk.decision.result import Decision
from credit_sdk.errors import (
    CreditError,
    InvalidReport,
    InvalidRequest,
    InvalidSettings,
    LedgerDamaged,
    LedgerUnavailable,
    NoDecision,
)
from credit_sdk.ledger import _entries
from credit_sdk.ledger import _transitions as transitions
from credit_sdk.ledger._keeping import Keeping
from credit_sdk.ledger._reports import Report, receipt_of
from credit_sdk.ledger._texts import check_said
from credit_sdk.ledger.checks import kept_check
from credit_sdk.ledger.matter import Matter
from credit_sdk.ledger.schedule import check_rules, check_senders, rule_for
from credit_sdk.ledger.values import Confirmation, Receipt
from credit_sdk.model.moments import as_stamped
from credit_sdk.ports.bounds import check_seconds
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.forks import renew_in_children
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import DutyState, EntryKind, LedgerStore
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, LedgerFailed, Observer, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from credit_sdk.decision.planning import Plan
    from credit_sdk.ledger.dispatcher import Dispatcher
    from credit_sdk.ledger.replay import Replay
    from credit_sdk.ledger.schedule import Backoff, FeedbackRule
    from credit_sdk.ledger.values import Again, Override
    from credit_sdk.ports.ledger import Duty, Entry, KeptDecision
    from credit_sdk.ports.sender import OutcomeSender
    from credit_sdk.ports.source import Answer

_ALL = 1_000_000
_LIFTED = (DutyState.RELEASE_DUE, DutyState.RELEASED)
"""What a release without measures is about: what is due, and else what was lifted before, said again."""
_DISPATCHERS_SHARE = 0.8
"""Of the time to close in; the rest is for what follows."""
_PAGE = 1000


class Ledger:
    """A ledger at work. Safe to share between threads, and in forked children.

    Clients make one of what they are given as ``ledger``; one that is handed to several clients serves them all.
    """

    def __init__(
        self,
        store: LedgerStore,
        *,
        senders: Mapping[str, OutcomeSender] | None = None,
        rules: Mapping[str, FeedbackRule] | None = None,
        clock: Clock = system_clock,
        observer: Observer = SILENT,
        service: str | None = None,
        on_release: Callable[[Duty], None] | None = None,
        required: bool = True,
        backoff: Backoff | None = None,
    ) -> None:
        """Put a store to work.

        :param senders: who delivers, by the receiver's name; reports to others wait in the ledger for a process that has
            their sender.
        :param rules: who gets the reports of which domain, and when; default: ``platform``, at once.
        :param clock: gives the present moment.
        :param observer: is told of deliveries, and of what could not be kept.
        :param service: which service this is, where several share one ledger.
        :param on_release: is called with each restriction that has become due for release (rule 9.5).
        :param required: whether a check whose decision cannot be kept fails; likewise a guard whose report cannot be.
        :param backoff: when a report that was not taken is tried again; default: from a second to twelve hours.
        :raises InvalidSettings: ``rules`` are none, a sender is none, or ``on_release`` is no function, or one that has to be
            awaited.
        """
        if on_release is not None:
            from credit_sdk.ledger.releases import check_hook

            check_hook(on_release)
        self.store = store
        self.clock = clock
        self.observer = observer
        self.service = service
        self.on_release = on_release
        self.required = required
        self.backoff = backoff
        self.rules = check_rules(rules)
        self.senders = check_senders(senders)
        self._keeping = Keeping(store, service)
        self._failures = FailureLog()
        self.file: str | None = None
        """The ledger's file, where it was opened as one."""
        self._opened = False
        self._starting = Lock()
        self._dispatcher: Dispatcher | None = None
        self._woken = not self.senders
        renew_in_children(self)

    @classmethod
    def open(cls, target: str | PathLike[str] | LedgerStore, **options: Any) -> Self:
        """A ledger from what settings say.

        :param target: a file's path (SQLite), ``postgresql://…`` (extra ``sql``), or a store of your own, which you close
            yourself.
        :param options: as for the class.
        :raises InvalidSettings: it is none of these.
        """
        store, opened = open_store(target, options.get("service"))
        ledger = cls(store, **options)
        ledger._opened = opened
        if opened and "://" not in str(target):
            ledger.file = str(target)
        return ledger

    @property
    def name(self) -> str:
        """What messages call it: a file's name, or a database's address without credentials."""
        return self.store.name

    # ------------------------------------------------------------------------------------------------- keeping checks

    def keep(
        self,
        plan: Plan,
        answers: Sequence[Answer],
        decision: Decision,
        *,
        shadow: bool = False,
        again: Again | None = None,
        before: Decision | None = None,
    ) -> None:
        """Keep a check that ended with a decision.

        :param answers: what it rests on, one for each of ``plan.wanted``.
        :param shadow: whether a guard made it that only watches.
        :param again: which decision's place it takes.
        :param before: that decision, where it may not be in this ledger yet.
        :raises LedgerUnavailable: it cannot be kept, and must be.
        """
        try:
            first = [] if before is None else self._unkept(before)
            self._append([*first, self._keeping.entry(decision, plan, answers, shadow=shadow, again=again)])
        except (LedgerUnavailable, LedgerDamaged) as error:
            self._spare(error)
        else:
            self._keeping.remember(decision.decision_id)

    def keep_each(self, rows: Sequence[tuple[Plan, Sequence[Answer], Decision | NoDecision]]) -> None:
        """Keep a batch of checks, with one write.

        :raises LedgerUnavailable: none of them is kept, and they must be.
        """
        if not rows:
            return
        try:
            self._append(
                [
                    self._keeping.undecided(plan, result, self.clock())
                    if isinstance(result, NoDecision)
                    else self._keeping.entry(result, plan, answers)
                    for plan, answers, result in rows
                ]
            )
        except (LedgerUnavailable, LedgerDamaged) as error:
            self._spare(error, len(rows))
            return
        for _, _, result in rows:
            if not isinstance(result, NoDecision):
                self._keeping.remember(result.decision_id)

    def undecided(self, plan: Plan, error: NoDecision, again: Again | None = None) -> None:
        """Keep that a check ended without an answer. That this could not be kept changes nothing: there is no answer."""
        try:
            self.store.append([self._keeping.undecided(plan, error, self.clock(), again)])
        except (LedgerUnavailable, LedgerDamaged) as failure:
            self.lost(failure, "undecided")

    def _append(self, entries: Sequence[Entry]) -> None:
        self.store.append(entries)
        if not self._woken:  # what an earlier process left behind is delivered from the first check on
            self.wake()

    def _spare(self, error: CreditError, entries: int = 1) -> None:
        """Go on without having kept a decision, where that is allowed.

        :raises CreditError: ``error``, where it is not.
        """
        if self.required:
            raise error
        self.lost(error, "checked", entries)

    def lost(self, error: CreditError, what: str, entries: int = 1) -> None:
        """Say that something is not kept: in the log, once in a while, and to the observer."""
        self._failures.failed(
            f"台账写不了 ({error.code}), 未入账: {what}",
            f"the ledger cannot be written ({error.code}), not kept: {what}",
        )
        if self.observer is not SILENT:
            tell(self.observer, LedgerFailed(what, error.code, entries))

    def complain(self, error: Exception) -> None:
        """Log that a report could not be made, where what went wrong before is raised instead."""
        kind = type(error).__name__
        self._failures.failed(
            f"办件的反馈未能作出 ({kind})", f"a case could not be reported ({kind}): what its body raised is raised"
        )

    # ------------------------------------------------------------------------------------------------------- reporting

    def report(
        self,
        decision: Decision | str,
        *,
        executed: Collection[str] = (),
        not_executed: Mapping[str, str] | None = None,
        note: str | None = None,
        case: bool = False,
        override: Override | None = None,
        connection: Any = None,
    ) -> Receipt:
        """Say what was done after a decision; durable on return, delivered by and by.

        :param decision: the decision, or the id of one in this ledger. A decision of another client's is kept first.
        :param executed: ids of the decision's measures that were carried out.
        :param not_executed: ids of those that were not, and why; a mandatory one needs its reason. A measure that stands in
            neither stays due.
        :param case: whether it is worth keeping as an example (典型案例).
        :param override: the action went on although the decision blocks.
        :param connection: the caller's own: the report is then part of his transaction.
        :raises UnknownDecision: the ledger has no decision with this id.
        :raises InvalidReport: it does not fit the decision.
        :raises LedgerUnavailable: it could not be written; nothing of it is there.
        """
        matter, first = self._matter(decision)
        report = Report.checked(
            matter,
            what="outcome" if override is None else "override",
            executed=executed,
            not_executed=not_executed or {},
            note=note,
            case=case,
            override=override,
        )
        return self._send(report, first, connection=connection)

    def confirmed(self, decision: Decision, fresh: Decision, why: str, *, connection: Any = None) -> Confirmation:
        """Keep that a decision was confirmed just before acting.

        :param fresh: the decision that stands now: the same, or one checked anew.
        :param why: see :attr:`Confirmation.why`.
        :param connection: as for :meth:`report`.
        :raises LedgerUnavailable: it could not be written.
        """
        changed = says(decision) != says(fresh)
        token = uuid7()
        body = {"fresh": fresh.decision_id, "why": why, "changed": changed, "token": token}
        entries = [
            _entries.entry(EntryKind.CONFIRMED, self.clock(), body, decision_id=decision.decision_id, id=token),
        ]
        for one in dict.fromkeys((decision, fresh)):
            entries[:0] = self._unkept(one)
        self.store.append(entries, connection=connection)
        return Confirmation(token, fresh, changed, why)

    def discharge(self, decision_id: str, measure: str, *, proof: str | None = None) -> Receipt:
        """Say that what a measure left open is fulfilled (履行), such as the papers of 容缺受理. It is reported.

        The same said again is the same receipt.

        :param measure: an incentive that was carried out, and that has a due day or terms. A penalty is released
            (:meth:`release`), not discharged.
        :param proof: what shows it, 1 to 2,000 characters; stays in the ledger.
        :raises InvalidReport: the measure left nothing open, or ``proof`` cannot be kept.
        :raises UnknownDecision: as for :meth:`report`; likewise the others.
        """
        matter = self._kept(decision_id)
        matter.check(measure, "measure")
        if proof is not None:
            check_said(proof, "proof")
        duties = self.store.duties(decision_id=decision_id, limit=_ALL)
        duty = next((one for one in duties if one.measure == measure), None)
        report = Report.checked(matter, what="discharge", executed=[measure])
        done_id = _entries.key_of(decision_id, f"discharged {measure}")
        if duty is not None and duty.state is DutyState.DISCHARGED:
            before, receipt = self.store.entry(done_id), self._receipt_of(report)
            if before is not None and json.loads(before.entry.body)["proof"] == proof and receipt is not None:
                return receipt
        transitions.check_discharge(matter, measure, duty)
        body = {"measure": measure, "proof": proof}
        done = _entries.entry(EntryKind.DISCHARGED, self.clock(), body, decision_id=decision_id, id=done_id)
        return self._send(report, [done])

    def releases(self) -> list[Duty]:
        """Restrictions whose listings have ended: to be lifted (rule 9.5). Looks first for what has ended by date.

        :raises LedgerUnavailable: the ledger cannot be read or written.
        """
        from credit_sdk.ledger import releases

        releases.look(self.store, self.clock(), on_release=self.on_release)
        return releases.due(self.store)

    def release(self, decision_id: str, measures: Collection[str] | None = None, *, note: str | None = None) -> Receipt:
        """Say that restrictions were lifted (解除). It is reported.

        The same said again is the same receipt.

        :param measures: their ids, each due for release; ``None``: all of the decision that are.
        :raises InvalidReport: nothing is due for release, or a measure is not.
        :raises UnknownDecision: as for :meth:`report`; likewise the others.
        """
        from credit_sdk.ledger.restored import find_restored, put_back

        matter = self._kept(decision_id)
        put_back(self.store, find_restored(self.store, decision_id), self.clock())
        duties = {duty.measure: duty for duty in self.store.duties(decision_id=decision_id, penalty=True, limit=_ALL)}
        if measures is None:
            by_state = {state: [id_ for id_, duty in duties.items() if duty.state is state] for state in _LIFTED}
            measures = next((ids for ids in by_state.values() if ids), None)
            if measures is None:
                raise InvalidReport(
                    "该结论没有待解除的限制; 待解除的见 credit ledger releases",
                    "no restriction of this decision is due for release; see credit ledger releases",
                    key="measures",
                )
        named = transitions.check_named(matter, measures)
        report = Report.checked(matter, what="release", executed=named, note=note)
        if all(id_ in duties and duties[id_].state is DutyState.RELEASED for id_ in named):
            receipt = self._receipt_of(report)
            if receipt is not None:
                return receipt
        for id_ in named:
            transitions.check_release(id_, duties.get(id_))
        return self._send(report)

    def affected(self, listing: str) -> list[KeptDecision]:
        """Every decision in which a listing was in force, the latest first (rule 9.5).

        :raises InvalidRequest: ``listing`` is no id.
        """
        given: Any = listing
        if not isinstance(given, str) or not given:
            raise InvalidRequest("listing 应为名单条目编号", "listing must be a listing's id", key="listing")
        found: list[KeptDecision] = []
        while page := self.store.decisions(
            listing=listing, before=found[-1].decision_id if found else None, limit=_PAGE
        ):
            found += page
            if len(page) < _PAGE:
                break
        return found

    def replay(self, decision_id: str) -> Replay:
        """Decide again from what was kept, and compare.

        :raises UnknownDecision: the ledger has no such decision.
        """
        from credit_sdk.ledger.replay import replay

        return replay(self.store, decision_id)

    def _matter(self, decision: Decision | str) -> tuple[Matter, list[Entry]]:
        """What is reported on, and what has to be written first."""
        if isinstance(decision, Decision):
            if decision.is_part:
                raise InvalidReport(
                    "这是联合体成员的结论; 请就联合体的结论 (parts 所在的那一个) 反馈",
                    "this is the decision on a consortium's member; report on the consortium's, in whose parts it stands",
                    key="decision",
                )
            return Matter.of(decision), self._unkept(decision)
        return self._kept(decision), []

    def _kept(self, decision_id: Any) -> Matter:
        """The matter of a decision in this ledger.

        :raises UnknownDecision: there is none with this id.
        """
        if not isinstance(decision_id, str):
            raise InvalidReport(
                "应为结论, 或台账中结论的编号 (decision_id)",
                "must be a decision, or the id of one in the ledger (decision_id)",
                key="decision",
            )
        return Matter.read(kept_check(self.store, decision_id, key="decision"))

    def _receipt_of(self, report: Report) -> Receipt | None:
        """The receipt of a report that says the very same, and is in the ledger."""
        found = self.store.entries(decision_id=report.matter.decision_id, kinds=[EntryKind.REPORTED], limit=_ALL)
        return next((receipt_of(one) for one in found if report.is_that_of(one)), None)

    def _unkept(self, decision: Decision) -> list[Entry]:
        """The entry of a decision that is not in this ledger yet, as another client made it."""
        id_ = decision.decision_id
        if self._keeping.remembers(id_) or self.store.entry(id_) is not None:
            return []
        return [self._keeping.entry(decision)]

    def _send(self, report: Report, first: Sequence[Entry] = (), *, connection: Any = None) -> Receipt:
        """Write a report down, after ``first``, and let it be delivered."""
        decision_id = report.matter.decision_id
        key, made = report.key(), None
        if not self._keeping.is_first_report(decision_id):
            key, made = self._key_again(report, key, connection)
        if made is None:
            made = self._written(report, key, first, connection)
        elif first:
            self.store.append(first, connection=connection)
        if connection is None or self._keeping.remembers(decision_id):  # else it is kept only once the caller commits
            self._keeping.reported(decision_id)
        self.wake()
        return made

    def _written(self, report: Report, key: str, first: Sequence[Entry], connection: Any) -> Receipt:
        """Write a report under ``key``; the receipt of the one that says it already, if another process was faster."""
        receipt, there = self._put(report, key, first, connection)
        if not there:
            return receipt
        again, before = self._key_again(report, key, connection)
        return before or self._put(report, again, (), connection)[0]

    def _put(self, report: Report, key: str, first: Sequence[Entry], connection: Any) -> tuple[Receipt, bool]:
        """Put a report under ``key``; with whether there was one already, which then stays as it is."""
        now = as_stamped(self.clock())
        rule = rule_for(self.rules, report.matter.domain)
        receiver: str | None = rule.receiver
        if report.matter.fictional and receiver not in self.senders and not self._told(report.matter, receiver):
            receiver = None  # made-up data never wait in a ledger for a real platform
        window = rule.window(now)
        there = self.store.append([*first, report.entry(key, now, receiver, window)], connection=connection)
        return Receipt(key, report.matter.decision_id, receiver, window.send_from, window.send_by), key in there

    def _told(self, matter: Matter, receiver: str | None) -> bool:
        """Whether a report on this decision went to the receiver: then it is one for made-up data."""
        return any(one.receiver == receiver for one in self.store.deliveries(decision_id=matter.decision_id))

    def _key_again(self, report: Report, key: str, connection: Any) -> tuple[str, Receipt | None]:
        """The key of a report on a decision that may have been reported on before, and its receipt, if it was made before.

        The same as before is the same report, unless something else was reported since, or it is waited for once more: then it
        is said again on purpose.

        :param connection: the caller's own, who sees what his transaction has written.
        """
        store = self.store if connection is None else self.store.within(connection)
        stored = store.entry(key)
        if stored is None:
            return key, None
        decision_id = report.matter.decision_id
        reports = store.entries(decision_id=decision_id, kinds=[EntryKind.REPORTED], limit=_ALL)
        earlier = [one for one in reports if report.concerns_the_same(one)]
        # In the order they were made, each on top of the one before: the last of them that says the same.
        latest = max(earlier, default=stored)
        said = latest.entry.id == key or any(report.key(after=one.entry.id) == latest.entry.id for one in earlier)
        if said and not _is_waited_for(store, report):
            return latest.entry.id, receipt_of(latest)
        return report.key(after=latest.entry.id), None

    # ------------------------------------------------------------------------------------------------------- delivering

    @property
    def dispatcher(self) -> Dispatcher | None:
        """Who delivers; made on first use. ``None``: there are no senders."""
        if self._dispatcher is None and self.senders:
            from credit_sdk.ledger.dispatcher import Dispatcher

            with self._starting:
                if self._dispatcher is None:
                    self._dispatcher = Dispatcher(
                        self.store, self.senders, backoff=self.backoff, clock=self.clock, observer=self.observer
                    )
        return self._dispatcher

    def wake(self) -> None:
        """Have the dispatcher look for what is to be sent."""
        self._woken = True
        dispatcher = self.dispatcher
        if dispatcher is not None:
            dispatcher.wake()

    def flush(self, timeout: float = 5.0) -> bool:
        """Deliver what is to be sent by now.

        :param timeout: seconds.
        :returns: whether nothing is left that should have been sent by now.
        :raises InvalidRequest: ``timeout`` is no time to wait.
        """
        check_seconds(timeout)
        dispatcher = self.dispatcher
        if dispatcher is not None:
            return dispatcher.flush(timeout)
        now = self.clock()
        due = self.store.next_at(now)
        return due is None or due > now

    def close(self, timeout: float = 5.0) -> None:
        """Stop delivering, finish what is being written, and let go. May be called twice.

        What is not delivered stays in the ledger, and is delivered by the next process that opens it.

        :param timeout: seconds; it returns by then, whatever the network does.
        """
        end = monotonic() + check_seconds(timeout)
        if self._dispatcher is not None:
            self._dispatcher.close(timeout * _DISPATCHERS_SHARE)
        if self._opened:
            self.store.close(max(0.0, end - monotonic()))

    def begin_anew(self) -> None:
        """In a forked child: the parent's threads are not here."""
        self._starting = Lock()
        self._woken = not self.senders

    def __repr__(self) -> str:
        return f"<Ledger {self.name}>"


def _is_waited_for(store: LedgerStore, report: Report) -> bool:
    """Whether what a report says, though it was said before, is to be done again: the firm was listed once more since."""
    state = DutyState.RELEASE_DUE if report.what == "release" else DutyState.DUE
    waiting = store.duties(decision_id=report.matter.decision_id, states=(state,), limit=_ALL)
    return not {one.measure for one in waiting}.isdisjoint((*report.executed, *report.not_executed))


def open_store(target: str | PathLike[str] | LedgerStore, service: str | None = None) -> tuple[LedgerStore, bool]:
    """The store that ``target`` names, and whether it was opened here.

    :param service: whose part of a shared database it is.
    :raises InvalidSettings: it names none.
    """
    if isinstance(target, str) and "://" in target:
        if target.startswith(("postgresql://", "postgresql+psycopg://")):
            from credit_sdk.ledger.sql import SqlLedger

            return SqlLedger(target, service=service), True
    elif isinstance(target, str | PathLike):
        from credit_sdk.ledger.sqlite import SqliteLedger

        return SqliteLedger(target), True
    elif isinstance(target, LedgerStore):
        return target, False
    raise InvalidSettings(
        "台账应为文件路径、postgresql://… 或符合台账端口的对象",
        "a ledger is a file's path, postgresql://…, or an object that follows the ledger port",
        key="ledger",
    )


def says(decision: Decision) -> tuple[Any, ...]:
    """What a decision comes to: two that agree in it leave the action where it stands."""
    return (
        decision.effect,
        decision.blocking,
        decision.degraded is None,
        tuple(sorted((one.id, one.because) for one in decision.obligations)),
        tuple(sorted((one.id, one.because) for one in decision.advice)),
    )
