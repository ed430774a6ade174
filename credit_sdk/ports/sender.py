"""Whoever takes outcomes in (执行反馈的接收方): what a sender has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.errors import NoDecision
    from credit_sdk.ports.platform import Outcome, PlatformReceipt


@runtime_checkable
class OutcomeSender(Protocol):
    """Tells a receiver what was done; may block. Called by one thread at a time, and by any.

    The ledger sends at least once: an outcome whose receipt got lost comes again, with the same ``key``, in another batch
    perhaps. The receiver drops what it has, or the sender does.

    :class:`~credit_sdk.sources.HttpSource` is one. A receiver of another kind (a message queue, a file for the monthly
    post) is a class with this one method.
    """

    def send(
        self, outcomes: Sequence[Outcome], *, timeout: float | None = None
    ) -> Sequence[PlatformReceipt | NoDecision]:
        """Send ``outcomes``; each has its ``key``.

        :param timeout: seconds in total, retries included; ``None``: the sender's own default.
        :returns: for each outcome, in their order, its receipt, whose ``idempotency_key`` is the outcome's ``key``, or why
            this one was not taken.
        :raises NoDecision: none was taken, or nobody knows. With ``status`` 400, 409, 413 or 422 it is for what was sent:
            the outcome at fault is then looked for, and put aside once it stands alone. With anything else all of them
            come again later, ``retry_after`` seconds from now at the earliest.
        :raises InvalidRequest: one of them cannot be written.
        :raises InvalidSettings: the receiver has no intake, or is not set up.
        """
        ...


@runtime_checkable
class AsyncOutcomeSender(Protocol):
    """The same, awaited. :class:`credit_sdk.ledger.Awaited` makes an :class:`OutcomeSender` of it."""

    async def send_async(
        self,
        outcomes: Sequence[Outcome],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - it bounds the sender's own work, retries included
    ) -> Sequence[PlatformReceipt | NoDecision]:
        """As :meth:`OutcomeSender.send`."""
        ...
