"""The ledger's file: locked, without room, not to be written, damaged. Nothing half is kept, and it goes on afterwards."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from credit_sdk.cli import main
from credit_sdk.errors import InvalidRequest, LedgerDamaged, LedgerUnavailable
from credit_sdk.ledger.sqlite import SqliteLedger
from tests.faults import ledger_rig as rig
from tests.faults.ledger_table import meets

if TYPE_CHECKING:
    from pathlib import Path


def held(path: Path) -> sqlite3.Connection:
    """Another program that writes, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with the file."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def entries_of(path: Path) -> int:
    with closing(SqliteLedger(path)) as store:
        return len(store.entries(limit=100_000))


def test_locked(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(SqliteLedger(path, busy_timeout=0.1)) as store:
        credit = rig.client(store)
        known = credit.check(rig.LISTED, **rig.ASK)
        with closing(held(path)):
            for attempt in (
                lambda: credit.check(rig.LISTED, **rig.ASK),
                lambda: credit.report(known, executed=rig.EXECUTED),
            ):
                with pytest.raises(LedgerUnavailable) as caught:
                    attempt()
                meets("locked", caught.value)
            assert store.entry(known.decision_id) is not None  # what is there can be read
        assert rig.reports_in(store) == []
        credit.report(known, executed=rig.EXECUTED)
        assert len(rig.reports_in(store)) == 1


def test_locked_for_a_moment_only(tmp_path: Path) -> None:
    """Five seconds are waited for another program."""
    import threading

    path = tmp_path / "ledger.db"
    with rig.client(path) as credit:
        credit.check(rig.LISTED, **rig.ASK)
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, other.close).start()
        rig.check_and_report(credit)


def test_not_required(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The check goes on, and says so; a report never does."""
    path = tmp_path / "ledger.db"
    with closing(SqliteLedger(path, busy_timeout=0.05)) as store:
        credit = rig.client(store, ledger_required=False)
        credit.check(rig.LISTED, **rig.ASK)
        caplog.set_level(logging.WARNING, "credit_sdk")
        with closing(held(path)):
            decision = credit.check(rig.LISTED, **rig.ASK)
            with pytest.raises(LedgerUnavailable):
                credit.report(decision, executed=rig.EXECUTED)
        assert "ledger_unavailable" in caplog.text
        assert decision.blocking
        credit.report(decision, executed=rig.EXECUTED)
        assert store.entry(decision.decision_id) is not None  # kept with its report


def test_no_room(tmp_path: Path) -> None:
    """A limit on file size: the check, the report, the claim fail; the check that need not be kept does not."""
    said, half, sound, delivered = rig.end(rig.start("no_room", tmp_path / "ledger.db"))

    for code in said[:3]:
        meets("no-room", code)
    assert said[3:] == ["ok", "ok", "ok"]
    assert (half, sound, delivered) == (0, "ok", True)


def test_a_file_joins_no_transaction(tmp_path: Path) -> None:
    with rig.client(tmp_path / "ledger.db") as credit:
        decision = credit.check(rig.LISTED, **rig.ASK)
        with pytest.raises(InvalidRequest) as caught, closing(sqlite3.connect(":memory:")) as connection:
            credit.report(decision, executed=rig.EXECUTED, connection=connection)
    meets("joined-file", caught.value)
    assert rig.reports_in(tmp_path / "ledger.db") == []


def test_a_full_disk(tmp_path: Path) -> None:
    if (
        shutil.which("unshare") is None
        or subprocess.run([*rig.SMALL_DISK, tmp_path, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip(
            "the kernel lets nobody mount here (user namespaces); test_no_room meets the same by a limit on file size"
        )
    said, code, told, before, after, sound = rig.end(
        rig.start("full_disk", tmp_path, within=[*rig.SMALL_DISK, tmp_path])
    )

    for error in said[:2]:
        meets("no-room", error)
    meets("no-room", told, code)
    assert said[2:] == ["ok"]
    assert (before, after, sound) == (0, 1, "ok")


def test_read_only(tmp_path: Path) -> None:
    said, reports = rig.end(rig.start("read_only", tmp_path / "ledger.db"))

    for code in said[:2]:
        meets("read-only", code)
    assert said[2:] == ["ok", "ok"]
    assert reports == 1


def damage(path: Path, decision_id: str) -> None:
    """Overwrite the page on which a decision's text stands: no page of an index, on which many might hang."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
    content = path.read_bytes()
    page = content.index(f'"decision_id": "{decision_id}"'.encode()) // size * size
    path.write_bytes(content[:page] + b"\xa5" * size + content[page + size :])


@pytest.fixture
def damaged(tmp_path: Path) -> tuple[Path, list[str], str]:
    """A ledger of a hundred decisions with one page gone, their ids, and the id of one that stood there."""
    path = tmp_path / "ledger.db"
    with rig.client(path) as credit:
        ids = [credit.check(rig.LISTED, **rig.ASK).decision_id for _ in range(100)]
    damage(path, ids[50])
    return path, ids, ids[50]


def test_a_damaged_page_is_told_and_the_rest_survives(damaged: tuple[Path, list[str], str]) -> None:
    path, ids, _ = damaged
    with closing(SqliteLedger(path)) as store:
        found = 0
        for id_ in ids:
            try:
                found += store.entry(id_) is not None
            except LedgerDamaged as error:
                meets("damaged-page", error)
        assert 90 <= found < 100
    with rig.client(path) as credit:  # and it can be written
        rig.check_and_report(credit)


def test_a_damaged_page_is_repaired_by_the_command(
    damaged: tuple[Path, list[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    path, ids, gone = damaged
    code = main(["ledger", "show", gone, "--ledger", str(path)])
    error = json.loads(capsys.readouterr().err.splitlines()[-1])  # after the warnings
    meets("damaged-page", error["error"], code)
    assert "credit ledger repair" in error["message"]

    assert main(["ledger", "repair", "--ledger", str(path)]) == 1, "something is lost"
    capsys.readouterr()

    with closing(SqliteLedger(path)) as store:
        found = [store.entry(id_) is not None for id_ in ids]
    assert 90 <= sum(found) < 100
    assert main(["ledger", "show", ids[found.index(True)], "--ledger", str(path)]) == 0
    with rig.client(path) as credit:
        rig.check_and_report(credit)
    assert is_sound(path)
