"""A connection that gives a server up which says nothing any more: frozen, or behind a proxy that still holds the line.

The server ends a statement that takes too long, and TCP ends a connection whose other end is gone; neither helps where the
machine answers for a server that does not.
"""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator

T = TypeVar("T")


class Listening(psycopg.Connection[Any]):
    """Waits for an answer as long as something comes, and else for :attr:`silence`."""

    silence: float = math.inf
    """Seconds without a word from the server, until the connection is given up."""

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **options: Any) -> T:
        """Wait for what ``gen`` comes to.

        :raises psycopg.OperationalError: the server said nothing for too long; the connection is closed.
        """
        return super().wait(self._listened(gen), *arguments, **options)

    def _listened(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        heard = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = monotonic()
                elif monotonic() - heard > self.silence:
                    break
                wanted = gen.send(ready)  # of nothing, too: psycopg looks every tenth of a second
        except StopIteration as done:
            result: T = done.value
            return result
        self.pgconn.finish()  # what it may still say would be the answer to another question
        raise psycopg.OperationalError("the server says nothing")
