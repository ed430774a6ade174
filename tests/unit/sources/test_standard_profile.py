"""The standard profile by table: how it asks, how it reads, and every answer that it does not take."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import Subject
from credit_sdk.errors import FAULTS, BadRecord, InvalidSettings, NoDecision, SourceUnavailable
from credit_sdk.model.moments import written
from credit_sdk.model.record import CreditRecord
from credit_sdk.model.terms import Effect, ListClass, ListKind
from credit_sdk.ports.platform import Outcome, PlatformReceipt
from credit_sdk.sources.profiles import PlatformProfile, StandardProfile
from credit_sdk.testing import MOMENT, coverage, fictional_code, listing, violation
from tests.unit.sources.talking import READING, reply, talk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.ports import Answer
    from credit_sdk.sources.profiles import Flow, Reading

A, B, C = (Subject(fictional_code(number)) for number in (1, 2, 3))
NAMED = Subject(fictional_code(1), name="虚构一号有限公司", former_names=("虚构旧名有限公司",))
PROFILE = StandardProfile()


def answer(subject: dict[str, Any], *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "subject": subject,
        "found": bool(lines),
        "listings": [line for line in lines if line["type"] == "listing"],
        "violations": [line for line in lines if line["type"] == "violation"],
        "uncoded_lists": [],
        **changes,
    }


def whole(*answers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "read_at": written(MOMENT),
        "coverage": [coverage("tax.major-violation"), coverage("violations")],
        "answers": list(answers),
        **changes,
    }


def ask(body: Any, *subjects: Subject, **headers: str) -> Sequence[Answer]:
    return talk(PROFILE.ask(subjects, READING), [reply(body, **headers)])[1]


def faults(answers: Sequence[Answer]) -> list[str | None]:
    """``None``: a record."""
    return [None if isinstance(one, CreditRecord) else one.fault for one in answers]


ON = {"code": A.code}


# ------------------------------------------------------------------------------------------------------------ asking


def test_subjects_stand_in_the_body_and_nowhere_else() -> None:
    (call,), _ = talk(PROFILE.ask([NAMED], READING), [reply(whole(answer(_object(NAMED))))])
    assert (call.method, call.path, dict(call.query), call.safe) == ("POST", "/v1/records/query", {}, True)
    assert call.json == {"subjects": [_object(NAMED)]}
    assert call.headers["Credit-Api-Version"] == "1"
    assert str(NAMED.code) not in repr(call)
    assert str(NAMED.name) not in repr(call)


def test_what_is_the_same_to_the_platform_is_asked_once() -> None:
    other = Subject(str(A.code), type="legal_entity")  # type: ignore[arg-type]
    (call,), answers = talk(PROFILE.ask([A, other], READING), [reply(whole(answer(ON)))])
    assert call.json == {"subjects": [ON]}
    assert faults(answers) == [None, None]


def test_a_name_that_no_query_may_hold_spoils_no_batch() -> None:
    long = Subject(name="虚" * 513)
    (call,), answers = talk(PROFILE.ask([long, A], READING), [reply(whole(answer(ON)))])
    assert call.json == {"subjects": [ON]}
    assert faults(answers) == ["request", None]
    assert talk(PROFILE.ask([long], READING), [])[0] == []


@pytest.mark.parametrize("size", [0, 1001])
def test_a_batch_has_1_to_1000_subjects(size: int) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        StandardProfile(batch_size=size)


# ----------------------------------------------------------------------------------------------------------- reading


def test_a_record_is_whole() -> None:
    lines = listing(id="L-1", subject=A.code), violation(id="V-1", subject=A.code)
    body = whole(answer(ON, *lines, uncoded_lists=["tax.major-violation"]), answer({"code": B.code}))
    first, second = ask(body, A, B)
    assert isinstance(first, CreditRecord)
    assert isinstance(second, CreditRecord)
    assert ([one.id for one in first.listings], [one.id for one in first.violations]) == (["L-1"], ["V-1"])
    assert (first.found, second.found, second.listings) == (True, False, ())
    assert set(first.coverage) == {"tax.major-violation", "violations"}
    assert first.uncoded_lists == {"tax.major-violation"}
    assert (first.source, first.read_at, first.stale, first.fictional) == (READING.source, MOMENT, False, False)


def test_answers_go_by_the_subject_that_they_repeat() -> None:
    first, second = ask(whole(answer({"code": B.code}), answer(ON, listing(subject=A.code))), A, B)
    assert isinstance(first, CreditRecord)
    assert isinstance(second, CreditRecord)
    assert (len(first.listings), len(second.listings)) == (1, 0)


def test_blanks_and_unknown_keys_of_a_repeated_subject_count_for_nothing() -> None:
    assert faults(ask(whole(answer({**ON, "name": None, "former_names": [], "rank": 1})), A)) == [None]


def test_entries_of_other_bearers_of_a_name_are_handed_on() -> None:
    lines = (
        listing(id="L-1", subject={"code": B.code, "name": NAMED.name}),
        listing(id="L-2", subject={"name": "虚构旧名 有限公司"}),
        listing(id="L-3", subject={"organisation_code": str(A.code)[8:17]}),
    )
    (record,) = ask(whole(answer(_object(NAMED), *lines)), NAMED)
    assert isinstance(record, CreditRecord)
    assert [one.id for one in record.listings] == ["L-1", "L-2", "L-3"]


def test_the_same_coverage_is_the_same_table() -> None:
    """What is derived from a table is kept by its identity; another coverage is never taken for it."""
    tables = []
    for lines in ([coverage()], [coverage()], [coverage(history_from=None)], [coverage()]):
        (record,) = ask(whole(answer(ON), coverage=lines), A)
        assert isinstance(record, CreditRecord)
        tables.append(record.coverage)
    assert tables[0] is tables[1]
    assert tables[2]["tax.major-violation"].history_from is None
    assert tables[3]["tax.major-violation"].history_from is not None


def test_made_up_data_are_said_to_be() -> None:
    (record,) = ask(whole(answer(ON), fictional=True), A)
    assert isinstance(record, CreditRecord)
    assert record.fictional


# ------------------------------------------------------------------------------------------ answers that are not taken

EVERYONE: dict[str, tuple[Any, str]] = {
    "web page": ("<!DOCTYPE html><html>请登录</html>", "html"),
    "xml": ("<response/>", "html"),
    "nothing": ("", "truncated"),
    "cut short": (json.dumps(whole(answer(ON)))[:-40], "truncated"),
    "cut inside a string": ('{"read_at": "2026', "truncated"),
    "no JSON": ("all is well", "schema"),
    "GBK": ('{"read_at": "虚构"}'.encode("gb18030"), "encoding"),
    "an array": ([], "schema"),
    "null": (None, "schema"),
    "nested beyond reason": ("[" * 100_000, "schema"),
    "no read_at": ({k: v for k, v in whole(answer(ON)).items() if k != "read_at"}, "schema"),
    "read_at without offset": (whole(answer(ON), read_at="2026-11-21T12:00:00"), "schema"),
    "read_at a number": (whole(answer(ON), read_at=1763697600), "schema"),
    "no coverage": ({k: v for k, v in whole(answer(ON)).items() if k != "coverage"}, "schema"),
    "empty coverage": (whole(answer(ON), coverage=[]), "coverage"),
    "coverage of an unknown list": (whole(answer(ON), coverage=[coverage("no.such-list")]), "schema"),
    "coverage twice": (whole(answer(ON), coverage=[coverage(), coverage()]), "schema"),
    "coverage without as_of": (whole(answer(ON), coverage=[{**coverage(), "as_of": " "}]), "schema"),
    "listings as coverage": (whole(answer(ON), coverage=[listing()]), "schema"),
    "coverage of tomorrow": (
        whole(answer(ON), coverage=[coverage(as_of=MOMENT + timedelta(days=1))]),
        "clock",
    ),
    "read tomorrow": (whole(answer(ON), read_at=written(MOMENT + timedelta(days=1))), "clock"),
    "no answers": ({k: v for k, v in whole().items() if k != "answers"}, "schema"),
    "answers no objects": (whole(answer(ON), answers=["none"]), "schema"),
    "no listings": (whole({k: v for k, v in answer(ON).items() if k != "listings"}), "schema"),
    "listings null": (whole(answer(ON, listings=None)), "schema"),
    "no violations": (whole({k: v for k, v in answer(ON).items() if k != "violations"}), "schema"),
    "no found": (whole({k: v for k, v in answer(ON).items() if k != "found"}), "schema"),
    "found in words": (whole(answer(ON, found="yes")), "schema"),
    "no uncoded_lists": (whole({k: v for k, v in answer(ON).items() if k != "uncoded_lists"}), "schema"),
    "an answer too many": (whole(answer(ON), answer({"code": C.code})), "wrong_subject"),
    "a business failure": ({"code": 500, "message": "系统繁忙", "data": None}, "schema"),
}


@pytest.mark.parametrize(("body", "fault"), EVERYONE.values(), ids=EVERYONE.keys())
def test_an_answer_that_nobody_can_use(body: Any, fault: str) -> None:
    with pytest.raises(BadRecord) as caught:
        ask("null" if body is None else body, A)
    error = caught.value
    assert (error.fault, error.status, error.request_id, error.retryable) == (fault, 200, "R-1", fault == "truncated")
    assert fault in FAULTS
    assert READING.source in error.message("zh")
    assert "R-1" in error.message("en")
    assert str(A.code) not in repr(vars(error))


ONE: dict[str, tuple[dict[str, Any], str]] = {
    "another subject": (answer({"code": fictional_code(9)}), "wrong_subject"),
    "no subject": (answer({}), "wrong_subject"),
    "the subject half": (answer({"name": "虚构"}), "wrong_subject"),
    "an entry of somebody else": (answer({"code": B.code}, listing(subject=C.code)), "wrong_subject"),
    "an adverse record of somebody else": (answer({"code": B.code}, violation(subject=C.code)), "wrong_subject"),
    "an entry by name of somebody else": (answer({"code": B.code}, listing(subject={"name": "虚构"})), "wrong_subject"),
    "unknown, and listed": (answer({"code": B.code}, listing(subject=B.code), found=False), "contradiction"),
    "an entry without authority": (answer({"code": B.code}, listing(subject=B.code, authority=None)), "schema"),
    "an entry of an unknown list": (answer({"code": B.code}, listing("no.such", subject=B.code)), "schema"),
    "a violation among the listings": (answer({"code": B.code}, listings=[violation(subject=B.code)]), "schema"),
    "coverage among the listings": (answer({"code": B.code}, listings=[coverage()]), "schema"),
    "a listing among the violations": (answer({"code": B.code}, violations=[listing(subject=B.code)]), "schema"),
    "an unknown list without codes": (answer({"code": B.code}, uncoded_lists=["no.such"]), "schema"),
    "one id, two entries": (
        answer({"code": B.code}, listing(subject=B.code), listing(subject=B.code, reason="其他")),
        "schema",
    ),
}


@pytest.mark.parametrize(("bad", "fault"), ONE.values(), ids=ONE.keys())
def test_a_subject_whose_answer_cannot_be_used_takes_no_other_along(bad: dict[str, Any], fault: str) -> None:
    first, second, third = ask(whole(answer(ON), bad, answer({"code": C.code})), A, B, C)
    assert isinstance(first, CreditRecord)
    assert isinstance(third, CreditRecord)
    assert isinstance(second, BadRecord)
    assert second.fault == fault
    assert "9199" not in second.message("zh") + second.message("en")


def test_a_missing_subject_has_no_record() -> None:
    assert faults(ask(whole(answer(ON), answer({"code": C.code})), A, B, C)) == [None, "missing_subject", None]
    assert faults(ask(whole(), A, B)) == ["missing_subject", "missing_subject"]


def test_a_subject_that_is_answered_for_twice_has_no_record() -> None:
    body = whole(answer(ON, listing(subject=A.code)), answer(ON), answer({"code": C.code}))
    assert faults(ask(body, A, B, C)) == ["duplicate_subject", "missing_subject", None]


def test_another_version_is_refused() -> None:
    with pytest.raises(BadRecord) as caught:
        ask(whole(answer(ON)), A, credit_api_version="2")
    assert caught.value.fault == "version"


def test_a_failed_request_is_the_answer() -> None:
    error = SourceUnavailable("不可用", "unavailable", fault="connect")
    with pytest.raises(SourceUnavailable) as caught:
        talk(PROFILE.ask([A], READING), [error])
    assert caught.value is error


# ------------------------------------------------------------------------------------------- what else a platform says


def test_the_catalogue() -> None:
    one = {
        "code": "x.list",
        "name": "某名单",
        "name_en": None,
        "kind": "red",
        "class": "third_party",
        "open_ended": True,
    }
    (call,), (info,) = talk(PROFILE.catalogue(READING), [reply({"lists": [one]})])
    assert (call.method, call.path) == ("GET", "/v1/lists")
    assert (info.code, info.name, info.kind, info.list_class, info.open_ended) == (
        "x.list",
        "某名单",
        ListKind.RED,
        ListClass.THIRD_PARTY,
        True,
    )


def test_health() -> None:
    body = {"status": "degraded", "time": written(MOMENT), "lists": {"tax.a-rated": written(MOMENT)}}
    (call,), health = talk(PROFILE.health(READING), [reply(body)])
    assert (call.path, health.ok, health.time, dict(health.lists)) == (
        "/v1/health",
        False,
        MOMENT,
        {"tax.a-rated": MOMENT},
    )


def test_changes() -> None:
    change = {
        "sequence": 7,
        "at": written(MOMENT),
        "kind": "listing",
        "id": "L-1",
        "list": "tax.major-violation",
        "status": "repaired",
        "subject": {"code": A.code, "name": None},
    }
    body = {"changes": [change], "cursor": "c2", "more": True}
    (call,), page = talk(PROFILE.changes("c1", 10, READING), [reply(body)])
    assert (call.path, dict(call.query)) == ("/v1/changes", {"cursor": "c1", "limit": "10"})
    (seen,) = page.changes
    assert (seen.sequence, seen.status, page.cursor, page.more, page.expired) == (7, "repaired", "c2", True, False)
    assert seen.subject is not None
    assert seen.subject.code == A.code
    (first,), _ = talk(PROFILE.changes(None, 5, READING), [reply({**body, "changes": []})])
    assert dict(first.query) == {"limit": "5"}


@pytest.mark.parametrize(
    "change",
    [
        lambda one: [one, one],
        lambda one: [{**one, "subject": {"code": "9199"}}],
        lambda one: [{**one, "subject": {}}],
        lambda one: [{**one, "kind": "other"}],
        lambda one: [{k: v for k, v in one.items() if k != "subject"}],
    ],
    ids=["numbers that do not ascend", "a malformed code", "nobody", "an unknown kind", "no subject"],
)
def test_changes_that_cannot_be_used(change: Callable[[dict[str, Any]], list[Any]]) -> None:
    one = {
        "sequence": 7,
        "at": written(MOMENT),
        "kind": "listing",
        "id": "L-1",
        "list": "tax.a-rated",
        "status": None,
        "subject": None,
    }
    with pytest.raises(BadRecord) as caught:
        talk(PROFILE.changes(None, 5, READING), [reply({"changes": change(one), "cursor": "c", "more": False})])
    assert caught.value.fault == "schema"


def test_a_cursor_that_is_too_old() -> None:
    gone = SourceUnavailable("过期", "expired", fault="refused", status=410, retryable=False)
    _, page = talk(PROFILE.changes("old", 10, READING), [gone])
    assert (page.expired, page.cursor, page.changes) == (True, None, ())
    with pytest.raises(NoDecision):
        talk(PROFILE.changes(None, 10, READING), [gone])


def test_outcomes() -> None:
    outcome = Outcome(
        "0193-1", {"code": str(A.code)}, "procurement", "award", Effect.RESTRICT, MOMENT, ("m.refuse",), {"m.x": "无"}
    )
    receipt = {"id": "7", "idempotency_key": "k1", "received_at": written(MOMENT), "status": "repeated"}
    (call,), (got,) = talk(PROFILE.feedback([outcome], "k1", READING), [reply({"receipts": [receipt]})])
    assert (call.method, call.path, call.headers["Idempotency-Key"], call.safe) == ("POST", "/v1/outcomes", "k1", True)
    assert call.json["outcomes"][0] == {
        "decision_id": "0193-1",
        "subject": {"code": A.code},
        "domain": "procurement",
        "action": "award",
        "effect": "restrict",
        "executed": ["m.refuse"],
        "not_executed": {"m.x": "无"},
        "at": written(MOMENT),
        "note": None,
    }
    assert isinstance(got, PlatformReceipt)
    assert (got.id, got.idempotency_key, got.received_at, got.repeated) == ("7", "k1", MOMENT, True)
    assert str(A.code) not in repr(outcome)
    for wrong in ([receipt, receipt], [receipt | {"idempotency_key": "k2"}]):
        with pytest.raises(BadRecord):
            talk(PROFILE.feedback([outcome], "k1", READING), [reply({"receipts": wrong})])


def test_an_outcome_goes_under_its_own_key() -> None:
    subject = {"code": str(A.code)}
    override = {"reason": "防汛抢险", "approver": "虚构某甲", "legal_basis": "虚构办法第一条"}
    first = Outcome("0193-1", subject, "procurement", "award", Effect.RESTRICT, MOMENT, key="a", case=True)
    second = replace(first, key="b", kind="override", case=False, override=override)
    receipts = [
        {"id": key, "idempotency_key": key, "received_at": written(MOMENT), "status": "accepted"} for key in ("a", "b")
    ]
    (call,), got = talk(PROFILE.feedback([first, second], "k1", READING), [reply({"receipts": receipts})])
    told = call.json["outcomes"]
    assert [{key: one[key] for key in ("key", "kind", "case", "override") if key in one} for one in told] == [
        {"key": "a", "case": True},
        {"key": "b", "kind": "override", "override": override},
    ]
    assert [one.idempotency_key for one in got if isinstance(one, PlatformReceipt)] == ["a", "b"]
    with pytest.raises(BadRecord):
        talk(PROFILE.feedback([first, second], "k1", READING), [reply({"receipts": receipts[::-1]})])


def test_a_profile_may_leave_out_what_its_platform_does_not_offer() -> None:
    class Bare(PlatformProfile):
        name, batch_size = "bare", 1

        def ask(self, subjects: Sequence[Subject], reading: Reading) -> Flow[Sequence[Answer]]:
            raise NotImplementedError

    bare = Bare()
    for offer in (
        lambda: bare.catalogue(READING),
        lambda: bare.health(READING),
        lambda: bare.changes(None, 1, READING),
        lambda: bare.feedback([], "k", READING),
    ):
        with pytest.raises(InvalidSettings, match="bare"):
            offer()


def _object(subject: Subject) -> dict[str, Any]:
    whole = {"code": subject.code, "name": subject.name, "former_names": list(subject.former_names)}
    return {key: value for key, value in whole.items() if value}
