"""A blocking source for the asynchronous client, by name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.source import Answer, RecordSource


class ThreadedSource:
    """Runs a blocking source's ``fetch`` in the event loop's thread pool.

    A cancelled check leaves its thread to finish by itself; give ``timeout`` to bound it.
    """

    def __init__(self, source: RecordSource) -> None:
        """Adapt ``source``.

        :param source: must be safe to call from several threads.
        """
        self._source = source

    @property
    def name(self) -> str:
        """The blocking source's name."""
        return self._source.name

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ASYNC109 - the port's name for it
        """Ask in a thread."""
        return await asyncio.to_thread(self._source.fetch, subjects, timeout=timeout)

    async def aclose(self) -> None:
        """Close the blocking source."""
        await asyncio.to_thread(self._source.close)
