"""Floor 5: where credit records come from."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from credit_sdk.sources.demo import DemoSource
from credit_sdk.sources.files import FilesSource
from credit_sdk.sources.memory import MemorySource
from credit_sdk.sources.threaded import ThreadedSource

if TYPE_CHECKING:
    from credit_sdk.sources._memory_store import MemoryStore
    from credit_sdk.sources.cached import AsyncCachedSource, CachedSource
    from credit_sdk.sources.http import AsyncHttpSource, HttpSource
    from credit_sdk.sources.layered import AsyncLayeredSource, LayeredSource, LayerPolicy

__all__ = [
    "AsyncCachedSource",
    "AsyncHttpSource",
    "AsyncLayeredSource",
    "CachedSource",
    "DemoSource",
    "FilesSource",
    "HttpSource",
    "LayerPolicy",
    "LayeredSource",
    "MemorySource",
    "MemoryStore",
    "ThreadedSource",
]

# What needs a library of its own, or asyncio, is loaded by who uses it.
_HOMES = {
    "AsyncCachedSource": "credit_sdk.sources.cached",
    "AsyncHttpSource": "credit_sdk.sources.http",
    "AsyncLayeredSource": "credit_sdk.sources.layered",
    "CachedSource": "credit_sdk.sources.cached",
    "HttpSource": "credit_sdk.sources.http",
    "LayerPolicy": "credit_sdk.sources.layered",
    "LayeredSource": "credit_sdk.sources.layered",
    "MemoryStore": "credit_sdk.sources._memory_store",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
