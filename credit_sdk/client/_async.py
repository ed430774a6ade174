"""The asynchronous client. Its twin is ``_sync``; a test holds the two together."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from credit_sdk.client._steps import Steps, open_source, wanted_by
from credit_sdk.client._watch import Watch
from credit_sdk.client.settings import Settings
from credit_sdk.errors import CreditError
from credit_sdk.model.request import CheckRequest
from credit_sdk.ports.answers import ask_async
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.observer import SILENT, Observer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from credit_sdk.decision.result import Decision
    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.subject import Subject
    from credit_sdk.model.terms import Role
    from credit_sdk.plugins import DomainRegistry
    from credit_sdk.ports import AsyncRecordSource


class AsyncCreditClient:
    """:class:`CreditClient`, awaited. Serves any number of tasks; bound to no event loop."""

    def __init__(
        self,
        source: str | AsyncRecordSource,
        *,
        api_key: str | None = None,
        domains: DomainRegistry | None = None,
        measure_lists: Sequence[MeasureList] = (),
        clock: Clock = system_clock,
        observer: Observer = SILENT,
    ) -> None:
        """Connect a source with the adapters.

        :param source: a URL, ``"demo"``, or any object that follows :class:`credit_sdk.ports.AsyncRecordSource`; a blocking
            source is wrapped in :class:`credit_sdk.sources.ThreadedSource` by the caller.
        :param api_key: as for :class:`CreditClient`.
        :param domains: as for :class:`CreditClient`.
        :param measure_lists: as for :class:`CreditClient`.
        :param clock: gives the present moment.
        :param observer: as for :class:`CreditClient`; called in the event loop, so it must not wait.
        :raises InvalidSettings: the source cannot be used.
        """
        self._steps = Steps(domains, measure_lists, clock)
        self._source, self._opened = open_source(source, self._steps, "fetch_async", api_key=api_key, observer=observer)
        self._watch = Watch(observer, self._source.name)

    @classmethod
    def from_env(cls, **arguments: Any) -> Self:
        """As :meth:`CreditClient.from_env`."""
        settings, others = Settings.collect(arguments)
        source, domains = settings.required_source(), settings.registry(others.pop("domains", None))
        return cls(source, api_key=settings.key_for(source), domains=domains, **others)

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
        watch, source, plan = self._watch, self._source, None
        started = perf_counter() if watch.on else None
        try:
            plan = self._steps.prepare(request)
            decision = self._steps.conclude(plan, await ask_async(source, plan.wanted, timeout), source.name)
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
        answers = await ask_async(source, wanted, timeout) if wanted else ()
        results = self._steps.each(rows, dict(zip(wanted, answers, strict=True)), source.name)
        self._watch.batch(rows, results, started)
        return results

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - the twin's name for it
        """As :meth:`CreditClient.close`."""
        if self._opened:
            await self._source.aclose(timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
