"""Floor 9, the command line ``credit``: one file a command, the words and the layout apart."""

from __future__ import annotations

from credit_sdk.cli.main import main

__all__ = ["main"]
