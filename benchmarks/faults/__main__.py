"""Runs the kills and prints the table; a whole run writes it for the docs. Exit code 1 if anything was lost."""

from __future__ import annotations

import argparse
import gc
import json
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.faults import verdict
from benchmarks.faults.places import BOTH, draw
from benchmarks.faults.stage import Stage
from benchmarks.faults.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.faults.places import Kind
    from benchmarks.faults.verdict import Verdict

HEADS = (
    "被结束的位置 · where it was killed",
    "次数 · kills",
    "已确认的反馈 · acknowledged",
    "丢失 · lost",
    "接收方重复 · duplicates at the receiver",
    "重发 · sent again",
)
TITLES: dict[Kind, str] = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
POINTS = 1000
WRITTEN_BY = "<!-- written by `uv run python -m benchmarks.faults`; do not edit -->\n"
RESULTS = Path(__file__).with_name("results.md")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--points", type=int, default=POINTS, help="kills for each kind of ledger (default: 1000)")
    parser.add_argument("--seed", type=int, help="of the points; default: drawn, and printed")
    parser.add_argument("--only", choices=BOTH, action="append", help="this kind of ledger only")
    parser.add_argument(
        "--postgres", metavar="URL", help="an empty database; default: a server of its own, from a wheel"
    )
    parser.add_argument("--json", action="store_true", help="what came of it as JSON, for a test")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    told, pages, whole = {}, [], True
    for kind in options.only or BOTH:
        started = time.monotonic()
        result = run(kind, options.points, seed, options.postgres)
        seconds = time.monotonic() - started
        whole = whole and not result.faults
        told[kind] = asdict(result) | {"seconds": round(seconds, 1)}
        pages.append(page(kind, result, f"seed {seed}, {options.points} kills, {seconds:.0f} s"))
        if not options.json:
            print(pages[-1], flush=True)
    if options.json:
        print(json.dumps({"seed": seed, **told}, ensure_ascii=False))
    if options.points >= POINTS and not options.only:  # the docs show whole runs only
        RESULTS.write_text("\n".join([WRITTEN_BY, *pages]), encoding="utf-8")
    return 0 if whole else 1


def run(kind: Kind, points: int, seed: int, postgres: str | None = None) -> Verdict:
    """One run."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="credit-faults-")))
        address = str(folder / "ledger.db") if kind == "sqlite" else _database(stack, postgres)
        # What was imported until here is shared with the processes forked from this one, and stays shared.
        gc.freeze()
        with Stage(kind, folder, address) as stage:
            stage.play(draw(points, seed, kind))
            stage.leave_the_platform()
            verdict.deliver_the_rest(kind, address, stage.url)
        return verdict.judge(kind, address, stage.platform_database, stage.log)


def page(kind: Kind, result: Verdict, how: str) -> str:
    """The kill table."""
    total = Row(
        "合计 · all", *(sum(getattr(row, name) for row in result.rows) for name in list(asdict(result.rows[0]))[1:])
    )
    lines = [
        f"**{TITLES[kind]}** ({how})",
        "",
        f"| {' | '.join(HEADS)} |",
        f"| --- |{' ---: |' * (len(HEADS) - 1)}",
        *(f"| {' | '.join(map(str, asdict(row).values()))} |" for row in [*result.rows, total]),
        "",
        f"台账中的反馈 · reports in the ledger: {result.reports}",
        *(f"**{fault}**" for fault in result.faults),
        "",
    ]
    return "\n".join(lines)


def _database(stack: ExitStack, url: str | None) -> str:
    """A database with the ledger's tables and the caller's own."""
    from sqlalchemy import create_engine, text

    from credit_sdk.ledger.sql import migrate

    if url is None:
        from tests.servers.postgres import PostgresServer

        server = PostgresServer()
        stack.callback(server.close)
        url = server.new_database()
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE awards (decision_id text PRIMARY KEY)"))
    engine.dispose()
    return url


if __name__ == "__main__":
    sys.exit(main())
