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


_MOST_FAILURES = 24
"""Calls of one batch that may fail before it is held to be the receiver's trouble all the same."""


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
        wary: bool = False,
        stale: Collection[str | None] = (),
        dice: random.Random,
    ) -> None:
        """Say how.

        :param allowed: the seconds that the next call may take; ``None``: none any more.
        :param doubt: the receiver failed the time before, too: find out whether it fails over one of the outcomes.
        :param wary: it failed several times before: begin with one outcome by itself. If that is taken, the receiver is well;
            and else it was asked for little.
        :param stale: keys of outcomes that failed several times before: where one of them fails by itself once more, that is
            held to be its own, and the receiver to be well.
        :param dice: says which outcome is tried by itself.
        """
        self._sender = sender
        self._allowed = allowed
        self._doubt = doubt
        self._wary = wary
        self._failures = 0
        """Calls that failed for what may be the receiver's trouble."""
        self._stale = stale
        self._dice = dice
        self._works = False
        """Whether it took something in the course of this batch."""

    def tell(self, outcomes: Sequence[Outcome]) -> Iterator[Told]:
        """Send ``outcomes``; one :class:`Told` for each call that settled some.

        Ends early when the receiver is out of reach, or when no time is left: what has not been told of by then was not sent,
        or nobody knows. Of a receiver that goes on failing, what was not sent for it is told of, too.
        """
        waiting = self._begun(outcomes)
        while waiting and (timeout := self._allowed()) is not None:
            part = waiting.pop()
            told, verdict = self._call(part, timeout)
            if verdict is not None and len(part) > 1:
                parts = self._parted(part, verdict)
                waiting += reversed(parts)
                if parts:
                    continue
            self._works = self._works or bool(told.receipts)
            outage = told.outage
            if outage is not None and self._wary:  # the others were held back for this one, and fare no better
                held_back = [(one, about(outage, one)) for rest in waiting for one in rest]
                told = told._replace(failures=[*told.failures, *held_back])
            yield told
            if outage is not None:
                return

    def _begun(self, outcomes: Sequence[Outcome]) -> list[Sequence[Outcome]]:
        """In which pieces it is sent at first, the last one first."""
        if not self._wary or len(outcomes) == 1:
            return [outcomes]
        one, rest = self._one_of(outcomes)
        # In halves, as a receiver that names a time whenever it fails is not asked again at once: one half gets through.
        halves = [half for half in _halves(rest) if half]
        self._dice.shuffle(halves)
        return [*halves, one]

    def _one_of(self, part: Sequence[Outcome]) -> tuple[Sequence[Outcome], Sequence[Outcome]]:
        """Any of them by itself, if possible one that is under no suspicion; and the others."""
        places = [place for place, one in enumerate(part) if one.key not in self._stale]
        place = self._dice.choice(places or range(len(part)))
        return part[place : place + 1], [*part[:place], *part[place + 1 :]]

    def _call(self, part: Sequence[Outcome], timeout: float) -> tuple[Told, Verdict | None]:
        """Send ``part``; with the verdict, if it is one on the whole."""
        begun = perf_counter()
        verdict = None
        try:
            answers: object = self._sender.send(part, timeout=timeout)
        except Exception as error:  # noqa: BLE001 - whatever a sender raises, the other reports live on
            verdict = verdict_of(error)
            if verdict.suspect(wary=self._wary):
                self._failures += 1
                if len(part) == 1 and (self._works or part[0].key in self._stale):
                    verdict = verdict._replace(fate=Fate.ALONE)
            answers = [verdict] * len(part)
        return _settled(part, answers, perf_counter() - begun), verdict

    def _parted(self, part: Sequence[Outcome], verdict: Verdict) -> list[Sequence[Outcome]]:
        """In which pieces it is sent again; none: it is as it is."""
        if verdict.fate is Fate.LATER:
            if not verdict.suspect(wary=self._wary) or self._failures > _MOST_FAILURES:
                return []
            if not self._works:
                if not self._doubt or self._wary:  # then one was tried already
                    return []
                # One by itself: if that is taken, the receiver is well, and another one is what it fails over.
                self._doubt = False
                return [*self._one_of(part)]
        return _halves(part)


def _halves(part: Sequence[Outcome]) -> list[Sequence[Outcome]]:
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
