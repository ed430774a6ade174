"""The ledger's file: who may read it, what is refused, and how it is brought up to a version."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidRequest, InvalidSettings, LedgerDamaged, LedgerUnavailable
from credit_sdk.ledger import _sqlite_file
from credit_sdk.ledger._salvage import salvage
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing.ledger import checked, entry, measure

if TYPE_CHECKING:
    from pathlib import Path


def append(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.append([checked(measure())])


@pytest.mark.parametrize("path", [":memory:", "", "file:ledger.db", "file::memory:?cache=shared"])
def test_what_is_no_file_is_refused(path: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        SqliteLedger(path)
    assert caught.value.key == "ledger"


def test_nothing_is_made_before_it_is_used(tmp_path: Path) -> None:
    SqliteLedger(tmp_path / "ledger.db").close()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="rights are given otherwise")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        ledger.append([checked()])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}


def test_it_is_found_when_the_folder_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SqliteLedger("ledger.db") as ledger:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        ledger.append([checked()])
        assert ledger.name == "ledger.db"
    assert (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize(("path", "words"), [("none/ledger.db", "folder"), ("file/ledger.db", "folder")])
def test_a_path_that_cannot_be(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "file").write_text("")
    with SqliteLedger(tmp_path / path) as ledger:
        for use in (lambda: ledger.append([checked()]), ledger.decisions, lambda: ledger.keep("d", "t")):
            with pytest.raises(LedgerUnavailable) as caught:
                use()
            assert words in caught.value.message("en")
            assert caught.value.file == ledger.name
            assert not caught.value.retryable


def test_another_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE entries (a)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerUnavailable, match="不是台账"):
        append(path)
    assert path.read_bytes() == before


def test_what_is_no_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("虚构笔记\n" * 100, encoding="utf-8")
    with pytest.raises(LedgerDamaged, match="不是台账文件"):
        append(path)
    assert path.read_text(encoding="utf-8") == "虚构笔记\n" * 100


@pytest.mark.parametrize("path", [".", os.devnull])
def test_what_can_be_no_file_is_refused_at_once(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidSettings, match="文件夹或设备") as caught:
        SqliteLedger(tmp_path / path)
    assert caught.value.key == "ledger"


def test_an_empty_file_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    for use in (append, salvage):
        with pytest.raises(LedgerDamaged, match="空文件"):
            use(path)
    with SqliteLedger(path) as ledger, pytest.raises(LedgerDamaged, match="删除它后重新开始"):
        ledger.decisions()
    assert path.read_bytes() == b""
    path.unlink()
    append(path)


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(LedgerUnavailable):
        append(tmp_path / "ledger.db")
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


@pytest.mark.skipif(os.name == "nt", reason="rights are given otherwise")
def test_rights_that_others_have_are_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "ledger.db"
    append(path)
    assert caplog.messages == []
    path.chmod(0o644)
    append(path)
    append(path)
    assert [("644" in line) for line in caplog.messages] == [True]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644, "who may read it is not changed here"


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    append(path)
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(LedgerUnavailable, match="升级") as caught:
        append(path)
    assert not caught.value.retryable


def _next_version(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE later (a)")
    _sqlite_file.rebuild_views(connection)


def test_an_older_ledger_is_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    with SqliteLedger(path) as ledger:
        ledger.append([checked(measure())])
        before = ledger.duties(), ledger.entries()
    monkeypatch.setattr(_sqlite_file, "MIGRATIONS", (*_sqlite_file.MIGRATIONS, _next_version))
    with SqliteLedger(path) as ledger:
        assert (ledger.duties(), ledger.entries()) == before  # the views were made anew
    with sqlite3.connect(path) as later:
        assert later.execute("PRAGMA user_version").fetchone() == (len(_sqlite_file.MIGRATIONS),)
    later.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    append(path)

    def fails(connection: sqlite3.Connection) -> None:
        _next_version(connection)
        connection.execute("nonsense")

    with monkeypatch.context() as patched:
        patched.setattr(_sqlite_file, "MIGRATIONS", (*_sqlite_file.MIGRATIONS, fails))
        with pytest.raises(LedgerUnavailable):
            append(path)
    append(path)
    with SqliteLedger(path) as ledger:
        assert len(ledger.duties()) == 2


def test_it_is_made_once(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def begin(_: int) -> None:
        with SqliteLedger(tmp_path / "ledger.db") as ledger:
            together.wait()
            ledger.append([checked()])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(begin, range(8)))
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        assert len(ledger.decisions()) == 8


def test_it_joins_nobodys_transaction(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db") as ledger, pytest.raises(InvalidRequest, match="PostgreSQL"):
        ledger.append([checked()], connection=object())


def test_text_that_is_none(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        with pytest.raises(InvalidRequest, match="Unicode"):
            ledger.append([checked(), entry("confirmed", {})._replace(body='"\ud800"')])
        with pytest.raises(InvalidRequest, match="Unicode"):
            ledger.keep("d", "\ud800")
        assert not ledger.entries()


def test_closed_is_closed(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.db")
    ledger.append([checked()])
    ledger.close()
    for use in (lambda: ledger.append([checked()]), ledger.entries, ledger.decisions):
        with pytest.raises(LedgerUnavailable, match="已关闭"):
            use()
    assert not (tmp_path / "ledger.db-wal").exists()


def test_none_is_begun_beside_the_log_of_another(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    (tmp_path / "ledger.db-wal").write_bytes(b"whatever it holds")
    for use in (append, lambda path: SqliteLedger(path).decisions()):
        with pytest.raises(LedgerUnavailable, match=r"ledger\.db-wal") as caught:
            use(path)
        assert "ledger.db-wal" in caught.value.message("en")
        assert not caught.value.retryable
    assert [one.name for one in tmp_path.iterdir()] == ["ledger.db-wal"]


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be moved")
def test_a_file_that_was_moved_without_its_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What was acknowledged is in both together; put back, nothing is missing."""
    path = tmp_path / "ledger.db"
    with SqliteLedger(path) as ledger:
        first, late = checked(), checked()
        ledger.append([first])
        assert len(ledger.decisions()) == 1
        path.rename(tmp_path / "moved.db")
        for _ in range(2):
            for use in (lambda: ledger.append([checked()]), ledger.decisions):
                with pytest.raises(LedgerUnavailable, match="放回"):
                    use()
        assert [("移走或删除" in line) for line in caplog.messages] == [True]
        (tmp_path / "moved.db").rename(path)
        ledger.append([late])
        assert {first.id, late.id} <= {one.decision_id for one in ledger.decisions()}


def test_a_file_that_was_moved_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is acknowledged is in the file that bears the name."""
    path = tmp_path / "ledger.db"
    with SqliteLedger(path) as ledger:
        ledger.append([checked()])
        ledger.keep("d", "虚构规则")
        assert ledger.decisions()
        for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
            (tmp_path / name).rename(tmp_path / name.replace("ledger", "moved"))
        late = checked()
        ledger.append([late])
        ledger.keep("d", "虚构规则")
        assert [one.decision_id for one in ledger.decisions()] == [late.id]
        assert ledger.text("d") == "虚构规则"
    assert [("移走或删除" in line) for line in caplog.messages] == [True]
