"""A million listings from a JSON Lines file: how long they take to load, how much memory they hold, how fast a name is."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._report import Goal, Report
from benchmarks._workload import NOW, firm, listing
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.moments import written

if TYPE_CHECKING:
    from collections.abc import Iterator

# In a process of its own, so that nothing else is in the memory that is counted.
_LOAD = """
import json, sys
from time import perf_counter
from credit_sdk.sources import FilesSource
from credit_sdk import Subject

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024

Subject(name="虚构甲贸易有限公司")  # the tables for names are loaded before counting; they are the same for one listing
before, start = resident(), perf_counter()
source = FilesSource(sys.argv[1])
loaded, held = perf_counter() - start, resident() - before
start = perf_counter()
(record,) = source.fetch([Subject(sys.argv[2])])
by_code = perf_counter() - start
assert len(record.listings) == 1
start = perf_counter()
(record,) = source.fetch([Subject(name=sys.argv[3])])
first_name, held_names = perf_counter() - start, resident() - before
assert len(record.listings) == 1
start = perf_counter()
source.fetch([Subject(name=sys.argv[3])])
print(json.dumps([loaded, held, by_code, first_name, held_names, perf_counter() - start]))
"""


def run(*, quick: bool) -> Report:
    entries = 50_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.jsonl")
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(entries))
        size = path.stat().st_size
        last = listing("x", "tax.major-violation", firm(entries - 1))["subject"]
        command = [sys.executable, "-c", _LOAD, str(path), last["code"], last["name"]]
        loaded, held, by_code, first_name, held_names, later = json.loads(subprocess.check_output(command, text=True))
    return Report(
        "文件来源 · files source",
        f"{entries:,} 条虚构名单条目, 每条 {size // entries} 字节的 JSON Lines, 在单独的进程中读入; 内存为读入前后常驻内存之差。"
        "名称索引在第一次按名称核查时建立。",
        ("项目", "测得"),
        [
            ("读入 · load", f"{loaded:.1f} s"),
            ("每条内存 · memory each", f"{held / entries / 1024:.2f} KiB"),
            ("按代码取一条 · by code", f"{by_code * 1e6:.0f} µs"),
            ("第一次按名称, 建索引 · first by name", f"{first_name:.1f} s"),
            ("其后按名称 · then by name", f"{later * 1e6:.0f} µs"),
            ("每条内存, 含名称索引 · with the name index", f"{held_names / entries / 1024:.2f} KiB"),
        ],
        [
            # A smaller file is judged by its share, so that a quick run means something too.
            Goal("1,000,000 条读入时间 · load time", 20, loaded * 1_000_000 / entries, unit="s"),
            Goal("每条内存 · memory each", 1.5, held / entries / 1024, unit="KiB"),
        ],
    )


def _lines(entries: int) -> Iterator[dict[str, Any]]:
    for code in CATALOGUE:
        yield {"type": "coverage", "list": code, "as_of": written(NOW)}
    lists = (*CATALOGUE,)
    for number in range(entries):
        yield listing(f"L{number}", lists[number % len(lists)], firm(number))
