"""The hook specification: what a host asks an adapter. One hook; ``Domain`` may grow, hooks should not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from credit_sdk.plugins._domain import Domain

PROJECT = "credit_sdk"
"""pluggy's project name, and the entry point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks an adapter's function as the implementation of a hook."""


@hookspec
def credit_sdk_domain() -> Domain:  # type: ignore[empty-body]
    """The domain that the adapter speaks for, with its measure lists (领域及其措施清单).

    Called once, when a registry is made. Whatever it raises is reported under the adapter's name.
    """
