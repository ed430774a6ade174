"""The program around the commands: help, version, completion, and what it does when it fails itself."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from credit_sdk.cli import main as main_
from credit_sdk.cli.main import credit as program
from credit_sdk.cli.wrapping import columns
from tests.unit.cli.material import A_CLEAN_FIRM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]

CHECK = ("check", A_CLEAN_FIRM, "--domain", "procurement", "--action", "award", "--source", "demo")


def commands(group: click.Group = program, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
@pytest.mark.parametrize(("lang", "usage"), [("zh", "用法："), ("en", "Usage: ")])
def test_every_command_helps_in_both_languages(credit: Credit, path: tuple[str, ...], lang: str, usage: str) -> None:
    run = credit(*path, "--help", "--lang", lang)
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith(f"{usage}credit {' '.join(path)}".strip())
    assert max(columns(line) for line in run.out.splitlines()) <= 80
    has_chinese = any("\u4e00" <= one <= "\u9fff" for one in run.out)
    assert has_chinese is (lang == "zh")


def test_help_needs_no_option_that_is_required(credit: Credit) -> None:
    assert credit("check", "-h").code == 0


def test_version(credit: Credit) -> None:
    assert credit("--version").out.startswith("credit-sdk 0.")


@pytest.mark.parametrize("shell", ["zsh", "fish", "bash"])
def test_the_completion_script_is_for_credit(credit: Credit, shell: str) -> None:
    run = credit("completion", shell)
    assert run.code == 0
    assert "_CREDIT_COMPLETE" in run.out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("credit ", "measures"),
        ("credit check --domain pro", "procurement"),
        ("credit check --domain procurement --action aw", "award"),
        ("credit check --format j", "json"),
    ],
)
def test_completion_knows_commands_domains_and_actions(
    credit: Credit, monkeypatch: pytest.MonkeyPatch, line: str, expected: str
) -> None:
    words = line.split(" ")
    monkeypatch.setenv("_CREDIT_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    run = credit()
    assert expected in run.out.splitlines()


@pytest.mark.parametrize("reader", ["credit", "person"])
def test_a_fault_of_ours_is_no_traceback_and_no_decision(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError(A_CLEAN_FIRM)

    monkeypatch.setattr("credit_sdk.cli.deployment.client", fail)
    run = request.getfixturevalue(reader)(*CHECK)

    assert (run.code, run.out) == (1, "")
    assert "internal_error" in run.err
    assert "KeyError" in run.err
    assert A_CLEAN_FIRM not in run.err
    assert "Traceback" not in run.err
    if reader == "credit":
        assert run.error["error"] == "internal_error"


def test_an_interrupt_is_quiet(credit: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("credit_sdk.cli.deployment.client", interrupt)
    run = credit(*CHECK)
    assert (run.code, run.out, run.err.strip()) == (130, "", "")


def test_a_closed_pipe_is_quiet() -> None:
    script = f"import sys; from credit_sdk.cli import main; sys.exit(main({list(CHECK)!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from credit_sdk.cli import main; main(['--help']);"
        "print([m for m in ('rich', 'pydantic', 'pluggy', 'opencc', 'asyncio') if m in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert run.stderr.strip() == "[]"


def test_the_entry_point_is_main() -> None:
    from credit_sdk.cli.main import main

    assert main_ is main
