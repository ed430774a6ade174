"""A sender that is awaited, for the dispatcher's thread: with an event loop of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Runner
    from collections.abc import Sequence

    from credit_sdk.errors import NoDecision
    from credit_sdk.ports.platform import Outcome, PlatformReceipt
    from credit_sdk.ports.sender import AsyncOutcomeSender


class Awaited:
    """Makes an :class:`~credit_sdk.ports.OutcomeSender` of an :class:`~credit_sdk.ports.AsyncOutcomeSender`.

    Each thread that sends gets an event loop of its own, so that neither waits for the application's. Not for a thread that
    runs an event loop already: there await the sender itself.
    """

    def __init__(self, sender: AsyncOutcomeSender) -> None:
        """Adapt ``sender``, which must serve several event loops, as :class:`~credit_sdk.sources.AsyncHttpSource` does."""
        self._sender = sender
        self._here = threading.local()

    def send(
        self, outcomes: Sequence[Outcome], *, timeout: float | None = None
    ) -> Sequence[PlatformReceipt | NoDecision]:
        """Send and wait; bounded by ``timeout`` also where the sender forgets it."""
        return self._runner().run(self._send(outcomes, timeout))

    async def _send(
        self,
        outcomes: Sequence[Outcome],
        timeout: float | None,  # noqa: ASYNC109 - passed on
    ) -> Sequence[PlatformReceipt | NoDecision]:
        import asyncio

        async with asyncio.timeout(timeout):
            return await self._sender.send_async(outcomes, timeout=timeout)

    def _runner(self) -> Runner:
        runner: Runner | None = getattr(self._here, "runner", None)
        if runner is None:
            from asyncio import Runner

            runner = self._here.runner = Runner()
        return runner

    def leave(self) -> None:
        """Let go of this thread's event loop, and of what the sender holds for it (its ``release_async``, if it has one)."""
        runner: Runner | None = self._here.__dict__.pop("runner", None)
        if runner is None:
            return
        release = getattr(self._sender, "release_async", None)
        try:
            if release is not None:
                runner.run(release())
        finally:
            runner.close()

    def __repr__(self) -> str:
        return f"Awaited({self._sender!r})"
