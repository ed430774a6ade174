"""The two sources over HTTP offer the same; what the port names otherwise, they name otherwise."""

from __future__ import annotations

import inspect

from credit_sdk.sources import AsyncHttpSource, HttpSource

RENAMED = {
    "aclose": "close",
    "catalogue_async": "catalogue",
    "changes_async": "changes",
    "fetch_async": "fetch",
    "health_async": "health",
    "send_async": "send",
}
OF_EVENT_LOOPS = {"release_async"}


def parameters(kind: type, name: str) -> list[tuple[str, object, object]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(getattr(kind, name)).parameters.values()]


def test_the_twins_are_twins() -> None:
    theirs = [name for name in dir(AsyncHttpSource) if not name.startswith("_") and name not in OF_EVENT_LOOPS]
    ours = [name for name in dir(HttpSource) if not name.startswith("_")]
    assert sorted(RENAMED.get(name, name) for name in theirs) == sorted(ours)
    for name, twin in RENAMED.items():
        assert parameters(AsyncHttpSource, name) == parameters(HttpSource, twin), name
    assert parameters(AsyncHttpSource, "__init__") == parameters(HttpSource, "__init__")
