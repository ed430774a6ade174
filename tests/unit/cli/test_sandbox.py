"""`credit sandbox` before it serves: every fault is one line in both languages, exit 2; what a person is told."""

from __future__ import annotations

import io
import socket
import sqlite3
import sys
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.cli.output import Output
from credit_sdk.cli.sandbox_table import draw
from credit_sdk.cli.session import Session
from credit_sdk.sandbox import NOTICE, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.cli.conftest import Run


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_named(credit: Callable[..., Run], taken: int) -> None:
    run = credit("sandbox", "--port", str(taken))
    assert (run.code, run.out) == (2, "")
    assert (run.error["error"], run.error["key"]) == ("invalid_request", "--port")
    assert str(taken) in run.error["message"]
    assert "--port 0" in credit("sandbox", "--port", str(taken), "--lang", "en").error["message"]


def test_the_default_port_gives_way(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "DEFAULT_PORT", taken)
    with server.listen() as listening:
        assert listening.getsockname()[1] != taken


@pytest.mark.parametrize("host", ["192.0.2.1", "no host"])
def test_an_address_elsewhere_is_refused(credit: Callable[..., Run], host: str) -> None:
    run = credit("sandbox", "--host", host, "--port", "0")
    assert (run.code, run.error["key"]) == (2, "--host")


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_an_impossible_port_is_refused(credit: Callable[..., Run], port: str) -> None:
    run = credit("sandbox", "--port", port)
    assert (run.code, run.error["key"]) == (2, "--port")


def test_without_the_extra_it_says_how_to_install(credit: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "credit_sdk.sandbox.server", None)
    monkeypatch.delattr("credit_sdk.sandbox.server", raising=False)
    for name in [name for name in sys.modules if name.startswith(("credit_sdk.sandbox", "starlette", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    run = credit("sandbox")
    assert (run.code, run.error["error"]) == (2, "invalid_settings")
    assert "pip install 'credit-sdk[sandbox]'" in run.error["message"]


def test_unusable_data_are_named(credit: Callable[..., Run], files: Callable[[str, str | bytes], str]) -> None:
    path = files("records.jsonl", '{"type": "nonsense"}\n')
    run = credit("sandbox", "--data", path, "--port", "0")
    assert (run.code, run.error["error"], run.error["line"]) == (2, "invalid_records", 1)


def test_a_database_of_something_else_is_left_alone(credit: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    run = credit("sandbox", "--db", str(path), "--port", "0")
    assert (run.code, run.error["error"], run.error["key"]) == (2, "invalid_file", "--db")
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(
    credit: Callable[..., Run], files: Callable[[str, str | bytes], str]
) -> None:
    run = credit("sandbox", "--db", files("notes.txt", "not a database, but somebody's notes" * 100), "--port", "0")
    assert (run.code, run.error["key"]) == (2, "--db")


def test_a_filled_database_takes_no_file(credit: Callable[..., Run], tmp_path: Path) -> None:
    with server.opened(str(tmp_path / "sandbox.db"), None):
        pass
    run = credit("sandbox", "--db", str(tmp_path / "sandbox.db"), "--data", "any.jsonl", "--port", "0")
    assert (run.code, run.error["key"]) == (2, "--data")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, ["91990100MA0000A019", "DEMO-01"]),
        ({"data": "records.jsonl"}, ["records.jsonl", "CODE"]),
        ({"token": True}, ["$TOKEN"]),
    ],
)
def test_a_person_is_told_how_to_go_on(lang: Any, options: dict[str, Any], said: list[str]) -> None:
    out = io.StringIO()
    session = Session(lang, "table", "table", Output(out), Output(io.StringIO()))
    asked: dict[str, Any] = {"data": "demo", "database": None, "open_to_all": False, "token": False} | options
    draw(session, "http://127.0.0.1:8900", **asked)
    text = "".join(out.getvalue().translate(dict.fromkeys(map(ord, "│ \n"))))  # as it was before it was wrapped
    for part in (NOTICE[lang], "CREDIT_SOURCE=http://127.0.0.1:8900", "/repair", "/admin/faults", "Ctrl-C", *said):
        assert part.replace(" ", "") in text


def test_whoever_opens_it_to_others_is_warned() -> None:
    out = io.StringIO()
    draw(
        Session("en", "table", "table", Output(out), Output(io.StringIO())),
        "http://x",
        "demo",
        None,
        open_to_all=True,
        token=False,
    )
    assert "others on the network" in out.getvalue()
    with server.listen("0.0.0.0", 0) as listening:  # noqa: S104 - what is tested
        assert not server.is_loopback(listening)
        assert server.url_of(listening).startswith("http://127.0.0.1:")
