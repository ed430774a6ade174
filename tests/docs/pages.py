"""The pages of the documentation, and how each kind of block in them is tried out.

=============  ======================================================================================================
``python``     runs; the blocks of a page share one namespace and one working folder
``console``    ``$ command`` runs in a terminal; what stands below it must be what it prints (``…``: anything);
               ``$ echo $?`` gives the exit code, which is 0 where nothing is said; ``credit``, ``python`` and ``curl``
               can be run, and ``credit sandbox`` stops once it has said where it is
``sh``         every line runs, as in ``console``
``json``       JSON Lines are loaded by the reader of records, a single object is JSON
``toml``       is loaded by the reader of measure lists
``text``       stands for itself
=============  ======================================================================================================

Comments before a block say more: ``<!-- file: NAME -->`` keeps it as a file, ``<!-- exit: 3 -->`` expects an exit code,
``<!-- output -->`` before ``text`` compares it with what the last command printed (or the one in ``<!-- command: … -->``);
``<!-- output: 12 -->`` shows its first lines only.
``python -m tests.docs.refresh`` writes such output anew. The other comments are read below.

In commands, ``export NAME=VALUE`` sets a variable for the commands after it, and ``$NAME`` is what the page's Python calls so.

A page that names :data:`SANDBOX` gets a sandbox of its own data, one that names :data:`POSTGRES` an empty database of its own,
wherever that listens in truth.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from sybil import Document, Example, Lexeme, Region
from sybil.evaluators.python import PythonEvaluator

from credit_sdk.errors import InvalidRecords
from credit_sdk.formats import measures, records
from credit_sdk.model.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("**/*.md")])
SANDBOX = "http://127.0.0.1:8900"
"""Where the pages say that the sandbox is; ``_sandbox`` in a page's namespace says where."""
POSTGRES = "credit@127.0.0.1:5432/award"
"""What the pages call a database, behind ``postgresql://``; ``_postgres`` in a page's namespace says where."""

_BLOCK = re.compile(
    r"(?P<marks>(?:^<!-- [^\n]* -->\n)*)^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"<!-- (\w+)(?::\s*(.*?))? -->")
COLUMNS = "100"


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    body: Lexeme
    marks: dict[str, str]


def blocks(document: Document) -> Iterator[Region]:
    """Every fenced block of a page, as Sybil wants it."""
    for found in _BLOCK.finditer(document.text):
        start = found.start("fence")
        marks = {name: value or "" for name, value in _MARK.findall(found["marks"])}
        body = Lexeme(found["body"], found.start("body") - start, 0)
        yield Region(start, found.end(), Block(found["info"].strip(), body, marks), try_out)


def parse(page: Path) -> Document:
    """A page with its blocks."""
    return Document.parse(str(page), blocks)


def try_out(example: Example) -> None:
    """Run, load or check one block, in the working folder of its page."""
    block: Block = example.parsed
    if "file" in block.marks:
        keep(block)
    match block.language.partition(" ")[0]:
        case "python":
            code = _in_truth(block.body, example.namespace)
            example.parsed = Lexeme(code, block.body.offset, block.body.line_offset)
            _RUN_PYTHON(example)
        case "console" | "sh":
            for command in commands(block):
                printed = command.run(example.namespace)
                example.namespace["_last"] = printed or example.namespace.get("_last", "")
        case "json":
            _load_json(block)
        case "toml":
            _load_toml(block)
        case "text" if "output" in block.marks:
            same(block.body, printed_before(block, example))
        case "text" | "{eval-rst}" | "{include}" | "{literalinclude}" | "{toctree}":
            pass
        case _:
            raise AssertionError(f"blocks of language {block.language!r} are not tried out; use text")


def printed_before(block: Block, example: Example) -> str:
    """What a block of output is a copy of."""
    if "command" in block.marks:
        return run_line(block.marks["command"], example.namespace)[1]
    printed: str = example.namespace["_last"]
    return printed


def _in_truth(text: str, names: Mapping[str, Any]) -> str:
    """``text`` with the servers where they are."""
    return text.replace(SANDBOX, str(names.get("_sandbox", SANDBOX))).replace(
        POSTGRES, str(names.get("_postgres", POSTGRES))
    )


_RUN_PYTHON = PythonEvaluator()

# ----------------------------------------------------------------------------------------------------------- commands


@dataclass(frozen=True)
class Command:
    """One command line, with what it should print and its exit code."""

    line: str
    output: str
    exit: int

    def run(self, names: dict[str, Any]) -> str:
        """Run it as in a terminal, and give what it printed.

        :param names: the page's namespace: its variables, and where its servers are.
        """
        line = self.line.removeprefix("pip install uv && ").removeprefix("uv run ")
        if line == "pytest":
            return ""  # this very run
        code, printed = run_line(line, names)
        assert code == self.exit, f"{self.line}\nexit code {code}, not {self.exit}\n{printed}"
        assert "Traceback" not in printed, printed
        if self.output.strip():
            same(self.output, printed)
        return printed


def commands(block: Block) -> Iterator[Command]:
    """The commands of a block. In ``console`` they begin with ``$``; ``$ echo $?`` says the exit code of the one before."""
    expected = int(block.marks.get("exit", 0))
    if block.language == "sh":
        for line in str(block.body).splitlines():
            if line.strip() and not line.startswith("#"):
                yield Command(line.split("  #")[0].strip(), "", expected)
        return
    parts = [
        (part[2:].partition("\n")[0], part.partition("\n")[2])
        for part in re.split(r"^(?=\$ )", block.body, flags=re.MULTILINE)
        if part.strip()
    ]
    for place, (line, output) in enumerate(parts):
        if line == "echo $?":
            continue
        code = parts[place + 1][1].strip() if place + 1 < len(parts) and parts[place + 1][0] == "echo $?" else expected
        yield Command(line, output, int(code))


def run_line(line: str, names: dict[str, Any]) -> tuple[int, str]:
    """Exit code and output of a command line, with the servers where the page says that they are."""
    environment: dict[str, str] = names.setdefault("_environment", {})
    line = re.sub(r"\$([A-Z]+)\b", lambda found: str(names[found[1]]), _in_truth(line, names))
    words = shlex.split(line)
    if words[0] == "export":
        environment |= dict(word.split("=", 1) for word in words[1:])
        return 0, ""
    code, printed = (0, _curl(words[1:])) if words[0] == "curl" else in_terminal(_resolved(words), environment)
    if words[:2] == ["credit", "sandbox"]:
        printed = re.sub(r"http://127\.0\.0\.1:\d+", SANDBOX, printed).removesuffix("沙盒已停止\n")
    return code, printed.replace(str(names.get("_sandbox", SANDBOX)), SANDBOX)


def _resolved(words: list[str]) -> list[str]:
    if words[0] == "credit":
        # A sandbox serves until its input ends; here that is at once.
        until = ["--while-stdin"] if words[1:2] == ["sandbox"] else []
        return [str(Path(sysconfig.get_path("scripts")) / "credit"), *words[1:], *until]
    if words[0] == "python":
        return [sys.executable, *words[1:]]
    raise AssertionError(f"the documentation runs credit, python and curl, not {words[0]}")


def _curl(words: list[str]) -> str:
    """What curl prints; not every machine has one."""
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("-X")
    options.add_argument("-H", action="append", default=[])
    options.add_argument("-d")
    options.add_argument("-s", action="store_true")
    options.add_argument("-i", action="store_true")
    asked = options.parse_args(words)
    headers = dict(line.split(": ", 1) for line in asked.H)
    content = None if asked.d is None else asked.d.encode()
    answer = httpx.request(
        asked.X or ("GET" if content is None else "POST"), asked.url, headers=headers, content=content, trust_env=False
    )
    head = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}", *(f"{k}: {v}" for k, v in answer.headers.items())]
    return "\n".join([*(head if asked.i else []), *([""] if asked.i else []), answer.text, ""])


def in_terminal(command: list[str], variables: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and output of a command whose output is a terminal; where there is none to be had, of a plain one."""
    environment = {**os.environ, **variables, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": COLUMNS, "PYTHONUTF8": "1"}
    try:
        import pty
    except ImportError:  # not a POSIX system
        command = [*command, "--format", "table"] if "check" in command else command
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()
    ours, theirs = pty.openpty()
    stdin = subprocess.DEVNULL if command[-1] == "--while-stdin" else theirs
    with subprocess.Popen(command, env=environment, stdin=stdin, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        printed = bytearray()
        while chunk := _read(ours):
            printed += chunk
        os.close(ours)
        return process.wait(), _as_seen(printed.decode())


def _as_seen(printed: str) -> str:
    """What stands on the terminal in the end: no colours, and no progress that was wiped out."""
    text = re.sub(r"\x1b\[([0-9;]*m|\?25[lh])", "", printed).replace("\r\n", "\n")
    return re.sub(r"[^\n]*\n\r?\x1b\[1A\x1b\[2K", "", text)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def same(expected: str, printed: str) -> None:
    """What was printed is what stands in the page: dates, ids and the layout aside."""
    wanted, got = normalised(expected), normalised(printed)
    pattern = ".*".join(map(re.escape, wanted.split("…")))
    assert re.fullmatch(pattern, got, re.DOTALL), f"the page says\n{expected}\nbut this is printed\n{printed}"


def normalised(text: str) -> str:
    """Text without what changes from day to day, and without lines, spaces and frames."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d(T[\d:+]+)?", "DATE", text)
    text = re.sub(r"\d{4}年\d{1,2}月\d{1,2}日", "DATE", text)
    text = re.sub(r"\d\d? [A-Z][a-z]+ \d{4}", "DATE", text)
    text = re.sub(r"(?<!\d)\d\d:\d\d(:\d\d)?(?!\d)", "TIME", text)
    text = re.sub(r"\b\d{4}-\d\d\b", "MONTH", text)
    text = re.sub(r"〔\d{4}〕(?=\d+号)", "〔YEAR〕", text) if "虚构文〔" in text else text
    return re.sub(r"[\s\u2500-\u257f]+", "", text)


# -------------------------------------------------------------------------------------------------------------- files


def keep(block: Block) -> None:
    """Write a block into the working folder, under the name it gives."""
    language, _, argument = block.language.partition(" ")
    included = language == "{literalinclude}"
    _write(block.marks["file"], (ROOT / "docs" / argument).read_text(encoding="utf-8") if included else block.body)


def _write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _load_json(block: Block) -> None:
    lines = [json.loads(line) for line in block.body.splitlines()] if block.body.count("\n{") else None
    if lines is None or "type" not in lines[0]:
        json.loads(block.body)
        return
    _write("_snippet.jsonl", block.body)
    if block.marks.get("load") == "no":
        try:
            records.read(["_snippet.jsonl"], CATALOGUE)
        except InvalidRecords:
            return
        raise AssertionError("this file was meant not to load")
    own = measures.load(ROOT / block.marks["lists"]).local_lists if "lists" in block.marks else {}
    assert records.read(["_snippet.jsonl"], {**CATALOGUE, **own}).coverage


_POLICY = """\
id = "x"
domain = "x"
version = "1"
jurisdiction = "CN"
status = "draft"
"""


def _load_toml(block: Block) -> Any:
    match block.marks.get("load"):
        case "toml":
            tomllib.loads(block.body)
        case "policy":
            assert measures.loads(_POLICY + block.body).policy.on_objection
        case _:
            measures.loads(str(block.body))


def working_folder(folder: Path) -> None:
    """What a page's commands find: the repository's examples."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
