"""Check, act, report as one (办前核查、办中执行、办后反馈): the guard around an action, and its awaited twin.

.. code-block:: python

    with credit.guard(code, domain="subsidy", action="grant") as case:
        grant(...)  # not reached where the decision blocks: Restricted
        case.declined("subsidy.reduce", "已按规定核减")

Entering checks, and refuses where the decision blocks; that it refused is reported. Leaving reports what was done, once,
also when the body raises. As a decorator, each call is a case of its own.

Where the report cannot be kept, leaving raises ``LedgerUnavailable``: the action is done by then, and has to be reported
(``credit.report``) when the ledger can be written again. With ``ledger_required=False`` nothing is raised, and the report is
lost: a line in the log and the observer's ``LedgerFailed`` are all that tells of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from credit_sdk.client._case import CaseBase, refusing
from credit_sdk.decision.result import restricted
from credit_sdk.errors import CreditError, InvalidRequest, LedgerDamaged, LedgerUnavailable, Restricted
from credit_sdk.ports.log import FailureLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import timedelta
    from types import TracebackType

    from credit_sdk.client._async import AsyncCreditClient
    from credit_sdk.client._sync import CreditClient
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.ledger.values import Confirmation, Override
    from credit_sdk.model.request import CheckRequest

P = ParamSpec("P")
T = TypeVar("T")

_FAULTS = FailureLog()


class Case(CaseBase):
    """A case under :meth:`CreditClient.guard`."""

    _guard: Guard

    def confirm(self, *, connection: Any = None) -> Confirmation:
        """Make sure, just before acting for good, that the decision still stands; see :meth:`CreditClient.confirm`.

        In shadow mode nothing is asked and nothing kept: the token is empty.

        An override covers what it was given for: where it is checked anew and refused for the same, it is reported for the fresh
        decision too; where something came on top, it is not covered.

        :param connection: the caller's own; default: the guard's.
        :raises Restricted: it does not; leaving the guard reports the refusal.
        """
        guard, decision = self._guard, self._ready()
        if self.shadow:
            return self._watched()
        try:
            confirmation = guard.client._confirm(  # noqa: SLF001 - one thing in two files
                decision, guard.terms.validity, guard.connection_or(connection), overridden=self._overridden
            )
        except Restricted as error:
            self._stands(error.decision)
            raise
        if self._stands_overridden(confirmation.decision):
            guard._report_override(self)  # noqa: SLF001 - as above
        return confirmation


class AsyncCase(CaseBase):
    """A case under :meth:`AsyncCreditClient.guard`."""

    _guard: AsyncGuard

    async def confirm(self, *, connection: Any = None) -> Confirmation:
        """As :meth:`Case.confirm`."""
        guard, decision = self._guard, self._ready()
        if self.shadow:
            return self._watched()
        try:
            confirmation = await guard.client._confirm(  # noqa: SLF001 - as above
                decision, guard.terms.validity, guard.connection_or(connection), overridden=self._overridden
            )
        except Restricted as error:
            self._stands(error.decision)
            raise
        if self._stands_overridden(confirmation.decision):
            from credit_sdk.client._bridge import to_the_end

            await to_the_end(guard._report_override, self)  # noqa: SLF001 - as above
        return confirmation


@dataclass(slots=True, eq=False)
class Terms:
    """What a guard was asked for. Not changed once made."""

    request: CheckRequest
    shadow: bool
    executed: Collection[str] | None
    validity: timedelta
    override: Override | None
    connection: Any
    timeout: float | None


class _GuardBase:
    """What both guards think."""

    def __init__(self, client: Any, ledger: Ledger, terms: Terms) -> None:
        self.client = client
        self.terms = terms
        self._ledger = ledger
        self._open = Lock()
        self._case: Any = None

    def connection_or(self, given: Any) -> Any:
        """The connection to confirm with."""
        return self.terms.connection if given is None else given

    def _begin(self, kind: type[CaseBase]) -> Any:
        """A new case.

        :raises InvalidRequest: the guard is in use: a case of its own needs a guard of its own.
        """
        terms = self.terms
        if callable(terms.request.subject):
            raise InvalidRequest(
                "subject 为函数时, guard 只能用作装饰器",
                "with a function as subject, a guard is a decorator",
                key="subject",
            )
        if not self._open.acquire(blocking=False):
            raise InvalidRequest(
                "该 guard 正在使用中; 每个办件请各用一个 credit.guard(...)",
                "this guard is in use; make one for each case with credit.guard(...)",
                key="guard",
            )
        case: Any = kind(terms.executed, shadow=terms.shadow)
        case._guard = self  # noqa: SLF001 - one thing in two files, here and below
        self._case = case
        return case

    def _joins(self, connection: Any) -> None:
        """Make sure before the action, not after it, that what was done can become part of the caller's transaction.

        :raises InvalidRequest: it cannot.
        """
        try:
            self._ledger.store.append((), connection=connection)
        except (LedgerUnavailable, LedgerDamaged):
            if self._ledger.required:
                raise

    def _end(self) -> None:
        if self._case is not None:
            self._case._closed = True  # noqa: SLF001
            self._case = None
            self._open.release()

    def _stopped(self, case: CaseBase, error: CreditError) -> Restricted | None:
        """What becomes of a check that raised.

        :returns: the restriction, if it is one that an override does not lift.
        :raises CreditError: ``error``: there is no decision.
        """
        if isinstance(error, Restricted):
            case.decision = error.decision
            if self.terms.shadow:
                case.error = error
            elif not self._lifted(case):
                return error
            return None
        if not self.terms.shadow:
            raise error
        case.error = error  # whoever only watches stops nobody, whatever goes wrong
        return None

    def _lifted(self, case: CaseBase) -> bool:
        """Whether an override lets a blocking decision through; it is in force from here on."""
        override = self.terms.override
        if override is None or case.decision is None or not case.decision.blocking:
            return False
        case.override, case._overridden = override, case.decision  # noqa: SLF001
        return True

    def _refusing(self, case: CaseBase) -> Restricted | None:
        """The restriction to raise, if the decision blocks and nothing lifts it."""
        decision = case.decision
        if self.terms.shadow or decision is None:
            return None
        if decision.blocking and not self._lifted(case):
            return restricted(decision)
        if self.terms.executed:
            self.client._steps.check_measures(self.terms.executed, decision.domain)  # noqa: SLF001 - one thing in two files
        return None

    def _report_override(self, case: CaseBase) -> None:
        """Before the action begins, so that nothing that becomes of it keeps it from being reported."""
        override, decision = case.override, case.decision
        assert override is not None
        assert decision is not None
        self._ledger.report(
            decision,
            not_executed=dict.fromkeys(refusing(decision), override.reason),
            override=override,
        )

    def _report(self, case: CaseBase, error: BaseException | None, connection: Any = None) -> None:
        """What is to be said at the end. Of a body that raised, outside the caller's transaction: that one is rolled back."""
        assert case.decision is not None
        final = case._final(error)  # noqa: SLF001
        for before, executed in case._left:  # noqa: SLF001
            self._ledger.report(before, executed=executed, note=final.note, connection=connection)
        self._ledger.report(
            case.decision,
            executed=final.executed,
            not_executed=final.not_executed,
            note=final.note,
            case=final.case,
            connection=connection,
        )

    def _failed(self, failure: Exception, error: BaseException | None) -> bool:
        """A report that could not be made.

        :returns: whether it must be raised. It never takes the place of what the body raised.
        """
        if error is not None:
            error.add_note(f"反馈未能入账 ({type(failure).__name__}) | the report could not be kept")
        if isinstance(failure, LedgerUnavailable | LedgerDamaged):
            if error is not None or not self._ledger.required:
                self._ledger.lost(failure, "reported")
                return False
        elif error is not None:
            self._ledger.complain(failure)
        return error is None

    def _of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A guard for one call of the decorated function."""
        request = self.terms.request
        subject: Any = request.subject
        if callable(subject):
            try:
                given = subject(*args, **kwargs)
            except Exception as failure:
                if not self.terms.shadow:
                    raise
                kind = type(failure).__name__
                _FAULTS.failed(
                    f"试运行: 取 subject 的函数出错 ({kind})",
                    f"shadow: the function that gives the subject failed ({kind})",
                )
                given = None  # nobody to ask about, which is the case's error
            request = replace(request, subject=given)
        return type(self)(self.client, self._ledger, replace(self.terms, request=request))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.terms.request.domain}/{self.terms.request.action}>"


class Guard(_GuardBase):
    """A guard around an action: a context manager, or a decorator of a function. Made by :meth:`CreditClient.guard`.

    One guard holds one case at a time; it may be used again when the case has ended.
    """

    client: CreditClient

    def __enter__(self) -> Case:
        case: Case = self._begin(Case)
        try:
            self._enter(case)
        except BaseException:
            self._end()
            raise
        return case

    def _enter(self, case: Case) -> None:
        terms = self.terms
        if terms.connection is not None and not terms.shadow:
            self._joins(terms.connection)
        try:
            case.decision = self.client._checked(terms.request, terms.timeout, shadow=terms.shadow)  # noqa: SLF001
            refusal = self._refusing(case)
        except CreditError as error:
            refusal = self._stopped(case, error)
        if refusal is not None:
            self._leave(case, refusal)
            raise refusal
        if case.override is not None:
            try:
                self._report_override(case)
            except BaseException as stopped:
                if not isinstance(stopped, Exception):  # the override may be on its way, and the body does not begin
                    self._leave(case, stopped)
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        case = self._case
        try:
            if not self.terms.shadow:
                self._leave(case, error)
        finally:
            self._end()

    def _leave(self, case: Case, error: BaseException | None) -> None:
        try:
            self._report(case, error, self.terms.connection if error is None else None)
        except Exception as failure:
            if self._failed(failure, error):
                raise

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Guard every call of ``function``, each as a case of its own.

        :raises InvalidRequest: its body would run outside the guard (a generator, a coroutine).
        """
        check_function(function, awaited=False)

        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._of_call(args, kwargs):
                return function(*args, **kwargs)

        return guarded


class AsyncGuard(_GuardBase):
    """:class:`Guard`, awaited: ``async with``, or a decorator of an ``async def``. Made by :meth:`AsyncCreditClient.guard`."""

    client: AsyncCreditClient

    async def __aenter__(self) -> AsyncCase:
        case: AsyncCase = self._begin(AsyncCase)
        try:
            await self._enter(case)
        except BaseException:
            self._end()
            raise
        return case

    async def _enter(self, case: AsyncCase) -> None:
        terms = self.terms
        if terms.connection is not None and not terms.shadow:
            from credit_sdk.client._bridge import in_transaction

            await in_transaction(self._joins, terms.connection)
        try:
            case.decision = await self.client._checked(terms.request, terms.timeout, shadow=terms.shadow)  # noqa: SLF001
            refusal = self._refusing(case)
        except CreditError as error:
            refusal = self._stopped(case, error)
        if refusal is not None:
            await self._leave(case, refusal)
            raise refusal
        if case.override is not None:
            from credit_sdk.client._bridge import to_the_end

            try:
                await to_the_end(self._report_override, case)
            except BaseException as stopped:
                if not isinstance(stopped, Exception):  # as above
                    await self._leave(case, stopped)
                raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        case = self._case
        try:
            if not self.terms.shadow:
                await self._leave(case, error)
        finally:
            self._end()

    async def _leave(self, case: AsyncCase, error: BaseException | None) -> None:
        try:
            if error is None and self.terms.connection is not None:
                from credit_sdk.client._bridge import in_transaction

                await in_transaction(lambda connection: self._report(case, None, connection), self.terms.connection)
            elif isinstance(error, GeneratorExit):
                self._report(
                    case, error
                )  # the coroutine is taken down, perhaps after its loop: nothing is awaited any more
            else:
                from credit_sdk.client._bridge import to_the_end

                await to_the_end(self._report, case, error)
        except Exception as failure:
            if self._failed(failure, error):
                raise

    def __call__(self, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """As :meth:`Guard.__call__`, for an ``async def``."""
        check_function(function, awaited=True)

        @wraps(function)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            async with self._of_call(args, kwargs):
                return await function(*args, **kwargs)

        return guarded


def check_function(function: Any, *, awaited: bool) -> None:
    """Refuse a function whose body would run outside its guard.

    :raises InvalidRequest: it is one.
    """
    import inspect  # heavy, and for decorators only

    forms = (function, getattr(type(function), "__call__", None))  # noqa: B004 - an object may be called, too
    generator = any(inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one) for one in forms)
    if callable(function) and not generator and any(map(inspect.iscoroutinefunction, forms)) == awaited:
        return
    raise InvalidRequest(
        "guard 装饰普通函数 (CreditClient) 或 async def (AsyncCreditClient); 生成器请在其中用 with",
        "a guard decorates a plain function (CreditClient) or an async def (AsyncCreditClient); in a generator use `with`",
        key="guard",
    )
