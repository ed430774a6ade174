"""Records from a platform over HTTP: one source that blocks, and its awaited twin.

What a platform is asked, and how its answers are read, is its profile's business; how a request travels, the channel's.
Left for the sources: batches, the deadline over all of them, and that a batch's failure is the answer of its subjects only.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any, Generic, Self, TypedDict, TypeVar, Unpack

from credit_sdk.errors import BadRecord, InvalidRequest, NoDecision
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.ports.answers import checked
from credit_sdk.ports.clock import system_clock
from credit_sdk.sources.profiles._conversation import Conversation, out_of_time
from credit_sdk.sources.profiles._profile import Reading, Remembered
from credit_sdk.sources.profiles._reading import check_date
from credit_sdk.sources.profiles.standard import StandardProfile
from credit_sdk.transport import AsyncChannel, Channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from credit_sdk.model.catalogue import KnownLists, ListInfo
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.changes import ChangePage
    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.observer import Observer
    from credit_sdk.ports.platform import Health, Outcome, PlatformReceipt
    from credit_sdk.ports.source import Answer
    from credit_sdk.sources.profiles._profile import Flow, PlatformProfile
    from credit_sdk.transport import Authenticator, Reply, Retries, Timeouts, Tls

T = TypeVar("T")
C = TypeVar("C", Channel, AsyncChannel)


class ChannelOptions(TypedDict, total=False):
    """The options of :class:`credit_sdk.transport.Channel`."""

    auth: Authenticator | None
    timeouts: Timeouts | None
    retries: Retries | None
    tls: Tls | None
    allow_plain_http: bool
    max_body: int
    headers: Mapping[str, str] | None
    observer: Observer | None


class _Platform(Generic[C]):
    """What both sources think."""

    def __init__(
        self,
        channel: C,
        *,
        opened: bool,
        profile: PlatformProfile | None,
        lists: KnownLists,
        clock: Clock,
    ) -> None:
        self._channel: C = channel
        self._opened = opened
        self._profile = profile if profile is not None else StandardProfile()
        self._lists = lists
        self._clock = clock
        self._remembered = Remembered()

    @property
    def name(self) -> str:
        """What decisions call the source: ``https://host``, without path and secrets."""
        return self._channel.name

    @property
    def profile(self) -> PlatformProfile:
        """How the platform is spoken with."""
        return self._profile

    def _reading(self) -> Reading:
        return Reading(self.name, self._lists, self._clock(), self._remembered)

    def _batches(self, subjects: Sequence[Subject]) -> list[list[Subject]]:
        """Each subject once, in pieces that the platform takes."""
        each, size = list(dict.fromkeys(subjects)), self._profile.batch_size
        return [each[start : start + size] for start in range(0, len(each), size)]

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self._channel.timeouts.total if timeout is None else timeout)

    def _asking(self, batch: Sequence[Subject], deadline: float) -> Conversation[Sequence[Answer]]:
        """The conversation for one batch.

        :raises NoDecision: the time is over already.
        """
        if deadline <= time.monotonic():
            raise out_of_time(self.name)
        reading = self._reading()

        def check(reply: Reply) -> None:
            check_date(reading, reply)

        return Conversation(self._profile.ask(batch, reading), deadline=deadline, source=self.name, check=check)

    def _telling(self, flow: Flow[T], timeout: float | None) -> Conversation[T]:
        """A conversation about something else than records."""
        return Conversation(flow, deadline=self._deadline(timeout), source=self.name)

    def _settled(self, batch: Sequence[Subject], outcome: Any) -> dict[Subject, Answer]:
        """A batch's answers by subject, whatever came of it; a profile's fault is no answer, never an empty one."""
        try:
            if isinstance(outcome, NoDecision):
                raise outcome
            if isinstance(outcome, Exception):
                raise self._profile_fault(outcome) from outcome
            answers = dict(zip(batch, checked(outcome, batch, self.name), strict=True))
        except NoDecision as failure:
            answers = dict.fromkeys(batch, failure)
        for answer in answers.values():
            if isinstance(answer, NoDecision):
                _forget_data(answer)
        return answers

    def _profile_fault(self, error: Exception) -> BadRecord:
        kind, profile = type(error).__name__, self._profile.name
        return BadRecord(
            f"来源 {self.name} 的应答未能读出 ({kind}); 请检查平台约定 {profile}",
            f"the answer of source {self.name} could not be read ({kind}); check the platform profile {profile}",
            fault="profile",
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self._profile.name}>"


def batch_key(outcomes: Sequence[Outcome]) -> str:
    """The idempotency key of a batch: the same for the same outcomes in the same order.

    :raises InvalidRequest: an outcome has no key.
    """
    keys = [one.key for one in outcomes if one.key]
    if len(keys) != len(outcomes):
        raise InvalidRequest("反馈缺少幂等键", "an outcome has no idempotency key", key="outcomes.key")
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def _forget_data(failure: NoDecision) -> None:
    """Drop what a reader raised before it raised ``failure`` in its place.

    A parser's text quotes what it could not read, identifiers among it (rule 9.4). ``from None`` keeps that out of printed
    tracebacks, and leaves it within reach of whatever collects exceptions.
    """
    if failure.__suppress_context__:
        failure.__context__ = None


class HttpSource(_Platform[Channel]):
    """A platform, asked over HTTP; blocks. Threads may share it; a forked child may go on using it.

    The connection is made by the first question. It is the platform's change feed, and takes outcomes in, too.
    """

    def __init__(
        self,
        platform: str | Channel,
        *,
        profile: PlatformProfile | None = None,
        lists: KnownLists = CATALOGUE,
        clock: Clock = system_clock,
        **options: Unpack[ChannelOptions],
    ) -> None:
        """Say which platform.

        :param platform: its base URL, as ``https://credit.example.gov.cn/api``, or a channel of your own, which you close
            yourself.
        :param profile: how it is spoken with; default: the standard contract.
        :param lists: the lists that may be named; for local lists pass ``DomainRegistry.lists``.
        :param clock: gives the moment of reading.
        :param options: for a URL, those of :class:`~credit_sdk.transport.Channel`: ``auth``, ``timeouts``, ``retries``, …
        :raises InvalidSettings: the URL cannot be used.
        """
        channel = platform if isinstance(platform, Channel) else Channel(platform, **options)
        super().__init__(channel, opened=channel is not platform, profile=profile, lists=lists, clock=clock)

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        """Ask for ``subjects``, in batches.

        :param timeout: seconds for all batches, retries included; ``None``: the channel's total for each batch.
        """
        deadline = None if timeout is None else self._deadline(timeout)
        answers: dict[Subject, Answer] = {}
        for batch in self._batches(subjects):
            try:
                talk = self._asking(batch, self._deadline(None) if deadline is None else deadline)
                outcome: Any = self._hold(talk)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong in a batch is its subjects' answer
                outcome = error
            answers |= self._settled(batch, outcome)
        return [answers[subject] for subject in subjects]

    def catalogue(self, *, timeout: float | None = None) -> Sequence[ListInfo]:
        """The lists that the platform keeps.

        :raises NoDecision: the platform did not answer.
        :raises InvalidSettings: its profile offers none.
        """
        return self._hold(self._telling(self._profile.catalogue(self._reading()), timeout))

    def health(self, *, timeout: float | None = None) -> Health:
        """How the platform is.

        :raises NoDecision: the platform did not answer.
        :raises InvalidSettings: its profile offers none.
        """
        return self._hold(self._telling(self._profile.health(self._reading()), timeout))

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        """The changes after ``cursor``, as :class:`credit_sdk.ports.ChangeFeed` has it.

        :raises NoDecision: the platform did not answer.
        :raises InvalidSettings: its profile offers no feed.
        """
        return self._hold(self._telling(self._profile.changes(cursor, limit, self._reading()), timeout))

    def send(
        self, outcomes: Sequence[Outcome], *, timeout: float | None = None
    ) -> Sequence[PlatformReceipt | NoDecision]:
        """Tell the platform what was done, as :class:`credit_sdk.ports.OutcomeSender` has it; in one call.

        :param outcomes: at most 1,000 for the standard contract; each with its ``key``.
        :raises NoDecision: the platform did not take them, or did not answer.
        :raises InvalidRequest: they cannot be written, or one has no key.
        :raises InvalidSettings: its profile offers no intake.
        """
        flow = self._profile.feedback(outcomes, batch_key(outcomes), self._reading())
        return self._hold(self._telling(flow, timeout)) if outcomes else ()

    def _hold(self, talk: Conversation[T]) -> T:
        try:
            while (call := talk.call) is not None:
                try:
                    reply = self._channel.send(call)
                except NoDecision as error:
                    talk.fail(error)
                else:
                    talk.hear(reply)
        except NoDecision as failure:
            _forget_data(failure)
            raise
        return talk.result

    def close(self, timeout: float = 5.0) -> None:
        """Close the connection, if this source made it.

        :param timeout: seconds that requests under way may still take.
        """
        if self._opened:
            self._channel.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncHttpSource(_Platform[AsyncChannel]):
    """:class:`HttpSource`, awaited; serves any number of tasks and event loops."""

    def __init__(
        self,
        platform: str | AsyncChannel,
        *,
        profile: PlatformProfile | None = None,
        lists: KnownLists = CATALOGUE,
        clock: Clock = system_clock,
        **options: Unpack[ChannelOptions],
    ) -> None:
        """As :class:`HttpSource`."""
        channel = platform if isinstance(platform, AsyncChannel) else AsyncChannel(platform, **options)
        super().__init__(channel, opened=channel is not platform, profile=profile, lists=lists, clock=clock)

    async def fetch_async(
        self,
        subjects: Sequence[Subject],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's: it bounds the batches together
    ) -> Sequence[Answer]:
        """As :meth:`HttpSource.fetch`."""
        deadline = None if timeout is None else self._deadline(timeout)
        answers: dict[Subject, Answer] = {}
        for batch in self._batches(subjects):
            try:
                talk = self._asking(batch, self._deadline(None) if deadline is None else deadline)
                outcome: Any = await self._hold(talk)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong in a batch is its subjects' answer
                outcome = error
            answers |= self._settled(batch, outcome)
        return [answers[subject] for subject in subjects]

    async def catalogue_async(self, *, timeout: float | None = None) -> Sequence[ListInfo]:  # noqa: ASYNC109 - as above
        """As :meth:`HttpSource.catalogue`."""
        return await self._hold(self._telling(self._profile.catalogue(self._reading()), timeout))

    async def health_async(self, *, timeout: float | None = None) -> Health:  # noqa: ASYNC109 - as above
        """As :meth:`HttpSource.health`."""
        return await self._hold(self._telling(self._profile.health(self._reading()), timeout))

    async def changes_async(
        self,
        cursor: str | None = None,
        *,
        limit: int = 1000,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> ChangePage:
        """As :meth:`HttpSource.changes`."""
        return await self._hold(self._telling(self._profile.changes(cursor, limit, self._reading()), timeout))

    async def send_async(
        self,
        outcomes: Sequence[Outcome],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> Sequence[PlatformReceipt | NoDecision]:
        """As :meth:`HttpSource.send`."""
        flow = self._profile.feedback(outcomes, batch_key(outcomes), self._reading())
        return await self._hold(self._telling(flow, timeout)) if outcomes else ()

    async def _hold(self, talk: Conversation[T]) -> T:
        try:
            while (call := talk.call) is not None:
                try:
                    reply = await self._channel.send(call)
                except NoDecision as error:
                    talk.fail(error)
                else:
                    talk.hear(reply)
        except NoDecision as failure:
            _forget_data(failure)
            raise
        return talk.result

    async def release_async(self) -> None:
        """Let go of what the running event loop holds of the connection; other loops' stays, and so may this one come back."""
        await self._channel.release()

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - the twin's name for it
        """As :meth:`HttpSource.close`."""
        if self._opened:
            await self._channel.aclose(timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
