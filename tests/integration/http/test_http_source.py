"""The sources over HTTP on a real connection: batches, deadlines, whose failure is whose, and where identifiers stand."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import Subject
from credit_sdk.errors import BadRecord, InvalidSettings, NoDecision, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.sources.profiles import PlatformProfile, RedBlackXmlProfile, StandardProfile
from credit_sdk.testing import fictional_code
from credit_sdk.transport import ApiKey, AsyncChannel, Channel, Retries, Timeouts
from tests.integration.http.conftest import RECORDS
from tests.servers.redblack import redblack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.ports import Answer
    from credit_sdk.sources.profiles import Flow, Reading
    from tests.integration.http.conftest import Shells
    from tests.servers.platform import Platform, Seen, Served

LISTED = Subject(fictional_code(1), name="虚构一号有限公司")
MANY = [Subject(fictional_code(number)) for number in range(1, 26)]


def faults(answers: Sequence[Answer]) -> list[str | None]:
    """``None``: a record."""
    return [None if isinstance(one, CreditRecord) else one.fault for one in answers]


def test_a_listed_subject(http: Shells, served: Platform) -> None:
    source = http.source(served.url)
    (record,) = http.fetch(source, [LISTED])
    assert isinstance(record, CreditRecord)
    assert [one.id for one in record.listings] == ["L-1"]
    assert record.source == source.name == served.url.removesuffix("/api")


def test_nothing_asked_is_no_request(http: Shells, served: Platform) -> None:
    assert list(http.fetch(http.source(served.url), [])) == []
    assert served.seen == []


def test_1000_subjects_make_one_request_for_each_batch(http: Shells, served: Platform) -> None:
    subjects = [Subject(fictional_code(number)) for number in range(1000)]
    assert set(faults(http.fetch(http.source(served.url), subjects, timeout=30))) == {None}
    assert [len(query) for query in served.queries] == [1000]
    source = http.source(served.url, profile=StandardProfile(batch_size=300))
    assert set(faults(http.fetch(source, subjects, timeout=30))) == {None}
    assert [len(query) for query in served.queries[1:]] == [300, 300, 300, 100]


def test_who_is_asked_about_twice_is_asked_about_once(http: Shells, served: Platform) -> None:
    answers = http.fetch(http.source(served.url), [*MANY, *MANY])
    assert len(answers) == 50
    assert [len(query) for query in served.queries] == [25]


def test_a_batchs_failure_is_its_subjects_answer(http: Shells, served: Platform) -> None:
    def spoil(_: Seen, out: Served) -> None:
        if len(served.queries) == 2:
            out.body = out.body[:-20]

    served.spoil = spoil
    source = http.source(served.url, profile=StandardProfile(batch_size=10), retries=Retries(attempts=0))
    answers = http.fetch(source, MANY)
    assert faults(answers) == [None] * 10 + ["truncated"] * 10 + [None] * 5


def test_one_deadline_for_all_batches(http: Shells, served: Platform) -> None:
    served.spoil = lambda _seen, _out: time.sleep(0.15)
    source = http.source(served.url, profile=StandardProfile(batch_size=5), retries=Retries(attempts=0))
    started = time.monotonic()
    answers = http.fetch(source, MANY, timeout=0.4)
    assert time.monotonic() - started < 0.8
    found = faults(answers)
    assert found[:5] == [None] * 5
    assert found[-5:] == ["deadline"] * 5
    assert len(served.queries) < 5
    assert all(isinstance(one, CreditRecord | SourceUnavailable) for one in answers)


def test_without_a_timeout_each_batch_has_the_channels_total(http: Shells, served: Platform) -> None:
    served.spoil = lambda _seen, _out: time.sleep(0.15)
    source = http.source(served.url, profile=StandardProfile(batch_size=9), timeouts=Timeouts(total=0.4))
    assert set(faults(http.fetch(source, MANY))) == {None}


def test_the_deadline_holds_over_a_whole_conversation(http: Shells) -> None:
    class Endless(PlatformProfile):
        name, batch_size = "endless", 1

        def ask(self, subjects: Sequence[Subject], reading: Reading) -> Flow[Sequence[Answer]]:
            inner = RedBlackXmlProfile().ask(subjects, reading)
            call = next(inner)
            while True:
                yield call

    with redblack(RECORDS) as platform:
        started = time.monotonic()
        (answer,) = http.fetch(http.source(platform.url, profile=Endless()), [LISTED], timeout=0.3)
        assert time.monotonic() - started < 0.6
    assert isinstance(answer, SourceUnavailable)
    assert answer.fault in {"deadline", "timeout"}
    assert len(platform.seen) > 1


def test_a_profiles_own_fault_is_no_answer(http: Shells, served: Platform) -> None:
    class Careless(StandardProfile):
        name = "careless"

        def ask(self, subjects: Sequence[Subject], reading: Reading) -> Flow[Sequence[Answer]]:
            yield from super().ask(subjects, reading)
            if LISTED in subjects:
                raise KeyError(str(LISTED.code))
            return []

    source = http.source(served.url, profile=Careless(batch_size=1))
    first, second = http.fetch(source, [LISTED, MANY[3]])
    assert isinstance(first, BadRecord)
    assert isinstance(second, BadRecord)
    assert first.fault == "profile"
    assert "careless" in first.message("en")
    assert str(LISTED.code) not in str(first)


@pytest.mark.parametrize("apart", [timedelta(days=1), timedelta(days=-1)], ids=["ahead", "behind"])
def test_a_platform_whose_clock_is_a_day_off(http: Shells, served: Platform, apart: timedelta) -> None:
    def spoil(_: Seen, out: Served) -> None:
        out.headers["Date"] = format_datetime(datetime.now(UTC) + apart, usegmt=True)

    served.spoil = spoil
    (answer,) = http.fetch(http.source(served.url), [LISTED])
    assert faults([answer]) == ["clock"]


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_says_nothing_proves_nothing(http: Shells, served: Platform, date: str) -> None:
    served.spoil = lambda _seen, out: out.headers.update({"Date": date})
    assert faults(http.fetch(http.source(served.url), [LISTED])) == [None]


def test_what_else_a_platform_says(http: Shells, served: Platform) -> None:
    source = http.source(served.url)
    assert http.call(source, "health").ok
    assert "tax.a-rated" in {one.code for one in http.call(source, "catalogue")}
    served.feed = [
        {
            "sequence": number,
            "at": "2026-11-21T12:00:00+08:00",
            "kind": "list",
            "id": "tax.a-rated",
            "list": "tax.a-rated",
            "status": None,
            "subject": None,
        }
        for number in (1, 2, 3)
    ]
    first = http.call(source, "changes", limit=2)
    assert ([one.sequence for one in first.changes], first.more) == ([1, 2], True)
    rest = http.call(source, "changes", first.cursor, limit=2)
    assert ([one.sequence for one in rest.changes], rest.more) == ([3], False)


def test_a_cursor_that_is_too_old(http: Shells, served: Platform) -> None:
    def spoil(_: Seen, out: Served) -> None:
        out.status = 410
        out.headers["Content-Type"] = "application/problem+json"
        out.json = {"type": "about:blank", "title": "Gone", "status": 410, "code": "cursor_expired"}

    served.spoil = spoil
    assert http.call(http.source(served.url), "changes", "7").expired


def test_a_platform_without_health(http: Shells) -> None:
    class Bare(StandardProfile):
        health = PlatformProfile.health

    with pytest.raises(InvalidSettings):
        http.call(http.source("https://credit.invalid", profile=Bare()), "health")


def test_wrong_credentials(http: Shells, served: Platform) -> None:
    served.api_key = "right"
    (refused,) = http.fetch(http.source(served.url, auth=ApiKey("wrong")), [LISTED])
    assert isinstance(refused, NoDecision)
    assert (refused.fault, refused.status, refused.retryable) == ("credentials", 401, False)
    assert "wrong" not in str(refused)
    assert faults(http.fetch(http.source(served.url, auth=ApiKey("right")), [LISTED])) == [None]


def test_a_channel_of_ones_own_stays_open(http: Shells, served: Platform) -> None:
    channel: Any = AsyncChannel(served.url) if http.kind == "async" else Channel(served.url)
    source = http.source(channel)
    http.close(source)
    assert faults(http.fetch(source, [LISTED])) == [None]
    http.close(channel)
    assert faults(http.fetch(source, [LISTED])) == ["closed"]


def test_identifiers_stand_in_bodies_only(http: Shells, served: Platform, caplog: pytest.LogCaptureFixture) -> None:
    secret = fictional_code(123)
    needles = [str(LISTED.code), str(LISTED.code)[8:17], "虚构一号", secret]
    faulty: list[Any] = [
        lambda _seen, _out: None,
        lambda _seen, out: setattr(out, "status", 500),
        lambda _seen, out: setattr(out, "status", 422),
        lambda _seen, out: setattr(out, "body", out.body[:-9]),
        lambda _seen, out: setattr(out, "body", out.body.replace(b'"found"', b'"lost"')),
        lambda _seen, out: setattr(
            out, "body", out.body.replace(str(LISTED.code).encode(), fictional_code(7).encode())
        ),
    ]
    caplog.set_level(logging.DEBUG)
    source = http.source(served.url, auth=ApiKey(secret), retries=Retries(attempts=1, first=0.01))
    said = [repr(source)]
    for spoil in faulty:
        served.spoil = spoil
        (answer,) = http.fetch(source, [LISTED])
        if isinstance(answer, NoDecision):
            said += [repr(answer), str(answer), answer.message("en"), str(vars(answer))]
    assert len(said) == 1 + 4 * (len(faulty) - 1)
    said += [record.getMessage() for record in caplog.records]
    said += [f"{one.path} { ({k: v for k, v in one.headers.items() if k != 'x-api-key'}) }" for one in served.seen]
    for needle in needles:
        assert not [text for text in said if needle in text]
