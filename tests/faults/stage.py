"""Where the faults are acted out: who is asked about, the two shells, the sources in between, and everything that comes out.

    seen = act(row, "sync", "http")
    seen.answers, seen.retries, seen.texts

Clocks stand still at ``MOMENT``; only durations are measured, and they by the monotonic clock.
"""

from __future__ import annotations

import asyncio
import io
import logging
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias
from urllib.parse import quote

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient, Decision, Subject
from credit_sdk.cli.failures import fail
from credit_sdk.cli.output import Output
from credit_sdk.cli.session import Session
from credit_sdk.client.opentelemetry import OpenTelemetryObserver
from credit_sdk.errors import CreditError
from credit_sdk.ports.observer import RequestDone, Retried
from credit_sdk.sources import (
    AsyncCachedSource,
    AsyncHttpSource,
    AsyncLayeredSource,
    CachedSource,
    HttpSource,
    LayeredSource,
    MemorySource,
)
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, measure, measure_list
from tests.leaks import IDENTIFIER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from credit_sdk.ports.observer import Event
    from credit_sdk.transport import Retries, Timeouts, Tls
    from tests.faults.rows import Row

Kind: TypeAlias = Literal["sync", "async"]
KINDS: tuple[Kind, ...] = ("sync", "async")
Via: TypeAlias = Literal["http", "cached", "layered", "fallback"]
VIAS: tuple[Via, ...] = ("http", "cached", "layered", "fallback")
"""The client over the platform alone; behind a cache that holds yesterday's record; with a second layer that does not keep
the list in question; and for an action that may go on while the source is down (``on_unavailable = "allow"``)."""

ASK: dict[str, Any] = {"domain": "test", "action": "award"}
LISTS = [measure_list(measure(id="test.refuse"))]
GOING_ON = [
    measure_list(actions={"award": {"title": "中标、成交", "on_unavailable": "allow"}}, policy={"on_objection": "flag"})
]

SUBJECTS = (
    Subject(fictional_code(1), name="虚构一号有限公司", registration_number="990100000000013"),
    Subject(fictional_code(2), name="虚构二号有限公司"),
    Subject(fictional_code(3), name="虚构三号有限公司"),
)
"""All of them stand on a black list: whatever lets one of them pass is a lie."""
RECORDS = (
    coverage("tax.major-violation"),
    coverage("tax.a-rated"),
    coverage("violations"),
    *(listing("tax.major-violation", id=f"L-{n}", subject={"code": one.code}) for n, one in enumerate(SUBJECTS)),
)
POISON = f"{SUBJECTS[0].code} {SUBJECTS[0].name} {SUBJECTS[0].registration_number}"
"""What a platform may put into anything it says, and what must come out nowhere."""

_SEEDS = [
    seed.lower()
    for one in SUBJECTS
    for said in (one.code, str(one.code)[8:17], one.registration_number, one.name)
    if said
    for seed in (said, quote(said), said.encode("unicode_escape").decode(), repr(said.encode()))
]


def leaks(texts: Sequence[str]) -> list[str]:
    """The texts in which an identifier stands."""
    return [text[:400] for text in texts if IDENTIFIER.search(text) or any(seed in text.lower() for seed in _SEEDS)]


# ----------------------------------------------------------------------------------------------------- what comes out


class Ears(logging.Handler):
    """Hears every log record, at every level."""

    _LOGGERS = ("", "credit_sdk", "httpx", "httpcore", "asyncio")

    def __init__(self) -> None:
        super().__init__(level=0)
        self.lines: list[str] = []
        self._levels: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def __enter__(self) -> Self:
        for name in self._LOGGERS:
            logger = logging.getLogger(name)
            self._levels[name] = logger.level
            logger.setLevel(logging.DEBUG)
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)


class Eyes:
    """Sees every event, and turns it into spans."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._spans = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self._telemetry = OpenTelemetryObserver(provider)

    def observe(self, event: Event) -> None:
        self.events.append(event)
        self._telemetry.observe(event)

    @property
    def texts(self) -> list[str]:
        return [repr(event) for event in self.events] + [span.to_json() for span in self._spans.get_finished_spans()]


@dataclass
class Seen:
    """What one run came to."""

    answers: list[Decision | CreditError] = field(default_factory=list)
    elapsed: float = 0.0
    attempts: int = 0
    retries: int = 0
    requests: int = 0
    strangers: int = 0
    """Requests that another server got."""
    texts: list[str] = field(default_factory=list)
    """Logs, URLs, headers, errors and spans."""

    @property
    def answer(self) -> Decision | CreditError:
        return self.answers[0]

    @property
    def exit_code(self) -> int:
        """That of ``credit check``."""
        if isinstance(self.answer, Decision):
            return 3 if self.answer.effect == "restrict" else 0
        return _exit_code(self.answer)[0]


def _exit_code(error: CreditError) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    return fail(error, Session("zh", "json", "json", Output(out), Output(err))), err.getvalue()


def said_by(error: BaseException | None) -> list[str]:
    """All that an error and what is behind it may end up in."""
    texts: list[str] = []
    while error is not None and len(texts) < 100:
        texts += [str(error), repr(error), *map(str, vars(error).values()), *traceback.format_exception(error)]
        if isinstance(error, CreditError):
            texts += [error.located("zh"), error.located("en"), _exit_code(error)[1]]
        error = error.__cause__ or error.__context__
    return texts


# --------------------------------------------------------------------------------------------------------- the shells


class Shell:
    """Threads' means or tasks', by the same names."""

    def __init__(self, kind: Kind, stack: ExitStack) -> None:
        self.kind = kind
        self._stack = stack
        self._runner = stack.enter_context(asyncio.Runner()) if kind == "async" else None

    def run(self, value: Any) -> Any:
        """What came of it, awaited if need be."""
        return self._runner.run(value) if self._runner is not None and asyncio.iscoroutine(value) else value

    def _made(self, sync: Any, awaited: Any, *arguments: Any, **options: Any) -> Any:
        one = (awaited if self.kind == "async" else sync)(*arguments, **options)
        self._stack.callback(lambda: self.run(one.aclose() if self.kind == "async" else one.close()))
        return one

    def http(self, url: str, **options: Any) -> Any:
        return self._made(HttpSource, AsyncHttpSource, url, clock=FixedClock(), **options)

    def cached(self, source: Any, **options: Any) -> Any:
        return self._made(CachedSource, AsyncCachedSource, source, clock=FixedClock(), **options)

    def layered(self, layers: Any, **options: Any) -> Any:
        return self._made(LayeredSource, AsyncLayeredSource, layers, **options)

    def client(self, source: Any, **options: Any) -> Any:
        return self._made(CreditClient, AsyncCreditClient, source, clock=FixedClock(), **options)

    def check(self, client: Any, subjects: Sequence[Subject]) -> list[Decision | CreditError]:
        """One check for one subject, a batch for several."""
        if len(subjects) > 1:
            many = [CheckRequest(subject=subject, **ASK) for subject in subjects]
            answers: list[Decision | CreditError] = self.run(client.check_many(many))
            return answers
        try:
            return [self.run(client.check(subjects[0], **ASK))]
        except CreditError as error:
            return [error]


class Turning:
    """A source that answers well until it is turned; then another stands in its place."""

    def __init__(self, good: Any, then: Any) -> None:
        self.name: str = then.name
        self._now, self._then = good, then

    def turn(self) -> None:
        self._now = self._then

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Any:
        return self._now.fetch(subjects, timeout=timeout)

    def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Awaitable[Any]:
        answers: Awaitable[Any] = self._now.fetch_async(subjects, timeout=timeout)
        return answers

    def close(self, timeout: float = 0) -> None:
        """Whoever made them closes them."""

    async def aclose(self, timeout: float = 0) -> None:  # noqa: ASYNC109
        """Likewise."""


@dataclass
class Place:
    """A platform as the row has it: where it is, and what it got to see."""

    url: str
    requests: Callable[[], Sequence[Any]] = tuple
    strangers: Callable[[], int] = lambda: 0
    tls: Tls | None = None
    plain_http: bool = False


def act(row: Row, kind: Kind, via: Via = "http") -> Seen:
    """Act the row out once."""
    seen, eyes = Seen(), Eyes()
    timeouts: Timeouts = row.timeouts
    retries: Retries = row.retrying
    with Ears() as ears, ExitStack() as stack:
        place = row.place(stack)
        shell = Shell(kind, stack)
        source = shell.http(
            place.url,
            profile=row.profile(),
            timeouts=timeouts,
            retries=retries,
            max_body=row.max_body,
            observer=eyes,
            tls=place.tls,
            allow_plain_http=place.plain_http,
        )
        subjects = SUBJECTS if row.batch else SUBJECTS[:1]
        if via == "cached":
            turning = Turning(MemorySource.of(RECORDS, read_at=MOMENT), source)
            source = shell.cached(turning, ttl=0, stale_if_error=3600, observer=eyes)
            assert all(isinstance(one, Decision) for one in shell.check(_client(shell, source, eyes), subjects))
            turning.turn()
        elif via == "layered":
            rest = MemorySource.of([coverage("tax.a-rated")], name="embedded", read_at=MOMENT)
            source = shell.layered({"platform": source, "embedded": rest}, observer=eyes)
        client = _client(shell, source, eyes, GOING_ON if via == "fallback" else LISTS)
        started = time.monotonic()
        seen.answers = shell.check(client, subjects)
        seen.elapsed = time.monotonic() - started
        requests = list(place.requests())
        seen.strangers = place.strangers()
    done = [event for event in eyes.events if isinstance(event, RequestDone)]
    seen.attempts = len(done)
    seen.retries = sum(isinstance(event, Retried) for event in eyes.events)
    seen.requests = len(requests)
    seen.texts = [
        *ears.lines,
        *eyes.texts,
        *(f"{one.method} {one.target} {dict(one.headers)}" for one in requests),
        *(text for one in seen.answers if isinstance(one, CreditError) for text in said_by(one)),
    ]
    return seen


def _client(shell: Shell, source: Any, eyes: Eyes, lists: Any = LISTS) -> Any:
    return shell.client(source, measure_lists=lists, observer=eyes)


def is_plain_allow(answer: Decision | CreditError) -> bool:
    """Whether somebody is let pass without a word about the trouble: what must never be."""
    return isinstance(answer, Decision) and not answer.blocking and answer.degraded is None and not answer.source.stale
