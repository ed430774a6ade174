"""Records from JSON Lines files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from credit_sdk.formats.records import read
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.ports.clock import system_clock
from credit_sdk.sources.memory import MemorySource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.ports.clock import Clock


class FilesSource(MemorySource):
    """A source over JSON Lines files, read whole when it is made."""

    def __init__(
        self,
        paths: str | PathLike[str] | Iterable[str | PathLike[str]],
        *,
        lists: KnownLists = CATALOGUE,
        clock: Clock = system_clock,
    ) -> None:
        """Read the files.

        :param paths: one file or several; a list may be spoken for by one of them only.
        :param lists: the lists that may be named; for local lists pass ``DomainRegistry.lists``.
        :raises InvalidRecords: a file does not load; nothing of it is skipped.
        """
        several = [paths] if isinstance(paths, str | PathLike) else list(paths)
        read_at = clock()
        super().__init__(
            read(several, lists), name="files:" + ",".join(Path(path).name for path in several), read_at=read_at
        )
