"""Group commit: one writes for all who came meanwhile, and nobody is left waiting."""

from __future__ import annotations

import dis
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import LedgerUnavailable
from credit_sdk.ledger import _group_commit
from credit_sdk.ledger._group_commit import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType


class Disk:
    """Writes as long as nobody holds it up."""

    def __init__(self, fails: Callable[[Sequence[int]], BaseException | None] = lambda _: None) -> None:
        self.batches: list[list[int]] = []
        self.fails = fails
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.writing = threading.Semaphore(0)

    def write(self, batch: Sequence[int]) -> None:
        self.writing.release()
        assert self.may_go_on.wait(10)
        if error := self.fails(batch):
            raise error
        self.batches.append(list(batch))


def waiting(commits: GroupCommit[int], number: int) -> None:
    """Wait until ``number`` callers are queued."""
    reached = threading.Event()
    while len(commits._waiting) < number:
        reached.wait(0.001)


def test_a_lone_caller_writes_in_his_own_thread() -> None:
    threads: list[int] = []
    commits: GroupCommit[int] = GroupCommit(lambda _: threads.append(threading.get_ident()))
    commits.put(1)
    assert threads == [threading.get_ident()]
    assert commits.idle(0)


def test_those_who_come_meanwhile_are_written_together() -> None:
    disk = Disk()
    commits = GroupCommit(disk.write)
    disk.may_go_on.clear()
    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(commits.put, 0)
        assert disk.writing.acquire(timeout=10)
        rest = [threads.submit(commits.put, number) for number in range(1, 9)]
        waiting(commits, 8)
        assert not commits.idle(0)
        disk.may_go_on.set()
        for done in (first, *rest):
            done.result(10)
    assert disk.batches[0] == [0]
    assert sorted(disk.batches[1]) == list(range(1, 9))
    assert commits.idle(0)


def test_everyone_of_a_batch_hears_of_its_failure_and_nobody_else() -> None:
    disk = Disk(lambda batch: LedgerUnavailable("虚构", "made up") if 1 in batch else None)
    commits = GroupCommit(disk.write)
    disk.may_go_on.clear()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(commits.put, 0)
        assert disk.writing.acquire(timeout=10)
        rest = [threads.submit(commits.put, number) for number in (1, 2)]
        waiting(commits, 2)
        disk.may_go_on.set()
        first.result(10)
        errors = [done.exception(10) for done in rest]
    assert all(isinstance(error, LedgerUnavailable) for error in errors)
    assert errors[0] is not errors[1]
    commits.put(3)
    assert disk.batches == [[0], [3]]


def test_an_interrupted_writer_leaves_nobody_behind() -> None:
    interrupted = threading.Event()

    def interrupt_once(_: Sequence[int]) -> BaseException | None:
        if interrupted.is_set():
            return None
        interrupted.set()
        return KeyboardInterrupt()

    disk = Disk(interrupt_once)
    commits = GroupCommit(disk.write)
    disk.may_go_on.clear()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(commits.put, 0)
        assert disk.writing.acquire(timeout=10)
        rest = [threads.submit(commits.put, number) for number in (1, 2)]
        waiting(commits, 2)
        disk.may_go_on.set()
        for done in rest:
            done.result(10)
        assert isinstance(first.exception(10), KeyboardInterrupt)
    assert sorted(number for batch in disk.batches for number in batch) == [1, 2]
    commits.put(3)


class Interrupted(BaseException):
    """What a signal handler raises."""


SIGNALS_COME_AFTER = frozenset({"RESUME", "CALL", "CALL_KW", "CALL_FUNCTION_EX", "JUMP_BACKWARD"})


def put_interrupted(commits: GroupCommit[int], item: int, place: int) -> bool:
    """Put, with an interruption at the n-th place in the module where Python looks for signals; whether it came to that."""
    passed, before = 0, ""

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal passed, before
        if frame.f_code.co_filename != _group_commit.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            passed += before in SIGNALS_COME_AFTER
            if before in SIGNALS_COME_AFTER and passed == place:
                raise Interrupted
            before = dis.opname[frame.f_code.co_code[frame.f_lasti]]
        return trace

    sys.settrace(trace)
    try:
        commits.put(item)
    except Interrupted:
        return True
    finally:
        sys.settrace(None)
    return False


@pytest.mark.parametrize("first", [True, False], ids=["who-leads", "who-is-to-lead-next"])
def test_wherever_the_interruption_comes_nobody_is_left_behind(first: bool) -> None:
    put_interrupted(GroupCommit(lambda _: None), 0, 0)  # Python 3.12 notes only then that its steps are wanted
    interrupted, place = True, 0
    while interrupted:
        place += 1
        disk = Disk()
        commits = GroupCommit(disk.write)
        disk.may_go_on.clear()
        with ThreadPoolExecutor(4) as threads:
            others = []
            if not first:
                others.append(threads.submit(commits.put, 1))
                assert disk.writing.acquire(timeout=10)
            one = threads.submit(put_interrupted, commits, 0, place)
            while not (one.done() or disk.writing.acquire(timeout=0.001) or commits._waiting):
                pass
            others += [threads.submit(commits.put, number) for number in (2, 3)]
            while not (all(other.running() for other in others) or one.done()):
                pass
            disk.may_go_on.set()
            interrupted = one.result(10)
            for other in others:
                other.result(10)
        written = {number for batch in disk.batches for number in batch}
        assert written >= {2, 3} | (set() if first else {1}) | (set() if interrupted else {0})
        commits.put(4)
        assert commits.idle(0)
    assert place > 20


@pytest.mark.parametrize("callers", [2, 8])
def test_many_callers_over_and_over(callers: int) -> None:
    disk = Disk()
    commits = GroupCommit(disk.write)

    def work(worker: int) -> None:
        for number in range(50):
            commits.put(worker * 1_000 + number)

    with ThreadPoolExecutor(callers) as threads:
        list(threads.map(work, range(callers)))
    written = [number for batch in disk.batches for number in batch]
    assert sorted(written) == sorted(worker * 1_000 + number for worker in range(callers) for number in range(50))
    for worker in range(callers):  # each caller's in his own order
        own = [number for number in written if number // 1_000 == worker]
        assert own == sorted(own)
