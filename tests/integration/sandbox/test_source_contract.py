"""The standard source over the sandbox keeps the source contract: both halves read the contract alike."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.sources import AsyncHttpSource, HttpSource
from credit_sdk.testing import FixedClock, SourceContract
from tests.integration.sandbox.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class _Sandboxed(SourceContract):
    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield

    def url(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> str:
        return self.stack.enter_context(served(records, tmp_path, keep_dates=True))


class TestHttpSource(_Sandboxed):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> HttpSource:
        return HttpSource(self.url(records, tmp_path), clock=FixedClock())


class TestAsyncHttpSource(_Sandboxed):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> AsyncHttpSource:
        return AsyncHttpSource(self.url(records, tmp_path), clock=FixedClock())
