"""With a ledger every check is kept before it is given; on both clients."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CheckRequest
from credit_sdk.errors import (
    InvalidReport,
    InvalidRequest,
    InvalidSettings,
    InvalidSubject,
    LedgerUnavailable,
    Restricted,
    SourceUnavailable,
    UnknownDecision,
)
from credit_sdk.ledger.desk import Ledger
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.observer import LedgerFailed
from credit_sdk.sources import MemorySource
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    FixedClock,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk.ports.ledger import Entry
    from tests.unit.client.conftest import Called, Way

LISTED, CLEAN, THIRD = fictional_code(1), fictional_code(2), fictional_code(3)
RULES = measure_list(
    actions={"award": {"title": "中标、成交", "must_check": True}},
    measures=[
        measure("test.refuse", consequence="refuse"),
        measure("test.limit", name="限制", consequence="limit"),
        measure("test.watch", name="加强监管", consequence="scrutinise", force="recommended"),
    ],
)


def memory() -> MemorySource:
    return MemorySource.of([coverage(), listing()], read_at=MOMENT)


def keeping(way: Way, tmp_path: Path, source: Any = None, **options: Any) -> Called:
    return way.client(source or memory(), RULES, **{"ledger": tmp_path / "credit.db", **options})


class Full(SqliteLedger):
    """A ledger on a full disk, until told otherwise."""

    full = True

    def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Any:
        if self.full:
            raise LedgerUnavailable("台账写不了: 磁盘已满", "the ledger cannot be written: the disk is full")
        return super().append(entries, connection=connection)


# ------------------------------------------------------------------------------------------------------------- keeping


def test_a_check_is_kept_before_it_is_given(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path, service="招标系统")
    decision = client.check(LISTED)
    [(kind, body)] = client.entries
    assert kind == "checked"
    assert json.dumps(body["decision"], ensure_ascii=False) == decision.to_json()
    assert (body["effect"], body["blocking"], body["must_check"], body["shadow"]) == ("restrict", True, True, False)
    assert body["service"] == "招标系统"
    [kept] = SqliteLedger(tmp_path / "credit.db").decisions()  # another process's view
    assert kept.decision_id == decision.decision_id


def test_what_was_kept_can_be_decided_again(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(LISTED)
    assert client.ledger.replay(decision.decision_id).same


def test_a_check_without_answer_is_kept_as_such(way: Way, tmp_path: Path) -> None:
    error = SourceUnavailable(f"不可用 {LISTED}", f"down {LISTED}", fault="connect")
    client = keeping(way, tmp_path, FailingSource(error))
    with pytest.raises(SourceUnavailable):
        client.check(LISTED)
    [(kind, body)] = client.entries
    assert (kind, body["error"], body["fault"], body["must_check"]) == (
        "undecided",
        "source_unavailable",
        "connect",
        True,
    )
    assert "down" not in json.dumps(body)


def test_a_restriction_that_is_raised_is_kept(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    with pytest.raises(Restricted) as raised:
        client.check(LISTED, handles=())
    [(kind, body)] = client.entries
    assert kind == "checked"
    assert body["decision"]["decision_id"] == raised.value.decision.decision_id


@pytest.mark.parametrize(
    ("question", "options"), [("91990100", {}), (CLEAN, {"action": "nonsense"}), (CLEAN, {"domain": "nonsense"})]
)
def test_a_mistake_of_the_callers_is_not_kept(way: Way, tmp_path: Path, question: str, options: dict[str, Any]) -> None:
    client = keeping(way, tmp_path)
    with pytest.raises((InvalidSubject, InvalidRequest)):
        client.check(question, **options)
    assert client.entries == []


def test_a_batch_is_kept_with_one_write(way: Way, tmp_path: Path) -> None:
    writes: list[int] = []

    class Counting(SqliteLedger):
        def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Any:
            writes.append(len(entries))
            return super().append(entries, connection=connection)

    client = keeping(way, tmp_path, ledger=Counting(tmp_path / "credit.db"))
    subjects = [LISTED, "nonsense", CLEAN]
    rows = [CheckRequest(subject=subject, domain="test", action="award") for subject in subjects]
    rows.append(CheckRequest(subject=LISTED, domain="test", action="award", handles=()))
    results: list[Any] = client.check_many(rows)
    assert writes == [3]
    ids = [body["decision"]["decision_id"] for _, body in client.entries]
    assert ids == [results[0].decision_id, results[2].decision_id, results[3].decision.decision_id]


def test_a_batch_without_answers_is_kept(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path, FailingSource())
    client.check_many([CheckRequest(subject=code, domain="test", action="award") for code in (LISTED, CLEAN)])
    assert [kind for kind, _ in client.entries] == ["undecided", "undecided"]
    assert client.check_many([]) == []


def test_a_consortium_is_one_entry(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(CLEAN, members=[LISTED])
    [(_, body)] = client.entries
    assert body["decision"]["parts"]
    assert {f"code:{CLEAN}", f"code:{LISTED}"} <= set(body["marks"])
    receipt = client.call("report", decision, executed=["test.refuse"])
    [report] = client.reports
    assert report["outcome"]["subject"] == {"code": CLEAN}
    assert receipt.decision_id == decision.decision_id


# ------------------------------------------------------------------------------------------- where it cannot be written


def test_what_cannot_be_kept_is_not_given(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path, ledger=Full(tmp_path / "credit.db"))
    with pytest.raises(LedgerUnavailable):
        client.check(CLEAN)
    with pytest.raises(LedgerUnavailable):
        client.check(LISTED, handles=())
    results: list[Any] = client.check_many(
        [CheckRequest(subject=code, domain="test", action="award") for code in (CLEAN, "nonsense", LISTED)]
    )
    assert [type(result) for result in results] == [LedgerUnavailable, InvalidSubject, LedgerUnavailable]


def test_without_answer_the_source_is_to_blame(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path, FailingSource(), ledger=Full(tmp_path / "credit.db"))
    with pytest.raises(SourceUnavailable):
        client.check(CLEAN)


def test_a_ledger_that_need_not_be_written(way: Way, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    events: list[Any] = []

    class Notebook:
        def observe(self, event: Any) -> None:
            events.append(event)

    client = keeping(way, tmp_path, ledger=Full(tmp_path / "credit.db"), ledger_required=False, observer=Notebook())
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        assert client.check(LISTED).blocking
        assert client.check(CLEAN).effect == "allow"
        [result] = client.check_many([CheckRequest(subject=LISTED, domain="test", action="award")])
        assert not isinstance(result, Exception)
    told = [event for event in events if isinstance(event, LedgerFailed)]
    assert told == [LedgerFailed("checked", "ledger_unavailable", 1)] * 3
    assert len([line for line in caplog.messages if "not kept" in line]) == 1
    # A report is never said to be kept when it is not.
    with pytest.raises(LedgerUnavailable):
        client.call("report", client.check(LISTED))


def test_a_folder_that_is_not_there(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path, ledger=str(tmp_path / "nowhere" / "credit.db"))
    with pytest.raises(LedgerUnavailable):
        client.check(CLEAN)


@pytest.mark.parametrize("given", ["", "mysql://host/db", 3, object()])
def test_what_is_no_ledger_is_said_at_once(way: Way, given: Any) -> None:
    with pytest.raises(InvalidSettings) as raised:
        way.client(memory(), RULES, ledger=given)
    assert raised.value.key == "ledger"


@pytest.mark.parametrize("option", [{"feedback": {}}, {"receivers": {"platform": object()}}, {"on_release": print}])
def test_options_of_a_ledger_need_one(way: Way, option: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        way.client(memory(), RULES, **option)


@pytest.mark.parametrize("shadow", ["test/award", {"award"}, [1]])
def test_shadow_is_told_by_domain_and_action(way: Way, shadow: Any) -> None:
    with pytest.raises(InvalidSettings) as raised:
        way.client(memory(), RULES, shadow=shadow)
    assert raised.value.key == "shadow"


NEEDS_ONE: list[tuple[str, tuple[Any, ...]]] = [
    ("report", ("x",)),
    ("confirm", ("x",)),
    ("discharge", ("x", "y")),
    ("releases", ()),
    ("release", ("x",)),
    ("recheck", ()),
    ("affected", ("x",)),
]


@pytest.mark.parametrize(("name", "arguments"), NEEDS_ONE)
def test_without_a_ledger_that_is_said(way: Way, name: str, arguments: tuple[Any, ...]) -> None:
    client = way.client(memory(), RULES)
    with pytest.raises(InvalidSettings, match="ledger="):
        client.call(name, *arguments)
    assert client.client.ledger is None
    assert client.call("flush")


# ------------------------------------------------------------------------------------------------------------ reporting


def test_a_report_is_kept_with_its_receipt(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(LISTED)
    receipt = client.call(
        "report", decision, executed=["test.refuse"], not_executed={"test.limit": "已超期"}, note="见卷宗", case=True
    )
    [report] = client.reports
    assert (report["what"], report["receiver"], receipt.receiver) == ("outcome", "platform", "platform")
    outcome = report["outcome"]
    assert outcome["executed"] == ["test.refuse"]
    assert outcome["not_executed"] == {"test.limit": "已超期"}
    assert (outcome["note"], outcome["case"], outcome["key"]) == ("见卷宗", True, receipt.key)
    assert outcome["subject"] == {"code": LISTED}
    states = {duty.measure: duty.state.value for duty in client.ledger.store.duties()}
    assert states["test.refuse"] == "executed"
    assert states["test.limit"] == "declined"


def test_the_same_report_twice_is_one(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(LISTED)
    first = client.call("report", decision, executed=["test.refuse", "test.limit"])
    assert client.call("report", decision, executed=["test.limit", "test.refuse"]) == first
    # From another process, which knows the id only.
    again = keeping(way, tmp_path)
    assert again.call("report", decision.decision_id, executed=["test.refuse", "test.limit"]) == first
    assert len(client.reports) == 1


def test_the_same_said_again_after_something_else_is_new(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(LISTED)
    keys = [
        client.call("report", decision, **said).key
        for said in (
            {"executed": ["test.limit"]},
            {"not_executed": {"test.limit": "复议中"}},
            {"executed": ["test.limit"]},
            {"executed": ["test.limit"]},
        )
    ]
    assert len(set(keys)) == 3
    assert keys[2] == keys[3]
    states = {duty.measure: duty.state.value for duty in client.ledger.store.duties()}
    assert states["test.limit"] == "executed"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"executed": ["test.nonsense"]}, "test.refuse"),
    ({"executed": "test.refuse"}, "list"),
    ({"not_executed": ["test.refuse"]}, "map"),
    ({"not_executed": {"test.nonsense": "x"}}, "test.refuse"),
    ({"not_executed": {"test.refuse": " "}}, "say why"),
    ({"not_executed": {"test.refuse": None}}, "say why"),
    ({"not_executed": {"test.refuse": 3}}, "text"),
    ({"executed": ["test.refuse"], "not_executed": {"test.refuse": "x"}}, "both"),
    ({"note": "x" * 2001}, "2000"),
    ({"note": 3}, "text"),
    ({"note": "\ud800"}, "valid"),
    ({"executed": [["test.refuse"]]}, "test.refuse"),
]


@pytest.mark.parametrize(("said", "words"), WRONG)
def test_a_report_that_does_not_fit_is_refused(way: Way, tmp_path: Path, said: dict[str, Any], words: str) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(LISTED)
    for given in (decision, decision.decision_id):
        with pytest.raises(InvalidReport) as raised:
            client.call("report", given, **said)
        assert words in raised.value.message("en")
    assert client.reports == []


def test_a_recommended_measure_needs_no_reason(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    client.call("report", client.check(LISTED), not_executed={"test.watch": ""})
    [report] = client.reports
    assert report["not_executed"] == {"test.watch": "未说明"}


def test_an_unknown_decision(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    key = client.call("report", client.check(LISTED), executed=["test.refuse"]).key
    for unknown in ("nonsense", key):
        with pytest.raises(UnknownDecision) as raised:
            client.call("report", unknown, executed=["test.refuse"])
        assert raised.value.key == "decision"


def test_a_decision_of_another_client_is_kept_first(way: Way, tmp_path: Path) -> None:
    decision = way.client(memory(), RULES).check(LISTED)
    client = keeping(way, tmp_path)
    client.call("report", decision, executed=["test.refuse"])
    client.call("report", decision, executed=["test.refuse", "test.limit"])
    assert [kind for kind, _ in client.entries] == ["checked", "reported", "reported"]
    body = client.entries[0][1]
    assert (body["answers"], body["rules"]) == (None, None)
    assert body["marks"] == [f"code:{LISTED}", f"org:{LISTED[8:17]}"]


def test_a_transaction_needs_a_database(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    decision = client.check(LISTED)
    with pytest.raises(InvalidRequest) as raised:
        client.call("report", decision, executed=["test.refuse"], connection=object())
    assert raised.value.key == "connection"
    assert client.reports == []


def test_reports_follow_the_domains_rule(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "feedback.toml"
    file.write_text('[feedback.test]\nreceiver = "supervisor"\nperiod = "monthly"\nby_day = 20\n', "utf-8")
    client = keeping(way, tmp_path, feedback=file)
    receipt = client.call("report", client.check(LISTED))
    assert receipt.receiver == "supervisor"
    assert receipt.send_from.isoformat() == "2026-12-01T00:00:00+08:00"
    assert receipt.send_by is not None
    assert receipt.send_by.date().isoformat() == "2026-12-20"


def test_reports_on_fictional_data_go_to_nobody(way: Way, tmp_path: Path) -> None:
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT, fictional=True)
    client = keeping(way, tmp_path, source)
    assert client.call("report", client.check(LISTED)).receiver is None
    assert client.ledger.store.deliveries() == []


# ---------------------------------------------------------------------------------------------- duties, releases, affected


def test_what_is_open_is_discharged(way: Way, tmp_path: Path) -> None:
    red = "local.integrity-model"
    rules = measure_list(
        measure(
            "test.limit",
            effect="priority",
            type="accept-incomplete",
            triggers=[{"list": red}],
            terms={"deadline_working_days": 5},
        ),
    )
    source = MemorySource.of([coverage(red), listing(red, kind="red")], read_at=MOMENT)
    client = way.client(source, rules, ledger=tmp_path / "credit.db")
    decision = client.check(LISTED)
    client.call("report", decision, executed=["test.limit"])
    [duty] = client.ledger.store.duties()
    assert duty.due_on is not None
    first = client.call("discharge", decision.decision_id, "test.limit", proof="收件单1号")
    assert client.call("discharge", decision.decision_id, "test.limit", proof="收件单1号") == first
    [duty] = client.ledger.store.duties()
    assert duty.state.value == "discharged"
    assert [(kind, body.get("what")) for kind, body in client.entries][2:] == [
        ("discharged", None),
        ("reported", "discharge"),
    ]
    with pytest.raises(InvalidReport):
        client.call("discharge", decision.decision_id, "test.nonsense")
    with pytest.raises(UnknownDecision):
        client.call("discharge", "nonsense", "test.limit")


def test_a_restriction_that_has_ended_is_due_and_released(way: Way, tmp_path: Path) -> None:
    released: list[Any] = []
    clock = FixedClock()
    source = memory()
    client = keeping(way, tmp_path, source, clock=clock, on_release=released.append)
    decision = client.check(LISTED)
    client.call("report", decision, executed=["test.refuse", "test.limit"])
    with pytest.raises(InvalidReport, match="credit ledger releases"):
        client.call("release", decision.decision_id)
    assert client.call("recheck") == []

    ended = listing(status="repaired", ended_on="2026-11-20")
    fresh = MemorySource.of([coverage(), ended], read_at=MOMENT)
    client = keeping(way, tmp_path, fresh, clock=clock, on_release=released.append)
    [changed] = client.call("recheck")
    assert changed.decision_id == decision.decision_id
    assert changed.new.effect == "allow"
    assert {duty.measure for duty in client.call("releases")} == {"test.refuse", "test.limit"}
    assert {duty.measure for duty in released} == {"test.refuse", "test.limit"}
    client.call("release", decision.decision_id, ["test.limit"], note="已恢复")
    client.call("release", decision.decision_id)
    assert client.call("releases") == []
    reports = [body for body in client.reports if body["what"] == "release"]
    assert [body["executed"] for body in reports] == [["test.limit"], ["test.refuse"]]
    with pytest.raises(InvalidReport):
        client.call("release", decision.decision_id, ["test.watch"])


def test_what_changed_is_kept_with_what_it_stands_on(way: Way, tmp_path: Path) -> None:
    keeping(way, tmp_path).check(LISTED)
    client = keeping(way, tmp_path, MemorySource.of([coverage()], read_at=MOMENT))
    [changed] = client.call("recheck")
    assert client.ledger.replay(changed.new.decision_id).same


def test_a_wrong_listing_leads_to_its_decisions(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    ids = [client.check(LISTED).decision_id for _ in range(3)]
    client.check(CLEAN)
    assert [one.decision_id for one in client.call("affected", "L-1")] == ids[::-1]
    assert client.call("affected", "L-9") == []


# ------------------------------------------------------------------------------------------------------------ lifecycle


def test_a_ledger_can_be_shared(way: Way, tmp_path: Path) -> None:
    shared = Ledger.open(tmp_path / "credit.db", service="共用")
    one, other = way.client(memory(), RULES, ledger=shared), way.client(memory(), RULES, ledger=shared)
    one.check(LISTED)
    one.close()
    other.check(LISTED)
    assert len(other.entries) == 2
    shared.close()
    shared.close()


def test_a_shared_ledger_has_its_own_options(way: Way, tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings):
        way.client(memory(), RULES, ledger=Ledger.open(tmp_path / "credit.db"), service="x")


def test_closing_closes_what_was_opened(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    client.check(LISTED)
    client.close()
    client.close()
    store = SqliteLedger(tmp_path / "credit.db")
    mine = keeping(way, tmp_path, ledger=store)
    mine.check(LISTED)
    mine.close()
    assert len(store.entries()) == 2  # who made the store closes it
    store.close()


def test_nothing_to_deliver_with_is_no_failure(way: Way, tmp_path: Path) -> None:
    client = keeping(way, tmp_path)
    assert client.call("flush")
    client.call("report", client.check(LISTED))
    assert not client.call("flush", 0.1)  # it waits for who has the receiver
    assert client.ledger.dispatcher is None


def test_the_moment_of_a_report_is_the_clocks(way: Way, tmp_path: Path) -> None:
    clock = FixedClock()
    client = keeping(way, tmp_path, clock=clock)
    decision = client.check(LISTED)
    clock.advance(timedelta(days=-1))  # a clock put back loses nothing
    receipt = client.call("report", decision, executed=["test.refuse"])
    assert receipt.send_from == clock.moment
    assert [kind for kind, _ in client.entries] == ["checked", "reported"]
