"""Watching what happens (可观测性): small events, told to an observer that counts, traces or logs them.

No event holds an identifier, a query string or a secret (rule 9.4): what is not in it cannot leak from it. Whoever fires
events calls :func:`tell`, so that an observer's fault never becomes a check's; on a warm path he first asks whether
anybody listens::

    if self._observer is not SILENT:
        tell(self._observer, Decided(domain, action, effect, blocking, elapsed))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from credit_sdk.ports.log import FailureLog

if TYPE_CHECKING:
    from credit_sdk.model.terms import Effect


@dataclass(frozen=True, slots=True)
class RequestDone:
    """One attempt at a platform ended: with an answer, or without one.

    :param method: ``GET`` or ``POST``.
    :param path: the path as the profile names it, without query; no identifier stands in it.
    :param status: the HTTP status; ``None`` where no answer came.
    :param elapsed: seconds.
    :param attempt: from 1.
    :param request_id: the ``X-Request-Id`` sent.
    :param error: the stable word for what went wrong (``NoDecision.fault``, else the error's ``code``); ``None``: nothing.
    :param host: the platform's host name.
    """

    method: str
    path: str
    status: int | None
    elapsed: float
    attempt: int = 1
    request_id: str | None = None
    error: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """An attempt failed and is made again.

    :param attempt: the one that failed, from 1.
    :param wait: seconds until the next.
    :param reason: the stable word for what went wrong.
    """

    path: str
    attempt: int
    wait: float
    reason: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class CacheLooked:
    """The cache was asked for one subject's record.

    :param hit: whether it served one.
    :param stale: whether it did so because the source is down (rule 8.2).
    """

    hit: bool
    stale: bool = False


@dataclass(frozen=True, slots=True)
class LayerFailed:
    """A layered source goes on without one of its layers, whose lists are then not consulted (rule 7.2).

    :param layer: the layer's name.
    :param error: the stable word for what went wrong.
    :param subjects: how many subjects are concerned.
    """

    layer: str
    error: str
    subjects: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A check ended with a decision.

    :param elapsed: seconds, fetching included; ``None`` for a row of a batch, whose time is the batch's.
    :param stale: whether a record kept from before served (rule 8.2).
    :param degraded: whether it is a fallback, due for re-check (rule 8.3).
    """

    domain: str
    action: str
    effect: Effect
    blocking: bool
    elapsed: float | None
    stale: bool = False
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class NotDecided:
    """A check ended without a decision.

    :param domain: ``None``, as ``action``, where the request itself was unusable: what stood there may be anything.
    :param error: the error's ``code``.
    :param elapsed: as for :class:`Decided`.
    :param fault: the stable word for the fault behind it, where there is one.
    """

    domain: str | None
    action: str | None
    error: str
    elapsed: float | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class BatchDone:
    """A batch of checks ended; its rows were told one by one before.

    :param rows: how many were asked.
    :param undecided: how many of them have no decision.
    :param elapsed: seconds, fetching included.
    """

    rows: int
    undecided: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class LedgerFailed:
    """Something could not be kept in the ledger, and the matter went on without (``ledger_required=False``), or had to.

    :param what: what was to be kept: ``checked``, ``undecided``, ``reported``.
    :param error: the error's ``code``.
    :param entries: how many are not kept.
    """

    what: str
    error: str
    entries: int = 1


@dataclass(frozen=True, slots=True)
class Delivered:
    """A receiver took reports in.

    :param receiver: its name.
    :param reports: how many.
    :param repeated: how many of them it had already.
    :param elapsed: seconds that the call took.
    """

    receiver: str
    reports: int
    repeated: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class Deferred:
    """Reports could not be delivered yet, and are tried again.

    :param fault: the stable word for what went wrong.
    :param status: the HTTP status, if one came.
    :param wait: seconds until the next attempt.
    """

    receiver: str
    reports: int
    fault: str
    status: int | None
    wait: float
    elapsed: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A receiver refused reports for good (死信): somebody must look.

    :param fault: as for :class:`Deferred`; likewise the others.
    """

    receiver: str
    reports: int
    fault: str
    status: int | None
    elapsed: float


Event: TypeAlias = (
    RequestDone
    | Retried
    | CacheLooked
    | LayerFailed
    | Decided
    | NotDecided
    | BatchDone
    | LedgerFailed
    | Delivered
    | Deferred
    | Refused
)
"""What can be observed. Later versions may add events; an observer ignores those it does not know."""


@runtime_checkable
class Observer(Protocol):
    """Whoever wants to know. Called in the thread or task that does the work, so it has to be quick and must not wait."""

    def observe(self, event: Event) -> None:
        """Take notice of ``event``."""
        ...


class _Silent:
    """Nobody listens."""

    def observe(self, event: Event) -> None:
        """Nothing."""

    def __repr__(self) -> str:
        return "SILENT"


SILENT: Observer = _Silent()
"""The default: nobody listens, and no event is made."""

_FAULTS = FailureLog()


def tell(observer: Observer, event: Event) -> None:
    """Tell ``observer``; what it raises is logged, once in a while, and goes no further."""
    try:
        observer.observe(event)
    except Exception as error:  # noqa: BLE001 - watching must not change what is watched
        _FAULTS.failed(
            f"观察者 {type(observer).__name__} 出错 ({type(error).__name__}); 不影响核查结论",
            f"observer {type(observer).__name__} failed ({type(error).__name__}); decisions are not affected",
        )
