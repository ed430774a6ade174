"""A platform of the standard contract on this machine, for tests of the client: as good as needed, and as bad as told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

from credit_sdk import Subject
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.moments import written
from credit_sdk.model.record import CreditRecord
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from credit_sdk.model.catalogue import KnownLists

KEYS = ("code", "organisation_code", "registration_number", "name")


@dataclass
class Seen:
    """One request, as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """What goes out: the body and how it travels. A test changes it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value, ensure_ascii=False).encode()


class Platform:
    """What the server holds, what it saw, and how it misbehaves."""

    def __init__(self, records: Sequence[Mapping[str, Any]], lists: KnownLists = CATALOGUE) -> None:
        self.records = list(records)
        self.lists = lists
        self.seen: list[Seen] = []
        self.url = ""
        self.api_key: str | None = None
        """The key it wants, if any."""
        self.spoil: Callable[[Seen, Served], None] = lambda _seen, _served: None
        """Changes what goes out."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.feed: list[dict[str, Any]] = []

    @property
    def queries(self) -> list[list[dict[str, Any]]]:
        """The subjects of each query."""
        return [json.loads(one.body)["subjects"] for one in self.seen if one.path.endswith("/v1/records/query")]

    def serve(self, seen: Seen) -> Served:
        """Answer one request."""
        self.seen.append(seen)
        served = Served()
        served.headers["X-Request-Id"] = seen.headers.get("x-request-id", "")
        served.headers["Credit-Api-Version"] = "1"
        if self.api_key is not None and seen.headers.get("x-api-key") != self.api_key:
            served.status = 401
            served.json = {"type": "about:blank", "title": "Unauthorised", "status": 401, "code": "unauthorised"}
        else:
            path, _, query = seen.path.removeprefix("/api").partition("?")
            answer: Callable[[Seen, str], Any] = {
                "/v1/records/query": self._records,
                "/v1/lists": self._lists,
                "/v1/health": self._health,
                "/v1/changes": self._changes,
            }[path]
            served.json = answer(seen, query)
        self.spoil(seen, served)
        return served

    def _records(self, seen: Seen, _: str) -> dict[str, Any]:
        subjects = json.loads(seen.body)["subjects"]
        raw = {one["id"]: one for one in self.records if "id" in one}
        answers = []
        for asked in subjects:
            more = {key: asked.get(key) for key in KEYS[1:]}
            subject = Subject(asked.get("code"), former_names=tuple(asked.get("former_names", ())), issued=True, **more)
            (record,) = MemorySource.of(self.records, lists=self.lists).fetch([subject])
            assert isinstance(record, CreditRecord)
            answers.append(
                {
                    "subject": asked,
                    "found": record.found,
                    "listings": [raw[one.id] for one in record.listings],
                    "violations": [raw[one.id] for one in record.violations],
                    "uncoded_lists": sorted(record.uncoded_lists),
                }
            )
        lines = [one for one in self.records if one["type"] == "coverage"]
        return {"read_at": written(self.clock()), "coverage": lines, "answers": answers}

    def _lists(self, _: Seen, __: str) -> dict[str, Any]:
        return {
            "lists": [
                {
                    "code": one.code,
                    "name": one.name,
                    "name_en": one.name_en,
                    "kind": one.kind,
                    "class": one.list_class,
                    "open_ended": one.open_ended,
                }
                for one in self.lists.values()
            ]
        }

    def _health(self, _: Seen, __: str) -> dict[str, Any]:
        lists = {one["list"]: one["as_of"] for one in self.records if one["type"] == "coverage"}
        return {"status": "ok", "time": written(self.clock()), "lists": lists}

    def _changes(self, _: Seen, query: str) -> dict[str, Any]:
        asked = dict(part.split("=") for part in query.split("&"))
        start, limit = int(asked.get("cursor", "0")), int(asked["limit"])
        page = self.feed[start : start + limit]
        return {"changes": page, "cursor": str(start + len(page)), "more": start + len(page) < len(self.feed)}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: in two, each answer would wait for an acknowledgement
    answer: ClassVar[Callable[[Seen], Served]]

    def _do(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        served = type(self).answer(Seen(self.command, self.path, headers, self.rfile.read(length)))
        self.send_response(served.status)
        for name, value in {"Content-Length": str(len(served.body)), **served.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(served.body)

    do_GET = do_POST = _do  # noqa: N815 - http.server's names

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # without `Server` and `Date`

    def log_message(self, *_: object) -> None:
        """Nothing: pytest's output is not the place."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def listening(answer: Callable[[Seen], Served]) -> Iterator[str]:
    """Serve on this machine; gives the base URL."""
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def platform(records: Sequence[Mapping[str, Any]], lists: KnownLists = CATALOGUE) -> Iterator[Platform]:
    """A platform that holds ``records``, at ``.url``."""
    one = Platform(records, lists)
    with listening(one.serve) as url:
        one.url = f"{url}/api"
        yield one


def fresh(line: Mapping[str, Any], *, age: timedelta = timedelta(minutes=5)) -> dict[str, Any]:
    """A coverage line as of a moment ago by this machine's clock."""
    return {**line, "as_of": written(datetime.now(UTC) - age)}
