"""What both clients think: everything but the one fetch.

:meth:`Steps.prepare` turns a request into a plan, :meth:`Steps.conclude` turns what was fetched into a decision. The
shells in ``_sync`` and ``_async`` call the one, fetch, and call the other.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from credit_sdk.client._ids import uuid7
from credit_sdk.decision import engine, planning
from credit_sdk.decision.combining import enforce_handles
from credit_sdk.decision.compiled import CompiledList
from credit_sdk.decision.consortium import combine_members
from credit_sdk.decision.planning import Plan, Stamp
from credit_sdk.decision.selection import select
from credit_sdk.errors import BadRecord, CreditError, InvalidRequest, InvalidSettings, NoDecision, SourceUnavailable
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.model.request import CheckRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from credit_sdk.decision.result import Decision
    from credit_sdk.model.catalogue import KnownLists, ListInfo
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.subject import Subject
    from credit_sdk.plugins import DomainRegistry
    from credit_sdk.ports import Answer, Clock

Row: TypeAlias = "Plan | CreditError"
"""A request made ready, or why it cannot be."""


_LONGEST_SEARCH = 5.0
"""Seconds that a thread waits for another to find the adapters, before it does so itself."""


class Steps:
    """The measure lists at hand, made ready as they are asked for."""

    def __init__(self, domains: DomainRegistry | None, measure_lists: Sequence[MeasureList], clock: Clock) -> None:
        self._domains = domains
        self._own: dict[str, list[MeasureList]] = {}
        for measure_list in measure_lists:
            self._own.setdefault(measure_list.domain, []).append(measure_list)
        self._clock = clock
        self._finding = Lock()
        self._lists: KnownLists | None = None
        self._compiled: dict[tuple[str, str | None], CompiledList] = {}

    @property
    def domains(self) -> DomainRegistry:
        """The adapters; found on first use."""
        if self._domains is None:
            from credit_sdk.plugins import DomainRegistry

            # Threads that come at once wait for the first, which takes a tenth of a second. Not for ever: in a process forked
            # at this very moment, nobody is left to let go.
            held = self._finding.acquire(timeout=_LONGEST_SEARCH)
            try:
                if self._domains is None:
                    self._domains = DomainRegistry.from_entry_points()
            finally:
                if held:
                    self._finding.release()
        return self._domains

    @property
    def lists(self) -> KnownLists:
        """Every list that may be named."""
        if self._lists is None:
            known: dict[str, ListInfo] = dict(self.domains.lists)
            for measure_lists in self._own.values():
                for measure_list in measure_lists:
                    _take_in(known, measure_list)
            self._lists = known
        return self._lists

    def prepare(self, request: CheckRequest) -> Plan:
        """Settle what is asked, and under which measure list.

        :raises CreditError: the request cannot be made ready.
        """
        key = (request.domain, request.jurisdiction)
        compiled = self._compiled.get(key)
        if compiled is None:
            installed = self._own.get(request.domain) or self.domains.measure_lists(request.domain)
            chosen = select(installed, request.jurisdiction, domain=request.domain)
            compiled = self._compiled[key] = CompiledList(chosen, self.lists)
        return planning.plan(request, compiled)

    def conclude(self, plan: Plan, answers: Sequence[Answer], source: str) -> Decision:
        """Decide from what was fetched.

        :param answers: one for each of ``plan.wanted``.
        :raises NoDecision: there is no answer.
        :raises Restricted: the caller does not handle a penalty's obligation (rule 5.5).
        """
        now = self._clock()
        as_of = plan.request.as_of or now
        if len(plan.wanted) == 1:
            decision = self._one(plan, 0, answers, as_of, Stamp(uuid7(), now), source)
        else:
            parts: list[Decision | NoDecision] = []
            for place in range(len(plan.subjects)):
                try:
                    parts.append(self._one(plan, place, answers, as_of, Stamp(uuid7(), now), source))
                except NoDecision as error:
                    if len(plan.subjects) == 1:
                        raise
                    parts.append(error)
            decision = parts[0] if len(parts) == 1 else combine_members(plan, parts, as_of, Stamp(uuid7(), now))  # type: ignore[assignment]
        return enforce_handles(decision) if plan.request.handles is not None else decision

    def _one(
        self, plan: Plan, place: int, answers: Sequence[Answer], as_of: datetime, stamp: Stamp, source: str
    ) -> Decision:
        subject, answer = plan.subjects[place], answers[place]
        related = []
        unknown: NoDecision | None = None
        if plan.related and place == 0:  # who is related is so to the subject, not to the consortium's other members
            for (role, other), record in zip(plan.related, answers[len(plan.subjects) :], strict=True):
                if isinstance(record, CreditRecord):
                    related.append((role, other, record))
                elif unknown is None:
                    unknown = record
        if isinstance(answer, CreditRecord):
            if unknown is None:
                return engine.conclude(plan, subject, answer, as_of, stamp, related)
            # Without a related subject's record there is no answer, unless what is known blocks: no further data can undo
            # that, and no fallback may stand in for it (rules 7.2, 8.3).
            decision = engine.conclude(plan, subject, answer, as_of, stamp, related)
            if decision.blocking:
                return decision
            answer = unknown
        if isinstance(answer, SourceUnavailable):
            return engine.without_source(plan, subject, answer, as_of, stamp, source)
        raise answer

    def each(self, rows: Sequence[Row], answers: Mapping[Subject, Answer], source: str) -> list[Decision | CreditError]:
        """One result for each row; a row's failure is that row's value."""
        results: list[Decision | CreditError] = []
        for row in rows:
            if isinstance(row, CreditError):
                results.append(row)
                continue
            try:
                results.append(self.conclude(row, [answers[subject] for subject in row.wanted], source))
            except CreditError as error:
                results.append(error)
        return results

    def prepare_each(self, requests: Sequence[CheckRequest]) -> list[Row]:
        """:meth:`prepare` for every request, failures as values."""
        rows: list[Row] = []
        for request in requests:
            try:
                if not isinstance(request, CheckRequest):
                    raise InvalidRequest("应为 CheckRequest", "must be a CheckRequest")
                rows.append(self.prepare(request))
            except CreditError as error:
                rows.append(error)
        return rows


def wanted_by(rows: Sequence[Row]) -> tuple[Subject, ...]:
    """Whose records the rows need, each subject once."""
    return tuple(dict.fromkeys(subject for row in rows if isinstance(row, Plan) for subject in row.wanted))


def checked(answers: Any, subjects: Sequence[Subject], source: str) -> Sequence[Answer]:
    """What a source returned, if it kept its contract.

    :raises BadRecord: it did not: not one answer for each subject.
    """
    if not isinstance(answers, list | tuple) or len(answers) != len(subjects):
        raise BadRecord(
            f"来源 {source} 没有按主体逐一作答; 请检查该来源的 fetch 实现",
            f"source {source} did not give one answer for each subject; check its fetch",
        )
    for answer in answers:
        if isinstance(answer, CreditRecord) and not isinstance(answer.coverage, CoverageTable):
            raise BadRecord(
                f"来源 {source} 的记录 coverage 应为 CoverageTable",
                f"source {source} gave a record whose coverage is no CoverageTable",
                key="coverage",
            )
        if not isinstance(answer, CreditRecord | NoDecision):
            raise BadRecord(
                f"来源 {source} 返回了 {type(answer).__name__}, 应为 CreditRecord 或 NoDecision",
                f"source {source} returned {type(answer).__name__}, not a CreditRecord or a NoDecision",
            )
    return answers


def failed(error: Exception, source: str) -> NoDecision:
    """A source's own exception as one of ours. Only an outage is an outage: a fault in the source's code is not."""
    kind = type(error).__name__
    if isinstance(error, OSError | TimeoutError):
        return SourceUnavailable(
            f"来源 {source} 无法访问 ({kind}); 请稍后重试",
            f"source {source} cannot be reached ({kind}); try again later",
        )
    return BadRecord(
        f"来源 {source} 出错 ({kind}); 请检查该来源的实现", f"source {source} failed ({kind}); check its implementation"
    )


def open_source(source: Any, clock: Clock, method: str) -> tuple[Any, bool]:
    """The source to use, and whether the client opened it (and so has to close it).

    :param method: the method that the client will call: ``fetch`` or ``fetch_async``.
    :raises InvalidSettings: nothing that can be used.
    """
    if isinstance(source, str):
        if source == "demo":
            from credit_sdk.sources.demo import DemoSource

            return DemoSource(clock=clock), True
        raise InvalidSettings(
            "未知的来源; 可用: demo (虚构数据), 或任何符合来源端口的对象",
            "unknown source; known: demo (fictional data), or any object that follows the source port",
            key="source",
        )
    if not callable(getattr(source, method, None)) or not isinstance(getattr(source, "name", None), str):
        blocking = method == "fetch_async" and callable(getattr(source, "fetch", None))
        raise InvalidSettings(
            f"来源 {type(source).__name__} 没有 {method}"
            + ("; 阻塞的来源请用 ThreadedSource(source) 包装" if blocking else "; 见 credit_sdk.ports.RecordSource"),
            f"source {type(source).__name__} has no {method}"
            + (
                "; wrap a blocking source in ThreadedSource(source)"
                if blocking
                else "; see credit_sdk.ports.RecordSource"
            ),
            key="source",
        )
    return source, False


def _take_in(known: dict[str, ListInfo], measure_list: MeasureList) -> None:
    for code, info in measure_list.local_lists.items():
        if known.setdefault(code, info).meaning != info.meaning:
            raise InvalidSettings(
                f"名单 {code} 在措施清单 {measure_list.id} 与另一措施清单中的声明不同; 请统一",
                f"list {code} is declared differently by measure list {measure_list.id} and by another; make them agree",
                key=code,
            )
