"""A case (办件): what was decided, what was done about it, and what is reported when it ends. Both twins share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from credit_sdk.client._confirming import request_for_now
from credit_sdk.errors import InvalidReport, Restricted, quoted
from credit_sdk.model.terms import Consequence

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import CreditError
    from credit_sdk.ledger.values import Confirmation, Override

LONGEST_NOTE = 1800
"""Characters; room is left for what the guard has to say."""
_LONGEST_NAME = 100

REFUSED = "已拒绝办理"
"""Note of a refusal."""
BROKEN_OFF = "办理中断"
"""Note of a case whose body raised, before the exception's type."""


class Final(NamedTuple):
    """What is reported of a case."""

    executed: tuple[str, ...]
    not_executed: Mapping[str, str]
    note: str | None
    case: bool


class CaseBase:
    """One case under a guard. Say what was done as it is done; it is reported once, when the guard is left."""

    def __init__(self, executed: Collection[str] | None, *, shadow: bool) -> None:
        self.decision: Decision | None = None
        """What was decided; ``None`` only in shadow mode, where there was no answer."""
        self.error: CreditError | None = None
        """In shadow mode: why there is no decision, or what stopped it."""
        self.shadow = shadow
        """Whether the guard only watches."""
        self.override: Override | None = None
        """The override in force; ``None`` where the decision does not block."""
        self._overridden: Decision | None = None
        """The decision that it was given for."""
        self._given = executed
        self._said = False
        """Whether it was said what was carried out; then it is what was said, though a fresh decision asks for none of it."""
        self._executed: dict[str, None] = {}
        self._declined: dict[str, str] = {}
        self._notes: list[str] = []
        self._is_case = False
        self._left: list[tuple[Decision, tuple[str, ...]]] = []
        """What was carried out of decisions that have lost their place since, and the one in their place does not name."""
        self._closed = False

    def executed(self, *measures: str) -> None:
        """Say that measures were carried out. Without a word, all that the decision asks for count as such at the end.

        :raises InvalidReport: the decision has no such measure, or it was declined.
        """
        self._look(measures)
        for id_ in measures:
            if id_ in self._declined and not self.shadow:
                raise _both(id_)
        self._said = self._said or bool(measures)
        self._executed.update(dict.fromkeys(measures))

    def declined(self, measure: str, reason: str) -> None:
        """Say that a measure was not carried out, and why.

        :raises InvalidReport: the decision has no such measure, it was carried out, or a mandatory one has no reason.
        """
        self._look([measure])
        if self.decision is not None and not self.shadow:
            if measure in self._executed:
                raise _both(measure)
            from credit_sdk.ledger._reports import reason_for
            from credit_sdk.ledger.matter import Matter

            reason = reason_for(Matter.of(self.decision), measure, reason)
        self._declined[measure] = reason

    def note(self, text: str) -> None:
        """Add to the report's note.

        :raises InvalidReport: it is no text, or the note grows too long.
        """
        self._look(())
        if self.shadow:
            return
        from credit_sdk.ledger._texts import check_text

        check_text(text, "note")
        if sum(map(len, self._notes)) + len(text) + len(self._notes) > LONGEST_NOTE:
            raise InvalidReport(
                f"备注合计不能超过 {LONGEST_NOTE} 个字符",
                f"notes must have at most {LONGEST_NOTE} characters in all",
                key="note",
            )
        self._notes.append(text)

    def mark_as_case(self) -> None:
        """Mark it as worth keeping as an example (典型案例)."""
        self._look(())
        self._is_case = True

    def _ready(self) -> Decision:
        """The decision to confirm.

        :raises InvalidReport: the case has ended.
        """
        self._look(())
        return cast("Decision", self.decision)

    def _watched(self) -> Confirmation:
        """Stands for a confirmation where the guard only watches."""
        from credit_sdk.ledger.values import Confirmation

        return Confirmation("", cast("Decision", self.decision), changed=False, why="shadow")

    def _look(self, measures: Collection[str]) -> None:
        if self._closed and not self.shadow:
            raise InvalidReport("该办件已结束并已反馈", "the case is closed and reported", key="case")
        if self.shadow or self.decision is None:
            return  # nothing is reported, and who only watches stops nobody
        known = named_by(self.decision)
        for id_ in measures:
            if id_ not in known:
                listed = ", ".join(sorted(known))
                raise InvalidReport(
                    f"该结论没有措施 {quoted(id_)}; 它的措施: {listed or '无'}",
                    f"the decision has no measure {quoted(id_)}; it has: {listed or 'none'}",
                    key="case",
                )

    def _stands(self, fresh: Decision) -> None:
        """Another decision has taken the place of the case's."""
        if self.decision is None or fresh.decision_id == self.decision.decision_id:
            return
        known = named_by(fresh)
        gone = tuple(id_ for id_ in self._executed if id_ not in known)
        if gone:  # what was done is done, though nothing asks for it any more; and has to be lifted, perhaps
            self._left.append((self.decision, gone))
        self._executed = {id_: None for id_ in self._executed if id_ in known}
        self._declined = {id_: reason for id_, reason in self._declined.items() if id_ in known}
        self.decision = fresh

    def _stands_overridden(self, fresh: Decision) -> bool:
        """As :meth:`_stands`; whether the override has to be reported for that decision too."""
        before = self.decision
        self._stands(fresh)
        return self.override is not None and fresh is not before and fresh.blocking

    def _refusal(self) -> Final:
        """What is reported where the action is refused: that it was."""
        assert self.decision is not None
        refused = refusing(self.decision)
        executed = tuple(dict.fromkeys((*self._executed, *refused)))
        declined = {id_: reason for id_, reason in self._declined.items() if id_ not in refused}
        return Final(executed, declined, self._note(REFUSED), self._is_case)

    def _final(self, error: BaseException | None) -> Final:
        """What is reported at the end."""
        assert self.decision is not None
        if error is not None:
            if isinstance(error, Restricted) and self._refused_by(error.decision):
                return self._refusal()
            return Final(
                tuple(self._executed),
                self._declined,
                self._note(f"{BROKEN_OFF} ({type(error).__name__[:_LONGEST_NAME]})"),
                self._is_case,
            )
        if self._said or self._given is not None:
            known = named_by(self.decision)
            executed = list(dict.fromkeys((*(id_ for id_ in self._given or () if id_ in known), *self._executed)))
        else:
            refused = refusing(self.decision)
            executed = [id_ for one in self.decision.obligations if (id_ := one.id) not in refused]
        if self._declined:
            executed = [id_ for id_ in executed if id_ not in self._declined]
        return Final(tuple(executed), self._declined, self._note(None), self._is_case)

    def _refused_by(self, decision: Decision) -> bool:
        """Whether a decision that stopped the body is the case's own, or takes its place: the same, asked again."""
        assert self.decision is not None
        if decision is not self.decision:
            if not decision.blocking or request_for_now(decision) != request_for_now(self.decision):
                return False
            self._stands(decision)
        return True

    def _note(self, last: str | None) -> str | None:
        if last is None and not self._notes:
            return None
        return "\n".join(self._notes if last is None else [*self._notes, last])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.decision!r}>"


def named_by(decision: Decision) -> Mapping[str, None]:
    """Ids of the measures that a decision asks for or advises."""
    return {one.id: None for one in (*decision.obligations, *decision.advice) if one.measure is not None}


def refusing(decision: Decision) -> tuple[str, ...]:
    """Ids of the measures by which the action may not go on (rule 5.6)."""
    if not decision.blocking:
        return ()
    return tuple(one.id for one in decision.obligations if one.consequence is Consequence.REFUSE)


def _both(measure: str) -> InvalidReport:
    return InvalidReport(
        f"措施 {measure} 不能既已执行又未执行", f"a measure cannot be both executed and not: {measure}", key="case"
    )
