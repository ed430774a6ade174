"""A sandbox in this process, for what a sandbox of its own process cannot be told: its clock, its records' dates."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sandbox._holdings import Covered
from credit_sdk.sandbox._state import State
from credit_sdk.sandbox.server import listen, serve, url_of
from credit_sdk.testing import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@contextmanager
def served(
    records: Sequence[Mapping[str, Any]], tmp_path: Path, *, admin_token: str | None = None, keep_dates: bool = False
) -> Iterator[str]:
    """Serve these records; gives the base URL.

    :param keep_dates: vouch for the lists as the records say, and not up to now.
    """
    number = len(list(tmp_path.iterdir()))
    data = tmp_path / f"records-{number}.jsonl"
    data.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    state = State(tmp_path / f"sandbox-{number}.db", data=str(data), lists=CATALOGUE, clock=FixedClock())
    try:
        if keep_dates:
            for one in records:
                if one["type"] == "coverage":
                    with state.transaction():
                        state.holdings.cover(Covered(one["list"], one["as_of"], one.get("history_from")))
        stop = threading.Event()
        with listen(port=0) as listening:
            thread = threading.Thread(
                target=serve,
                args=(state, listening),
                kwargs={"admin_token": admin_token, "while_open": stop.wait},
            )
            thread.start()
            try:
                yield url_of(listening)
            finally:
                stop.set()
                thread.join()
    finally:
        state.close()
