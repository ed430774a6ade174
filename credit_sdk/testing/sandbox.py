"""The sandbox for tests: a platform on a free loopback port, in a process of its own, with calls to change its data."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from types import TracebackType

# The command line and nothing behind it: what a test starts is what a person starts.
_COMMAND = (sys.executable, "-c", "import sys; from credit_sdk.cli import main; sys.exit(main())", "sandbox")
_START, _STOP, _CALL = 30, 5, 10


class Sandbox:
    """A running sandbox. Needs ``pip install credit-sdk[sandbox]``.

    ::

        with Sandbox() as platform:
            platform.repair("DEMO-01")
            client = CreditClient(platform.url)

    It stops with its test, also when the test's process dies.
    """

    def __init__(self, data: str | PathLike[str] | Iterable[Mapping[str, Any]] | None = None) -> None:
        """Say what it begins with.

        :param data: a JSON Lines file, or record objects as :func:`~credit_sdk.testing.listing` makes them; default: the
            fictional demonstration lists.
        """
        self._data = data
        self._held = ExitStack()
        self.url = ""
        """The base URL, once it runs; a client's ``source``."""
        self.pid = 0
        """The process, once it runs."""

    def start(self) -> Self:
        """Start it; :meth:`stop` stops it.

        :raises RuntimeError: it does not start; the message is what it said.
        """
        with ExitStack() as held:
            errors = held.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*_COMMAND, "--format", "json", "--port", "0", "--while-stdin", *self._arguments(held)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            held.callback(_end, process)
            assert process.stdout is not None
            line = _first_line(process.stdout)
            if not line:
                errors.seek(0)
                raise RuntimeError(f"the sandbox did not start: {errors.read().decode(errors='replace').strip()}")
            told = json.loads(line)
            self.url, self.pid = told["url"], told["pid"]
            self._held = held.pop_all()
        return self

    def stop(self) -> None:
        """Stop it; may be called twice."""
        self._held.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def enter(self, list: str, subject: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """Put a subject on a list, in force from today (列入).

        :param subject: a code, or the object as it stands in a file.
        :param more: further keys of the listing, such as ``id`` or ``effective_until``.
        :return: the listing.
        """
        whole = {"code": subject} if isinstance(subject, str) else dict(subject)
        return self.admin("POST", "listings", {"list": list, "subject": whole, **more})

    def object(self, id: str, objection: str | None = None) -> dict[str, Any]:
        """An objection to a listing comes in (异议).

        :param objection: ``recognition``, ``information`` or ``self_detected``.
        """
        return self._edit(id, "object", {} if objection is None else {"objection": objection})

    def repair(self, id: str) -> dict[str, Any]:
        """A listing is repaired (信用修复)."""
        return self._edit(id, "repair")

    def remove(self, id: str) -> dict[str, Any]:
        """A listing is taken off (移出)."""
        return self._edit(id, "remove")

    def revoke(self, id: str) -> dict[str, Any]:
        """A listing was made in error (撤销)."""
        return self._edit(id, "revoke")

    def restore(self, id: str) -> dict[str, Any]:
        """A listing is in force again."""
        return self._edit(id, "restore")

    def fault(self, kind: str, **options: Any) -> str:
        """Switch a fault on.

        :param kind: ``delay`` (``seconds``); ``drop``, ``reset`` (in the body), ``drip``; ``429``, ``500``, ``503`` or any other
            status (``retry_after``); ``redirect``, ``html``, ``business_failure``; ``truncated``, ``wrong_schema``, ``oversized``;
            ``stale`` (``days``), ``empty_list`` (``list``), ``missing_answer``, ``repeated_answer``, ``wrong_subject``.
        :param options: ``path`` (calls whose path begins so), ``times`` (so many calls), and what the kind may be told.
        :return: the switch's id.
        """
        return str(self.admin("POST", "faults", {"kind": kind, **options})["id"])

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self.admin("DELETE", "faults")

    def set_clock(self, offset_seconds: int) -> None:
        """Set the platform's clock off, beside this machine's."""
        self.admin("PUT", "clock", {"offset_seconds": offset_seconds})

    def outcomes(self) -> list[dict[str, Any]]:
        """What was reported, the latest first."""
        reported: list[dict[str, Any]] = self.admin("GET", "outcomes")["outcomes"]
        return reported

    def reset(self) -> None:
        """Begin anew: the data as they were, no faults, the clock right."""
        self.admin("POST", "reset")

    def admin(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Any other call of the admin API.

        :param path: below ``/admin/``.
        :raises RuntimeError: the call was refused; the message is why.
        """
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_CALL)
        try:
            headers = {"Content-Type": "application/json"}
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/admin/{path}", content, headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:
            raise RuntimeError(f"{response.status} {answer['code']}: {answer['key'] or ''} {answer['detail_en'] or ''}")
        return answer

    def _edit(self, id_: str, edit: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.admin("POST", f"listings/{quote(id_)}/{edit}", body or {})

    def _arguments(self, held: ExitStack) -> list[str]:
        if self._data is None:
            return []
        if isinstance(self._data, str) or hasattr(self._data, "__fspath__"):
            return ["--data", str(self._data)]
        path = Path(held.enter_context(tempfile.TemporaryDirectory())) / "records.jsonl"
        lines = (json.dumps(dict(one), ensure_ascii=False) + "\n" for one in self._data)
        path.write_text("".join(lines), encoding="utf-8")
        return ["--data", str(path)]

    def __repr__(self) -> str:
        return f"<Sandbox {self.url or 'not running'}>"


def _first_line(stream: IO[bytes]) -> bytes:
    """The first line, or nothing if it does not come in time."""
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(stream.readline()), daemon=True)
    reader.start()
    reader.join(_START)
    return found[0] if found else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, then insist. Its own process only."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
