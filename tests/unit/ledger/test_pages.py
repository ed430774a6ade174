"""Rows from a SQLite file's pages: every one whose pages are whole is found, whatever became of the others."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sdk.ledger import _pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAKE = "CREATE TABLE t (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, note TEXT, body TEXT NOT NULL, sum BIGINT)"
_SUMS = (0, 1, -1, 127, -129, 40_000, 1 << 30, -(1 << 40), 1 << 62, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.db"


def made(path: Path, lengths: Sequence[int], *, size: int = 4096, log: bool = False) -> list[tuple[object, ...]]:
    """Rows with bodies of these lengths, and the connection closed; with ``log``, copied while they stand in the log."""
    rows: list[tuple[object, ...]] = [
        (number, f"id-{number}", None if number % 3 else "虚构", "文" * length, _SUMS[number % len(_SUMS)])
        for number, length in enumerate(lengths, 1)
    ]
    own = path.with_name("own.db") if log else path
    with closing(sqlite3.connect(own, isolation_level=None)) as database:
        database.execute(f"PRAGMA page_size = {size}")
        if log:
            database.execute("PRAGMA journal_mode = WAL")
        database.execute(_MAKE)
        for row in rows:
            database.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", row)
        if log:
            for name in ("", "-wal"):
                shutil.copy(f"{own}{name}", f"{path}{name}")
    return rows


def found(path: Path, columns: Sequence[int] = (5,)) -> set[tuple[object, ...]]:
    """The rows as they were written."""
    log = Path(f"{path}-wal")
    with path.open("rb") as file:
        if not log.exists():
            return set(_read(_pages.rows(file, None, columns)))
        with log.open("rb") as second:
            return set(_read(_pages.rows(file, second, columns)))


def _read(rows: Iterator[_pages.RawRow]) -> Iterator[tuple[object, ...]]:
    for rowid, (_, *values) in rows:
        yield (rowid, *(one.decode(errors="replace") if isinstance(one, bytes) else one for one in values))


def pages_of(path: Path) -> tuple[int, list[set[int]]]:
    """By SQLite's own account: how many pages there are, and on which of them each row stands, in the rows' order."""
    with closing(sqlite3.connect(path)) as database:
        try:
            stat = database.execute("SELECT path, pageno, pagetype, ncell FROM dbstat WHERE name = 't' ORDER BY path")
        except sqlite3.OperationalError:
            pytest.skip("this SQLite keeps no account of its pages")
        stands: list[set[int]] = []
        leaves: dict[str, int] = {}
        for where, page, kind, cells in stat.fetchall():
            if kind == "leaf":
                leaves[where] = len(stands)
                stands += [{page} for _ in range(cells)]
            elif kind == "overflow":
                leaf, _, cell = where.rpartition("/")
                stands[leaves[leaf + "/" if leaf + "/" in leaves else leaf] + int(cell.split("+")[0], 16)].add(page)
        return database.execute("PRAGMA page_count").fetchone()[0], stands


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.integers(0, 60), st.integers(0, 4000)), min_size=1, max_size=80),
    st.sampled_from([512, 1024, 4096, 65_536]),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_rows_on_whole_pages_are_found(lengths: list[int], size: int, random: object, zeros: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.db"
        rows = made(path, lengths, size=size)
        assert set(rows) <= found(path)
        count, stands = pages_of(path)
        assert len(stands) == len(rows)
        bad = set(random.sample(range(2, count + 1), random.randint(0, count - 1)))  # type: ignore[attr-defined]
        with path.open("r+b") as file:
            for page in bad:
                file.seek((page - 1) * size)
                file.write(bytes(size) if zeros else random.randbytes(size))  # type: ignore[attr-defined]
        whole = {row for row, pages in zip(rows, stands, strict=True) if not pages & bad}
        assert whole <= found(path)


@pytest.mark.parametrize("size", [512, 4096])
def test_rows_that_only_the_log_has(path: Path, size: int) -> None:
    rows = made(path, [10, 3000, 0, 700] * 20, size=size, log=True)
    assert set(rows) <= found(path)
    path.write_bytes(b"")  # as after a crash, before any of it went into the database
    assert set(rows) <= found(path)


@pytest.mark.parametrize("cut", [1, 5000])
def test_a_log_counts_as_far_as_it_was_committed(path: Path, cut: int) -> None:
    rows = made(path, [200] * 30, log=True)
    log = Path(f"{path}-wal")
    os.truncate(log, log.stat().st_size - cut)
    path.write_bytes(b"")
    some = found(path)
    assert some < set(rows)
    assert some == set(rows[: len(some)])
    content = log.read_bytes()
    log.write_bytes(content[:16] + b"another!" + content[24:])  # of another time
    assert found(path) == set()


def test_the_size_of_a_page_is_known_without_the_header(path: Path) -> None:
    rows = made(path, [10, 3000, 700] * 5)
    content = path.read_bytes()
    for header in (bytes(100), b"\xff" * 100, content[:16] + b"\x20\0" + content[18:100]):
        path.write_bytes(header + content[100:])
        assert set(rows) <= found(path)


def test_pages_that_name_each_other(path: Path) -> None:
    """A row that never comes to its end is none."""
    made(path, [3000])
    content = bytearray(path.read_bytes())
    count, ((*_,),) = pages_of(path)
    for page in range(2, count + 1):
        if content[(page - 1) * 4096] != 0x0D:
            content[(page - 1) * 4096 : (page - 1) * 4096 + 4] = (2).to_bytes(4, "big")
    path.write_bytes(content)
    found(path)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000))
def test_nothing_fails(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.db"
        path.write_bytes(bytes(512) + b"\x0d" + content)
        Path(f"{path}-wal").write_bytes(b"\x37\x7f\x06\x82" + content)
        found(path, (3, 7))
