"""Several processes, and forked ones, on one ledger."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing.ledger import checked

ROOT = Path(__file__).parents[3]
_NAMES = """
import os, sys, threading
from concurrent.futures import ThreadPoolExecutor
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing.ledger import checked, measure, undecided
path = sys.argv[1]
"""


def start(program: str, path: Path) -> subprocess.Popen[bytes]:
    whole = _NAMES + textwrap.dedent(program)
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", whole, str(path)], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)


def finish(*processes: subprocess.Popen[bytes]) -> list[list[str]]:
    """The lines that each printed."""
    done = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for _, code in done] == [0] * len(processes), [err.decode() for (_, err), _ in done]
    return [out.decode().split() for (out, _), _ in done]


def test_two_processes_with_eight_threads_each(tmp_path: Path) -> None:
    """Everything that was acknowledged is there, once, while both read and write."""
    program = """
        ledger = SqliteLedger(path)
        print("ready", flush=True)
        sys.stdin.readline()

        def work(worker):
            mine = [checked(measure()) for _ in range(25)]
            for number, one in enumerate(mine):
                ledger.append([one, one])
                if number % 5 == worker % 5:
                    assert ledger.duties(decision_id=one.id)
            return [one.id for one in mine]

        with ThreadPoolExecutor(8) as threads:
            for ids in threads.map(work, range(8)):
                print(*ids)
        ledger.close()
    """
    processes = [start(program, tmp_path / "ledger.db") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    acknowledged = [id for lines in finish(*processes) for id in lines]
    assert len(acknowledged) == 400
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        found = [one.entry.id for one in ledger.entries()]
        assert sorted(found) == sorted(acknowledged)
        assert len(ledger.duties()) == 400
        assert not ledger.damaged()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_forks_while_threads_write(tmp_path: Path) -> None:
    """What is queued is the parent's; children open the file for themselves, and nobody disturbs anybody."""
    program = """
        import warnings
        warnings.simplefilter("ignore")
        ledger = SqliteLedger(path)
        ledger.append([undecided()])
        ledger.decisions()
        stop, lines = threading.Event(), []

        def work(_):
            mine = []
            while not stop.is_set():
                one = checked()
                ledger.append([one])
                mine.append(one.id)
            return mine

        with ThreadPoolExecutor(8) as threads:
            working = [threads.submit(work, number) for number in range(8)]
            for _ in range(4):
                reader, writer = os.pipe()
                child = os.fork()
                if child == 0:
                    ids = []
                    for _ in range(20):
                        one = checked(measure())
                        ledger.append([one])
                        assert ledger.duties(decision_id=one.id)
                        ids.append(one.id)
                    os.write(writer, " ".join(ids).encode())
                    ledger.close()
                    os._exit(0)
                os.close(writer)
                with os.fdopen(reader) as pipe:
                    print(pipe.read())
                assert os.waitpid(child, 0)[1] == 0
            stop.set()
            for done in working:
                print(*done.result())
        ledger.close()
    """
    [acknowledged] = finish(start(program, tmp_path / "ledger.db"))
    assert len(acknowledged) > 80
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        found = [one.entry.id for one in ledger.entries(kinds=["checked"], limit=10**6)]
        assert sorted(found) == sorted(acknowledged)
        assert not ledger.damaged()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_a_child_outlives_its_parent(tmp_path: Path) -> None:
    """The parent's end takes nothing from the child: its locks are its own."""
    program = """
        ledger = SqliteLedger(path)
        ledger.append([checked()])
        gone_reader, gone_writer = os.pipe()
        if os.fork() == 0:
            ledger.append([checked()])
            os.close(gone_writer)
            os.read(gone_reader, 1)  # until the parent has closed the ledger and ended
            ledger.append([checked(measure())])
            assert len(ledger.decisions()) == 3
            ledger.close()
            print("written", flush=True)
            os._exit(0)
        ledger.append([undecided()])
        ledger.close()
    """
    [lines] = finish(start(program, tmp_path / "ledger.db"))
    assert lines == ["written"]
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        assert len(ledger.decisions()) == 3
        assert len(ledger.entries()) == 4


def test_another_process_sees_it_at_once(tmp_path: Path) -> None:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        one = checked()
        ledger.append([one])
        [lines] = finish(
            start("print(*[one.decision_id for one in SqliteLedger(path).decisions()])", tmp_path / "ledger.db")
        )
        assert lines == [one.id]
