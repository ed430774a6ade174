"""Sending a batch: one call as a rule; where the receiver will not have it, ever smaller ones, until the guilty stand alone."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.errors import NoDecision
from credit_sdk.ledger._verdicts import MISMATCH, Fate, Verdict, about, verdict_of
from credit_sdk.ports.platform import PlatformReceipt

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Iterator, Sequence

    from credit_sdk.ports.platform import Outcome
    from credit_sdk.ports.sender import OutcomeSender


class Told(NamedTuple):
    """What one call came to."""

    receipts: Sequence[PlatformReceipt]
    failures: Sequence[tuple[Outcome, Verdict]]
    elapsed: float

    @property
    def outage(self) -> Verdict | None:
        """Why the receiver is not to be asked for now."""
        return next((verdict for _, verdict in self.failures if verdict.fate is Fate.LATER), None)


class Telling:
    """One batch on its way to one receiver."""

    def __init__(
        self,
        sender: OutcomeSender,
        allowed: Callable[[], float | None],
        *,
        doubt: bool,
        stale: Collection[str | None] = (),
        dice: random.Random,
    ) -> None:
        """Say how.

        :param allowed: the seconds that the next call may take; ``None``: none any more.
        :param doubt: the receiver failed the time before, too: find out whether it fails over one of the outcomes.
        :param stale: keys of outcomes that failed several times before: where one of them fails by itself once more, that is
            held to be its own, and the receiver to be well.
        :param dice: says which outcome is tried by itself.
        """
        self._sender = sender
        self._allowed = allowed
        self._doubt = doubt
        self._stale = stale
        self._dice = dice
        self._works = False
        """Whether it took something in the course of this batch."""

    def tell(self, outcomes: Sequence[Outcome]) -> Iterator[Told]:
        """Send ``outcomes``; one :class:`Told` for each call that settled some.

        Ends early when the receiver is out of reach, or when no time is left: what has not been told of by then was not sent,
        or nobody knows.
        """
        waiting = [outcomes]
        while waiting and (timeout := self._allowed()) is not None:
            part = waiting.pop()
            told, verdict = self._call(part, timeout)
            if verdict is not None and len(part) > 1:
                parts = self._parted(part, verdict)
                waiting += reversed(parts)
                if parts:
                    continue
            self._works = self._works or bool(told.receipts)
            yield told
            if told.outage is not None:
                return

    def _call(self, part: Sequence[Outcome], timeout: float) -> tuple[Told, Verdict | None]:
        """Send ``part``; with the verdict, if it is one on the whole."""
        begun = perf_counter()
        verdict = None
        try:
            answers: object = self._sender.send(part, timeout=timeout)
        except Exception as error:  # noqa: BLE001 - whatever a sender raises, the other reports live on
            verdict = verdict_of(error)
            if verdict.doubtful and len(part) == 1 and (self._works or part[0].key in self._stale):
                verdict = verdict._replace(fate=Fate.ALONE)
            answers = [verdict] * len(part)
        return _settled(part, answers, perf_counter() - begun), verdict

    def _parted(self, part: Sequence[Outcome], verdict: Verdict) -> list[Sequence[Outcome]]:
        """In which pieces it is sent again; none: it is as it is."""
        if verdict.fate is Fate.LATER and not verdict.doubtful:
            return []
        if verdict.fate is Fate.LATER and not self._works:
            if not self._doubt:
                return []
            # One by itself: if that is taken, the receiver is well, and another one is what it fails over.
            self._doubt = False
            place = self._dice.randrange(len(part))
            return [part[place : place + 1], [*part[:place], *part[place + 1 :]]]
        middle = len(part) // 2
        return [part[:middle], part[middle:]]


def _settled(part: Sequence[Outcome], answers: object, elapsed: float) -> Told:
    if not isinstance(answers, list | tuple) or len(answers) != len(part):
        answers = [MISMATCH] * len(part)
    receipts: list[PlatformReceipt] = []
    failures: list[tuple[Outcome, Verdict]] = []
    for outcome, answer in zip(part, answers, strict=True):
        match answer:
            case PlatformReceipt() if answer.idempotency_key == outcome.key:
                receipts.append(answer)
            case NoDecision():
                failures.append((outcome, about(verdict_of(answer), outcome)))
            case Verdict():
                failures.append((outcome, about(answer, outcome)))
            case _:
                failures.append((outcome, MISMATCH))
    return Told(receipts, failures, elapsed)
