"""The cache under test, with either face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sources.cache_rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(params=["sync", "async"])
def make_rig(request: pytest.FixtureRequest) -> Iterator[Callable[..., Rig]]:
    """Makes caches, and cleans up behind them."""
    rigs: list[Rig] = []

    def make(**options: Any) -> Rig:
        rigs.append(Rig(request.param, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.tear_down()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """A cache: 300 s for what is known, 60 s for what is not, one hour in an outage."""
    return make_rig(stale_if_error=3600)
