"""``credit sandbox`` as a program: it starts, tells where it is, keeps its data, and stops when told to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from credit_sdk.testing import Sandbox, coverage, fictional_code, listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-c", "import sys; from credit_sdk.cli import main; sys.exit(main())", "sandbox")


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The program, and the line that it tells scripts."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            if process.poll() is None:
                process.kill()


def stopped(process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str, str]:
    """Its exit code and what else it said, once told to stop."""
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err


def get(url: str) -> Any:
    return httpx.get(url, trust_env=False).raise_for_status().json()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_scripts_where_it_is_and_stops_cleanly(number: int) -> None:
    with started() as (process, told):
        assert told["pid"] == process.pid
        assert told["sandbox"] is True
        assert told["source"] == told["url"]
        assert get(told["contract"])["openapi"].startswith("3.1")
        assert get(told["admin"])["data"] == "demo"
        assert stopped(process, number) == (0, "", "")
    with pytest.raises(httpx.ConnectError):
        get(told["url"])


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_temporary_database_is_gone_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started() as (process, told):
        assert told["database"] is None
        assert list(tmp_path.glob("credit-sandbox-*/sandbox.db"))
        stopped(process, signal.SIGTERM)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_it_stops_though_a_call_hangs(tmp_path: Path) -> None:
    with started() as (process, told):
        url = httpx.URL(told["url"])
        httpx.post(f"{url}/admin/faults", json={"kind": "delay", "seconds": 600}, trust_env=False)
        with socket.create_connection((url.host, url.port or 0)) as hanging:
            hanging.sendall(b"GET /v1/health HTTP/1.1\r\nHost: sandbox\r\n\r\n")
            time.sleep(0.2)
            began = time.monotonic()
            assert stopped(process)[0] == 0
            assert time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_database_keeps_what_happened(tmp_path: Path) -> None:
    database = str(tmp_path / "sandbox.db")
    with started("--db", database) as (process, told):
        httpx.post(f"{told['admin']}/listings/DEMO-01/repair", trust_env=False).raise_for_status()
        cursor = get(f"{told['url']}/v1/changes?limit=1000")["cursor"]
        stopped(process)
    with started("--db", database) as (process, told):
        assert told["database"] == database
        assert get(f"{told['admin']}/listings/DEMO-01")["status"] == "repaired"
        assert get(f"{told['url']}/v1/changes?cursor={cursor}")["changes"] == []  # the cursor is good still
        stopped(process)


def test_a_file_is_what_it_begins_with(tmp_path: Path) -> None:
    records = [coverage("tax.major-violation"), listing(id="L-9", subject=fictional_code(9))]
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n\n" for one in records), encoding="utf-8")
    for data in (file, str(file), records):
        with Sandbox(data) as sandbox:
            overview = get(f"{sandbox.url}/admin")
            assert overview["data"] == "records.jsonl"
            assert list(overview["lists"]) == ["tax.major-violation"]
            # The file's own date is of the past; the sandbox keeps the list from now on.
            line = overview["lists"]["tax.major-violation"]
            assert line["as_of"] == overview["time"]
            assert get(f"{sandbox.url}/admin/listings/L-9") == records[1]


def test_a_double_stops_with_its_block() -> None:
    with Sandbox() as sandbox:
        assert get(f"{sandbox.url}/v1/health")["status"] == "ok"
        assert str(sandbox.pid) not in repr(sandbox)
    with pytest.raises(httpx.ConnectError):
        get(sandbox.url)
    sandbox.stop()


def test_a_double_says_why_it_does_not_start() -> None:
    with pytest.raises(RuntimeError, match=r"did not start.*invalid_records"):
        Sandbox([{"type": "nonsense"}]).start()


def test_nothing_is_left_by_a_double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Sandbox([coverage()]):
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
