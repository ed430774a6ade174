"""One test, both clients: ``way`` makes a client that is called plainly, whichever of the twins stands behind it."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient, Decision
from credit_sdk.client import AsyncCreditClient as _Async
from credit_sdk.plugins import DomainRegistry
from credit_sdk.testing import FixedClock, measure_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from credit_sdk.errors import CreditError
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.subject import Subject

assert _Async is AsyncCreditClient


class Called:
    """Either client behind the same plain calls."""

    def __init__(self, client: CreditClient | AsyncCreditClient) -> None:
        self.client = client

    def check(self, subject: Any, **options: Any) -> Decision:
        options = {"domain": "test", "action": "award", **options}
        if isinstance(self.client, CreditClient):
            return self.client.check(subject, **options)
        return asyncio.run(self.client.check(subject, **options))

    def check_many(self, requests: Iterable[CheckRequest], **options: Any) -> list[Decision | CreditError]:
        if isinstance(self.client, CreditClient):
            return self.client.check_many(requests, **options)
        return asyncio.run(self.client.check_many(requests, **options))

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Any other method."""
        asked = getattr(self.client, name)(*arguments, **options)
        return asyncio.run(_awaited(asked)) if inspect.isawaitable(asked) else asked

    def guard(self, subject: Any, body: Callable[[Any], Any] = lambda _: None, **options: Any) -> Any:
        """``body`` under a guard, called with the case; what it gives is awaited where it must be."""
        options = {"domain": "test", "action": "award", **options}
        if isinstance(self.client, CreditClient):
            with self.client.guard(subject, **options) as case:
                return body(case)
        return asyncio.run(self._guarded(subject, body, options))

    async def _guarded(self, subject: Any, body: Callable[[Any], Any], options: dict[str, Any]) -> Any:
        assert isinstance(self.client, AsyncCreditClient)
        async with self.client.guard(subject, **options) as case:
            result = body(case)
            return await result if inspect.isawaitable(result) else result

    @property
    def ledger(self) -> Ledger:
        """The ledger in use."""
        assert self.client.ledger is not None
        return self.client.ledger

    @property
    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """What stands in it: kinds and bodies."""
        return [(one.entry.kind, json.loads(one.entry.body)) for one in self.ledger.store.entries()]

    @property
    def reports(self) -> list[dict[str, Any]]:
        """The bodies of the reports in it."""
        return [body for kind, body in self.entries if kind == "reported"]

    def close(self) -> None:
        if isinstance(self.client, CreditClient):
            self.client.close()
        else:
            asyncio.run(self.client.aclose())


async def _awaited(asked: Any) -> Any:
    return await asked


class Way:
    """Makes clients of one kind."""

    def __init__(self, kind: type[CreditClient | AsyncCreditClient]) -> None:
        self.kind = kind
        self.is_async = kind is AsyncCreditClient

    def client(self, source: Any, *measure_lists: MeasureList, **options: Any) -> Called:
        """A client without adapters, over the measure lists given; at the moment of the builders."""
        options = {
            "domains": DomainRegistry(),
            "measure_lists": measure_lists or (measure_list(),),
            "clock": FixedClock(),
            **options,
        }
        return Called(self.kind(source, **options))

    def from_env(self, **arguments: Any) -> Called:
        return Called(self.kind.from_env(**arguments))


class Told:
    """A source for both clients that answers as it is told, and notes what it was asked."""

    name = "told"

    def __init__(self, answer: Callable[[Sequence[Subject]], Any]) -> None:
        self.answer = answer
        self.asked: list[list[Subject]] = []
        self.timeouts: list[float | None] = []
        self.closed = 0

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Any:
        self.asked.append(list(subjects))
        self.timeouts.append(timeout)
        return self.answer(subjects)

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        return self.fetch(subjects, timeout=timeout)

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


@pytest.fixture(params=[CreditClient, AsyncCreditClient], ids=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request.param)
