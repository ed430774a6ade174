"""Fifty kills of real processes, at the same points each run; a thousand, at others: ``python -m benchmarks.faults``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.faults import stores, verdict
from benchmarks.faults.places import BOTH, PLACES, draw
from benchmarks.faults.stage import Log
from tests.faults import ledger_rig as rig

if TYPE_CHECKING:
    from benchmarks.faults.places import Kind

ROOT = Path(__file__).parents[2]
SEED = 4


def killed(kind: Kind, points: int, *more: str) -> Any:
    """What came of it; a process of its own, as it forks."""
    command = [sys.executable, "-m", "benchmarks.faults", "--json", "--only", kind, "--points", str(points)]
    done = subprocess.run(
        [*command, "--seed", str(SEED), *more], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stderr == ""
    result = json.loads(done.stdout)[kind]
    assert result["faults"] == []
    assert done.returncode == 0
    return result


def test_fifty_kills() -> None:
    result = killed("sqlite", 50)

    assert sum(row["kills"] for row in result["rows"]) == 50
    assert sum(row["acknowledged"] for row in result["rows"]) > 50
    assert sum(row["repeats"] for row in result["rows"]) > 0
    assert sum(row["lost"] + row["duplicates"] for row in result["rows"]) == 0


def test_in_the_callers_transaction(bare_postgres: str) -> None:
    result = killed("postgres", 12, "--postgres", bare_postgres)

    assert sum(row["lost"] + row["duplicates"] for row in result["rows"]) == 0


@pytest.mark.parametrize("kind", BOTH)
def test_every_place_has_its_turn(kind: Kind) -> None:
    points = draw(1000, SEED, kind)
    assert points == draw(1000, SEED, kind)
    assert points != draw(1000, SEED + 1, kind)
    at = [point.place.id for point in points if point.place is not None]
    assert len(at) == 500
    assert all(at.count(place.id) >= 500 // len(PLACES) for place in PLACES if kind in place.kinds)


def test_the_verdict_bites(tmp_path: Path) -> None:
    """A report that was acknowledged and is not there is seen; so is one that is there and never arrived."""
    address, log = str(tmp_path / "ledger.db"), Log()
    with rig.client(address) as credit:
        kept = rig.check_and_report(credit)
    row = PLACES[0].text
    log.acknowledged = {kept: row, "no-such-key": row}
    from benchmarks.faults.platform import seed

    result = verdict.judge("sqlite", address, seed(tmp_path), log)

    assert result.rows[0].lost == 2
    assert len(result.faults) == 2
    assert stores.LEASE < 1
