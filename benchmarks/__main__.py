"""``python -m benchmarks``: every benchmark in one run; prints the results and writes ``results.md`` for the docs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import cached, check, decision, delivery, files, growth, guard, http, imports, ledger
from benchmarks._report import markdown, show

if TYPE_CHECKING:
    from collections.abc import Sequence

BENCHMARKS = {
    "decision": decision.run,
    "check": check.run,
    "growth": growth.run,
    "guard": guard.run,
    "http": http.run,
    "cached": cached.run,
    "ledger": ledger.run,
    "delivery": delivery.run,
    "imports": imports.run,
    "files": files.run,
}
RESULTS = Path(__file__).with_name("results.md")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a smaller file; for a first look")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="this benchmark only; may be repeated")
    options = parser.parse_args(arguments)
    console = Console()
    reports = []
    for name in options.only or BENCHMARKS:
        report = BENCHMARKS[name](quick=options.quick)
        show(report, console)
        reports.append(report)
    if not options.quick and not options.only:  # the docs show whole runs only
        RESULTS.write_text(markdown(reports), encoding="utf-8")
    return 0 if all(goal.met for report in reports for goal in report.goals) else 1


if __name__ == "__main__":
    sys.exit(main())
