"""Decision ids: UUIDv7, RFC 9562 section 5.7."""

from __future__ import annotations

import multiprocessing
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from credit_sdk.ports.ids import uuid7

if TYPE_CHECKING:
    import pytest


def many(count: int) -> list[str]:
    return [uuid7() for _ in range(count)]


def test_version_and_variant() -> None:
    for text in many(500):
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        assert str(parsed) == text


def test_the_first_48_bits_are_the_time() -> None:
    before = time.time_ns() // 1_000_000
    stamp = uuid.UUID(uuid7()).int >> 80
    assert before <= stamp <= time.time_ns() // 1_000_000


def test_ids_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1_700_000_000_000, 1_700_000_000_200))
    monkeypatch.setattr(time, "time_ns", lambda: next(moments) * 1_000_000)
    ids = many(200)
    assert ids == sorted(ids)


def test_time_does_not_wrap_within_the_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    last = 253_402_300_799_999  # the year 9999
    monkeypatch.setattr(time, "time_ns", lambda: last * 1_000_000)
    parsed = uuid.UUID(uuid7())
    assert (parsed.int >> 80, parsed.version) == (last, 7)


def test_ids_differ_within_a_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    assert len(set(many(5000))) == 5000


def test_every_random_bit_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    numbers = [uuid.UUID(text).int for text in many(300)]
    ones = zeros = 0
    for number in numbers:
        ones |= number
        zeros |= ~number
    fixed = (1 << 128) - 1 ^ (ones & zeros)
    # The 48 bits of the time, four of the version, two of the variant.
    assert fixed == ((1 << 48) - 1) << 80 | 0xF << 76 | 0b11 << 62


def test_forked_processes_never_share_an_id() -> None:
    """Celery prefork, gunicorn preload: the ids come after the fork."""
    uuid7()
    how = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(how)) as pool:
        batches = list(pool.map(many, [2000] * 4))
    ids = [one for batch in batches for one in batch]
    assert len(set(ids)) == len(ids)
