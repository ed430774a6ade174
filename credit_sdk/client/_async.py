"""The asynchronous client. Its twin is ``_sync``; a test holds the two together."""

from __future__ import annotations

import asyncio
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self

from credit_sdk.client import _desk
from credit_sdk.client._bridge import BlockingFeed, in_transaction, to_the_end, waiting
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
from credit_sdk.client.guard import AsyncGuard, Terms
from credit_sdk.client.settings import Settings
from credit_sdk.errors import CreditError, Restricted
from credit_sdk.model.request import CheckRequest
from credit_sdk.ports.answers import ask_async
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
    from credit_sdk.ports import AsyncRecordSource
    from credit_sdk.ports.ledger import Duty, KeptDecision, LedgerStore
    from credit_sdk.ports.sender import OutcomeSender


class AsyncCreditClient:
    """:class:`CreditClient`, awaited. Serves any number of tasks; bound to no event loop.

    The ledger's writes wait for the disk in threads (:func:`asyncio.to_thread`), never in the event loop; reports are
    delivered by the same thread as :class:`CreditClient`'s.
    """

    def __init__(
        self,
        source: str | AsyncRecordSource,
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

        :param source: a URL, ``"demo"``, or any object that follows :class:`credit_sdk.ports.AsyncRecordSource`; a blocking
            source is wrapped in :class:`credit_sdk.sources.ThreadedSource` by the caller.
        :param api_key: as for :class:`CreditClient`.
        :param domains: as for :class:`CreditClient`.
        :param measure_lists: as for :class:`CreditClient`.
        :param clock: gives the present moment.
        :param observer: as for :class:`CreditClient`; called in the event loop, so it must not wait.
        :param ledger: as for :class:`CreditClient`; likewise the others. Receivers are blocking senders; an awaited one is
            wrapped in :class:`credit_sdk.ledger.Awaited`.
        :raises InvalidSettings: source or ledger cannot be used.
        """
        self._steps = Steps(domains, measure_lists, clock)
        self._source, self._opened = open_source(source, self._steps, "fetch_async", api_key=api_key, observer=observer)
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
        """As :meth:`CreditClient.from_env`."""
        settings, others = Settings.collect(arguments)
        source, domains = settings.required_source(), settings.registry(others.pop("domains", None))
        return cls(source, api_key=settings.key_for(source), domains=domains, **settings.ledger_options(), **others)

    @property
    def source(self) -> AsyncRecordSource:
        """The source in use."""
        source: AsyncRecordSource = self._source
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

    async def check(
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
        timeout: float | None = None,  # noqa: ASYNC109 - the twin's name for it; it bounds the source, not the task
    ) -> Decision:
        """As :meth:`CreditClient.check`."""
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
        return await self._checked(request, timeout)

    async def _checked(
        self,
        request: CheckRequest,
        timeout: float | None,  # noqa: ASYNC109 - as above
        *,
        shadow: bool = False,
        confirms: Decision | None = None,
    ) -> Decision:
        watch, source, ledger, plan = self._watch, self._source, self._ledger, None
        started = perf_counter() if watch.on else None
        try:
            plan = self._steps.prepare(request)
            answers = await ask_async(source, plan.wanted, timeout)
            if ledger is None:
                decision = self._steps.conclude(plan, answers, source.name)
            else:
                decision = await asyncio.to_thread(
                    self._steps.settle, plan, answers, source.name, ledger, shadow=shadow, confirms=confirms
                )
        except CreditError as error:
            watch.failed(error, plan, started)
            raise
        if watch.on:
            watch.decided(decision, started)
        return decision

    async def check_many(
        self,
        requests: Iterable[CheckRequest],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> list[Decision | CreditError]:
        """As :meth:`CreditClient.check_many`."""
        started, source = perf_counter(), self._source
        rows = self._steps.prepare_each(list(requests))
        wanted = wanted_by(rows)
        answers = dict(zip(wanted, await ask_async(source, wanted, timeout), strict=True)) if wanted else {}
        if self._ledger is None:
            results = self._steps.each(rows, answers, source.name)
        else:
            results = await asyncio.to_thread(self._steps.settle_each, rows, answers, source.name, self._ledger)
        self._watch.batch(rows, results, started)
        return results

    async def report(
        self,
        decision: Decision | str,
        *,
        executed: Collection[str] = (),
        not_executed: Mapping[str, str] | None = None,
        note: str | None = None,
        case: bool = False,
        connection: Any = None,
    ) -> Receipt:
        """As :meth:`CreditClient.report`. A report begun is made, though the task be cancelled meanwhile.

        :param connection: SQLAlchemy's ``AsyncConnection`` or ``AsyncSession``, or a synchronous one, which is used here and
            now.
        """
        ledger = _desk.needed(self._ledger)

        def made(using: Any = None) -> Receipt:
            return ledger.report(
                decision, executed=executed, not_executed=not_executed, note=note, case=case, connection=using
            )

        return await (to_the_end(made) if connection is None else in_transaction(made, connection))

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
    ) -> AsyncGuard:
        """As :meth:`CreditClient.guard`: ``async with``, or a decorator of an ``async def``."""
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
        return AsyncGuard(self, _desk.needed(self._ledger), terms)

    async def confirm(
        self, decision: Decision, *, validity: timedelta = VALIDITY, connection: Any = None
    ) -> Confirmation:
        """As :meth:`CreditClient.confirm`."""
        return await self._confirm(decision, check_validity(validity), connection)

    async def _confirm(
        self, decision: Decision, validity: timedelta, connection: Any, *, overridden: Decision | None = None
    ) -> Confirmation:
        ledger, now = _desk.needed(self._ledger), self._steps.clock()
        check_decision(decision)
        why = why_old(decision, now, validity)
        if why is None:
            why = await asyncio.to_thread(feed_moved, ledger, self._feed(), decision, now)
        fresh = decision
        if why != "valid":
            request = request_for_now(decision)
            _desk.forget(self._source, self._steps.prepare(request).wanted)
            try:
                fresh = await self._checked(request, None, confirms=decision)
            except Restricted as error:
                fresh = covered(error, overridden)
        stands = standing(decision, fresh, overridden)

        def confirmed(using: Any = None) -> Confirmation:
            return ledger.confirmed(decision, stands, why, connection=using)

        return await (to_the_end(confirmed) if connection is None else in_transaction(confirmed, connection))

    def _feed(self) -> BlockingFeed | None:
        """The source's change feed, for a thread beside this event loop."""
        feed = _desk.feed_of(self._source, "changes_async")
        return None if feed is None else BlockingFeed(feed, asyncio.get_running_loop())

    async def discharge(self, decision_id: str, measure: str, *, proof: str | None = None) -> Receipt:
        """As :meth:`CreditClient.discharge`."""
        return await to_the_end(_desk.needed(self._ledger).discharge, decision_id, measure, proof=proof)

    async def releases(self) -> list[Duty]:
        """As :meth:`CreditClient.releases`."""
        return await asyncio.to_thread(_desk.needed(self._ledger).releases)

    async def release(
        self, decision_id: str, measures: Collection[str] | None = None, *, note: str | None = None
    ) -> Receipt:
        """As :meth:`CreditClient.release`."""
        return await to_the_end(_desk.needed(self._ledger).release, decision_id, measures, note=note)

    async def recheck(self, *, progress: Callable[[int, int], None] | None = None) -> Rechecked:
        """As :meth:`CreditClient.recheck`."""
        rechecking = Rechecking(self._steps, _desk.needed(self._ledger), self._source)
        loop, source = asyncio.get_running_loop(), self._source
        return await asyncio.to_thread(
            rechecking.run, lambda subjects: waiting(ask_async(source, subjects, None), loop), self._feed(), progress
        )

    async def affected(self, listing: str) -> list[KeptDecision]:
        """As :meth:`CreditClient.affected`."""
        return await asyncio.to_thread(_desk.needed(self._ledger).affected, listing)

    async def flush(self, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - the twin's name for it
        """As :meth:`CreditClient.flush`."""
        check_seconds(timeout)
        return self._ledger is None or await asyncio.to_thread(self._ledger.flush, timeout)

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - the twin's name for it
        """As :meth:`CreditClient.close`."""
        end = monotonic() + check_seconds(timeout)
        if self._ledger is not None and self._ledger_opened:
            await asyncio.to_thread(self._ledger.close, timeout)
        if self._opened:
            await self._source.aclose(max(0.0, end - monotonic()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
