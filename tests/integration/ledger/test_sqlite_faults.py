"""What may befall the ledger's file: locked, full, read-only, damaged. Nothing acknowledged is lost, and errors help."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import LedgerDamaged, LedgerUnavailable
from credit_sdk.ledger import _catch_up, _salvage
from credit_sdk.ledger._salvage import salvage
from credit_sdk.ledger.losses import Losses, losses_of
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.testing.builders import MOMENT
from credit_sdk.testing.ledger import checked, entry, measure, reported, undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
_PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def in_child(program: str, *arguments: str) -> Any:
    """What the program prints, as JSON. It begins with the names it needs."""
    names = """
        import json, os, sys
        from credit_sdk.errors import CreditError
        from credit_sdk.ledger.sqlite import SqliteLedger
        from credit_sdk.testing.ledger import checked, measure
    """
    whole = textwrap.dedent(names) + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", whole, *arguments], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


# ----------------------------------------------------------------------------------------------------------- locked


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


def test_a_locked_ledger_is_waited_for_and_then_told_of(path: Path) -> None:
    with SqliteLedger(path, busy_timeout=0.05) as ledger:
        ledger.append([checked()])
        with locked(path):
            for use in (lambda: ledger.append([checked()]), ledger.decisions, lambda: ledger.keep("d", "t")):
                with pytest.raises(LedgerUnavailable, match="锁定") as caught:
                    use()
                assert caught.value.retryable
                assert caught.value.file == str(path)
            assert len(ledger.entries()) == 1  # reading what was written needs no lock
        ledger.append([checked()])
        assert len(ledger.decisions()) == 2


def test_closing_does_not_wait_for_a_lock(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.append([checked()])
    with locked(path):
        start = time.monotonic()
        ledger.close(0.5)
        assert time.monotonic() - start < 1.0


# ------------------------------------------------------------------------------------------------------------- full


def test_a_full_disk_takes_nothing_half(path: Path) -> None:
    with SqliteLedger(path) as ledger:
        ledger.append([checked()])
        facts = ledger._facts.connection()
        [pages] = facts.execute("PRAGMA page_count").fetchone()
        facts.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerUnavailable, match="磁盘已满") as caught:
            ledger.append([undecided(question=str(number)) for number in range(500)])
        assert caught.value.retryable
        assert len(ledger.entries()) == 1
        facts.execute(f"PRAGMA max_page_count = {pages * 100}")
        ledger.append([undecided(question=str(number)) for number in range(500)])
        assert len(ledger.entries()) == 501


@pytest.mark.skipif(os.name == "nt", reason="no limits")
def test_a_limit_on_file_size_is_met_and_lifted(path: Path) -> None:
    """As a quota or a full disk would: the operating system refuses to write on."""
    acknowledged, message, more = in_child(
        """
        import resource
        ledger, kept = SqliteLedger(sys.argv[1]), []
        most, hard = 400_000, resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        message = None
        while message is None:
            one = checked(measure(name="虚" * 300))
            try:
                ledger.append([one])
                kept.append(one.id)
            except CreditError as error:
                message = f"{type(error).__name__} {error}"
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        one = checked()
        ledger.append([one])
        print(json.dumps([kept, message, one.id]))
        """,
        str(path),
    )
    assert message.startswith(f"LedgerUnavailable {path}: 台账用不了: 磁盘已满")
    with SqliteLedger(path) as ledger:
        assert [one.entry.id for one in ledger.entries()] == [*acknowledged, more]
        assert ledger.counts(MOMENT, MOMENT + timedelta(days=1), MOMENT)[0].checks == len(acknowledged) + 1


# -------------------------------------------------------------------------------------------------------- read-only


@pytest.mark.skipif(os.name == "nt", reason="rights are given otherwise")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_ledger_that_may_only_be_read(what: str) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / "ledger.db"
        with SqliteLedger(path) as ledger:
            ledger.append([checked(measure())])
            assert ledger.duties()
        folder.chmod(0o755 if what == "folder" else 0o777)
        path.chmod(0o444)
        words = in_child(
            """
            other = SqliteLedger(sys.argv[1] + ".warm")  # whatever is imported late is imported now
            other.append([checked()]), other.duties(), other.close()
            if os.getuid() == 0:
                os.setuid(65534)
            ledger = SqliteLedger(sys.argv[1])
            try:
                ledger.append([checked()])
            except CreditError as error:
                print(json.dumps([type(error).__name__, str(error)]))
            """,
            str(path),
        )
        assert words[0] == "LedgerUnavailable"
        assert words[1].startswith(f"{path}: 台账用不了: ")
        assert "读写权限" in words[1]
        with SqliteLedger(path) as ledger:
            assert len(ledger.entries()) == 1
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="rights are given otherwise")
@pytest.mark.parametrize("state", ["up to date", "views behind", "with a log"])
def test_a_ledger_on_a_read_only_medium_is_read(state: str) -> None:
    """As it lies there. What would have to be written first, has to be copied first."""
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / "ledger.db"
        with SqliteLedger(path) as ledger:
            ledger.append([checked(measure())])
            assert ledger.duties()
            if state == "views behind":
                ledger.append([checked()])
        if state == "with a log":
            Path(f"{path}-wal").write_bytes(bytes(40))
        path.chmod(0o444)
        folder.chmod(0o555)
        counts, words, retryable = in_child(
            """
            other = SqliteLedger(sys.argv[2])  # whatever is imported late is imported now
            other.append([checked()]), other.duties(), other.close()
            if os.getuid() == 0:
                os.setuid(65534)
            ledger, said, counts = SqliteLedger(sys.argv[1]), None, []
            try:
                counts = [len(ledger.entries()), len(ledger.decisions())]
                ledger.append([checked()])
            except CreditError as error:
                said = error
            print(json.dumps([counts, str(said), said.retryable]))
            """,
            str(path),
            str(folder.with_name(folder.name + ".warm")),
        )
        assert counts == ([1, 1] if state == "up to date" else [])
        assert "复制到可写的地方" in words
        assert not retryable
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
        Path(f"{folder}.warm").unlink(missing_ok=True)


# ---------------------------------------------------------------------------------------------------------- damaged


def write(path: Path, entries: int = 400) -> list[str]:
    """A ledger of so many decisions, every one larger than a quarter of a page."""
    with SqliteLedger(path) as ledger:
        ledger.keep("rules", "虚构规则")
        decisions = [
            checked(measure(), question=f"question-{number:04}", rules="rules", decision="x" * 900)
            for number in range(entries)
        ]
        ledger.append(decisions)
        ledger.append([reported(decisions[0], ["refuse"])])
        assert len(ledger.duties()) == entries
    return [one.id for one in decisions]


def damage(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * _PAGE)
        file.write(b"\x5a" * _PAGE)


def page_of(path: Path, text: str) -> int:
    """The page of the entries that holds ``text``."""
    return path.read_bytes().index(f'"question":"{text}"'.encode()) // _PAGE + 1


def root_of(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    [(page,)] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    connection.close()
    return int(page)


def read_all(ledger: SqliteLedger, ids: list[str]) -> tuple[list[int], list[int]]:
    """Numbers of the entries that can be read, and of those that cannot."""
    good: list[int] = []
    bad: list[int] = []
    for number, id in enumerate(ids):
        try:
            (good if ledger.entry(id) else bad).append(number)
        except LedgerDamaged as error:
            bad.append(number)
            told = str(error)
            assert told.startswith(f"{ledger.name}: ")
            assert "credit ledger repair" in told
    return good, bad


def test_a_damaged_page_takes_only_its_own_entries(path: Path) -> None:
    ids = write(path)
    damage(path, page_of(path, "question-0200"))
    with SqliteLedger(path) as ledger:
        good, bad = read_all(ledger, ids)
        assert 200 in bad
        assert len(bad) < 5
        assert len(ledger.duties()) == 400  # the views knew them already
        late = checked(rules="rules")
        ledger.append([late])
        assert ledger.decisions(limit=1)[0].decision_id == late.id
    before = path.read_bytes()
    done = salvage(path)
    assert done.entries == 402 - len(bad)
    assert done.lost == ((bad[0] + 1, bad[-1] + 1),)
    assert (done.texts, done.lost_texts) == (1, 0)
    assert done.aside is not None
    assert Path(done.aside).read_bytes()[100:] == before[100:]  # its header says how it was opened last
    assert Path(done.aside).name.startswith("ledger.db.damaged-")
    with SqliteLedger(path) as ledger:
        assert [number for number, id in enumerate(ids) if ledger.entry(id)] == good
        assert len(ledger.duties()) == len(good)
        assert ledger.deliveries()[0].decision_id == ids[0]
        assert ledger.text("rules") == "虚构规则"
        ledger.append([checked()])
    assert sorted(one.name for one in path.parent.iterdir()) == ["ledger.db", Path(done.aside).name]


def test_the_last_page_of_the_entries(path: Path) -> None:
    """Nothing can be appended behind it; what went before can be read, and is saved."""
    ids = write(path)
    damage(path, page_of(path, "question-0399"))
    with SqliteLedger(path) as ledger:
        assert len(read_all(ledger, ids)[0]) > 395
        with pytest.raises(LedgerDamaged):
            ledger.append([checked()])
    done = salvage(path)
    assert done.entries > 395
    assert done.lost[-1][1] == 401
    with SqliteLedger(path) as ledger:
        ledger.append([checked()])
        assert len(ledger.duties()) == len(ledger.entries()) - 2
        assert [sequence for sequence, _ in ledger.damaged()][-1] == 401, "a place that was lost is not used again"


def test_what_was_lost_stays_known(path: Path) -> None:
    write(path)
    damage(path, page_of(path, "question-0200"))
    lost = sum(last - first + 1 for first, last in salvage(path).lost)
    for _ in range(2):
        with SqliteLedger(path) as ledger:
            assert losses_of(ledger) == Losses(0, lost)
            (note,) = ledger.entries(kinds=[EntryKind.REPAIRED])
            assert sum(last - first + 1 for first, last in json.loads(note.entry.body)["lost"]) == lost
        again = salvage(path)  # nothing more is lost by mending it again; nor is it forgotten
        assert (again.lost, again.aside, again.lost_before[0][0] <= 201) == ((), None, True)
        with SqliteLedger(path) as ledger:
            ledger.append([checked()])


def test_a_damaged_view_is_made_anew(path: Path) -> None:
    ids = write(path)
    damage(path, root_of(path, "duties"))
    with SqliteLedger(path) as ledger:
        with pytest.raises(LedgerDamaged, match="credit ledger repair"):
            ledger.duties()
        assert len(ledger.decisions(limit=1000)) == 400
        assert read_all(ledger, ids)[1] == []
    assert salvage(path)[:2] == (401, ())
    with SqliteLedger(path) as ledger:
        assert len(ledger.duties()) == 400


def test_the_index_of_the_entries(path: Path) -> None:
    ids = write(path)
    damage(path, root_of(path, "sqlite_autoindex_entries_1"))
    with SqliteLedger(path) as ledger:
        assert len(ledger.entries()) == 401
        with pytest.raises(LedgerDamaged):
            ledger.entry(ids[0])
    assert salvage(path)[:2] == (401, ())
    with SqliteLedger(path) as ledger:
        assert read_all(ledger, ids)[1] == []


def test_an_entry_that_was_changed_by_hand(path: Path) -> None:
    ids = write(path, 20)
    with sqlite3.connect(path) as hand:
        hand.execute("UPDATE entries SET body = replace(body, '\"restrict\"', '\"allow\"') WHERE sequence = 7")
        hand.execute("UPDATE texts SET text = '虚构'")
        hand.execute("UPDATE entries SET body = CAST(x'7b22ff' AS TEXT) WHERE sequence = 9")
        hand.execute("DELETE FROM entries WHERE sequence = 11")
        hand.execute("UPDATE notes SET value = '0' WHERE name = 'applied'")
        hand.execute("DELETE FROM decisions")
    hand.close()
    with SqliteLedger(path) as ledger:
        with pytest.raises(LedgerDamaged, match="第 7 条"):
            ledger.entry(ids[6])
        with pytest.raises(LedgerDamaged):
            ledger.text("rules")
        assert ledger.damaged() == [(7, "crc"), (9, "page"), (11, "gone")]
        assert len(ledger.decisions()) == 17
    done = salvage(path)
    assert done[:4] == (18, ((7, 7), (9, 9), (11, 11)), 0, 1)
    with SqliteLedger(path) as ledger:
        assert ledger.text("rules") is None
        ledger.keep("rules", "虚构规则")
        assert ledger.text("rules") == "虚构规则"


def test_a_text_is_mended_by_keeping_it_again(path: Path) -> None:
    write(path, 1)
    with sqlite3.connect(path) as hand:
        hand.execute("UPDATE texts SET text = '虚构'")
    hand.close()
    with SqliteLedger(path) as ledger:
        ledger.keep("rules", "虚构规则")
        assert ledger.text("rules") == "虚构规则"


def test_a_ledger_in_use_is_not_repaired(path: Path) -> None:
    write(path, 5)
    with SqliteLedger(path) as ledger:
        ledger.append([checked()])
        with pytest.raises(LedgerUnavailable, match="锁定"):
            salvage(path, wait=0.05)
        ledger.append([checked()])
        assert len(ledger.entries()) == 8
    assert salvage(path)[:2] == (8, ())


def test_there_is_nothing_to_repair(path: Path) -> None:
    with pytest.raises(LedgerUnavailable):
        salvage(path)
    assert not path.exists()


def test_a_repair_that_was_cut_short_is_begun_anew(path: Path) -> None:
    write(path, 5)
    path.with_name("ledger.db.repairing").write_text("虚构")
    assert salvage(path).entries == 6
    assert [one.name for one in path.parent.iterdir()] == ["ledger.db"]


def test_a_sound_ledger_leaves_no_copy(path: Path) -> None:
    """Its views are made anew all the same."""
    write(path, 5)
    with sqlite3.connect(path) as hand:
        hand.execute("DELETE FROM decisions")
    hand.close()
    for _ in range(2):
        done = salvage(path)
        assert (done.entries, done.lost, done.texts, done.lost_texts, done.aside) == (6, (), 1, 0, None)
        assert [one.name for one in path.parent.iterdir()] == ["ledger.db"]
    with SqliteLedger(path) as ledger:
        assert len(ledger.decisions()) == 5


def entries_of(path: Path) -> dict[str, int]:
    """Places by id, without what repairs wrote."""
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute("SELECT id, sequence FROM entries WHERE kind <> 'repaired'").fetchall())


def schema_pages(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [page for (page,) in database.execute("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'")]


@pytest.mark.parametrize("which", ["the root of the entries", "the first page", "the schema", "all of them"])
def test_pages_without_which_sqlite_finds_nothing(path: Path, which: str) -> None:
    """The entries lie elsewhere, whole."""
    write(path, 120)
    before = entries_of(path)
    root, schema = root_of(path, "entries"), schema_pages(path)
    pages = {"the root of the entries": [root], "the first page": [1], "the schema": schema[1:]}
    for page in pages.get(which, [1, root, *schema]):
        damage(path, page)
    with SqliteLedger(path) as ledger, pytest.raises(LedgerDamaged, match="credit ledger repair"):
        ledger.entries()
    done = salvage(path)
    assert (done.entries, done.lost, done.texts, done.lost_texts) == (121, (), 1, 0)
    assert entries_of(path) == before
    with SqliteLedger(path) as ledger:
        assert (len(ledger.decisions(limit=1000)), losses_of(ledger)) == (120, Losses())
        assert ledger.text("rules") == "虚构规则"


def test_a_schema_that_is_damaged_has_words_of_its_own(path: Path) -> None:
    write(path, 5)
    for page in schema_pages(path)[1:]:
        with path.open("r+b") as file:
            file.seek((page - 1) * _PAGE)
            file.write(bytes(_PAGE))
    with SqliteLedger(path) as ledger, pytest.raises(LedgerDamaged, match="表结构"):
        ledger.entries()


@pytest.mark.parametrize("short", [1, _PAGE, 40 * _PAGE])
def test_a_file_that_was_cut_short(path: Path, short: int) -> None:
    write(path, 120)
    before = entries_of(path)
    os.truncate(path, path.stat().st_size - short)
    if short >= _PAGE:
        with SqliteLedger(path) as ledger, pytest.raises(LedgerDamaged, match="截短"):
            ledger.entries()
    done = salvage(path)
    lost = {place for first, last in done.lost for place in range(first, last + 1)}
    after = entries_of(path)
    assert after == {id: place for id, place in before.items() if place not in lost}
    assert done.entries == len(after) > 0


def place_of_rowid(path: Path, text: str) -> int:
    """Where in the file a row's number stands, by its text."""
    content = path.read_bytes()
    found = content.index(text.encode())
    with closing(sqlite3.connect(path)) as database:
        [(rowid,)] = database.execute("SELECT sequence FROM entries WHERE instr(body, ?)", (text,)).fetchall()
    number = bytes([rowid])
    return content.rindex(number + b"\x09\x00", 0, found)  # the header's length follows, and the number's own column


@pytest.mark.parametrize("bit", [0, 1, 5, 6])
@pytest.mark.parametrize("schema", [True, False])
def test_a_bit_of_a_number(path: Path, bit: int, schema: bool) -> None:
    """Two entries with one number, or one where there is none: the index of ids knows better. Without it, none is lost."""
    write(path, 60)
    before = entries_of(path)
    where = place_of_rowid(path, '"question":"question-0050"')
    with path.open("r+b") as file:
        file.seek(where)
        number = file.read(1)[0]
        file.seek(where)
        file.write(bytes([number ^ 1 << bit]))
    if not schema:
        damage(path, 1)
    done = salvage(path)
    assert done.entries == 61
    after = entries_of(path)
    assert after.keys() == before.keys()
    if schema:
        assert (after, done.lost) == (before, ())


def test_a_number_that_cannot_be(path: Path) -> None:
    """Readers do not look for all those in between; a repair puts it behind the one before it."""
    ids = write(path, 20)
    with sqlite3.connect(path) as hand:
        hand.execute("UPDATE entries SET sequence = 9000000000 WHERE sequence = 20")
        hand.execute("UPDATE entries SET sequence = 9000000001 WHERE sequence = 21")
    hand.close()
    with SqliteLedger(path) as ledger:
        start = time.monotonic()
        late = checked()
        ledger.append([late])
        assert [one.decision_id for one in ledger.decisions(limit=3)] == [late.id, ids[-1], ids[-2]]
        assert ledger.damage() == {"place": 1}
        assert time.monotonic() - start < 5
    done = salvage(path)
    assert (done.entries, done.lost) == (22, ())
    assert sorted(entries_of(path).values()) == list(range(1, 23))
    with SqliteLedger(path) as ledger:
        assert (len(ledger.decisions()), losses_of(ledger)) == (21, Losses())


def test_many_that_were_lost_are_no_jump(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a repair has told of them; and while it does, the views and the index still know of them."""
    monkeypatch.setattr(_catch_up, "JUMP", 5)
    monkeypatch.setattr(_salvage, "JUMP", 5)
    write(path, 60)
    for page in {page_of(path, f"question-{number:04}") for number in range(20, 40)}:
        damage(path, page)
    lost = salvage(path).lost
    assert lost[0][0] <= 21
    assert lost[-1][1] >= 40
    with SqliteLedger(path) as ledger:
        assert losses_of(ledger) == Losses(0, sum(last - first + 1 for first, last in lost))
    assert salvage(path).lost_before == lost


def test_a_backup_that_was_put_under_another_log(path: Path, tmp_path: Path) -> None:
    """A process was killed, and its log stayed; what both hold is saved."""
    write(path, 60)
    backup = tmp_path / "backup.db"
    shutil.copy(path, backup)
    ledger = SqliteLedger(path)
    late = [checked(measure(), decision="x" * 900) for _ in range(60)]
    ledger.append(late)
    shutil.copy(f"{path}-wal", tmp_path / "log")
    ledger.close()
    shutil.copy(tmp_path / "log", f"{path}-wal")
    shutil.copy(backup, path)
    done = salvage(path)
    assert (done.entries, done.lost) == (121, ())
    with SqliteLedger(path) as ledger:
        assert all(ledger.entry(one.id) for one in late)
    assert not Path(f"{path}-wal").exists()


def test_what_only_the_log_holds(path: Path, tmp_path: Path) -> None:
    """Of a file whose first page is gone."""
    write(path, 5)
    ledger = SqliteLedger(path)
    late = [checked(measure(), decision="x" * 900) for _ in range(60)]
    ledger.append(late)
    for name in ("", "-wal"):
        shutil.copy(f"{path}{name}", tmp_path / f"killed.db{name}")
    ledger.close()
    killed = tmp_path / "killed.db"
    damage(killed, 1)
    done = salvage(killed)
    assert (done.entries, done.lost) == (66, ())


def test_nothing_to_recognise_is_no_success(path: Path) -> None:
    write(path, 3)
    path.write_bytes(bytes(path.stat().st_size))
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged, match="备份") as caught:
        salvage(path)
    assert "repair" not in str(caught.value)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["ledger.db"]


def test_a_text_that_is_gone_is_counted(path: Path) -> None:
    write(path, 3)
    with sqlite3.connect(path) as hand:
        hand.execute("DELETE FROM texts")
    hand.close()
    assert salvage(path).lost_texts == 1


def test_an_entry_of_another_version_stays(path: Path) -> None:
    """Nothing is wrong with it: a repair changes nothing about it, and says how many there are."""
    write(path, 3)
    with SqliteLedger(path) as ledger:
        ledger.append([entry("later", {})])
    done = salvage(path)
    assert (done.entries, done.lost, done.foreign, done.aside) == (5, (), 1, None)


@pytest.mark.skipif(os.name == "nt", reason="no limits")
def test_a_repair_without_room_leaves_nothing_behind(path: Path) -> None:
    write(path, 400)
    damage(path, page_of(path, "question-0200"))
    words, retryable, left = in_child(
        """
        import resource
        from credit_sdk.ledger._salvage import salvage
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        try:
            salvage(sys.argv[1])
        except CreditError as error:
            folder = os.path.dirname(sys.argv[1])
            print(json.dumps([f"{type(error).__name__} {error}", error.retryable, os.listdir(folder)]))
        """,
        str(path),
    )
    assert words.startswith("LedgerUnavailable")
    assert "MB" in words
    assert retryable
    assert left == ["ledger.db"]
    assert salvage(path).entries > 390


@pytest.mark.skipif(os.name == "nt", reason="who has it open is told by other means")
def test_another_process_has_the_damaged_one_open(path: Path) -> None:
    """Also where SQLite itself cannot tell, as it does not take the file for a database any more."""
    write(path, 5)
    with SqliteLedger(path) as ledger:
        ledger.append([checked()])
        words = in_child(  # which also does the damage: closing the file here would let go of the locks on it
            """
            from credit_sdk.ledger._salvage import salvage
            with open(sys.argv[1], "r+b") as file:
                file.write(bytes(4096))
            try:
                salvage(sys.argv[1], wait=0.05)
            except CreditError as error:
                print(json.dumps(str(error)))
            """,
            str(path),
        )
    assert "锁定" in words


def test_an_older_copy_of_the_file(path: Path) -> None:
    """Views that know more entries than there are were made of another file: they are made anew."""
    write(path, 5)
    with sqlite3.connect(path) as hand:
        hand.execute("DELETE FROM entries WHERE sequence > 3")
    hand.close()
    with SqliteLedger(path) as ledger:
        assert len(ledger.decisions()) == 3
        ledger.append([checked()])
        assert len(ledger.decisions()) == 4


# ------------------------------------------------------------------------------------------------------------ clock


def test_a_clock_one_day_back(path: Path) -> None:
    """The order is that of writing; nothing waits for the day to come again."""
    with SqliteLedger(path) as ledger:
        first, second = checked(), checked(at=MOMENT - timedelta(days=1))
        ledger.append([first])
        ledger.append([second, reported(second, at=MOMENT - timedelta(days=1))])
        assert [one.decision_id for one in ledger.decisions()] == [second.id, first.id]
        assert len(ledger.claim("w", MOMENT - timedelta(days=1), lease=60, limit=10)) == 1
