"""The project's files speak of the project alone: no registry's host, no path of anyone's machine."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]

# Written so that this file does not match itself.
REGISTRY = re.compile(r"p[y]pi\.o[r]g|python[h]osted\.|np[m]js\.|deb\.de[b]ian\.|crat[e]s\.io|files\.python[h]osted")
MACHINE_PATH = re.compile(r"(?<![\w./:-])(?:/(?:work|root|home|Users)|[A-Z]:\\Users)[/\\]\w")
# A company in quotes: three characters of a name at least, beside the words of its form.
COMPANY = re.compile(r"""["'`“‘「]([\w（）()【】〔〕· -]{3,60}?有限(?:责任|責任)?公司)""")
FORM = re.compile("股份|有限|责任|責任|公司|集团|集團")
NOT_HAN = re.compile("[^\u4e00-\u9fff]")
FICTIONAL = ("虚构", "虛構", "fiction")


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


def matches(pattern: re.Pattern[str], accused: Callable[[str], bool] = lambda _: True) -> list[str]:
    """``file:line`` of every match that is accused, in files that are text."""
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if any(accused(match[pattern.groups]) for match in pattern.finditer(line))
        ]
    return found


def may_be_real(company: str) -> bool:
    """Whether a company's name does not say that it is made up."""
    plain = unicodedata.normalize("NFKC", company).casefold()
    return len(NOT_HAN.sub("", FORM.sub("", plain))) >= 3 and not any(word in plain for word in FICTIONAL)


def test_there_are_files_to_look_at() -> None:
    assert ROOT / "pyproject.toml" in project_files()


def test_no_registry_host_is_named() -> None:
    assert matches(REGISTRY) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert matches(MACHINE_PATH) == []


def test_every_company_says_that_it_is_fictional() -> None:
    assert may_be_real("某某国际" + "有限公司")
    assert not may_be_real("虛構國際股份" + "有限公司")
    assert matches(COMPANY, may_be_real) == []


def test_no_lock_file_is_kept() -> None:
    assert [path for path in project_files() if path.name in {"uv.lock", "poetry.lock", "pdm.lock"}] == []
