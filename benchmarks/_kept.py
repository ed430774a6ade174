"""``python -m benchmarks._kept ENTRIES listed|unlisted``: the memory that so many cached records hold, in a process of its own.

Every record is read from an answer of its own, as after so many single checks: nothing is shared that would not be then.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks._platform import answer
from benchmarks._workload import firm
from credit_sdk import Subject
from credit_sdk.sources import CachedSource, HttpSource
from credit_sdk.transport import Channel, Reply

if TYPE_CHECKING:
    from credit_sdk.transport import Call


class Unwired(Channel):
    """A channel that makes up the platform's answers on the spot."""

    is_listed = False

    def send(self, call: Call) -> Reply:
        content = answer(json.dumps(call.json).encode(), lambda _: self.is_listed)
        return Reply(status=200, headers={}, content=content, request_id="", elapsed=0.0)


def resident() -> int:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no file in a folder
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def main(entries: int, *, listed: bool) -> None:
    channel = Unwired("http://127.0.0.1")
    channel.is_listed = listed
    source = CachedSource(HttpSource(channel), max_entries=entries, ttl=86_400)
    source.fetch([Subject(firm(entries), name="虚构甲贸易有限公司")])  # tables and forms are loaded before counting
    source.clear()
    before, start = resident(), perf_counter()
    for number in range(entries):
        code = firm(number)
        # A listed subject is asked for as most forms have it: by code and name.
        source.fetch([Subject(code, name=f"虚构{code[-8:]}贸易有限公司" if listed else None)])
    taken = perf_counter() - start
    print(json.dumps([resident() - before, taken]))


if __name__ == "__main__":
    main(int(sys.argv[1]), listed=sys.argv[2] == "listed")
