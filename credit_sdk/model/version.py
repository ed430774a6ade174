"""This package's version."""

from __future__ import annotations

from functools import cache


@cache
def sdk_version() -> str:
    """As it is installed; ``unknown`` where it is run from its source files."""
    from importlib.metadata import PackageNotFoundError, version  # a twentieth of a second, for those who ask

    try:
        return version("credit-sdk")
    except PackageNotFoundError:
        return "unknown"
