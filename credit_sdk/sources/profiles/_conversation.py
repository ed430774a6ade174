"""Holding a conversation: what both sources do with a profile's flow, but the sending itself."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from credit_sdk.errors import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_sdk.sources.profiles._profile import Flow
    from credit_sdk.transport import Call, Reply

T = TypeVar("T")

_LONGEST = 86_400.0  # who waits for ever waits a day: the channel takes finite seconds only


class Conversation(Generic[T]):
    """Drives one flow within a deadline::

        talk = Conversation(flow, ...)
        while (call := talk.call) is not None:
            try:
                reply = channel.send(call)
            except NoDecision as error:
                talk.fail(error)
            else:
                talk.hear(reply)
        return talk.result

    What the flow raises comes out of the method that moved it.
    """

    call: Call | None
    """What to send next, with the time that is left for it; ``None``: the flow has ended."""
    result: T
    """What came of it, once the flow has ended."""

    def __init__(
        self, flow: Flow[T], *, deadline: float, source: str, check: Callable[[Reply], None] | None = None
    ) -> None:
        """Begin.

        :param deadline: by ``time.monotonic``.
        :param source: the source's name, for the error.
        :param check: looks at every reply before the flow does.
        """
        self._flow = flow
        self._deadline = deadline
        self._source = source
        self._check = check
        self._move(lambda: next(flow))

    def hear(self, reply: Reply) -> None:
        """Go on with ``reply``."""
        if self._check is not None:
            self._check(reply)
        self._move(lambda: self._flow.send(reply))

    def fail(self, error: Exception) -> None:
        """Go on without a reply."""
        self._move(lambda: self._flow.throw(error))

    def _move(self, step: Callable[[], Call]) -> None:
        while True:
            try:
                call = step()
            except StopIteration as end:
                self.call, self.result = None, end.value
                return
            left = self._deadline - time.monotonic()
            if left > 0:
                self.call = replace(call, timeout=min(left, _LONGEST if call.timeout is None else call.timeout))
                return
            step = self._give_up

    def _give_up(self) -> Call:
        return self._flow.throw(out_of_time(self._source))


def out_of_time(source: str) -> SourceUnavailable:
    """That the total deadline has passed."""
    return SourceUnavailable(
        f"来源 {source} 未在总时限内答完; 请稍后重试, 或加大 timeout",
        f"source {source} did not finish within the total deadline; try again later, or raise timeout",
        fault="deadline",
    )
