"""Measure lists by what a person types: a domain's name, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credit_sdk.model.measure import MeasureList


def find(name: str) -> tuple[MeasureList, ...]:
    """The measure lists of a file (``….toml``, or whatever has a folder in its name), or of a domain.

    :raises CreditError: the file does not load, or there is no such domain.
    """
    if name.endswith(".toml") or Path(name).name != name or Path(name).is_file():
        from credit_sdk.formats.measures import load

        return (load(name),)
    from credit_sdk.cli.deployment import registry

    return registry().measure_lists(name)
