"""The project's files speak of the project alone: no registry's host, no path of anyone's machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Written so that this file does not match itself.
REGISTRY = re.compile(r"p[y]pi\.o[r]g|python[h]osted\.|np[m]js\.|deb\.de[b]ian\.|crat[e]s\.io|files\.python[h]osted")
MACHINE_PATH = re.compile(r"(?<![\w./:-])(?:/(?:work|root|home|Users)|[A-Z]:\\Users)[/\\]\w")


def project_files() -> list[Path]:
    """Every file that is or would be tracked."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def matches(pattern: re.Pattern[str]) -> list[str]:
    """``file:line`` of every match, in files that are text."""
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if pattern.search(line)
        ]
    return found


def test_there_are_files_to_look_at() -> None:
    assert ROOT / "pyproject.toml" in project_files()


def test_no_registry_host_is_named() -> None:
    assert matches(REGISTRY) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert matches(MACHINE_PATH) == []


def test_no_lock_file_is_kept() -> None:
    assert [path for path in project_files() if path.name in {"uv.lock", "poetry.lock", "pdm.lock"}] == []
