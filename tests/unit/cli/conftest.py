"""What the tests of the command line share: a run, and the files it is given."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Run:
    """What one run left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one object on stderr."""
        assert len(self.err.strip().splitlines()) == 1
        return json.loads(self.err)


@pytest.fixture
def credit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """``credit`` in this process; not a terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: str) -> Run:
        code = main(arguments)
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run


@pytest.fixture
def person(credit: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """``credit`` in this process, with a real terminal for stderr and a pipe for stdout."""
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals")
    import tty

    monkeypatch.setenv("TERM", "dumb")  # a terminal without colours, so that the words can be compared

    def run(*arguments: str) -> Run:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)  # else each line would end in CR LF
        with open(theirs, "w", encoding="utf-8", closefd=False) as terminal, monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            seen = credit(*arguments)
        os.write(theirs, b"\0")  # so that there is something to read, and its end is known
        said = b""
        while not said.endswith(b"\0"):
            said += os.read(ours, 4096)
        os.close(theirs)
        os.close(ours)
        assert seen.err == ""
        return Run(seen.code, seen.out, said[:-1].decode())

    return run


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str, str | bytes], str]:
    """Write a file and give its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return write
