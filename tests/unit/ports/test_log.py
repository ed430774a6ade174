"""A failure that repeats is one line an interval, with a count."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

import pytest

from credit_sdk.ports import log
from credit_sdk.ports.log import LOGGER, FailureLog


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


def test_once_per_interval_with_a_count(caplog: pytest.LogCaptureFixture, clock: list[float]) -> None:
    failures = FailureLog(interval=60, clock=lambda: clock[0])
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        for _ in range(3):
            failures.failed("来源失败", "the source failed")
        assert caplog.messages == ["来源失败 | the source failed"]
        clock[0] += 59.9
        failures.failed("来源失败", "the source failed")
        assert len(caplog.messages) == 1
        clock[0] += 0.1
        failures.failed("来源失败", "the source failed")
        assert caplog.messages[1:] == [
            "来源失败 (此前另有 3 次未记) | the source failed (3 more before this, not logged)"
        ]
        clock[0] += 60
        failures.failed("来源失败", "the source failed")
        assert caplog.messages[2:] == ["来源失败 | the source failed"]


def test_another_failure_is_another_line(caplog: pytest.LogCaptureFixture) -> None:
    failures = FailureLog(clock=lambda: 0.0)
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        failures.failed("甲", "one")
        failures.failed("乙", "two")
    assert caplog.messages == ["甲 | one", "乙 | two"]


def test_what_is_remembered_is_bounded() -> None:
    quiet = logging.getLogger("credit_sdk.tests.quiet")
    quiet.disabled = True
    failures = FailureLog(clock=lambda: 0.0, logger=quiet)
    for number in range(log._MOST_KINDS * 3):
        failures.failed(f"失败 {number}", f"failure {number}")
    assert len(failures._since) <= log._MOST_KINDS


def test_threads_do_not_lose_a_count(caplog: pytest.LogCaptureFixture, clock: list[float]) -> None:
    failures = FailureLog(interval=60, clock=lambda: clock[0])
    with caplog.at_level(logging.WARNING, "credit_sdk"):

        def fail_often() -> None:
            for _ in range(500):
                failures.failed("失败", "failed")

        threads = [threading.Thread(target=fail_often) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock[0] += 60
        failures.failed("失败", "failed")
    assert len(caplog.messages) == 2
    assert "3999" in caplog.messages[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_can_log() -> None:
    """The lock may be held by a thread that the child does not have."""
    script = (
        "import os, logging\n"
        "from credit_sdk.ports.log import FailureLog\n"
        "logging.basicConfig(format='%(message)s')\n"
        "failures = FailureLog()\n"
        "failures._lock.acquire()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    failures.failed('子进程', 'in the child')\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert shown.stdout.strip() == "7"
    assert "in the child" in shown.stderr


def test_the_package_is_silent_until_the_application_listens() -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in LOGGER.handlers)
    script = "from credit_sdk.ports.log import FailureLog; FailureLog().failed('失败', 'failed')"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == shown.stderr == ""
