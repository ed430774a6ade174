"""The platform profile (平台对接约定): how one kind of platform is asked, and how its answers are read."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from credit_sdk.errors import InvalidSettings
from credit_sdk.transport import Call, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from credit_sdk.errors import NoDecision
    from credit_sdk.model.catalogue import KnownLists, ListInfo
    from credit_sdk.model.record import CoverageTable
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.changes import ChangePage
    from credit_sdk.ports.platform import Health, Outcome, PlatformReceipt
    from credit_sdk.ports.source import Answer

T = TypeVar("T")

Flow: TypeAlias = Generator[Call, Reply, T]
"""A conversation: yields a request, is handed the reply, and so on; returns what came of it.

Where a request fails, the :class:`~credit_sdk.errors.NoDecision` is raised at its ``yield``: who lets it pass has no answer,
who catches it can still answer for the other subjects.
"""


class Remembered:
    """The coverage that a platform gave last.

    Platforms repeat it with every answer; it is read once, and as the same table is handed out again, what the engine
    derived from it need not be derived anew.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[Sequence[Mapping[str, Any]], CoverageTable] | None = None

    def get(self, lines: Sequence[Mapping[str, Any]]) -> CoverageTable | None:
        """The table for ``lines``, if they are the same again."""
        last = self._last
        return last[1] if last is not None and last[0] == lines else None

    def put(self, lines: Sequence[Mapping[str, Any]], table: CoverageTable) -> None:
        """Remember."""
        self._last = lines, table


@dataclass(frozen=True, slots=True)
class Reading:
    """What a profile is told besides the question.

    :param source: the source's name, for records and errors.
    :param lists: the lists that may be named.
    :param now: the reader's clock, when the question was asked.
    :param remembered: the source's; no business of a profile's.
    """

    source: str
    lists: KnownLists
    now: datetime
    remembered: Remembered = field(default_factory=Remembered, compare=False, repr=False)


class PlatformProfile(Protocol):
    """How a kind of platform is spoken with. Pure: requests out, replies in; no I/O, no clock, no state between calls.

    Only :meth:`ask` is needed for checks. Inherit explicitly to leave out what your platform does not offer.
    """

    name: str
    """A short word for it, as ``standard``."""
    batch_size: int
    """Most subjects in one :meth:`ask`; what fails in it is the answer of these subjects only."""

    def ask(self, subjects: Sequence[Subject], reading: Reading) -> Flow[Sequence[Answer]]:
        """Ask for the records of ``subjects``, one answer for each, in their order.

        The rules are those of :class:`credit_sdk.ports.RecordSource`. No identifier may stand in a path (rule 9.4). Every
        failure of the platform's is a :class:`~credit_sdk.errors.BadRecord`, a business failure inside HTTP 200 too; never
        an empty record.

        :param subjects: one or more, at most :attr:`batch_size`.
        :raises NoDecision: the answer of them all.
        """
        ...

    def catalogue(self, reading: Reading) -> Flow[Sequence[ListInfo]]:
        """The lists that the platform keeps, as it describes them.

        :raises InvalidSettings: not offered.
        """
        raise not_offered(self.name, "名单目录", "a list catalogue", reading)

    def health(self, reading: Reading) -> Flow[Health]:
        """How the platform is.

        :raises InvalidSettings: not offered.
        """
        raise not_offered(self.name, "健康状况", "its health", reading)

    def changes(self, cursor: str | None, limit: int, reading: Reading) -> Flow[ChangePage]:  # noqa: ARG002 - for who offers it
        """What changed since ``cursor``.

        :param cursor: as the last page gave it; ``None``: from the beginning.
        :param limit: most changes on the page.
        :raises InvalidSettings: not offered.
        """
        raise not_offered(self.name, "变更推送", "a change feed", reading)

    def feedback(
        self,
        outcomes: Sequence[Outcome],  # noqa: ARG002 - as above
        key: str,  # noqa: ARG002 - as above
        reading: Reading,
    ) -> Flow[Sequence[PlatformReceipt | NoDecision]]:
        """Tell the platform what was done.

        :param outcomes: each with its own ``key``, the same whenever it is sent.
        :param key: idempotency key of the whole; the same when the same outcomes are sent again.
        :returns: for each outcome, in their order, its receipt, or why this one was not taken.
        :raises NoDecision: none was taken, or nobody knows.
        :raises InvalidSettings: not offered; raised by the call itself, or by the flow.
        """
        raise not_offered(self.name, "结果反馈", "an intake of outcomes", reading)


def not_offered(profile: str, zh: str, en: str, reading: Reading) -> InvalidSettings:
    """That a platform of this kind has no such thing."""
    return InvalidSettings(
        f"来源 {reading.source} 的平台约定 {profile} 不提供{zh}",
        f"the platform profile {profile} of source {reading.source} offers no {en.removeprefix('a ').removeprefix('an ')}",
        key="profile",
    )
