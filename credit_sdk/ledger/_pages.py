"""Rows of a SQLite file read from its pages one by one, where SQLite cannot find its way to them any more.

SQLite walks from the root of a table to its leaves: one page lost near the root, and it sees none of the rows behind it.
Every row of a table stands whole on a leaf (and the pages that it runs over to), and says how long it is; so leaves are
recognised wherever they lie. By https://www.sqlite.org/fileformat2.html; SQLite's own tool for this (``.recover``) is no
part of its library, and there is no maintained package.

Nothing here is sure to be a row: the caller checks it. Never fails on what a file holds.
"""

from __future__ import annotations

import os
import struct
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

Value: TypeAlias = "int | bytes | None"

USUAL_SIZE = 4096
"""Of a page, unless somebody chose another."""

_LEAF = 0x0D
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes of an integer by its serial type."""
_LOG_HEADER, _FRAME_HEADER = 32, 24
_LOG_ORDERS = {0x377F0682: "<", 0x377F0683: ">"}
"""In which order a log's check sum takes bytes, by its magic number."""


class RawRow(NamedTuple):
    """What stands on a leaf."""

    rowid: int
    values: tuple[Value, ...]
    """Text as bytes; real numbers are left out as ``None``."""


def rows(file: IO[bytes], log: IO[bytes] | None, columns: Collection[int]) -> Iterator[RawRow]:
    """The rows of so many columns on every leaf of a database, and of its log (``-wal``) as far as it is committed.

    In the order of the pages, those of the log behind; a row that both have comes twice.

    :param file: the database.
    :param log: its log, if there is one.
    """
    length = file.seek(0, os.SEEK_END)
    for size, usable in _sizes(file, log):
        yield from _rows(file, length, log, size, usable, columns)


def _rows(
    file: IO[bytes], length: int, log: IO[bytes] | None, size: int, usable: int, columns: Collection[int]
) -> Iterator[RawRow]:
    pages = -(-length // size)

    def of_file(number: int) -> bytes:
        if number > pages:
            return b""
        file.seek((number - 1) * size)
        return file.read(size).ljust(size, b"\0")  # the last one may have been cut short

    for number in range(2, pages + 1):  # the first one has the schema
        yield from _on_page(of_file(number), of_file, usable, columns)
    frames = {} if log is None else committed(log, size)

    def of_both(number: int) -> bytes:
        if log is None or number not in frames:
            return of_file(number)
        log.seek(frames[number])
        return log.read(size)

    for number in frames:
        yield from _on_page(of_both(number), of_both, usable, columns)


def committed(log: IO[bytes], size: int) -> Mapping[int, int]:
    """Where the pages that a log holds begin in it, by their number: of each the last one that was committed.

    What does not carry the log's own salt, or has a wrong check sum, was written before its beginning or never to its end.

    :param size: of a page.
    """
    log.seek(0)
    header = log.read(_LOG_HEADER)
    if len(header) < _LOG_HEADER or (order := _LOG_ORDERS.get(struct.unpack_from(">I", header)[0])) is None:
        return {}
    salt, sums = header[16:24], _checked(header[:24], (0, 0), order)
    if int.from_bytes(header[8:12], "big") != size or sums != struct.unpack_from(">II", header, 24):
        return {}
    found: dict[int, int] = {}
    pending: dict[int, int] = {}
    place = _LOG_HEADER
    while len(frame := log.read(_FRAME_HEADER + size)) == _FRAME_HEADER + size and frame[8:16] == salt:
        sums = _checked(frame[_FRAME_HEADER:], _checked(frame[:8], sums, order), order)
        if sums != struct.unpack_from(">II", frame, 16):
            break
        number, pages = struct.unpack_from(">II", frame)
        pending[number] = place + _FRAME_HEADER
        if pages:  # the last frame of a transaction says how large the database is by it
            found |= pending
            pending.clear()
        place += len(frame)
    return found


def _checked(part: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.iter_unpack(f"{order}II", part)
    for one, other in words:
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def _sizes(file: IO[bytes], log: IO[bytes] | None) -> Collection[tuple[int, int]]:
    """How large a page is, and how much of it is used: what the headers say, which may be damaged, and what is usual."""
    file.seek(0)
    header = file.read(21)
    size = int.from_bytes(header[16:18], "big")
    found = [(size := 65_536 if size == 1 else size, size - header[20] if len(header) > 20 else size)]
    if log is not None:
        log.seek(8)
        found.append(((size := int.from_bytes(log.read(4), "big")), size))
    return dict.fromkeys([*(one for one in found if _is_size(one[0])), (USUAL_SIZE, USUAL_SIZE)])


def _is_size(size: int) -> bool:
    return 512 <= size <= 65_536 and size & (size - 1) == 0


def _on_page(page: bytes, page_of: Callable[[int], bytes], usable: int, columns: Collection[int]) -> Iterator[RawRow]:
    if page[0] != _LEAF:
        return
    for (place,) in islice(struct.iter_unpack(">H", page[8 : len(page) & ~1]), int.from_bytes(page[3:5], "big")):
        try:
            row = _row(page, place, page_of, usable, columns)
        except (IndexError, struct.error):  # it runs over the page's end: no row
            continue
        if row is not None:
            yield row


def _row(
    page: bytes, place: int, page_of: Callable[[int], bytes], usable: int, columns: Collection[int]
) -> RawRow | None:
    size, place = _number(page, place)
    rowid, place = _number(page, place)
    types, begin = _types(page, place, columns)
    if begin + sum(map(_length, types)) != size:
        return None
    here = _here(size, usable)
    payload = page[place : place + here]
    if here < size:
        following = int.from_bytes(page[place + here : place + here + 4], "big")
        payload = _run_over(payload, size, following, page_of, usable)
    if len(payload) < size:
        return None
    values = []
    for one in types:
        values.append(_value(one, payload[begin : begin + _length(one)]))
        begin += _length(one)
    return RawRow(_signed(rowid), tuple(values))


def _types(page: bytes, place: int, columns: Collection[int]) -> tuple[list[int], int]:
    """The columns' serial types, which stand at the row's beginning; and where behind them their values begin."""
    begin = place
    length, place = _number(page, place)
    types: list[int] = []
    while place < begin + length and len(types) <= max(columns):
        one, place = _number(page, place)
        types.append(one)
    if place != begin + length or len(types) not in columns:
        raise IndexError
    return types, length


def _here(size: int, usable: int) -> int:
    """How much of a row's bytes stand on its leaf."""
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    if size <= most:
        return size
    here = least + (size - least) % (usable - 4)
    return here if here <= most else least


def _run_over(payload: bytes, size: int, number: int, page_of: Callable[[int], bytes], usable: int) -> bytes:
    """A row's bytes with those on the pages that it runs over to, each of which names the next."""
    parts, length, seen = [payload], len(payload), {0}
    while length < size and number not in seen:
        seen.add(number)
        page = page_of(number)
        part = page[4 : min(usable, 4 + size - length)]
        if not part:
            break
        parts.append(part)
        length += len(part)
        number = int.from_bytes(page[:4], "big")
    return b"".join(parts)


def _number(page: bytes, place: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    found = 0
    for _ in range(8):
        byte = page[place]
        place += 1
        found = found << 7 | byte & 0x7F
        if byte < 0x80:
            return found, place
    return found << 8 | page[place], place + 1


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _length(type_: int) -> int:
    if type_ >= 12:
        return (type_ - 12) // 2
    return 8 if type_ == 7 else _INTEGERS.get(type_, 0)


def _value(type_: int, value: bytes) -> Value:
    if type_ >= 12:
        return value
    if type_ in (8, 9):
        return type_ - 8
    return int.from_bytes(value, "big", signed=True) if type_ in _INTEGERS else None
