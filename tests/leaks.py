"""Identifiers never stand in logs, URLs, errors or spans (rule 9.4): watched over in every test of the run.

Every code and firm name of these tests is fictional and can be told by its looks: codes of the area 990100, which no registry
issues, and names that begin with 虚构. So one pattern finds them all, wherever they come out:

- log records of any logger, once its own filters have had them; those of the SDK and of the HTTP library at every level;
- messages of errors that the SDK makes, and of the HTTP library's and the parsers' errors behind them;
- URLs that anybody asks for with httpx, whatever transport or mock answers;
- spans, with everything on them.

A test in which something comes out fails. One that has to let it out, to show that it would be seen, is marked
``@pytest.mark.lets_identifiers_out``.
"""

from __future__ import annotations

import functools
import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from credit_sdk.errors import CreditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IDENTIFIER = re.compile(
    r"[0-9A-Za-z]{2}990100[0-9A-Za-z]{10}"
    r"|990100[0-9A-Za-z]{9,}"  # a registration number; a code cut short
    r"|(?:虚构|虛構|%E8%99%9A%E6%9E%84)[^\s,，;；:：|]{0,20}?(?:公司|小吃店|%E5%85%AC%E5%8F%B8)",
    re.IGNORECASE,
)

LOGGERS = ("credit_sdk", "httpx", "httpcore")
_FOREIGN = (
    *("httpx", "httpcore", "h11", "pydantic", "json", "xml", "ssl", "tenacity", "socket", "anyio"),
    *("sqlite3", "sqlalchemy", "psycopg", "alembic"),
)
"""Whose errors stand behind ours; those of a test's own source may say what they like."""
_MOST_ERRORS = 1_000


class Watch:
    """What has come out since it was last asked."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.looked_at = 0
        self._errors: list[CreditError] = []

    def look(self, where: str, text: str) -> None:
        """Look through ``text``."""
        self.looked_at += 1
        match = IDENTIFIER.search(text)
        if match is not None:
            self.found.append(f"{where}: {match[0]!r} in {text[:300]!r}")

    def made(self, error: CreditError) -> None:
        """Look through an error's message now, and through what is behind it once the test is over."""
        for text in (error.zh, error.en, error.file, error.key):
            if text is not None:
                self.look(f"message of {type(error).__name__}", str(text))
        if len(self._errors) < _MOST_ERRORS:
            self._errors.append(error)

    def take(self) -> list[str]:
        """What came out, and forget it."""
        for error in self._errors:
            behind: BaseException | None = error
            for _ in range(10):
                behind = behind and (behind.__cause__ or behind.__context__)
                if behind is None:
                    break
                if type(behind).__module__.partition(".")[0].lstrip("_").startswith(_FOREIGN):
                    self.look(f"{type(behind).__name__} behind {type(error).__name__}", str(behind))
        self._errors.clear()
        found, self.found = self.found, []
        return found


class _Ear(logging.Handler):
    """Hears every record that reaches the root."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(level=0)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text += f" {record.exc_info[1]}"
        except Exception:  # noqa: BLE001 - a record that cannot be written is another test's matter
            return
        self._watch.look(f"log of {record.name}", text)


WATCH = Watch()


def _before(owner: Any, name: str, look: Callable[..., None]) -> None:
    """Have ``look`` called with what ``owner.name`` is called with."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def watched(*arguments: Any, **options: Any) -> Any:
        look(*arguments, **options)
        return method(*arguments, **options)

    setattr(owner, name, watched)


def _is_ours() -> bool:
    """Whether the error being made is made by the SDK, not by a test."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in {"credit_sdk.errors", __name__}:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")).startswith("credit_sdk.")


def install() -> None:
    """Begin to watch; once a run."""
    init = CreditError.__init__

    @functools.wraps(init)
    def watched(self: CreditError, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **options)
        if _is_ours():
            WATCH.made(self)

    CreditError.__init__ = watched  # type: ignore[method-assign]
    # The transports, as all requests come there: the SDK's own, and a test's through a client.
    for transport in (httpx.HTTPTransport, httpx.MockTransport):
        _before(transport, "handle_request", lambda _, request: WATCH.look("URL", str(request.url)))
    for awaited in (httpx.AsyncHTTPTransport, httpx.MockTransport):
        _before(awaited, "handle_async_request", lambda _, request: WATCH.look("URL", str(request.url)))
    _before(InMemorySpanExporter, "export", lambda _, spans: WATCH.look("span", " ".join(s.to_json() for s in spans)))
    logging.getLogger().addHandler(_Ear(WATCH))
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)


def pytest_configure(config: pytest.Config) -> None:
    """Begin with the run."""
    config.addinivalue_line("markers", "lets_identifiers_out: the test lets identifiers out on purpose")
    install()


@pytest.fixture(autouse=True)
def no_identifier_comes_out(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test in which an identifier came out."""
    WATCH.take()  # what came out between tests is nobody's
    yield
    found = WATCH.take()
    if found and request.node.get_closest_marker("lets_identifiers_out") is None:
        pytest.fail("identifiers came out (rule 9.4):\n" + "\n".join(found[:10]), pytrace=False)
