"""Every fault of the network and of the platform becomes one of our own errors, in time, and is retried if that is safe."""

from __future__ import annotations

import threading
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import FAULTS, BadRecord, NoDecision, SourceUnavailable
from credit_sdk.transport import Call, Retries, Timeouts
from tests.integration.transport.conftest import GET, QUERY, UNSAFE
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.transport.conftest import Awaited, Blocking
    from tests.servers.scripted import Behaviour

    Connect = Callable[..., Blocking | Awaited]

QUICK = Timeouts(total=0.5)
NO_PAUSE = Retries(first=0.001, longest=0.001)
ONCE = Retries(attempts=0)


def failure(channel: Blocking | Awaited, call: Call = QUERY) -> NoDecision:
    with pytest.raises(NoDecision) as caught:
        channel.send(call)
    return caught.value


# fmt: off
ANSWERS: list[tuple[str, Behaviour, type[NoDecision], str, bool, int | None]] = [
    # name, behaviour, error, fault, retryable, status
    ("500", scripted.status(500), SourceUnavailable, "server_error", True, 500),
    ("502 with a web page", scripted.answer(b"<html>", status=502, kind="text/html"), SourceUnavailable, "server_error", True, 502),
    ("501", scripted.status(501), SourceUnavailable, "server_error", False, 501),
    ("503", scripted.status(503, headers={"Retry-After": "7"}), SourceUnavailable, "server_error", True, 503),
    ("429", scripted.too_many(), SourceUnavailable, "rate_limited", True, 429),
    ("401", scripted.status(401), SourceUnavailable, "credentials", False, 401),
    ("403", scripted.status(403), SourceUnavailable, "credentials", False, 403),
    ("408", scripted.status(408), SourceUnavailable, "timeout", True, 408),
    ("404", scripted.status(404), SourceUnavailable, "refused", False, 404),
    ("410", scripted.problem(410, "cursor_expired"), SourceUnavailable, "refused", False, 410),
    ("304", scripted.status(304), SourceUnavailable, "redirect", False, 304),
    ("redirect elsewhere", scripted.redirect("https://elsewhere.example/v1"), SourceUnavailable, "redirect", False, 307),
    ("redirect to another port", scripted.redirect("http://127.0.0.1:9/v1"), SourceUnavailable, "redirect", False, 307),
    ("redirect of a POST by 302", scripted.redirect("/v2", 302), SourceUnavailable, "redirect", False, 302),
    ("redirect in circles", scripted.redirect("/v1/records/query"), SourceUnavailable, "redirect", False, 307),
    ("hangs", scripted.hang, SourceUnavailable, "timeout", True, None),
    ("hangs in the body", scripted.hang_in_body, SourceUnavailable, "timeout", True, None),
    ("hangs up", scripted.hang_up, SourceUnavailable, "reset", True, None),
    ("reset", scripted.reset, SourceUnavailable, "reset", True, None),
    ("reset in the body", scripted.reset_in_body, SourceUnavailable, "reset", True, None),
    ("truncated", scripted.truncated, BadRecord, "truncated", True, None),
    ("truncated chunks", scripted.truncated_chunks, BadRecord, "truncated", True, None),
    ("truncated gzip", scripted.zipped(cut=15), BadRecord, "truncated", True, None),
    ("not HTTP", scripted.not_http, BadRecord, "protocol", False, None),
    ("not gzip", scripted.answer(headers={"Content-Encoding": "gzip"}), BadRecord, "encoding", False, None),
    ("unknown compression", scripted.zipped(claim="br"), BadRecord, "encoding", False, None),
    ("oversized, stated", scripted.oversized(2_000_000), BadRecord, "too_large", False, None),
    ("oversized, unstated", scripted.oversized(2_000_000, stated=False), BadRecord, "too_large", False, None),
]
# fmt: on


@pytest.mark.parametrize(
    ("behaviour", "error", "fault", "retryable", "status"),
    [row[1:] for row in ANSWERS],
    ids=[row[0] for row in ANSWERS],
)
def test_what_a_platform_does(
    connect: Connect,
    behaviour: Behaviour,
    error: type[NoDecision],
    fault: str,
    retryable: bool,
    status: int | None,
) -> None:
    with ScriptedServer(behaviour) as server:
        channel = connect(server.url, retries=ONCE, max_body=1_000_000, timeouts=Timeouts(read=0.2))
        found = failure(channel)
    assert (type(found), found.fault, found.retryable, found.status) == (error, fault, retryable, status)
    assert found.fault in FAULTS
    assert found.request_id == server.requests[0].headers["x-request-id"]
    assert found.__cause__ is None  # the library's texts quote what the platform sent
    assert found.__context__ is None
    for lang in ("zh", "en"):
        assert "127.0.0.1" in found.message(lang)
        assert found.request_id in found.message(lang)
        assert "/v1" not in found.message(lang)


def test_problem_details_are_kept_as_a_word_only(connect: Connect) -> None:
    with ScriptedServer(
        scripted.problem(410, "cursor_expired", detail="91990100MA0000A019"),
        scripted.problem(400, "91990100MA0000A019"),
    ) as server:
        channel = connect(server.url)
        assert failure(channel).problem == "cursor_expired"
        plain = failure(channel)
    assert plain.problem is None
    assert "MA0000A019" not in plain.message("zh") + plain.message("en")


def test_nobody_listens(connect: Connect) -> None:
    found = failure(connect(scripted.refusing_url(), retries=NO_PAUSE))
    assert (found.fault, found.retryable, found.status) == ("connect", True, None)


def test_a_full_queue_is_a_connect_timeout(connect: Connect) -> None:
    with scripted.black_hole_url() as url:
        found = failure(connect(url, retries=ONCE, timeouts=Timeouts(connect=0.2)))
    assert (found.fault, found.retryable) == ("timeout", True)


def test_a_platform_that_reads_nothing(connect: Connect) -> None:
    """The body is larger than what the system takes in for a peer that does not read."""
    large = Call("POST", "/v1/records/query", content=bytes(20_000_000), safe=True)
    with scripted.silent_url() as url:
        found = failure(connect(url, retries=ONCE, timeouts=Timeouts(write=0.2)), large)
    assert (found.fault, found.retryable) == ("timeout", True)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_silence_ends_with_the_deadline(connect: Connect, scheme: str) -> None:
    with scripted.silent_url(scheme) as url:
        channel = connect(url, timeouts=Timeouts(connect=5, read=5, total=0.4))
        started = time.monotonic()
        found = failure(channel)
    assert (found.fault, found.retryable) == ("deadline", True)
    assert 0.35 < time.monotonic() - started < 0.8


@pytest.mark.parametrize(
    "behaviour", [scripted.drip_headers(), scripted.drip_body()], ids=["slow headers", "slow body"]
)
def test_a_slow_drip_ends_with_the_deadline(connect: Connect, behaviour: Behaviour) -> None:
    """No single read is late; the whole is."""
    with ScriptedServer(behaviour) as server:
        channel = connect(server.url, timeouts=Timeouts(read=1, total=0.4))
        started = time.monotonic()
        found = failure(channel)
        taken = time.monotonic() - started
        assert found.fault == "deadline"
        assert 0.35 < taken < 0.8
        # And the connection is not used again.
        server._script = (scripted.json_answer({}),)
        assert channel.send().status == 200
        assert server.connections == 2


def test_a_call_has_its_own_deadline(connect: Connect) -> None:
    with ScriptedServer(scripted.hang) as server:
        channel = connect(server.url, timeouts=Timeouts(read=30, total=30))
        started = time.monotonic()
        found = failure(channel, Call("GET", "/v1/health", timeout=0.2))
    assert found.fault == "deadline"
    assert time.monotonic() - started < 0.6


def test_retries_are_within_the_deadline(connect: Connect) -> None:
    with ScriptedServer(scripted.hang) as server:
        channel = connect(server.url, timeouts=Timeouts(read=0.15, total=0.4), retries=NO_PAUSE)
        started = time.monotonic()
        found = failure(channel)
    assert found.fault in {"timeout", "deadline"}
    assert time.monotonic() - started < 0.8
    assert len(server.requests) == 3


class TestNames:
    """Name resolution: ``getaddrinfo`` knows no timeout."""

    def test_a_name_that_does_not_exist(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        import socket

        def unknown(*_: Any, **__: Any) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        channel = connect("https://credit.example.gov.cn", retries=NO_PAUSE)
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        found = failure(channel)
        assert (type(found), found.fault, found.retryable) == (SourceUnavailable, "dns", True)

    def test_a_name_server_that_hangs(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        import socket

        asked, over = threading.Semaphore(0), threading.Event()

        def hang(*_: Any, **__: Any) -> Any:
            asked.release()
            over.wait(30)
            raise socket.gaierror(socket.EAI_AGAIN, "late")

        channel = connect("https://credit.example.gov.cn", timeouts=Timeouts(connect=5, total=0.3))
        monkeypatch.setattr(socket, "getaddrinfo", hang)
        started = time.monotonic()
        waiting = [channel.begin() for _ in range(10)]
        faults = {type(one.exception(10)): one.exception().fault for one in waiting}  # type: ignore[union-attr]
        taken = time.monotonic() - started
        over.set()
        assert faults == {SourceUnavailable: "dns"}
        assert taken < 0.8
        assert asked.acquire(blocking=False)
        assert not asked.acquire(blocking=False), "equal questions share one thread"

    def test_the_next_address_is_tried(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        import socket

        with ScriptedServer() as server, scripted.black_hole_url() as hole:
            addresses = [("::1", 9), ("127.0.0.1", server.port)]
            real = socket.getaddrinfo

            def several(host: str, *rest: Any, **more: Any) -> Any:
                if host != "credit.example":
                    return real(host, *rest, **more)
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

            monkeypatch.setattr(socket, "getaddrinfo", several)
            assert hole
            channel = connect(f"http://credit.example:{server.port}", allow_plain_http=True, retries=ONCE)
            assert channel.send().status == 200


class TestRetries:
    """Asked again: what is safe, and what never left."""

    def test_500_then_good(self, connect: Connect) -> None:
        with ScriptedServer(scripted.status(500), scripted.reset, scripted.json_answer({"n": 1})) as server:
            reply = connect(server.url, retries=NO_PAUSE).send()
        assert reply.content == b'{"n": 1}'
        ids = {request.headers["x-request-id"] for request in server.requests}
        assert ids == {reply.request_id}, "one call, one id"

    def test_two_more_at_most(self, connect: Connect) -> None:
        with ScriptedServer(scripted.status(503)) as server:
            found = failure(connect(server.url, retries=NO_PAUSE))
        assert (found.fault, len(server.requests)) == ("server_error", 3)

    @pytest.mark.parametrize(
        "behaviour", [scripted.status(500), scripted.reset, scripted.too_many("0")], ids=["500", "reset", "429"]
    )
    def test_what_is_not_safe_is_asked_once(self, connect: Connect, behaviour: Behaviour) -> None:
        with ScriptedServer(behaviour) as server:
            found = failure(connect(server.url, retries=NO_PAUSE), UNSAFE)
        assert found.retryable
        assert len(server.requests) == 1

    def test_what_never_left_is_asked_again(self, connect: Connect) -> None:
        watched = Watched()
        found = failure(connect(scripted.refusing_url(), retries=NO_PAUSE, observer=watched), UNSAFE)
        assert found.fault == "connect"
        assert watched.words() == ["connect", "again", "connect", "again", "connect"]

    @pytest.mark.parametrize(
        "behaviour",
        [scripted.status(400), scripted.status(401), scripted.oversized(2_000_000)],
        ids=["400", "401", "oversized"],
    )
    def test_what_does_not_help_is_not_tried(self, connect: Connect, behaviour: Behaviour) -> None:
        with ScriptedServer(behaviour) as server:
            failure(connect(server.url, retries=NO_PAUSE, max_body=1000))
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("value", "date"),
        [
            ("0", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
            ("Fri, 21 Nov 2036 08:00:00 GMT", "Fri, 21 Nov 2036 08:00:01 GMT"),
        ],
        ids=["no seconds", "past date", "past by the platform's own clock"],
    )
    def test_a_retry_after_that_is_over_is_now(self, connect: Connect, value: str, date: str | None) -> None:
        slow = Retries(first=60, longest=60)
        with ScriptedServer(scripted.too_many(value, date), scripted.json_answer({})) as server:
            assert connect(server.url, retries=slow).send().status == 200

    def test_a_retry_after_is_waited_for(self, connect: Connect) -> None:
        now = "Fri, 21 Nov 2036 08:00:00 GMT"
        for_a_second = scripted.too_many("Fri, 21 Nov 2036 08:00:01 GMT", now)
        with ScriptedServer(for_a_second, scripted.json_answer({})) as server:
            started = time.monotonic()
            assert connect(server.url, retries=NO_PAUSE).send().status == 200
        assert 0.95 < time.monotonic() - started < 1.6

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [("3600", 3600), ("9999999999", 1e9), ("99999999999", 1e9), ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9)],
    )
    def test_an_absurd_retry_after_is_told_and_not_waited_for(
        self, connect: Connect, value: str, seconds: float
    ) -> None:
        with ScriptedServer(scripted.too_many(value)) as server:
            started = time.monotonic()
            found = failure(connect(server.url))
        assert (found.fault, found.retry_after, found.retryable) == ("rate_limited", seconds, True)
        assert time.monotonic() - started < 0.5
        assert len(server.requests) == 1

    @pytest.mark.parametrize("value", ["soon", "-1", "1e3", "", "٣"])
    def test_nonsense_is_no_retry_after(self, connect: Connect, value: str) -> None:
        with ScriptedServer(scripted.too_many(value.encode().decode("latin-1"))) as server:
            found = failure(connect(server.url, retries=NO_PAUSE))
        assert found.retry_after is None
        assert len(server.requests) == 3


class TestBodies:
    """Bounded before and after decompression."""

    def test_gzip(self, connect: Connect) -> None:
        with ScriptedServer(scripted.zipped(b'{"n":1}' * 1000)) as server:
            assert connect(server.url).send().content == b'{"n":1}' * 1000
        assert server.requests[0].headers["accept-encoding"] == "gzip"

    def test_a_bomb_takes_no_memory(self, connect: Connect) -> None:
        with ScriptedServer(scripted.gzip_bomb()) as server:
            channel = connect(server.url, retries=ONCE, timeouts=Timeouts(total=10))
            tracemalloc.start()
            try:
                found = failure(channel)
                _, most = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        assert found.fault == "too_large"
        assert most < 60_000_000, "200 MB lie in wait"

    def test_of_a_refusal_little_is_read(self, connect: Connect) -> None:
        with ScriptedServer(scripted.answer(b"x" * 1_000_000, status=500, kind="text/plain")) as server:
            found = failure(connect(server.url, retries=ONCE))
        assert (found.fault, found.status) == ("server_error", 500)


class TestRedirects:
    """Within the platform, and no further."""

    @pytest.mark.parametrize("code", [307, 308])
    def test_the_same_origin_is_followed(self, connect: Connect, code: int) -> None:
        with ScriptedServer(scripted.redirect("/v2/records/query?x=1", code), scripted.json_answer({})) as server:
            assert connect(server.url).send().status == 200
        assert [(one.method, one.target) for one in server.requests] == [
            ("POST", "/v1/records/query"),
            ("POST", "/v2/records/query?x=1"),
        ]
        assert server.requests[0].content == server.requests[1].content

    def test_a_get_follows_the_older_codes_too(self, connect: Connect) -> None:
        with ScriptedServer(scripted.redirect("health", 302), scripted.json_answer({})) as server:
            assert connect(server.url).send(Call("GET", "/v1/lists")).status == 200
        assert server.requests[1].target == "/v1/health"

    def test_nobody_elsewhere_is_asked(self, connect: Connect) -> None:
        with ScriptedServer() as elsewhere, ScriptedServer(scripted.redirect(elsewhere.url + "/v1/health")) as server:
            found = failure(connect(server.url), GET)
        assert found.fault == "redirect"
        assert not elsewhere.requests


def test_a_refusing_platform_says_no_identifier(connect: Connect) -> None:
    """What the platform writes into headers, statuses and hosts does not come back out of errors."""
    code = "91990100MA0000A019"
    with ScriptedServer(scripted.redirect(f"https://{code}.example/{code}")) as server:
        found = failure(connect(server.url))
    assert code.lower() not in (found.message("zh") + found.message("en") + repr(found)).lower()


class Watched:
    """An observer that keeps."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def observe(self, event: Any) -> None:
        self.events.append(event)

    def words(self) -> list[str | None]:
        return [event.error if hasattr(event, "error") else "again" for event in self.events]


def test_every_attempt_is_observed(connect: Connect) -> None:
    watched = Watched()
    with ScriptedServer(scripted.status(500), scripted.truncated, scripted.json_answer({})) as server:
        reply = connect(server.url, retries=NO_PAUSE, observer=watched).send()
    assert watched.words() == ["server_error", "again", "truncated", "again", None]
    assert {event.request_id for event in watched.events} == {reply.request_id}
    assert {event.path for event in watched.events} == {"/v1/records/query"}
    assert [event.attempt for event in watched.events] == [1, 1, 2, 2, 3]


def test_an_attempt_that_the_deadline_cuts_is_observed(connect: Connect) -> None:
    watched = Watched()
    with ScriptedServer(scripted.hang) as server:
        failure(connect(server.url, timeouts=QUICK, observer=watched))
    assert watched.words() == ["deadline"]
