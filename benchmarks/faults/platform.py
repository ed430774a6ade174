"""The platform: the sandbox in a process of its own, with a database file, so that it can be killed and started again."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.faults.processes import say
from credit_sdk.ports.clock import system_clock
from credit_sdk.sandbox import server
from credit_sdk.sandbox._state import State
from credit_sdk.testing import coverage, fictional_code, listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.faults.aim import Aim

LIST = "tax.major-violation"
FIRMS = 40
"""So many fictional firms are asked about; those of an even number are listed."""


def seed(folder: Path) -> Path:
    """A database with the fictional firms."""
    records = folder / "records.jsonl"
    lines = [
        coverage(LIST, as_of=system_clock() - timedelta(hours=1)),
        *(listing(LIST, id=f"L-{number}", subject=fictional_code(number)) for number in range(0, FIRMS, 2)),
    ]
    records.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    database = folder / "platform.db"
    State(database, data=str(records)).close()
    return database


def serve(pipe: int, database: Path, port: int, aim: Aim) -> None:
    """Serve until killed."""
    with server.listen(port=port) as listening:
        state = State(database)
        transaction = state.transaction

        @contextmanager
        def announced() -> Iterator[object]:
            with transaction() as inside:
                yield inside
                aim.pass_by("platform-storing", pipe)
            aim.pass_by("platform-stored", pipe)
            aim.pass_by("stored", pipe)

        state.transaction = announced  # type: ignore[method-assign]
        server.serve(state, listening, announce=lambda: say(pipe, "ready"))
