"""`import credit_sdk` costs next to nothing: nothing heavy, no plugin, no name index until one is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "asyncio",
    "alembic",
    "cachetools",
    "chinese_calendar",
    "click",
    "cryptography",
    "credit_sdk_approval",
    "credit_sdk_bidding",
    "credit_sdk_procurement",
    "credit_sdk_subsidy",
    "httpx",
    "httpx2",
    "jinja2",
    "opencc",
    "pluggy",
    "psycopg",
    "pydantic",
    "rfc8785",
    "rich",
    "sqlalchemy",
    "sqlite3",
    "tenacity",
)


def loaded_by(code: str) -> set[str]:
    """Top-level modules and modules of ours that a fresh interpreter has loaded after ``code``."""
    script = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    shown = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(shown.stdout.split())


def test_the_root_loads_nothing_heavy() -> None:
    assert loaded_by("import credit_sdk").isdisjoint(HEAVY)


def test_errors_load_nothing_else_of_the_package() -> None:
    ours = {name for name in loaded_by("import credit_sdk.errors") if name.startswith("credit_sdk.")}
    assert ours == {"credit_sdk.errors"}


@pytest.mark.parametrize("name", ["Subject", "Effect"])
def test_a_noun_brings_no_engine(name: str) -> None:
    assert loaded_by(f"from credit_sdk import {name}").isdisjoint({*HEAVY, "credit_sdk.client", "credit_sdk.formats"})
