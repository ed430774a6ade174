"""What sources in between owe the rest: a closing in time, and a word when a lower layer stands in."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from credit_sdk import Decision
from credit_sdk.sources import (
    AsyncCachedSource,
    AsyncLayeredSource,
    CachedSource,
    LayeredSource,
    MemorySource,
)
from credit_sdk.testing import MOMENT, coverage
from tests.faults.stage import KINDS, LISTS, SUBJECTS, Kind, Shell
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer


class Slow(MemorySource):
    """Remembers how long it was given to close."""

    given: float | None = None

    def close(self, timeout: float = 5.0) -> None:
        self.given = timeout

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        self.given = timeout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrap", ["cached", "layered"])
def test_close_keeps_its_word_for_who_is_behind(kind: Kind, wrap: str) -> None:
    inner: Any = Slow.of([coverage()])
    made: Any = {
        ("sync", "cached"): lambda: CachedSource(inner),
        ("async", "cached"): lambda: AsyncCachedSource(inner),
        ("sync", "layered"): lambda: LayeredSource([inner]),
        ("async", "layered"): lambda: AsyncLayeredSource([inner]),
    }[kind, wrap]()  # type: ignore[no-untyped-call]
    with ExitStack() as stack:
        shell = Shell(kind, stack)
        shell.run(made.aclose(0.25) if kind == "async" else made.close(0.25))
    assert inner.given is not None
    assert inner.given <= 0.25


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_that_stands_in_is_told(kind: Kind) -> None:
    """The platform, which has the subject on its list, is out; the copy shipped along has not: no plain ``allow``."""
    with ScriptedServer(scripted.status(500)) as server, ExitStack() as stack:
        shell = Shell(kind, stack)
        copy = MemorySource.of([coverage(), coverage("violations")], name="embedded", read_at=MOMENT)
        source = shell.layered({"platform": shell.http(server.url), "embedded": copy})
        (answer,) = shell.check(shell.client(source, measure_lists=LISTS), SUBJECTS[:1])
    if isinstance(answer, Decision) and not answer.blocking:
        assert answer.degraded or answer.source.stale or answer.notices
