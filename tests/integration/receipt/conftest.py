"""The browser."""

from __future__ import annotations

from tests.servers.browser import browser

__all__ = ["browser"]
