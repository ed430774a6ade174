"""Where credit records come from (信用信息来源): what a source has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from credit_sdk.errors import NoDecision
from credit_sdk.model.record import CreditRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.model.subject import Subject

Answer: TypeAlias = CreditRecord | NoDecision
"""What a source says of one subject: its record, or why there is none."""


@runtime_checkable
class RecordSource(Protocol):
    """A source that may block.

    The contract, which :class:`credit_sdk.testing.SourceContract` tests:

    - One answer for each subject, in their order. A subject without entries gets a record all the same, with
      ``found`` as the source knows it and the coverage that makes "on no list" true.
    - A record holds every entry that may be the subject's: by 统一社会信用代码, by 组织机构代码 (characters 9 to 17),
      by registration number, and, if the subject has a name, every entry under that normalised full name or with that
      former name, whoever bears it. Rules, not sources, decide which of them are the subject's.
    - No list is covered that was not consulted, and no missing field is filled with a harmless value.
    - A failure is a :class:`~credit_sdk.errors.NoDecision`, returned for one subject or raised for all; never an empty
      record.
    """

    @property
    def name(self) -> str:
        """What decisions call the source; without identifiers or secrets."""
        ...

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        """Ask for ``subjects``.

        :param timeout: seconds in total, retries included; ``None``: the source's own default.
        :raises NoDecision: the whole question failed.
        """
        ...

    def close(self) -> None:
        """Release what is held; may be called twice."""
        ...


@runtime_checkable
class AsyncRecordSource(Protocol):
    """A source that does not block the event loop. The same contract, awaited.

    There is no default that calls a blocking ``fetch``: a blocking source is adapted by name, with
    :class:`credit_sdk.sources.ThreadedSource`.
    """

    @property
    def name(self) -> str:
        """What decisions call the source; without identifiers or secrets."""
        ...

    async def fetch_async(
        self,
        subjects: Sequence[Subject],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - it bounds the source's own work, retries included
    ) -> Sequence[Answer]:
        """Ask for ``subjects``; as :meth:`RecordSource.fetch`."""
        ...

    async def aclose(self) -> None:
        """Release what is held; may be called twice."""
        ...
