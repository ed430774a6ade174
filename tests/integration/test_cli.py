"""`credit` as its users start it: the installed command, in pipes and in a real terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

CREDIT = Path(sysconfig.get_path("scripts")) / "credit"
RESTRICTED, CLEAN = "91990100MA0000A019", "91990100MA0000A02C"
AWARD = ("--domain", "procurement", "--action", "award", "--source", "demo")


def credit(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CREDIT, *arguments],
        env={**os.environ, "COLUMNS": "80", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((CLEAN, *AWARD), 0),
        ((RESTRICTED, *AWARD), 3),
        ((CLEAN, "--domain", "procurement", "--action", "award", "--lists", os.devnull), 2),
        (("not-a-code", *AWARD), 2),
    ],
)
def test_a_pipe_gets_one_object_on_one_side(arguments: tuple[str, ...], code: int) -> None:
    run = credit("check", *arguments)
    assert run.returncode == code
    if code == 2:
        assert run.stdout == ""
        assert json.loads(run.stderr)["error"] in {"invalid_records", "invalid_subject"}
    else:
        assert run.stderr == ""
        assert json.loads(run.stdout)["schema"] == "credit.decision/1"


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "gb18030"}, {"LC_ALL": "C"}]
)
def test_a_pipe_gets_utf_8_whatever_the_locale(environment: dict[str, str]) -> None:
    run = credit("check", RESTRICTED, *AWARD, **environment)
    assert run.returncode == 3
    assert "虚构" in run.stdout
    assert "核对证照" in credit("check", "x", *AWARD, **environment).stderr


def test_json_and_a_table_tell_the_same() -> None:
    told = json.loads(credit("check", RESTRICTED, *AWARD).stdout)
    table = credit("check", RESTRICTED, *AWARD, "--format", "table").stdout
    for obligation in told["obligations"]:
        assert obligation["name"] in table
    for listing in told["listings"]:
        assert listing["id"] in table


def test_the_deployments_source_is_used() -> None:
    run = credit("check", CLEAN, *AWARD[:4], CREDIT_SOURCE="demo")
    assert (run.returncode, json.loads(run.stdout)["effect"]) == (0, "allow")


def in_a_terminal(*arguments: str, columns: int = 80) -> tuple[int, str]:
    """Run ``credit`` with a pseudo-terminal on all three sides."""
    import pty

    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
    with subprocess.Popen(
        [CREDIT, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not part:
                break
            seen += part
    os.close(master)
    return process.returncode, seen.decode("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no POSIX shell")
class TestWhenNobodyReads:
    """A closed output ends quietly, a full one is an error; neither is a traceback or a fault of this program."""

    SHELL = ("bash", "-c")

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CREDIT": str(CREDIT), "CHECK": " ".join(("check", RESTRICTED, *AWARD))}
        return subprocess.run(
            [*self.SHELL, script], capture_output=True, encoding="utf-8", env=environment, check=False
        )

    @pytest.mark.parametrize("layout", ["json", "table"])
    def test_a_closed_output(self, layout: str) -> None:
        run = self.shell(f'"$CREDIT" $CHECK --format {layout} >&-')
        assert (run.returncode, run.stderr) == (141, "")

    def test_a_reader_that_leaves(self) -> None:
        run = self.shell('COLUMNS=20 "$CREDIT" measures show approval --format table | head -1; exit ${PIPESTATUS[0]}')
        assert run.returncode in {0, 141}  # all may have been written before the reader left
        assert run.stderr == ""

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
    @pytest.mark.parametrize("command", ["$CHECK --format json", "$CHECK --format table", "--help", "completion bash"])
    def test_a_full_disk(self, command: str) -> None:
        run = self.shell(f'"$CREDIT" {command} >/dev/full')
        assert run.returncode == 1
        error = json.loads(run.stderr)
        assert (error["error"], error["key"]) == ("output_failed", "stdout")
        assert "没有剩余空间" in error["message"]
        assert "升级" not in error["message"]

    @pytest.mark.parametrize("nowhere", ["2>&-", "2>/dev/full"])
    def test_errors_that_nobody_reads(self, nowhere: str) -> None:
        run = self.shell(f'"$CREDIT" check x --domain a --action b {nowhere}')
        assert (run.returncode, run.stdout, run.stderr) == (2, "", "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
    def test_completion_into_a_full_disk(self) -> None:
        run = self.shell('_CREDIT_COMPLETE=zsh_complete COMP_WORDS="credit " COMP_CWORD=1 "$CREDIT" >/dev/full')
        assert (run.returncode, json.loads(run.stderr)["error"]) == (1, "output_failed")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
class TestInATerminal:
    def test_a_person_gets_a_table_with_colour(self) -> None:
        code, seen = in_a_terminal("check", RESTRICTED, *AWARD)
        assert code == 3
        assert "\x1b[" in seen
        assert "不得继续办理" in seen
        assert '"schema"' not in seen

    def test_a_person_gets_a_sentence_for_an_error(self) -> None:
        code, seen = in_a_terminal("check", CLEAN, *AWARD[:4])
        assert code == 2
        assert "错误" in seen
        assert "--source demo" in seen
        assert '{"error"' not in seen

    def test_a_person_may_ask_for_json(self) -> None:
        code, seen = in_a_terminal("check", CLEAN, *AWARD, "--format", "json")
        assert code == 0
        assert json.loads(seen)["effect"] == "allow"

    def test_alone_it_helps(self) -> None:
        code, seen = in_a_terminal()
        assert code == 2
        assert "用法：credit" in seen

    @pytest.mark.parametrize("columns", range(1, 11))
    def test_the_narrowest_terminal_gets_an_answer(self, columns: int) -> None:
        code, seen = in_a_terminal("check", RESTRICTED, *AWARD, columns=columns)
        assert code == 3
        assert "D" in seen
