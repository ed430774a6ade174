"""Floor 5: where credit records come from."""

from __future__ import annotations

from credit_sdk.sources.demo import DemoSource
from credit_sdk.sources.files import FilesSource
from credit_sdk.sources.memory import MemorySource
from credit_sdk.sources.threaded import ThreadedSource

__all__ = ["DemoSource", "FilesSource", "MemorySource", "ThreadedSource"]
