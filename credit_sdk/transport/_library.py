"""The one place where the HTTP library comes in.

httpx has had no release since 2024; a maintained fork with the same interface takes its place by changing this file.
``httpcore`` is what httpx stands on: the network port through which the total deadline is kept (see ``_network``) is its.
"""

from __future__ import annotations

import httpcore
import httpx

__all__ = ["httpcore", "httpx"]
