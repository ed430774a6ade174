"""Every source of ours keeps the source contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from credit_sdk import Subject
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sources import (
    AsyncLayeredSource,
    DemoSource,
    FilesSource,
    LayeredSource,
    MemorySource,
    ThreadedSource,
)
from credit_sdk.testing import SourceContract, SourceQuestion, fictional_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class TestMemorySource(SourceContract):
    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> MemorySource:
        return MemorySource.of(records)


class TestFilesSource(SourceContract):
    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> FilesSource:
        file = tmp_path / "records.jsonl"
        file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
        return FilesSource(file)


class TestThreadedSource(SourceContract):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> ThreadedSource:
        return ThreadedSource(MemorySource.of(records))


def _layers(records: Sequence[Mapping[str, Any]]) -> dict[str, MemorySource]:
    """The records, the tax lists' and the violations in one layer, the others' in the next."""
    first = [one for one in records if str(one.get("list", "violations")).startswith(("tax.", "violations"))]
    return {"first": MemorySource.of(first), "second": MemorySource.of([one for one in records if one not in first])}


class TestLayeredSource(SourceContract):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> LayeredSource:
        return LayeredSource(_layers(records))


class TestAsyncLayeredSource(SourceContract):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> AsyncLayeredSource:
        return AsyncLayeredSource(_layers(records))


class TestDemoSource(SourceContract):
    records = ()
    listed = Subject("91990100MA0000A019")
    listed_ids = frozenset({"DEMO-01"})
    violation_ids = frozenset()
    unknown = Subject(fictional_code(999_999))
    covered = frozenset({*CATALOGUE, "violations"})
    uncoded = frozenset({"local.watch"})
    also_found = (SourceQuestion("by name", Subject(name="虚构甲建筑工程有限公司"), frozenset({"DEMO-01"})),)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> DemoSource:
        return DemoSource()
