"""Programs that a test of the ledger starts in a process of their own: ``python -m tests.faults.ledger_children SCENE …``.

They say on stdout, in JSON, what came of it; stderr has to be empty.
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from credit_sdk.cli import main
from credit_sdk.errors import CreditError
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.testing import MOMENT, FixedClock
from tests.faults.ledger_rig import ASK, EXECUTED, LISTED, Receiver, away, check_and_report, client, reports_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_sdk import CreditClient

THREADS = 8
COMMAND = ("check", LISTED, "--domain", "procurement", "--action", "award", "--source", "demo")
_NOBODY = 65_534


def said(work: Callable[[], object]) -> str:
    """The error's code, or ``ok``."""
    try:
        work()
    except CreditError as error:
        return error.code
    return "ok"


def no_room(path: str) -> Any:
    """The file system takes nothing more; then it does again."""
    receiver = Receiver()
    credit = client(path, away())
    decision = credit.check(LISTED, **ASK)
    credit.report(decision, executed=EXECUTED)
    unheard = credit.check(LISTED, **ASK)
    ledger = credit.ledger
    assert ledger is not None
    kinds = (EntryKind.CHECKED, EntryKind.REPORTED)  # that the dispatcher put the first report off is noted at any time
    before = len(ledger.store.entries(kinds=kinds))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    results = [
        said(lambda: credit.check(LISTED, **ASK)),
        said(lambda: credit.report(unheard, executed=EXECUTED)),
        said(lambda: ledger.store.claim("w", ledger.clock(), lease=1, limit=10)),
        said(lambda: client(path, ledger_required=False).check(LISTED, **ASK)),
    ]
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    half = len(ledger.store.entries(kinds=kinds)) - before
    results += [said(lambda: credit.check(LISTED, **ASK)), said(lambda: credit.report(unheard, executed=EXECUTED))]
    credit.close()
    sound = sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone()[0]
    with client(path, receiver, clock=FixedClock(MOMENT + timedelta(days=1))) as later:
        assert later.flush(10)
    return [results, half, sound, sorted(receiver.has) == sorted(reports_in(path))]


def full_disk(folder: str) -> Any:
    """The disk is full for check, report and the command line; then it has room again."""
    path, filler = f"{folder}/ledger.db", Path(folder, "filler")
    with client(path) as credit:
        known = credit.check(LISTED, **ASK)
        filler.write_bytes(bytes(shutil.disk_usage(folder).free - 20_000))
        while (result := said(lambda: credit.check(LISTED, **ASK))) == "ok":
            pass
        long = "注" * 2000  # what the failed check had taken of the disk is the ledger's, and would do for a short one
        results = [result, said(lambda: credit.report(known, executed=EXECUTED, note=long))]
        with contextlib.redirect_stderr(io.StringIO()) as stderr, contextlib.redirect_stdout(io.StringIO()):
            code = main([*COMMAND, "--ledger", path])
        filler.unlink()
        before = len(reports_in(path))
        results.append(said(lambda: credit.report(known, executed=EXECUTED)))
        after = len(reports_in(path))
    with contextlib.closing(sqlite3.connect(path)) as database:
        sound = database.execute("PRAGMA integrity_check").fetchone()[0]
    return [results, code, json.loads(stderr.getvalue())["error"], before, after, sound]


def read_only(path: str) -> Any:
    """The file may be read, and no longer written; then it may again."""
    credit = client(path)
    known = credit.check(LISTED, **ASK)
    credit.report(known, executed=EXECUTED)
    credit.close()
    file, folder = Path(path), Path(path).parent
    with client(path) as refused:
        file.chmod(0o444)
        folder.chmod(0o555)
        os.seteuid(_NOBODY if os.geteuid() == 0 else os.geteuid())  # root may write whatever the file says
        results = [said(lambda: refused.check(LISTED, **ASK)), said(lambda: refused.report(known, executed=EXECUTED))]
        with client(path, ledger_required=False) as lenient:
            results.append(said(lambda: lenient.check(LISTED, **ASK)))
        os.seteuid(os.getuid())
        folder.chmod(0o755)
        file.chmod(0o644)
        results.append(said(lambda: refused.check(LISTED, **ASK)))
    return [results, len(reports_in(path))]


def reporters(path: str, number: str) -> Any:
    """One of several processes that check and report with all their threads."""
    credit = client(path)
    with ThreadPoolExecutor(THREADS) as pool:
        keys = list(pool.map(lambda _: check_and_report(credit), range(int(number))))
    credit.close()
    return keys


def _in_child(work: Callable[[], Any]) -> Callable[[], Any]:
    """Fork and work there, exit handlers included; gives what waits for it and hears what came of it."""
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    process = context.Process(target=lambda: results.put(work()))
    process.start()

    def wait() -> Any:
        done = results.get()
        process.join(20)
        assert process.exitcode == 0
        return done

    return wait


def fork(path: str) -> Any:
    """The process forks while its threads wait for the ledger, with deliveries under way; parent and child go on."""
    receiver = Receiver()
    credit = client(path, receiver)
    keys = [check_and_report(credit)]
    assert credit.ledger is not None
    store = credit.ledger.store
    assert isinstance(store, SqliteLedger)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")  # so that the threads' rows are queued when the process forks
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [pool.submit(check_and_report, credit) for _ in range(THREADS)]
        while not store._commits._waiting:
            time.sleep(0.001)
        # Before the ledger is put down for the fork, which waits for the row that is being written.
        os.register_at_fork(before=writer.close)
        child = _in_child(lambda: [check_and_report(credit) for _ in range(10)] + [credit.flush(5)])
        keys += [one.result(20) for one in waiting]
    *childs, flushed = child()
    keys += [check_and_report(credit), *childs]
    everything = credit.flush(10)
    credit.close()
    return [flushed, everything, len(keys) == len(set(keys)), sorted(keys) == sorted(reports_in(path))]


def leave(path: str, url: str) -> Any:
    """The program ends with reports that nobody has taken, and closes nothing."""
    from credit_sdk.sources import HttpSource
    from credit_sdk.transport import Retries

    credit = client(path, HttpSource(url, retries=Retries(attempts=0)))
    return [check_and_report(credit) for _ in range(50)]


def leave_busy(path: str) -> Any:
    """The program ends while other threads are reporting."""
    credit = client(path, Receiver())
    keys: list[str] = []

    def report_for_ever(credit: CreditClient) -> None:
        while True:
            key = check_and_report(credit)
            keys.append(key)

    for _ in range(THREADS):
        threading.Thread(target=report_for_ever, args=(credit,), daemon=True).start()
    while len(keys) < 50:
        time.sleep(0.001)
    return list(keys)


class Interrupted(BaseException):
    """What a signal handler raises: Ctrl-C, a worker's time limit."""


def interrupted(path: str) -> Any:
    """A signal's exception comes again and again while the main thread reports; the other threads report on."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    signal.signal(signal.SIGALRM, interrupt)
    random, receiver, over = Random(4), Receiver(), threading.Event()  # noqa: S311 - repeatable, not secret
    credit = client(path, receiver)
    keys = [check_and_report(credit)]

    def report(until: Callable[[], bool]) -> None:
        while not until():
            key = check_and_report(credit)
            keys.append(key)

    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(report, over.is_set) for _ in range(4)]
        for _ in range(200):
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.004))
                report(lambda: False)
            except Interrupted:
                continue
        over.set()
        for other in others:
            other.result(20)
    everything = credit.flush(20)
    credit.close()
    there = reports_in(path)
    return [everything, set(keys) <= set(there), sorted(receiver.has) == sorted(there)]


SCENES: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (no_room, reporters, fork, leave, leave_busy, read_only, interrupted, full_disk)
}

if __name__ == "__main__":
    # Python 3.12 warns of forks beside threads; that they work is what is shown here.
    warnings.filterwarnings("ignore", message=".*multi-threaded.*", category=DeprecationWarning)
    scene, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(SCENES[scene](*arguments)) + "\n")
    sys.stdout.flush()
