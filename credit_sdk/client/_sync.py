"""The synchronous client. Its twin is ``_async``; a test holds the two together."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from credit_sdk.client._steps import Steps, open_source, wanted_by
from credit_sdk.client._watch import Watch
from credit_sdk.client.settings import Settings
from credit_sdk.errors import CreditError
from credit_sdk.model.request import CheckRequest
from credit_sdk.ports.answers import ask
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
    from credit_sdk.ports import RecordSource


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
    ) -> None:
        """Connect a source with the adapters.

        :param source: where credit records come from: a platform's base URL (``https://…``; plain ``http`` to this machine
            only), ``"demo"`` (fictional), or any object that follows :class:`credit_sdk.ports.RecordSource`.
        :param api_key: the platform's API key, where the source is a URL; for other credentials, timeouts or a platform of
            another kind make a :class:`credit_sdk.sources.HttpSource`.
        :param domains: the adapters; default: all that are installed.
        :param measure_lists: measure lists of the deployment's own, in place of their domains' adapters.
        :param clock: gives the present moment.
        :param observer: is told of every check; see :mod:`credit_sdk.ports.observer`.
        :raises InvalidSettings: the source cannot be used.
        """
        self._steps = Steps(domains, measure_lists, clock)
        self._source, self._opened = open_source(source, self._steps, "fetch", api_key=api_key, observer=observer)
        self._watch = Watch(observer, self._source.name)

    @classmethod
    def from_env(cls, **arguments: Any) -> Self:
        """A client as configured: argument > environment (``CREDIT_SOURCE``, …) > file > default.

        :param arguments: the settings of :class:`credit_sdk.client.settings.Settings` by name; the constructor's others pass on.
        :raises InvalidSettings: a setting is unusable, or no source is set.
        """
        settings, others = Settings.collect(arguments)
        source, domains = settings.required_source(), settings.registry(others.pop("domains", None))
        return cls(source, api_key=settings.key_for(source), domains=domains, **others)

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
        """Check one subject, or one consortium, before acting.

        The parameters are those of :class:`~credit_sdk.CheckRequest`.

        :param timeout: seconds that the source may take in all; ``None``: its own default. Never changes what a failure
            means (rule 8.3).
        :raises NoDecision: there is no answer; never read it as "not listed".
        :raises Restricted: ``handles`` is given, and lacks the type of a penalty's obligation.
        :raises InvalidSubject: the code or name cannot be checked.
        :raises InvalidRequest: another parameter is unusable.
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
        watch, source, plan = self._watch, self._source, None
        started = perf_counter() if watch.on else None
        try:
            plan = self._steps.prepare(request)
            decision = self._steps.conclude(plan, ask(source, plan.wanted, timeout), source.name)
        except CreditError as error:
            watch.failed(error, plan, started)
            raise
        if watch.on:
            watch.decided(decision, started)
        return decision

    def check_many(
        self, requests: Iterable[CheckRequest], *, timeout: float | None = None
    ) -> list[Decision | CreditError]:
        """Check many; the source is asked once for all of them.

        :returns: one result for each request, in their order; a row's failure is that row's value.
        """
        started, source = perf_counter(), self._source
        rows = self._steps.prepare_each(list(requests))
        wanted = wanted_by(rows)
        answers = ask(source, wanted, timeout) if wanted else ()
        results = self._steps.each(rows, dict(zip(wanted, answers, strict=True)), source.name)
        self._watch.batch(rows, results, started)
        return results

    def close(self, timeout: float = 5.0) -> None:
        """Close the source, if this client opened it. May be called twice.

        :param timeout: seconds that requests under way may still take; it returns by then, whatever the network does.
        """
        if self._opened:
            self._source.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
