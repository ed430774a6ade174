"""One test, two shells: what a test asks through ``http`` is asked once by threads' means and once by tasks'."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.sources import AsyncHttpSource, HttpSource
from credit_sdk.testing import coverage, fictional_code, listing, violation
from tests.servers.platform import Platform, fresh, platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk import Subject
    from credit_sdk.ports import Answer

RECORDS = (
    fresh(coverage("tax.major-violation")),
    fresh(coverage("tax.a-rated")),
    fresh(coverage("violations")),
    listing("tax.major-violation", id="L-1", subject=fictional_code(1)),
    violation(id="V-1", subject=fictional_code(1)),
)


class Shells:
    """Sources and clients of one kind, closed at the end."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self.kind = kind
        self._stack = stack
        self._runner = stack.enter_context(asyncio.Runner()) if kind == "async" else None

    def run(self, value: Any) -> Any:
        """What came of it, awaited if need be."""
        return self._runner.run(value) if self._runner is not None and asyncio.iscoroutine(value) else value

    def source(self, platform: Any, **options: Any) -> Any:
        """A source over HTTP."""
        kind: Any = AsyncHttpSource if self.kind == "async" else HttpSource
        source = kind(platform, **options)
        self._stack.callback(self.close, source)
        return source

    def client(self, source: Any, **options: Any) -> Any:
        """A client."""
        kind: Any = AsyncCreditClient if self.kind == "async" else CreditClient
        client = kind(source, **options)
        self._stack.callback(self.close, client)
        return client

    def fetch(self, source: Any, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        """The answers."""
        fetch = source.fetch_async if self.kind == "async" else source.fetch
        answers: Sequence[Answer] = self.run(fetch(subjects, timeout=timeout))
        return answers

    def call(self, one: Any, method: str, *arguments: Any, **more: Any) -> Any:
        """Any other method, by its synchronous name."""
        twin = f"{method}_async" if self.kind == "async" and hasattr(one, f"{method}_async") else method
        return self.run(getattr(one, twin)(*arguments, **more))

    def close(self, one: Any) -> None:
        """Close it."""
        self.run(one.aclose() if self.kind == "async" else one.close())


@pytest.fixture(params=["sync", "async"])
def http(request: pytest.FixtureRequest) -> Iterator[Shells]:
    """Both shells, one after the other."""
    with ExitStack() as stack:
        yield Shells(request.param, stack)


@pytest.fixture
def served() -> Iterator[Platform]:
    """A platform of the standard contract that holds ``RECORDS``."""
    with platform(RECORDS) as one:
        yield one
