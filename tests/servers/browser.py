"""A real browser for the tests: the one that is installed, or Chromium by the system's packages. Never skipped: a page that
nobody has looked at is not tested."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidSettings
from credit_sdk.formats.receipt_pdf import browser as installed

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGES = ("chromium-headless-shell", "chromium")
_SECONDS = 60.0
_INSTALL_SECONDS = 420.0


class Browser:
    """A browser without a window; every call is a process of its own, with a profile of its own."""

    def __init__(self, program: str) -> None:
        self.program = program

    def text_tree(self, page: Path) -> str:
        """The document after loading, scripts run if it has any that may."""
        return self._run(page, "--dump-dom", "--virtual-time-budget=2000").decode()

    def picture(self, page: Path, out: Path, *, width: int = 900, height: int = 1600) -> bytes:
        """What a person sees, as PNG."""
        self._run(page, f"--screenshot={out}", f"--window-size={width},{height}", "--hide-scrollbars")
        return out.read_bytes()

    def _run(self, page: Path, *options: str) -> bytes:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            command = [self.program, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                command.append("--no-sandbox")
            process = subprocess.Popen(
                [*command, *options, page.as_uri()],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                return process.communicate(timeout=_SECONDS)[0]
            finally:
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture(scope="session")
def browser() -> Browser:
    """The browser; installed if there is none and this machine lets us."""
    try:
        return Browser(installed())
    except InvalidSettings:
        _install()
        return Browser(installed())


def _install() -> None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        pytest.fail("these tests need a browser: install Chromium, Chrome or Edge, and put it on PATH", pytrace=False)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def run(*arguments: str) -> bool:
        done = subprocess.run(
            [apt, "-q", "-y", "-o", "DPkg::Lock::Timeout=300", *arguments],
            env=environment,
            capture_output=True,
            check=False,
            timeout=_INSTALL_SECONDS,
        )
        return done.returncode == 0

    run("update")
    if not any(run("install", "--no-install-recommends", package) for package in _PACKAGES):
        pytest.fail("these tests need a browser, and apt-get could not install Chromium", pytrace=False)
    fonts = shutil.which("fc-list")
    known = subprocess.run([fonts, ":lang=zh"], capture_output=True, check=False).stdout if fonts else b""
    if not known.strip():  # only how it looks: the tests read text
        run("install", "--no-install-recommends", "fonts-wqy-microhei")
