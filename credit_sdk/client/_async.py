"""The asynchronous client. Its twin is ``_sync``; a test holds the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from credit_sdk.client._steps import Steps, checked, failed, open_source, wanted_by
from credit_sdk.client.settings import Settings
from credit_sdk.errors import CreditError, NoDecision
from credit_sdk.model.request import CheckRequest
from credit_sdk.ports.clock import Clock, system_clock

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
    from credit_sdk.ports import Answer, AsyncRecordSource


class AsyncCreditClient:
    """:class:`CreditClient`, awaited. Serves any number of tasks; bound to no event loop."""

    def __init__(
        self,
        source: str | AsyncRecordSource,
        *,
        domains: DomainRegistry | None = None,
        measure_lists: Sequence[MeasureList] = (),
        clock: Clock = system_clock,
    ) -> None:
        """Connect a source with the adapters.

        :param source: ``"demo"``, or any object that follows :class:`credit_sdk.ports.AsyncRecordSource`; a blocking
            source is wrapped in :class:`credit_sdk.sources.ThreadedSource` by the caller.
        :param domains: as for :class:`CreditClient`.
        :param measure_lists: as for :class:`CreditClient`.
        :param clock: gives the present moment.
        :raises InvalidSettings: the source cannot be used.
        """
        self._steps = Steps(domains, measure_lists, clock)
        self._source, self._opened = open_source(source, clock, "fetch_async")

    @classmethod
    def from_env(cls, **arguments: Any) -> Self:
        """As :meth:`CreditClient.from_env`."""
        settings, others = Settings.collect(arguments)
        return cls(settings.required_source(), domains=settings.registry(others.pop("domains", None)), **others)

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
        plan = self._steps.prepare(request)
        return self._steps.conclude(plan, await self._fetch_or_fail(plan.wanted, timeout), self._source.name)

    async def check_many(
        self,
        requests: Iterable[CheckRequest],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> list[Decision | CreditError]:
        """As :meth:`CreditClient.check_many`."""
        rows = self._steps.prepare_each(list(requests))
        wanted = wanted_by(rows)
        answers = await self._fetch_or_fail(wanted, timeout) if wanted else ()
        return self._steps.each(rows, dict(zip(wanted, answers, strict=True)), self._source.name)

    async def _fetch_or_fail(
        self,
        subjects: Sequence[Subject],
        timeout: float | None,  # noqa: ASYNC109 - as above
    ) -> Sequence[Answer]:
        """One answer for each subject; what the source raises is everyone's answer."""
        source = self._source
        try:
            return checked(await source.fetch_async(subjects, timeout=timeout), subjects, source.name)
        except NoDecision as error:
            return [error] * len(subjects)
        except CreditError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a source raises is no answer, never an empty one
            failure = failed(error, source.name)
            failure.__cause__ = error
            return [failure] * len(subjects)

    async def aclose(self) -> None:
        """Close the source, if this client opened it. May be called twice."""
        if self._opened:
            await self._source.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
