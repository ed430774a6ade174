"""What both clients think: everything but the one fetch.

:meth:`Steps.prepare` turns a request into a plan, :meth:`Steps.conclude` turns what was fetched into a decision. The
shells in ``_sync`` and ``_async`` call the one, fetch, and call the other.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from credit_sdk.client.receipts import ReceiptSigner
from credit_sdk.decision import planning
from credit_sdk.decision.answering import answer
from credit_sdk.decision.combining import enforce_handles
from credit_sdk.decision.compiled import CompiledList
from credit_sdk.decision.planning import Plan, Stamp
from credit_sdk.decision.selection import select
from credit_sdk.errors import CreditError, InvalidRequest, InvalidSettings, NoDecision, Restricted, quoted
from credit_sdk.model.request import CheckRequest
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.observer import SILENT, Observer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from credit_sdk.decision.result import Decision, Signer
    from credit_sdk.ledger.desk import Ledger
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
        self.signer: Signer = ReceiptSigner(clock=clock)
        """Who signs receipts; the client puts its own here once it knows its key."""

    @property
    def clock(self) -> Clock:
        """Gives the present moment."""
        return self._clock

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

    def known_domains(self) -> set[str]:
        """Every domain that may be asked about; those whose adapters are broken among them."""
        broken = {problem.adapter for problem in self.domains.problems}
        return {*self.domains.domains, *self._own, *broken}

    def prepare(self, request: CheckRequest) -> Plan:
        """Settle what is asked, and under which measure list.

        :raises CreditError: the request cannot be made ready.
        """
        key = (request.domain, request.jurisdiction)
        compiled = self._compiled.get(key)
        if compiled is None:
            chosen = select(self._installed(request.domain), request.jurisdiction, domain=request.domain)
            compiled = self._compiled[key] = CompiledList(chosen, self.lists)
        return planning.plan(request, compiled)

    def check_measures(self, measures: Collection[str], domain: str) -> None:
        """Make sure that a domain has these measures, in any of its lists: a misspelt one would never be asked for.

        :raises InvalidRequest: it has not.
        """
        known = {measure.id for one in self._installed(domain) for measure in one.measures}
        for id_ in measures:
            if id_ not in known:
                raise InvalidRequest(
                    f"领域 {domain} 的措施清单里没有措施 {quoted(id_)}; 见 credit measures show",
                    f"no measure list of domain {domain} has a measure {quoted(id_)}; see credit measures show",
                    key="executed",
                )

    def _installed(self, domain: str) -> Sequence[MeasureList]:
        return self._own.get(domain) or self.domains.measure_lists(domain)

    def conclude(self, plan: Plan, answers: Sequence[Answer], source: str) -> Decision:
        """Decide from what was fetched.

        :param answers: one for each of ``plan.wanted``.
        :raises NoDecision: there is no answer.
        :raises Restricted: the caller does not handle a penalty's obligation (rule 5.5).
        """
        now = self._clock()
        decision = answer(
            plan,
            answers,
            source,
            as_of=plan.request.as_of or now,
            stamp=lambda: Stamp(uuid7(), now, self.signer),
        )
        return enforce_handles(decision) if plan.request.handles is not None else decision

    def settle(
        self,
        plan: Plan,
        answers: Sequence[Answer],
        source: str,
        ledger: Ledger,
        *,
        shadow: bool = False,
        confirms: Decision | None = None,
    ) -> Decision:
        """:meth:`conclude`, and keep what it comes to: durable on return. Blocks as long as the disk does.

        :param shadow: a guard asks that only watches.
        :param confirms: the decision that is asked about again.
        :raises LedgerUnavailable: the decision cannot be kept, and must be.
        """
        again: Again | None = None
        if confirms is not None:
            from credit_sdk.ledger.values import Again

            again = Again("confirm", confirms.decision_id)
        try:
            decision = self.conclude(plan, answers, source)
        except Restricted as error:  # raised for a decision
            ledger.keep(plan, answers, error.decision, shadow=shadow, again=again, before=confirms)
            raise
        except NoDecision as error:
            if not shadow:
                ledger.undecided(plan, error, again)
            raise
        ledger.keep(plan, answers, decision, shadow=shadow, again=again, before=confirms)
        return decision

    def settle_each(
        self, rows: Sequence[Row], answers: Mapping[Subject, Answer], source: str, ledger: Ledger
    ) -> list[Decision | CreditError]:
        """:meth:`each`, and keep all of it with one write. What cannot be kept, and must be, is every decision's failure."""
        results = self.each(rows, answers, source)
        kept = []
        for row, result in zip(rows, results, strict=True):
            outcome = result.decision if isinstance(result, Restricted) else result
            if not isinstance(row, CreditError) and (
                isinstance(outcome, NoDecision) or not isinstance(outcome, CreditError)
            ):
                kept.append((row, [answers[subject] for subject in row.wanted], outcome))
        try:
            ledger.keep_each(kept)
        except CreditError as failure:
            return [
                failure if isinstance(result, Restricted) or not isinstance(result, CreditError) else result
                for result in results
            ]
        return results

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


def open_source(
    source: Any,
    steps: Steps,
    method: Literal["fetch", "fetch_async"],
    *,
    api_key: str | None = None,
    observer: Observer = SILENT,
) -> tuple[Any, bool]:
    """The source to use, and whether the client opened it (and so has to close it).

    :param method: the method that the client will call.
    :param api_key: goes with a URL.
    :param observer: is told of the requests to a URL.
    :raises InvalidSettings: nothing that can be used.
    """
    if isinstance(source, str):
        if source == "demo":
            from credit_sdk.sources.demo import DemoSource

            return DemoSource(clock=steps.clock), True
        if source.lower().startswith(("https://", "http://")):
            return _open_platform(source, steps, method, api_key, observer), True
        raise InvalidSettings(
            "未知的来源; 可用: https://… (平台地址), demo (虚构数据), 或任何符合来源端口的对象",
            "unknown source; known: https://… (a platform), demo (fictional data), or any object that follows the source"
            " port",
            key="source",
        )
    if api_key is not None:
        raise InvalidSettings(
            "api_key 只与平台地址同用; 其他来源的凭据请在构造该来源时给出",
            "api_key goes with a platform's URL; give another source its credentials when you make it",
            key="api_key",
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


def _open_platform(url: str, steps: Steps, method: str, api_key: str | None, observer: Observer) -> Any:
    from credit_sdk.sources.http import AsyncHttpSource, HttpSource
    from credit_sdk.transport import ApiKey

    kind = HttpSource if method == "fetch" else AsyncHttpSource
    auth = ApiKey(api_key) if api_key else None
    return kind(url, lists=steps.lists, clock=steps.clock, auth=auth, observer=observer)


def _take_in(known: dict[str, ListInfo], measure_list: MeasureList) -> None:
    for code, info in measure_list.local_lists.items():
        if known.setdefault(code, info).meaning != info.meaning:
            raise InvalidSettings(
                f"名单 {code} 在措施清单 {measure_list.id} 与另一措施清单中的声明不同; 请统一",
                f"list {code} is declared differently by measure list {measure_list.id} and by another; make them agree",
                key=code,
            )
