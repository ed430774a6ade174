"""Builds every distribution of the workspace and tries the wheels in a clean environment.

A workspace cannot show that a wheel lacks a file or that a member imports what it did not declare; this does.
Each wheel is built from its source distribution, so that one is tried, too.

Usage: ``uv run poe wheels``
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOMAINS = sorted(path.parent.name for path in ROOT.glob("adapters/*/pyproject.toml"))

# A fictional firm of the demo lists, restricted in procurement.
RESTRICTED = "91990100MA0000A019"


class TrialError(Exception):
    """A wheel is not what it should be."""


def run(*command: str | Path, cwd: Path, expect: int = 0) -> str:
    """Run ``command`` outside the project and return its stdout; any other exit code than ``expect`` is a failure."""
    print("  $", *(Path(part).name if isinstance(part, Path) else part for part in command), flush=True)
    # Neither this environment nor the project's own folder may help the wheels.
    env = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**env, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != expect:
        raise TrialError(f"exit code {done.returncode}, expected {expect}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def build(dist: Path) -> list[Path]:
    """Build all distributions into ``dist`` and return the wheels."""
    run("uv", "build", "--quiet", "--all-packages", "--out-dir", dist, cwd=ROOT)
    wheels = sorted(dist.glob("*.whl"))
    if len(wheels) != 1 + len(DOMAINS):
        raise TrialError(f"expected {1 + len(DOMAINS)} wheels, found {[wheel.name for wheel in wheels]}")
    return wheels


def inspect(wheel: Path) -> None:
    """Look whether ``wheel`` holds its data files and nothing of the workshop."""
    package = wheel.name.partition("-")[0]
    names = zipfile.ZipFile(wheel).namelist()
    wanted = {f"{package}/__init__.py", f"{package}/py.typed"}
    if package != "credit_sdk":
        wanted.add(f"{package}/measures.toml")
    source = next(path for path in (ROOT / package, *ROOT.glob(f"adapters/*/{package}")) if path.is_dir())
    for suffix in ("*.py", "*.toml", "*.json", "*.jsonl"):
        wanted |= {f"{package}/{path.relative_to(source).as_posix()}" for path in source.rglob(suffix)}
    if missing := sorted(wanted - set(names)):
        raise TrialError(f"{wheel.name} lacks {missing}")
    if strangers := [name for name in names if not name.startswith((f"{package}/", f"{package}-"))]:
        raise TrialError(f"{wheel.name} brings strangers: {strangers}")


def install(wheels: list[Path], into: Path) -> Path:
    """Make a clean environment, install the wheels with their dependencies and return its folder of programs."""
    run("uv", "venv", "--quiet", "--python", sys.executable, into, cwd=into.parent)
    programs = into / ("Scripts" if os.name == "nt" else "bin")
    run("uv", "pip", "install", "--quiet", "--python", programs / "python", *wheels, cwd=into.parent)
    return programs


def use(programs: Path, cwd: Path) -> None:
    """Do with the installed wheels what a newcomer does."""
    run(programs / "python", "-c", "import credit_sdk; [getattr(credit_sdk, n) for n in credit_sdk.__all__]", cwd=cwd)
    run(programs / "credit", "--help", cwd=cwd)
    run(programs / "credit", "doctor", cwd=cwd)
    asked = ("check", RESTRICTED, "--domain", "procurement", "--action", "award", "--source", "demo")
    shown = run(programs / "credit", *asked, cwd=cwd, expect=3)
    if json.loads(shown)["effect"] != "restrict":
        raise TrialError(f"the demo firm is not restricted: {shown}")


def main() -> int:
    """Build, look, install, use; 1 on the first fault."""
    with tempfile.TemporaryDirectory(prefix="credit-sdk-wheels-") as folder:
        place = Path(folder)
        try:
            wheels = build(place / "dist")
            for wheel in wheels:
                inspect(wheel)
            use(install(wheels, place / "clean"), place)
        except TrialError as fault:
            print(f"wheels: {fault}", file=sys.stderr)
            return 1
        print(f"wheels: {len(wheels)} built, installed and used: {', '.join(wheel.name for wheel in wheels)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
