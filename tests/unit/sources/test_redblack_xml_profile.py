"""The worked example by table: a platform of another shape, and every answer of it that is not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from credit_sdk import Subject
from credit_sdk.errors import BadRecord, InvalidSettings, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.model.terms import Effect, Severity, Status
from credit_sdk.ports.platform import Outcome, PlatformReceipt
from credit_sdk.sources.profiles import RedBlackXmlProfile
from credit_sdk.testing import MOMENT, fictional_code
from tests.unit.sources.talking import READING, reply, talk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.ports import Answer
    from credit_sdk.transport import Call

A, B = Subject(fictional_code(1), name="虚构一号有限公司"), Subject(fictional_code(2))
PROFILE = RedBlackXmlProfile()


def said(body: str, code: str = "200") -> str:
    return f"<response><code>{code}</code><message>…</message><requestId>Q</requestId>{body}</response>"


CATALOGUE = said(
    "<type><id>H01</id><name>失信被执行人</name><updated>2026-11-21T08:00:00+08:00</updated></type>"
    "<type><id>H02</id><name>重大税收违法</name><updated>2026-11-21T08:00:00+08:00</updated><since>2015-01-01</since>"
    "<codeless>1</codeless></type>"
)
ENTRY = (
    f"<entry><id>X-1</id><type>H02</type><kind>black</kind><status>2</status><level>4</level>"
    f"<authority>虚构市税务局</authority><from>2025-03-01</from><until>2028-02-29</until><remedy>可申请复议</remedy>"
    f"<subject><code>{A.code}</code><name>虚构一号有限公司</name><formerName>虚构旧名有限公司</formerName></subject></entry>"
)


def page(
    entries: str = "", *, subject: Subject = A, known: str = "1", page: int = 1, pages: int = 1, total: int = 0
) -> str:
    who = (f"<code>{subject.code}</code>" if subject.code else "") + (
        f"<name>{subject.name}</name>" if subject.name else ""
    )
    return said(
        f"<subject>{who}</subject><known>{known}</known>"
        f"<page>{page}</page><pages>{pages}</pages><total>{total}</total>{entries}"
    )


def content(call: Call) -> ET.Element:
    return ET.fromstring(call.content or b"")  # noqa: S314 - our own


def ask(replies: Sequence[str | bytes | Exception], *subjects: Subject, **headers: str) -> Sequence[Answer]:
    coming = [one if isinstance(one, Exception) else reply(one, **headers) for one in replies]
    return talk(PROFILE.ask(subjects, READING), coming)[1]


def test_the_conversation() -> None:
    calls, answers = talk(
        PROFILE.ask([A, B], READING),
        [
            reply(CATALOGUE),
            reply(page(ENTRY, pages=2, total=2)),
            reply(page(ENTRY.replace("X-1", "X-2").replace("<type>H02", "<type>H01"), page=2, pages=2, total=2)),
            reply(page(subject=B, known="0")),
        ],
    )
    assert {(call.method, call.path, call.safe) for call in calls} == {("POST", "/RedBlackService", True)}
    asked = [content(call) for call in calls]
    assert [one.findtext("service") for one in asked] == ["getRedBlackType"] + 3 * ["getRedBlackPage"]
    assert [one.findtext("page") for one in asked] == [None, "1", "2", "1"]
    assert [one.findtext("subject/code") for one in asked[1:]] == [A.code, A.code, B.code]
    first, second = answers
    assert isinstance(first, CreditRecord)
    assert isinstance(second, CreditRecord)
    assert [(one.id, one.list) for one in first.listings] == [
        ("X-1", "tax.major-violation"),
        ("X-2", "court.judgment-defaulter"),
    ]
    (seen, _) = first.listings
    assert (seen.status, seen.severity, seen.authority) == (Status.ACTIVE, Severity.SEVERE, "虚构市税务局")
    assert seen.subject.former_names == ("虚构旧名有限公司",)
    assert (first.found, second.found) == (True, False)
    assert set(second.coverage) == {"court.judgment-defaulter", "tax.major-violation"}
    assert second.uncoded_lists == {"tax.major-violation"}


def test_names_are_escaped() -> None:
    odd = Subject(name='虚构<>&"\x01有限公司')
    calls, _ = talk(PROFILE.ask([odd], READING), [reply(CATALOGUE), reply(CATALOGUE)])
    assert content(calls[1]).findtext("subject/name") == '虚构<>&"有限公司'


def test_gbk_is_read() -> None:
    def gbk(text: str) -> bytes:
        return ('<?xml version="1.0" encoding="GBK"?>' + text).encode("gbk")

    (record,) = ask([gbk(CATALOGUE), gbk(page(ENTRY, total=1))], A)
    assert isinstance(record, CreditRecord)
    assert record.listings[0].authority == "虚构市税务局"


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<response><code>&b;</code></response>"
)

PAGES: dict[str, tuple[list[str | bytes], str]] = {
    "a business failure": ([said("", "500")], "business"),
    "no code": (["<response/>"], "schema"),
    "another root": (["<error><code>200</code></error>"], "schema"),
    "a web page": (["<html><body>登录</body></html>"], "html"),
    "a web page with a document type": (["<!DOCTYPE html><html></html>"], "html"),
    "cut short": ([page(ENTRY, total=1)[:-30]], "truncated"),
    "nothing": ([""], "truncated"),
    "no XML": (["all is well"], "schema"),
    "entities": ([BILLION_LAUGHS], "schema"),
    "an unknown encoding": ([b'<?xml version="1.0" encoding="UTF-16"?><response/>'], "encoding"),
    "not the encoding it says": ([page(ENTRY, total=1).encode("gbk")], "encoding"),
    "another subject": ([page(subject=B)], "wrong_subject"),
    "no subject": ([said("<known>1</known><page>1</page><pages>1</pages><total>0</total>")], "wrong_subject"),
    "no paging": ([said(f"<subject><code>{A.code}</code><name>{A.name}</name></subject>")], "schema"),
    "fewer entries than it says": ([page(ENTRY, total=2)], "contradiction"),
    "more entries than it says": ([page(ENTRY, total=0)], "contradiction"),
    "the wrong page": ([page(page=2, pages=2)], "contradiction"),
    "no pages": ([page(pages=0)], "contradiction"),
    "pages without end": ([page(pages=51)], "contradiction"),
    "pages that change": (
        [page(ENTRY, pages=2, total=2), page(ENTRY.replace("X-1", "X-2"), page=2, pages=2, total=3)],
        "contradiction",
    ),
    "the same page again": ([page(ENTRY, pages=2, total=2), page(ENTRY, pages=2, total=2)], "contradiction"),
    "a failure on the second page": ([page(ENTRY, pages=2, total=2), said("", "204")], "business"),
    "known in doubt": ([page(known="")], "schema"),
    "unknown, and listed": ([page(ENTRY, known="0", total=1)], "contradiction"),
    "an unmapped list": ([page(ENTRY.replace("H02", "H99"), total=1)], "schema"),
    "an unknown status": ([page(ENTRY.replace("<status>2", "<status>9"), total=1)], "schema"),
    "no status": ([page(ENTRY.replace("<status>2</status>", ""), total=1)], "schema"),
    "an unknown level": ([page(ENTRY.replace("<level>4", "<level>7"), total=1)], "schema"),
    "no authority": ([page(ENTRY.replace("虚构市税务局", " "), total=1)], "schema"),
    "no start": ([page(ENTRY.replace("<from>2025-03-01</from>", ""), total=1)], "schema"),
    "an entry of somebody else": (
        [page(ENTRY.replace(str(A.code), fictional_code(5)).replace("虚构一号", "虚构五号"), total=1)],
        "wrong_subject",
    ),
}


@pytest.mark.parametrize(("replies", "fault"), PAGES.values(), ids=PAGES.keys())
def test_what_cannot_be_used_is_no_answer_for_one_subject(replies: list[str | bytes], fault: str) -> None:
    first, second = ask([CATALOGUE, *replies, page(subject=B)], A, B)
    assert isinstance(first, BadRecord)
    assert first.fault == fault
    assert isinstance(second, CreditRecord)
    assert "9199" not in f"{first.message('zh')} {first.message('en')}"


@pytest.mark.parametrize(
    ("catalogue", "fault"),
    [
        (said(""), "coverage"),
        (said("", "403"), "business"),
        (CATALOGUE.replace("H01", "H99"), "schema"),
        (CATALOGUE.replace("<updated>2026-11-21T08:00:00+08:00</updated>", ""), "schema"),
        (CATALOGUE.replace("2026-11-21T08", "2026-11-22T20"), "clock"),
    ],
    ids=["no list", "a business failure", "an unmapped list", "no date", "tomorrow"],
)
def test_without_the_catalogue_nobody_has_an_answer(catalogue: str, fault: str) -> None:
    with pytest.raises(BadRecord) as caught:
        ask([catalogue], A, B)
    assert caught.value.fault == fault


def test_one_failed_request_is_one_subjects_answer() -> None:
    down = SourceUnavailable("断开", "reset", fault="reset")
    first, second = ask([CATALOGUE, down, page(subject=B)], A, B)
    assert first is down
    assert isinstance(second, CreditRecord)


def test_health_is_the_catalogue() -> None:
    _, health = talk(PROFILE.health(READING), [reply(CATALOGUE)])
    assert (health.ok, health.time, set(health.lists)) == (
        True,
        None,
        {"court.judgment-defaulter", "tax.major-violation"},
    )


def test_feedback() -> None:
    outcome = Outcome(
        "D-1", {"code": str(A.code)}, "procurement", "award", Effect.RESTRICT, MOMENT, ("m.a", "m.b"), {"m.c": "不适用"}
    )
    receipt = "<receipt><id>77</id><time>2026-11-21T12:00:01+08:00</time><repeated>1</repeated></receipt>"
    (call,), (got,) = talk(PROFILE.feedback([outcome], "k", READING), [reply(said(receipt))])
    told = content(call)
    assert (told.findtext("service"), told.findtext("feedbackId")) == ("commitRedBlackBack", "k-1")
    assert [one.text for one in told.iterfind("feedback/measure")] == ["m.a", "m.b"]
    assert told.findtext("feedback/notExecuted/reason") == "不适用"
    assert isinstance(got, PlatformReceipt)
    assert (got.id, got.idempotency_key, got.repeated) == ("77", "k-1", True)


def told(key: str, **more: Any) -> Outcome:
    return Outcome("D-1", {"code": str(A.code)}, "procurement", "award", Effect.RESTRICT, MOMENT, key=key, **more)


def test_feedback_is_numbered_by_its_own_key() -> None:
    receipt = said("<receipt><id>77</id><time>2026-11-21T12:00:01+08:00</time></receipt>")
    override = {"reason": "防汛抢险", "approver": "虚构某甲", "legal_basis": "虚构办法第一条"}
    calls, got = talk(
        PROFILE.feedback([told("k-a", case=True), told("k-b", kind="override", override=override)], "batch", READING),
        [reply(receipt), reply(receipt)],
    )
    assert [content(call).findtext("feedbackId") for call in calls] == ["k-a", "k-b"]
    assert [content(call).findtext("feedback/kind") for call in calls] == ["1", "2"]
    assert [content(call).findtext("feedback/typicalCase") for call in calls] == ["1", None]
    assert content(calls[1]).findtext("feedback/override/legalBasis") == "虚构办法第一条"
    assert [one.idempotency_key for one in got if isinstance(one, PlatformReceipt)] == ["k-a", "k-b"]


def test_what_is_said_of_one_outcome_stops_no_other() -> None:
    receipt = said("<receipt><id>77</id><time>2026-11-21T12:00:01+08:00</time></receipt>")
    for bad in (said(""), said("<receipt><id>7</id><time>now</time></receipt>"), said("", code="500")):
        _, (first, second) = talk(PROFILE.feedback([told("a"), told("b")], "k", READING), [reply(bad), reply(receipt)])
        assert isinstance(first, BadRecord)
        assert isinstance(second, PlatformReceipt)
        assert second.id == "77"


def test_where_nobody_answers_the_rest_is_not_sent() -> None:
    receipt = said("<receipt><id>77</id><time>2026-11-21T12:00:01+08:00</time></receipt>")
    down = SourceUnavailable("无", "down", fault="connect")
    calls, got = talk(PROFILE.feedback([told("a"), told("b"), told("c")], "k", READING), [reply(receipt), down])
    assert len(calls) == 2
    assert isinstance(got[0], PlatformReceipt)
    assert got[0].idempotency_key == "a"
    assert got[1:] == [down, down]


def test_what_the_platform_does_not_offer() -> None:
    offers: list[Callable[[], object]] = [
        lambda: PROFILE.catalogue(READING),
        lambda: PROFILE.changes(None, 1, READING),
    ]
    for offer in offers:
        with pytest.raises(InvalidSettings):
            offer()


def test_a_batch_is_bounded() -> None:
    with pytest.raises(ValueError, match="batch_size"):
        RedBlackXmlProfile(batch_size=0)
