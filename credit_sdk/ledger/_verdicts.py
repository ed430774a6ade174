"""What becomes of a report, from what its sender answered or raised. A table and pure functions."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import FAULTS, CreditError, InvalidRequest, InvalidSettings, NoDecision, masked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credit_sdk.ports.platform import Outcome

_ABOUT_THE_CONTENT = frozenset({400, 409, 413, 422})
"""Statuses by which a receiver says that it will not have what was sent. Every other one may be mended without changing
that: the credentials, the address, the receiver itself."""
_ABOUT_THE_CALL = frozenset({"bad_header", "bad_parameter", "unsupported_version", "unsupported_media_type"})
"""Problems of the standard contract that come as 400, and are none of the outcomes'."""


_A_GATEWAY_S = frozenset({502, 503, 504})
_MAY_BE_ITS_OWN = frozenset({"server_error", "timeout", "deadline", "reset", "truncated", "protocol", "schema", "html"})
"""Faults by which a receiver may fail over one outcome, as well as over all of them."""


class Fate(Enum):
    """What is done about it."""

    LATER = auto()
    """Try again: this is the receiver's, or the network's, and meets every report for it."""
    ALONE = auto()
    """Try again: this is one report's, and says nothing of the others."""
    REFUSED = auto()
    """Never again by itself (死信)."""


class Verdict(NamedTuple):
    """Why a report was not taken, and what is done about it."""

    fate: Fate
    fault: str
    status: int | None = None
    words: str | None = None
    """What the receiver said, masked."""
    retry_after: float | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it may well be one outcome's after all: a receiver that fails over what it is sent cannot say so."""
        return self.fate is Fate.LATER and self.fault in _MAY_BE_ITS_OWN and self.status not in _A_GATEWAY_S

    def suspect(self, *, wary: bool) -> bool:
        """Whether it is to be found out if it is one outcome's.

        :param wary: the receiver has failed several times by now. Whatever it says then may be about one outcome: a gateway
            answers for a server that dies of it, a firewall for what it reads in it. Who names a time is waited for.
        """
        return self.doubtful or (wary and self.fate is Fate.LATER and self.retry_after is None)

    def __repr__(self) -> str:
        return f"<Verdict {self.fate.name} {self.fault}>"


MISMATCH = Verdict(Fate.LATER, "schema", words="回执与反馈对不上 | the receipts are not those of the outcomes")
"""The receiver answered for other outcomes than it was sent: whatever it stored, nobody knows."""
OUT_OF_TIME = Verdict(
    Fate.LATER, "deadline", words="进程关闭时仍未答复 | there was no answer yet when the process closed"
)
"""Whoever was sending it closes, and waits no longer: what became of it, nobody knows."""
UNREADABLE = Verdict(
    Fate.REFUSED, "request", words="台账里的这条反馈读不出 | this report cannot be read from the ledger"
)


def verdict_of(error: Exception) -> Verdict:
    """What is done about a call, or about one outcome, that ended in ``error``."""
    match error:
        case NoDecision():
            fault = error.fault or "profile"
            fate = Fate.LATER
            if error.status in _ABOUT_THE_CONTENT and error.problem not in _ABOUT_THE_CALL:
                fate = Fate.REFUSED
            elif fault == "business":  # an answer inside HTTP 200; what it means only the receiver's papers say
                fate = Fate.ALONE
            said = ": ".join(part for part in (error.problem, error.words) if part)
            return Verdict(fate, fault, error.status, said or _sentence(fault), error.retry_after)
        case InvalidRequest():
            return Verdict(Fate.REFUSED, "request", words=f"{error.zh} | {error.en}")
        case InvalidSettings():
            return Verdict(Fate.LATER, "request", words=f"{error.zh} | {error.en}")
        case CreditError():
            return Verdict(Fate.ALONE, "profile", words=type(error).__name__)
        case OSError():  # a sender of somebody else's; TimeoutError is one
            return Verdict(Fate.LATER, "connect", words=type(error).__name__)
        case _:
            # Its text may quote what was sent. As it may be a mistake of the sender's, nothing dies of it.
            return Verdict(Fate.ALONE, "profile", words=type(error).__name__)


def about(verdict: Verdict, outcome: Outcome) -> Verdict:
    """The verdict on one outcome, with whom that is about starred."""
    if verdict.words is None:
        return verdict
    hidden: list[str] = [outcome.note or "", outcome.key or ""]
    values: Iterable[Any] = (*outcome.subject.values(), *(outcome.override or {}).values())
    for value in values:  # former names are several
        hidden += [value] if isinstance(value, str) else value
    return verdict._replace(words=masked(verdict.words, *(one for one in hidden if len(one) > 1)))


def _sentence(fault: str) -> str | None:
    known = FAULTS.get(fault)
    return None if known is None else " | ".join(known)
