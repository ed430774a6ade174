"""Everything one sandbox holds: its database by subjects, its clock, its switches."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sandbox import _database, _seed
from credit_sdk.sandbox._clock import SandboxClock
from credit_sdk.sandbox._fault_switches import Switchboard
from credit_sdk.sandbox._feed import Feed
from credit_sdk.sandbox._holdings import Holdings
from credit_sdk.sandbox._intake import Intake

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from os import PathLike

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.ports.clock import Clock


class State:
    """One sandbox, without the server in front of it."""

    def __init__(
        self,
        database: str | PathLike[str],
        *,
        data: str | None = None,
        lists: KnownLists = CATALOGUE,
        clock: Clock | None = None,
    ) -> None:
        """Open the database and, if it is new, fill it.

        :param database: the SQLite file.
        :param data: a JSON Lines file to fill a new database from; default: the demonstration's fictional lists.
        :param lists: the lists that may be named.
        :raises InvalidFile: the database or the data cannot be used.
        :raises InvalidRequest: the database is filled already, and ``data`` is given.
        """
        self.lists = lists
        self.clock = SandboxClock() if clock is None else SandboxClock(clock)
        self.board = Switchboard()
        self._data = data
        self._connection = _database.connect(database)
        self.holdings = Holdings(self._connection)
        self.feed = Feed(self._connection)
        self.intake = Intake(self._connection)
        try:
            # What the database holds: `demo`, or the name of the file it was filled from.
            self.seed = _seed.seed(self._connection, lists, self.clock(), data=data)
        except BaseException:
            self._connection.close()
            raise

    def transaction(self) -> AbstractContextManager[object]:
        """All of it or nothing."""
        return _database.transaction(self._connection)

    def reset(self) -> None:
        """Begin anew: the data as they were, no faults, the clock right."""
        self.board.reset()
        self.clock.offset = timedelta()
        self.seed = _seed.seed(self._connection, self.lists, self.clock(), data=self._data, anew=True)

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._connection.close()
