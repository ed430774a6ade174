"""The sources over HTTP keep the source contract, whatever the platform's shape."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.sources import AsyncHttpSource, HttpSource
from credit_sdk.sources.profiles import RedBlackXmlProfile, StandardProfile
from credit_sdk.testing import MOMENT, FixedClock, SourceContract
from tests.servers.platform import platform
from tests.servers.redblack import redblack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class _Served(SourceContract):
    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield


class _Standard(_Served):
    def url(self, records: Sequence[Mapping[str, Any]]) -> str:
        one = self.stack.enter_context(platform(records))
        one.clock = lambda: MOMENT
        return one.url


class TestHttpSource(_Standard):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> HttpSource:
        return HttpSource(self.url(records), clock=FixedClock())


class TestAsyncHttpSource(_Standard):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> AsyncHttpSource:
        return AsyncHttpSource(self.url(records), clock=FixedClock())


class TestOneSubjectABatch(_Standard):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> HttpSource:
        return HttpSource(self.url(records), profile=StandardProfile(batch_size=1), clock=FixedClock())


class _RedBlack(_Served):
    # The platform keeps lists only.
    violation_ids = frozenset()
    covered = frozenset({"tax.major-violation", "court.judgment-defaulter", "market.abnormal-operation"})

    def url(self, records: Sequence[Mapping[str, Any]]) -> str:
        return self.stack.enter_context(redblack(records)).url


class TestRedBlackHttpSource(_RedBlack):
    methods = ("fetch",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> HttpSource:
        return HttpSource(self.url(records), profile=RedBlackXmlProfile(), clock=FixedClock())


class TestAsyncRedBlackHttpSource(_RedBlack):
    methods = ("fetch_async",)

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> AsyncHttpSource:
        return AsyncHttpSource(self.url(records), profile=RedBlackXmlProfile(), clock=FixedClock())
