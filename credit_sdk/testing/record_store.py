"""The record store contract: what any store behind a cache must do, as one class to inherit.

.. code-block:: python

    from credit_sdk.testing import RecordStoreContract


    class TestMyStore(RecordStoreContract):
        def make_store(self, tmp_path):
            return MyStore(tmp_path / "records.db")

Tests may be added in minor releases.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.model.subject import Subject
from credit_sdk.ports.record_store import Kept, RecordStore
from credit_sdk.sources.memory import MemorySource
from credit_sdk.testing.builders import MOMENT, coverage, fictional_code, listing

if TYPE_CHECKING:
    from pathlib import Path

_FIRST, _SECOND, _THIRD = (Subject(fictional_code(number)) for number in (1, 2, 3))


def kept(subject: Subject = _FIRST, *marks: str, **changes: Any) -> Kept:
    """An entry to put into a store: a record with one listing, asked for at :data:`MOMENT`, useful for a day.

    :param marks: by what a change finds it.
    :param changes: other values.
    """
    [record] = MemorySource.of([coverage(), listing(subject=subject.code)], read_at=MOMENT).fetch([subject])
    entry = Kept(subject, record, MOMENT, None, fresh_for=300.0, useful_for=86_400.0, marks=marks)  # type: ignore[arg-type]
    return replace(entry, **changes)


class RecordStoreContract:
    """Inherit as ``class Test…(RecordStoreContract)`` and say how the store is made."""

    def make_store(self, tmp_path: Path) -> RecordStore:
        """An empty store with room for 1,000 entries at least.

        :param tmp_path: an empty folder to use.
        """
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> RecordStore:
        """The store under test."""
        return self.make_store(tmp_path)

    def test_it_follows_the_port(self, store: RecordStore) -> None:
        """Every method is there."""
        assert isinstance(store, RecordStore)

    def test_an_empty_store_has_nothing(self, store: RecordStore) -> None:
        """One ``None`` for each."""
        assert list(store.get([_FIRST, _SECOND])) == [None, None]
        assert list(store.get([])) == []

    def test_what_was_put_is_got_back_whole(self, store: RecordStore) -> None:
        """Everything but the tick, which means nothing outside the process."""
        entry = kept(_FIRST, "a", "b", fresh_for=12.5, useful_for=99.0)
        store.put([entry])
        [got] = store.get([_FIRST])
        assert got is not None
        assert replace(got, tick=None) == entry
        assert dict(got.record.coverage) == dict(entry.record.coverage)

    def test_answers_are_in_the_order_of_the_subjects(self, store: RecordStore) -> None:
        """Gaps and repeats included."""
        store.put([kept(_FIRST), kept(_SECOND)])
        got = [entry and entry.subject for entry in store.get([_SECOND, _THIRD, _FIRST, _SECOND])]
        assert got == [_SECOND, None, _FIRST, _SECOND]

    def test_subjects_are_told_apart_by_everything(self, store: RecordStore) -> None:
        """The same code asked with and without a name are two questions."""
        named = Subject(_FIRST.code, name="虚构一号有限公司")
        store.put([kept(_FIRST)])
        assert list(store.get([named])) == [None]

    def test_the_later_takes_the_place_of_the_earlier(self, store: RecordStore) -> None:
        """Its marks too."""
        store.put([kept(_FIRST, "old", fresh_for=1.0)])
        store.put([kept(_FIRST, "new", fresh_for=2.0)])
        store.discard({"old"})
        [got] = store.get([_FIRST])
        assert got is not None
        assert got.fresh_for == 2.0
        store.discard({"new"})
        assert list(store.get([_FIRST])) == [None]

    def test_a_mark_takes_out_everyone_who_bears_it(self, store: RecordStore) -> None:
        """And nobody else."""
        store.put([kept(_FIRST, "a", "shared"), kept(_SECOND, "shared", "b"), kept(_THIRD, "c")])
        store.discard(["shared", "unknown"])
        assert [entry is not None for entry in store.get([_FIRST, _SECOND, _THIRD])] == [False, False, True]

    def test_one_of_several_bearers_may_go_first(self, store: RecordStore) -> None:
        """The others are found all the same."""
        store.put([kept(_FIRST, "a", "shared"), kept(_SECOND, "shared"), kept(_THIRD, "shared")])
        store.discard({"a"})
        assert [entry is not None for entry in store.get([_FIRST, _SECOND, _THIRD])] == [False, True, True]
        store.discard({"shared"})
        assert list(store.get([_FIRST, _SECOND, _THIRD])) == [None, None, None]

    def test_no_mark_takes_out_nothing(self, store: RecordStore) -> None:
        """An empty set of marks is no mark."""
        store.put([kept(_FIRST, "a")])
        store.discard(set())
        assert store.get([_FIRST])[0] is not None

    def test_clear_takes_out_everything(self, store: RecordStore) -> None:
        """And what comes later stays."""
        store.put([kept(_FIRST, "a"), kept(_SECOND)])
        store.clear()
        assert list(store.get([_FIRST, _SECOND])) == [None, None]
        store.put([kept(_FIRST, "a")])
        assert store.get([_FIRST])[0] is not None

    def test_what_was_discarded_does_not_come_back(self, store: RecordStore) -> None:
        """Putting the same again is needed for that."""
        store.put([kept(_FIRST, "a")])
        store.discard({"a"})
        store.put([kept(_SECOND, "b")])
        store.discard({"b"})
        assert list(store.get([_FIRST, _SECOND])) == [None, None]

    def test_repr_names_nobody(self, store: RecordStore) -> None:
        """No identifier in it (rule 9.4)."""
        entry = kept(_FIRST, f"o{fictional_code(1)[8:17]}")
        store.put([entry])
        for shown in (repr(store), repr(entry)):
            assert fictional_code(1) not in shown
            assert fictional_code(1)[8:17] not in shown

    def test_many_may_use_it_at_once(self, store: RecordStore) -> None:
        """Threads that put, discard and get: whoever gets something gets what was put."""
        subjects = [Subject(fictional_code(number)) for number in range(20)]
        entries = [kept(subject, f"m{number % 5}") for number, subject in enumerate(subjects)]
        together = threading.Barrier(4)

        def busy(worker: int) -> None:
            together.wait()
            for step in range(100):
                number = (step * 7 + worker) % len(subjects)
                store.put([entries[number]])
                got = store.get(subjects)
                assert all(
                    entry is None or entry.subject == subject for entry, subject in zip(got, subjects, strict=True)
                )
                store.discard({f"m{(step + worker) % 5}"})

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(busy, worker) for worker in range(4)]:
                done.result()
        store.discard({f"m{number}" for number in range(5)})
        assert list(store.get(subjects)) == [None] * len(subjects)
