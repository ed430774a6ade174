"""The synchronous client. Its twin is ``_async``; a test holds the two together."""

from __future__ import annotations

from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self

from credit_sdk.client import _desk
from credit_sdk.client._confirming import (
    VALIDITY,
    check_decision,
    check_validity,
    covered,
    feed_moved,
    request_for_now,
    standing,
    why_old,
)
from credit_sdk.client._recheck import Rechecking
from credit_sdk.client._steps import Steps, open_source, wanted_by
from credit_sdk.client._watch import Watch
from credit_sdk.client.guard import Guard, Terms
from credit_sdk.client.settings import Settings
from credit_sdk.errors import CreditError, Restricted
from credit_sdk.model.request import CheckRequest
from credit_sdk.ports.answers import ask
from credit_sdk.ports.bounds import check_seconds
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.observer import SILENT, Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from os import PathLike
    from pathlib import Path
    from types import TracebackType

    from credit_sdk.decision.result import Decision
    from credit_sdk.formats.receipt_key import SigningKey
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.ledger.recheck import Rechecked
    from credit_sdk.ledger.schedule import FeedbackRule
    from credit_sdk.ledger.values import Confirmation, Override, Receipt
    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.subject import Subject
    from credit_sdk.model.terms import Role
    from credit_sdk.plugins import DomainRegistry
    from credit_sdk.ports import RecordSource
    from credit_sdk.ports.ledger import Duty, KeptDecision, LedgerStore
    from credit_sdk.ports.sender import OutcomeSender


class CreditClient:
    """Checks subjects before a business system acts (办事前核查).

    One client serves a process: it is safe to share between threads, and works in processes forked from the one that
    made it. :class:`AsyncCreditClient` has the same names, awaited.
    """

    def __init__(
        self,
        source: str | RecordSource,
        *,
        api_key: str | None = None,
        domains: DomainRegistry | None = None,
        measure_lists: Sequence[MeasureList] = (),
        clock: Clock = system_clock,
        observer: Observer = SILENT,
        ledger: str | PathLike[str] | LedgerStore | Ledger | None = None,
        ledger_required: bool = True,
        feedback: str | PathLike[str] | Mapping[str, FeedbackRule] | None = None,
        receivers: Mapping[str, OutcomeSender] | None = None,
        receipt_key: str | Path | SigningKey | None = None,
        service: str | None = None,
        on_release: Callable[[Duty], None] | None = None,
        shadow: Collection[str] = (),
    ) -> None:
        """Connect a source with the adapters, and with a ledger if one is to be kept.

        :param source: where credit records come from: a platform's base URL (``https://…``; plain ``http`` to this machine
            only), ``"demo"`` (fictional), or any object that follows :class:`credit_sdk.ports.RecordSource`.
        :param api_key: the platform's API key, where the source is a URL; for other credentials, timeouts or a platform of
            another kind make a :class:`credit_sdk.sources.HttpSource`.
        :param domains: the adapters; default: all that are installed.
        :param measure_lists: measure lists of the deployment's own, in place of their domains' adapters.
        :param clock: gives the present moment.
        :param observer: is told of every check; see :mod:`credit_sdk.ports.observer`.
        :param ledger: where every check is kept (核查台账): a file's path, ``postgresql://…`` (extra ``sql``), a store, or a
            :class:`~credit_sdk.ledger.Ledger` that several clients share. Default: nothing is kept.
        :param ledger_required: whether a check whose decision cannot be kept fails with ``LedgerUnavailable``; otherwise
            it is logged and told to the observer, and the decision is given. So is a guard's report at its end: what was done
            is then said nowhere else, and the platform never hears of it. :meth:`report` itself always raises.
        :param feedback: to whom reports of which domain go, and when: a TOML file, or rules by domain; each for a domain that
            there is an adapter for. Default: at once to the platform.
        :param receivers: who delivers, by the receiver's name. ``platform`` is the source, where it takes outcomes in;
            reports to a receiver that is nobody's here wait in the ledger for a process that has it.
        :param receipt_key: the key that signs check receipts (核查凭证): a file's path, or a key; default: one beside a ledger
            that is a file.
        :param service: which service this is, where several share one ledger.
        :param on_release: is called with each restriction that has become due for release (待解除).
        :param shadow: the actions, as ``domain/action``, whose guards only watch.
        :raises InvalidSettings: source or ledger cannot be used.
        """
        self._steps = Steps(domains, measure_lists, clock)
        self._source, self._opened = open_source(source, self._steps, "fetch", api_key=api_key, observer=observer)
        self._watch = Watch(observer, self._source.name)
        self._shadow = _desk.check_shadow(shadow)
        self._steps.signer = _desk.signer(receipt_key, ledger, service, clock)
        self._ledger, self._ledger_opened = _desk.open_desk(
            ledger,
            self._source,
            required=ledger_required,
            feedback=feedback,
            receivers=receivers or {},
            service=service,
            on_release=on_release,
            clock=clock,
            observer=observer,
            domains=self._steps.known_domains,
        )

    @classmethod
    def from_env(cls, **arguments: Any) -> Self:
        """A client as configured: argument > environment (``CREDIT_SOURCE``, …) > file > default.

        :param arguments: the settings of :class:`credit_sdk.client.settings.Settings` by name; the constructor's others pass on.
        :raises InvalidSettings: a setting is unusable, or no source is set.
        """
        settings, others = Settings.collect(arguments)
        source, domains = settings.required_source(), settings.registry(others.pop("domains", None))
        return cls(source, api_key=settings.key_for(source), domains=domains, **settings.ledger_options(), **others)

    @property
    def source(self) -> RecordSource:
        """The source in use."""
        source: RecordSource = self._source
        return source

    @property
    def domains(self) -> DomainRegistry:
        """The adapters in use."""
        return self._steps.domains

    @property
    def lists(self) -> KnownLists:
        """Every list that may be named: the catalogue's and those of the measure lists."""
        return self._steps.lists

    @property
    def ledger(self) -> Ledger | None:
        """The ledger in use; ``None``: nothing is kept."""
        return self._ledger

    def check(
        self,
        subject: str | Subject,
        *,
        domain: str,
        action: str,
        members: Sequence[str | Subject] = (),
        related: Sequence[tuple[Role | str, str | Subject]] = (),
        jurisdiction: str | None = None,
        handles: Collection[str] | None = None,
        purpose: str | None = None,
        authorization: str | None = None,
        as_of: datetime | None = None,
        context: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Decision:
        """Check one subject, or one consortium, before acting. With a ledger, the decision is kept when this returns.

        The parameters are those of :class:`~credit_sdk.CheckRequest`.

        :param timeout: seconds that the source may take in all; ``None``: its own default. Never changes what a failure
            means (rule 8.3).
        :raises NoDecision: there is no answer; never read it as "not listed".
        :raises Restricted: ``handles`` is given, and lacks the type of a penalty's obligation.
        :raises InvalidSubject: the code or name cannot be checked.
        :raises InvalidRequest: another parameter is unusable.
        :raises LedgerUnavailable: the decision cannot be kept, and must be (``ledger_required``).
        """
        request = CheckRequest(
            subject=subject,
            domain=domain,
            action=action,
            members=members,
            related=related,
            jurisdiction=jurisdiction,
            handles=handles,
            purpose=purpose,
            authorization=authorization,
            as_of=as_of,
            context=context,
        )
        return self._checked(request, timeout)

    def _checked(
        self,
        request: CheckRequest,
        timeout: float | None,
        *,
        shadow: bool = False,
        confirms: Decision | None = None,
    ) -> Decision:
        watch, source, ledger, plan = self._watch, self._source, self._ledger, None
        started = perf_counter() if watch.on else None
        try:
            plan = self._steps.prepare(request)
            answers = ask(source, plan.wanted, timeout)
            if ledger is None:
                decision = self._steps.conclude(plan, answers, source.name)
            else:
                decision = self._steps.settle(plan, answers, source.name, ledger, shadow=shadow, confirms=confirms)
        except CreditError as error:
            watch.failed(error, plan, started)
            raise
        if watch.on:
            watch.decided(decision, started)
        return decision

    def check_many(
        self, requests: Iterable[CheckRequest], *, timeout: float | None = None
    ) -> list[Decision | CreditError]:
        """Check many; the source is asked once for all of them. With a ledger, all is kept when this returns.

        :returns: one result for each request, in their order; a row's failure is that row's value.
        """
        started, source = perf_counter(), self._source
        rows = self._steps.prepare_each(list(requests))
        wanted = wanted_by(rows)
        answers = dict(zip(wanted, ask(source, wanted, timeout), strict=True)) if wanted else {}
        if self._ledger is None:
            results = self._steps.each(rows, answers, source.name)
        else:
            results = self._steps.settle_each(rows, answers, source.name, self._ledger)
        self._watch.batch(rows, results, started)
        return results

    def report(
        self,
        decision: Decision | str,
        *,
        executed: Collection[str] = (),
        not_executed: Mapping[str, str] | None = None,
        note: str | None = None,
        case: bool = False,
        connection: Any = None,
    ) -> Receipt:
        """Say what was done after a decision (执行反馈): durable when this returns, delivered by and by.

        The same report made again, after a crash perhaps, is the same report.

        :param decision: the decision, or the id of one in the ledger.
        :param executed: ids of the decision's measures that were carried out.
        :param not_executed: ids of those that were not, and why; a mandatory one needs its reason. A measure that stands
            in neither stays due.
        :param note: in words, at most 2,000 characters.
        :param case: whether it is worth keeping as an example (典型案例).
        :param connection: the caller's own connection or session (SQLAlchemy): the report is then part of its transaction.
        :raises UnknownDecision: the ledger has no decision with this id.
        :raises InvalidReport: it does not fit the decision.
        :raises InvalidSettings: there is no ledger.
        :raises LedgerUnavailable: it could not be written; nothing of it is there.
        """
        return _desk.needed(self._ledger).report(
            decision, executed=executed, not_executed=not_executed, note=note, case=case, connection=connection
        )

    def guard(
        self,
        subject: str | Subject | Callable[..., str | Subject],
        *,
        domain: str,
        action: str,
        members: Sequence[str | Subject] = (),
        related: Sequence[tuple[Role | str, str | Subject]] = (),
        jurisdiction: str | None = None,
        handles: Collection[str] | None = None,
        purpose: str | None = None,
        authorization: str | None = None,
        as_of: datetime | None = None,
        context: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        executed: Collection[str] | None = None,
        mode: Literal["enforce", "shadow"] | None = None,
        validity: timedelta = VALIDITY,
        override: Override | None = None,
        connection: Any = None,
    ) -> Guard:
        """Check, act, report: a context manager around an action, or a decorator of the function that acts.

        The parameters up to ``timeout`` are those of :meth:`check`. Entering raises what :meth:`check` raises, and
        ``Restricted`` where the decision blocks; the refusal is reported. Leaving reports what was done, once, also when
        the body raises; see :mod:`credit_sdk.client.guard`. A report that cannot be kept raises ``LedgerUnavailable`` on
        leaving, when the action is done; with ``ledger_required=False`` it is lost but for a line in the log and the observer's
        ``LedgerFailed``.

        :param subject: for a decorator also a function of the decorated function's arguments that gives the subject.
        :param executed: ids of the measures that the body carries out, as far as the decision asks for them; default:
            whatever it asks for, unless the case says otherwise.
        :param mode: ``enforce``, or ``shadow``: the guard only watches, and stops nobody; default: as the client's
            ``shadow`` says.
        :param validity: how old the decision may be when it is confirmed without being checked anew.
        :param override: lets a blocking decision through; that it did is reported before the body runs.
        :param connection: the caller's own: what was done is reported in its transaction. Refusals, overrides and broken-off
            cases are not, as that transaction does not last.
        :raises InvalidSettings: there is no ledger.
        :raises InvalidRequest: a parameter is unusable.
        """
        if mode is not None or override is not None or executed is not None or validity is not VALIDITY:
            _desk.check_guard(mode, override, executed, validity)
        watches = mode == "shadow" if mode is not None or not self._shadow else f"{domain}/{action}" in self._shadow
        asked: Any = subject  # a function of the decorated function's arguments is called by then
        request = CheckRequest(
            subject=asked,
            domain=domain,
            action=action,
            members=members,
            related=related,
            jurisdiction=jurisdiction,
            handles=handles,
            purpose=purpose,
            authorization=authorization,
            as_of=as_of,
            context=context,
        )
        terms = Terms(request, watches, executed, validity, override, connection, timeout)
        return Guard(self, _desk.needed(self._ledger), terms)

    def confirm(self, decision: Decision, *, validity: timedelta = VALIDITY, connection: Any = None) -> Confirmation:
        """Make sure, just before acting for good, that a decision still stands (复核确认).

        It is checked anew where it is older than ``validity``, or the change feed moved for its subject since, or that
        cannot be told.

        :param decision: the decision itself, as :meth:`check` gave it; its id is not enough to ask again.
        :param connection: the caller's own: the confirmation is then part of its transaction.
        :returns: the token that names the confirmation, and the decision that stands.
        :raises Restricted: the decision that stands blocks.
        :raises NoDecision: it had to be checked anew, and there is no answer: do not act.
        :raises InvalidRequest: ``decision`` is none, or another parameter is unusable.
        :raises InvalidSettings: there is no ledger.
        :raises LedgerUnavailable: the confirmation could not be written.
        """
        return self._confirm(decision, check_validity(validity), connection)

    def _confirm(
        self, decision: Decision, validity: timedelta, connection: Any, *, overridden: Decision | None = None
    ) -> Confirmation:
        ledger, now = _desk.needed(self._ledger), self._steps.clock()
        check_decision(decision)
        why = why_old(decision, now, validity) or feed_moved(
            ledger, _desk.feed_of(self._source, "changes"), decision, now
        )
        fresh = decision
        if why != "valid":
            request = request_for_now(decision)
            _desk.forget(self._source, self._steps.prepare(request).wanted)
            try:
                fresh = self._checked(request, None, confirms=decision)
            except Restricted as error:
                fresh = covered(error, overridden)
        stands = standing(decision, fresh, overridden)
        return ledger.confirmed(decision, stands, why, connection=connection)

    def discharge(self, decision_id: str, measure: str, *, proof: str | None = None) -> Receipt:
        """Say that what a measure left open is fulfilled (履行), such as the papers of 容缺受理; it is reported.

        The same said again is the same receipt.

        :param measure: an incentive that was carried out, and that has a due day or terms. A penalty is released
            (:meth:`release`), not discharged.
        :param proof: what shows it, 1 to 2,000 characters; stays in the ledger.
        :raises InvalidReport: the measure left nothing open, or ``proof`` cannot be kept.
        :raises UnknownDecision: as :meth:`report`; likewise the others.
        """
        return _desk.needed(self._ledger).discharge(decision_id, measure, proof=proof)

    def releases(self) -> list[Duty]:
        """Restrictions whose listings have ended, and which are to be lifted (待解除). Looks first for what has ended by date.

        :raises InvalidSettings: there is no ledger.
        :raises LedgerUnavailable: it cannot be read or written.
        """
        return _desk.needed(self._ledger).releases()

    def release(self, decision_id: str, measures: Collection[str] | None = None, *, note: str | None = None) -> Receipt:
        """Say that restrictions were lifted (解除); it is reported.

        The same said again is the same receipt.

        :param measures: their ids, each due for release; default: all of the decision that are.
        :raises InvalidReport: nothing is due for release, or a measure is not.
        :raises UnknownDecision: as :meth:`report`; likewise the others.
        """
        return _desk.needed(self._ledger).release(decision_id, measures, note=note)

    def recheck(self, *, progress: Callable[[int, int], None] | None = None) -> Rechecked:
        """Ask again for every open decision (复核), and find what is due for release.

        :param progress: is told after each batch how many have been asked for, and of how many.
        :returns: only those that would be another decision today; a list that also knows how many were asked for, how many
            have no answer, and which restrictions became due for release.
        :raises InvalidSettings: there is no ledger.
        :raises LedgerUnavailable: it cannot be read or written.
        """
        rechecking = Rechecking(self._steps, _desk.needed(self._ledger), self._source)
        return rechecking.run(
            lambda subjects: ask(self._source, subjects, None), _desk.feed_of(self._source, "changes"), progress
        )

    def affected(self, listing: str) -> list[KeptDecision]:
        """Every decision in the ledger in which a listing was in force, the latest first: for a listing that was wrong.

        :raises InvalidRequest: ``listing`` is no id.
        :raises InvalidSettings: there is no ledger.
        """
        return _desk.needed(self._ledger).affected(listing)

    def flush(self, timeout: float = 5.0) -> bool:
        """Deliver what is to be delivered by now.

        :returns: whether nothing of it is left after ``timeout`` seconds. Without a ledger there is nothing to deliver.
        :raises InvalidRequest: ``timeout`` is no time to wait.
        """
        check_seconds(timeout)
        return self._ledger is None or self._ledger.flush(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Close ledger and source, if this client opened them. May be called twice.

        What is not delivered stays in the ledger, for the next process that opens it.

        :param timeout: seconds that requests under way may still take; it returns by then, whatever the network does.
        """
        end = monotonic() + check_seconds(timeout)
        if self._ledger is not None and self._ledger_opened:
            self._ledger.close(timeout)
        if self._opened:
            self._source.close(max(0.0, end - monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
