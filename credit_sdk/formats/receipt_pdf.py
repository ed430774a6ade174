"""A receipt's page as PDF, printed by a browser that is installed. For reading and filing: a PDF carries no signature."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from credit_sdk.errors import InvalidSettings

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
    "chromium-headless-shell",
    "headless_shell",
)
"""What browsers that print without a window are called on ``PATH``."""

_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
)
"""Where systems keep browsers that are not on ``PATH``."""

TIMEOUT = 60.0
"""Seconds that printing may take."""


def browser() -> str:
    """The browser to print with.

    :raises InvalidSettings: there is none.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    for place in _ELSEWHERE:
        path = os.path.expandvars(place)
        if Path(path).is_file():
            return path
    raise _refused(
        "没有找到可打印 PDF 的浏览器; 请安装 Chromium、Chrome 或 Edge (Debian: apt-get install chromium), 或输出 .html 后在任一浏览器中打印",
        "no browser was found to print the PDF; install Chromium, Chrome or Edge (Debian: apt-get install chromium), or write"
        " .html and print it from any browser",
    ) from None


def printed(page: str, *, timeout: float = TIMEOUT) -> bytes:
    """The page as PDF.

    :param page: the HTML text.
    :param timeout: seconds after which the browser is ended.
    :raises InvalidSettings: there is no browser, or it does not print.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="credit-receipt-", ignore_cleanup_errors=True) as folder:
        html, pdf = Path(folder, "receipt.html"), Path(folder, "receipt.pdf")
        html.write_text(page, "utf-8")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={Path(folder, 'profile')}",  # its own, so that a browser in use is left alone
            "--no-pdf-header-footer",
            f"--print-to-pdf={pdf}",
            html.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium starts as root in no other way; the page runs nothing
        _run(command, timeout)
        data = pdf.read_bytes() if pdf.exists() else b""
    if not data.startswith(b"%PDF"):
        raise _failed() from None
    return data


def _run(command: list[str], timeout: float) -> None:
    """Run, and leave nothing behind: a browser is several processes, which end together."""
    try:
        process = subprocess.Popen(  # noqa: S603 - a browser found on this machine, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
    except OSError:
        raise _failed() from None
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise _refused(
            f"浏览器在 {timeout:g} 秒内没有打印完, 已停止; 请重试, 或输出 .html 后在浏览器中打印",
            f"the browser did not print within {timeout:g} s and was ended; try again, or write .html and print it from a browser",
        ) from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):  # gone already
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _failed() -> InvalidSettings:
    return _refused(
        "浏览器没有打印出 PDF; 请输出 .html 后在浏览器中打印",
        "the browser printed no PDF; write .html and print it from a browser",
    )


def _refused(zh: str, en: str) -> InvalidSettings:
    return InvalidSettings(zh, en, key="pdf")
