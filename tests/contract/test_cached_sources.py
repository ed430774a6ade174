"""A cache keeps the source contract, empty and filled; its store keeps the store contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.sources import AsyncCachedSource, CachedSource, MemorySource, MemoryStore
from credit_sdk.testing import RecordStoreContract, SourceContract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer


class TestCachedSource(SourceContract):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> CachedSource:
        return CachedSource(MemorySource.of(records))


class TestAsyncCachedSource(SourceContract):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> AsyncCachedSource:
        return AsyncCachedSource(MemorySource.of(records))


class Filled(CachedSource):
    """Every answer comes from what is kept."""

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        super().fetch(subjects, timeout=timeout)
        return super().fetch(subjects, timeout=timeout)


class AsyncFilled(AsyncCachedSource):
    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ASYNC109
        await super().fetch_async(subjects, timeout=timeout)
        return await super().fetch_async(subjects, timeout=timeout)


class TestFilledCache(SourceContract):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> CachedSource:
        return Filled(MemorySource.of(records))


class TestAsyncFilledCache(SourceContract):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> AsyncCachedSource:
        return AsyncFilled(MemorySource.of(records))


class TestMemoryStore(RecordStoreContract):
    def make_store(self, tmp_path: Path) -> MemoryStore:
        return MemoryStore(1000)
