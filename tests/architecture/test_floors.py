"""The contracts of `.importlinter` hold, and each of them bites."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sysconfig.get_path("scripts")) / "lint-imports"


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages that lie in ``house``."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages and their contracts, to break."""
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for package in [ROOT / "credit_sdk", *ROOT.glob("adapters/*/credit_sdk_*")]:
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contracts_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_pages_have_the_floors_in_their_order(page: str) -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    floors = contracts["importlinter:contract:floors"]["layers"].split("\n")[1:]
    order = " > ".join(f"({floor})" if "|" in floor else floor for floor in floors)
    text = (ROOT / page).read_text(encoding="utf-8")
    assert {line.strip(" `，.") for line in text.splitlines() if "cli > " in line} == {order}


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("credit_sdk/model/terms.py", "import credit_sdk.client", "Floors"),
        ("credit_sdk/attic/__init__.py", "", "Floors"),
        ("credit_sdk/decision/__init__.py", "import sqlite3", "Pure core"),
        ("credit_sdk/decision/__init__.py", "import pydantic", "Pure core"),
        ("credit_sdk/model/terms.py", "import opencc", "Pure core"),
        ("credit_sdk/sources/__init__.py", "import credit_sdk", "Inside the package"),
        ("credit_sdk/sources/__init__.py", "import pydantic", "pydantic lives"),
        ("credit_sdk/client/__init__.py", "import rich", "click and rich"),
        ("credit_sdk/client/__init__.py", "import pluggy", "pluggy lives"),
        ("credit_sdk/client/__init__.py", "import opentelemetry", "OpenTelemetry lives"),
        ("credit_sdk/plugins/__init__.py", "import opencc", "OpenCC lives"),
        ("credit_sdk/sources/__init__.py", "import httpx", "httpx lives"),
        ("credit_sdk/transport/_channel.py", "import httpx", "httpx lives"),
        ("credit_sdk/sources/__init__.py", "import tenacity", "tenacity lives"),
        ("credit_sdk/transport/__init__.py", "import click", "click and rich"),
        ("credit_sdk_approval/__init__.py", "import credit_sdk.transport", "Adapters import"),
        ("credit_sdk/client/__init__.py", "import cachetools", "cachetools lives"),
        ("credit_sdk/sources/__init__.py", "import starlette", "starlette and uvicorn"),
        ("credit_sdk/sources/__init__.py", "import sqlite3", "sqlite3 lives"),
        ("credit_sdk/ledger/__init__.py", "import sqlalchemy", "SQLAlchemy, Alembic and psycopg"),
        ("credit_sdk/ledger/__init__.py", "import chinese_calendar", "The calendar of working days"),
        ("credit_sdk/ledger/__init__.py", "import jinja2", "Signing and page making"),
        ("credit_sdk/plugins/__init__.py", "import pytest", "Test tools"),
        ("credit_sdk_approval/__init__.py", "import credit_sdk.client", "Adapters import"),
        ("credit_sdk_approval/__init__.py", "import credit_sdk_subsidy", "Adapters do not know"),
    ],
)
def test_a_broken_wall_is_seen(house: Path, file: str, line: str, contract: str) -> None:
    broken = house / file
    broken.parent.mkdir(exist_ok=True)
    with broken.open("a", encoding="utf-8") as code:
        code.write(f"\n{line}\n")

    result = lint_imports(house)

    assert result.returncode == 1
    assert any(row.startswith(contract) and " BROKEN" in row for row in result.stdout.splitlines()), result.stdout
