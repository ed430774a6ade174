"""What the memory store does beyond the contract: it is bounded, forgets in time, and keeps its books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credit_sdk import Subject
from credit_sdk.errors import InvalidSettings
from credit_sdk.sources import MemoryStore
from credit_sdk.testing import fictional_code, kept

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBJECTS = [Subject(fictional_code(number)) for number in range(6)]


def test_what_nobody_wants_any_more_is_gone() -> None:
    now = [0.0]
    store = MemoryStore(timer=lambda: now[0])
    store.put([kept(SUBJECTS[0], "a", useful_for=10.0), kept(SUBJECTS[1], "a", useful_for=20.0)])
    now[0] = 10.0
    assert [entry is not None for entry in store.get(SUBJECTS[:2])] == [False, True]
    store.put([kept(SUBJECTS[2])])
    assert len(store) == 2


def test_the_least_recently_used_makes_room() -> None:
    store = MemoryStore(2)
    store.put([kept(SUBJECTS[0], "a"), kept(SUBJECTS[1], "b")])
    store.get([SUBJECTS[0]])
    store.put([kept(SUBJECTS[2], "c")])
    assert [entry is not None for entry in store.get(SUBJECTS[:3])] == [True, False, True]
    assert set(store._heap._bearers) == {"a", "c"}


def test_time_may_pass_between_any_two_steps() -> None:
    """A timer that goes on with every look at it: entries run out in the midst of being replaced or discarded."""

    def ticking() -> Iterator[float]:
        number = 0.0
        while True:
            yield number
            number += 1

    ticks = ticking()
    store = MemoryStore(4, timer=lambda: next(ticks))
    for round_ in range(200):
        subject = SUBJECTS[round_ % 5]
        store.put([kept(subject, "shared", f"m{round_ % 3}", useful_for=float(1 + round_ % 7))])
        if round_ % 2:
            store.discard({f"m{round_ % 5}"})
        store.get(SUBJECTS)
    store.discard({"shared"})
    store._heap.expire()
    assert not store._heap._bearers


def test_it_has_room_for_one_at_least() -> None:
    with pytest.raises(InvalidSettings):
        MemoryStore(0)
