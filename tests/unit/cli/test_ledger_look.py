"""``credit ledger``: the commands that look, on a real ledger file."""

from __future__ import annotations

import csv
import io
import os
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk import CreditClient
from credit_sdk.cli.ledger_json import is_overdue
from credit_sdk.errors import NoDecision
from credit_sdk.ledger.desk import Ledger
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.model.subject import Subject
from credit_sdk.ports.ledger import DutyState
from credit_sdk.testing import fictional_code
from credit_sdk.testing.ledger import checked, measure, reported
from tests.unit.cli.ledger_book import REASON, Book
from tests.unit.ledger.matters import Office

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Run


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """A ledger, and its clock in place of this machine's."""
    made = Book(tmp_path)
    monkeypatch.setattr("credit_sdk.ports.clock.system_clock", made.clock)
    monkeypatch.setenv("CREDIT_LEDGER", made.path)
    return made


def ids(run: Run) -> list[str]:
    return [one["decision_id"] for one in run.json["decisions"]]


def test_list_shows_the_latest_first(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "list")
    assert run.code == 0
    assert ids(run) == [book.unreported, book.allowed, book.honoured, book.spared, book.refused]
    assert run.json["decisions"][-1]["service"] == "bids"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--domain", "test"], ["unreported", "allowed", "honoured", "spared", "refused"]),
        (["--domain", "other"], []),
        (["--action", "award", "--limit", "1"], ["unreported"]),
        (["--listing", "L-1"], ["refused"]),
        (["--code", fictional_code(2)], ["spared"]),
        (["--code", fictional_code(9)], []),
        (["--since", "2026-11-21"], ["unreported", "allowed", "honoured", "spared", "refused"]),
        (["--since", "2026-11-21T12:00:01+08:00"], []),
    ],
)
def test_list_by(credit: Callable[..., Run], book: Book, options: list[str], names: list[str]) -> None:
    assert ids(credit("ledger", "list", *options)) == [getattr(book, name) for name in names]


def test_another_firm_with_the_same_organisation_code_is_another(credit: Callable[..., Run], tmp_path: Path) -> None:
    own, other = "91990100MA0000015X", "92990100MA0000015R"
    path = str(tmp_path / "a.db")
    office = CreditClient("demo", ledger=path)
    made = {
        code: office.check(
            Subject(code, name="虚构乙店", issued=True), domain="procurement", action="award"
        ).decision_id
        for code in (own, other)
    }
    office.close()
    assert ids(credit("ledger", "list", "--ledger", path, "--code", own)) == [made[own]]
    wrong = credit("ledger", "list", "--ledger", path, "--code", other)
    assert (wrong.code, wrong.error["error"]) == (2, "invalid_subject"), "its check digit fails"
    assert ids(credit("ledger", "list", "--ledger", path, "--code", other, "--issued")) == [made[other]]
    assert ids(credit("ledger", "list", "--ledger", path, "--name", "虚构乙店")) == [made[other], made[own]]
    both = credit("ledger", "list", "--ledger", path, "--code", own, "--name", "虚构乙店")
    assert (both.code, both.error["key"]) == (2, "--code")


def test_list_page_by_page(credit: Callable[..., Run], book: Book) -> None:
    first = ids(credit("ledger", "list", "--limit", "2"))
    assert ids(credit("ledger", "list", "--limit", "2", "--before", first[-1])) == [book.honoured, book.spared]


def test_list_says_that_there_are_more(credit: Callable[..., Run], book: Book) -> None:
    assert [credit("ledger", "list", "--limit", limit).json["more"] for limit in ("2", "4", "5")] == [True, True, False]
    table = credit("ledger", "list", "--limit", "2", "--format", "table").out
    assert f"--before {book.allowed}" in table
    assert "--before" not in credit("ledger", "list", "--format", "table").out


def test_list_before_what_is_not_there(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "list", "--before", "01a2009a-1111-7111-8111-111111111111")
    assert (run.error["error"], run.error["key"]) == ("unknown_decision", "--before")
    assert run.code == 2
    del book


def test_checks_without_an_answer_are_found(credit: Callable[..., Run], tmp_path: Path) -> None:
    office = Office(tmp_path, service="bids")

    def ask(number: int) -> None:
        office.platform.down = True
        with pytest.raises(NoDecision):
            office.check(number)
        office.platform.down = False

    ask(1)
    ask(2)
    answer = office.check(1).decision_id
    ask(3)
    office.close()
    path = str(tmp_path / "ledger.db")
    run = credit("ledger", "list", "--undecided", "--ledger", path)
    assert run.code == 0
    assert [one["answered_by"] for one in run.json["undecided"]] == [None, None, answer]
    first = run.json["undecided"][0]
    assert (first["domain"], first["action"], first["service"]) == ("test", "award", "bids")
    assert (first["error"], first["must_check"]) == ("source_unavailable", True)
    assert len({one["question"] for one in run.json["undecided"]}) == 3
    assert not any(fictional_code(number) in run.out for number in (1, 2, 3))
    some = credit("ledger", "list", "--undecided", "--ledger", path, "--limit", "2")
    assert (len(some.json["undecided"]), some.json["more"]) == (2, True)
    for options, count in ((["--code", fictional_code(2)], 1), (["--domain", "other"], 0), (["--action", "award"], 3)):
        assert len(credit("ledger", "list", "--undecided", "--ledger", path, *options).json["undecided"]) == count
    table = credit("ledger", "list", "--undecided", "--ledger", path, "--format", "table").out
    assert "仍无结论" in table
    assert answer in table
    wrong = credit("ledger", "list", "--undecided", "--ledger", path, "--listing", "L-1")
    assert (wrong.code, wrong.error["key"]) == (2, "--listing")


def test_commands_that_are_shown_name_the_ledger(
    credit: Callable[..., Run], book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--ledger" not in credit("ledger", "show", book.refused, "--format", "table").out
    monkeypatch.delenv("CREDIT_LEDGER")
    table = credit("ledger", "show", book.refused, "--format", "table", "--ledger", book.path).out
    assert f"credit ledger replay {book.refused} --ledger" in " ".join(table.split())
    assert "".join(table.split()).count(f"--ledger{book.path}") == 2


def test_show_tells_the_whole_story_in_order(credit: Callable[..., Run], book: Book, tmp_path: Path) -> None:
    book.deliver(tmp_path)
    story = credit("ledger", "show", book.refused).json
    assert [one["event"] for one in story["events"]] == ["checked", "reported", "release_due", "delivered"]
    checked, reported, ended, delivered = story["events"]
    assert (checked["purpose"], checked["service"]) == ("中标人资格核查", "bids")
    assert (reported["executed"], reported["note"]) == (["test.refuse"], "已拒绝")
    assert ended["reasons"] == {"L-1": "repaired"}
    assert delivered["receipt"] == "R-77"
    assert story["decision"]["effect"] == "restrict"
    assert [one["state"] for one in story["measures"]] == ["release_due"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("限制", "不得继续", "信用修复", "待解除", "R-77", "中标人资格核查", "credit receipt make")),
        ("en", ("Restrict", "(blocks)", "repaired", "to be released", "R-77", "credit ledger replay")),
    ],
)
def test_show_to_a_person(
    credit: Callable[..., Run], book: Book, tmp_path: Path, lang: str, words: tuple[str, ...]
) -> None:
    book.deliver(tmp_path)
    text = credit("ledger", "show", book.refused, "--format", "table", "--lang", lang).out
    assert [word for word in words if word not in text] == []
    refused = credit("ledger", "show", book.spared, "--format", "table", "--lang", lang).out
    assert REASON in refused
    assert "措施编号不符" in refused


def test_show_of_no_decision(credit: Callable[..., Run], book: Book) -> None:
    for unknown in ("nothing", book.report):
        run = credit("ledger", "show", unknown)
        assert (run.code, run.error["error"], run.out) == (2, "unknown_decision", "")
        assert "credit ledger list" in run.error["message"]


def test_stats_of_a_month(credit: Callable[..., Run], book: Book) -> None:
    report = credit("ledger", "stats", "--month", "2026-11").json
    (row,) = report["rows"]
    assert (row["checks_due"], row["checks_done"], row["restricted"]) == (5, 5, 3)
    assert (row["measures_due"], row["executed"], row["declined"], row["reasons"]) == (4, 2, 1, {REASON: 1})
    assert row["overdue_releases"] == 1
    assert report["total"]["checks"] == book.count
    (before,) = credit("ledger", "stats", "--month", "2026-10").json["rows"]
    assert (before["checks"], before["overdue_releases"]) == (0, 1), "what is overdue is so today, whatever the month"
    assert credit("ledger", "stats").json["month"] == "2026-11"


def test_stats_as_csv_and_table(credit: Callable[..., Run], book: Book) -> None:
    text = credit("ledger", "stats", "--format", "csv").out
    assert text.startswith("\ufeff"), "without it, spreadsheets read Chinese as something else"
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert [row[:2] for row in rows] == [["月份", "领域"], ["2026-11", "test"], ["2026-11", "合计"]]
    assert [row[-1] for row in rows] == ["台账缺条数", "0", "0"]
    zh = credit("ledger", "stats", "--format", "table").out
    assert "应查 5" in zh
    assert "措施落实 50%" in zh
    en = credit("ledger", "stats", "--format", "table", "--lang", "en").out
    assert "checks due 5" in en
    assert f"{REASON} ×1" in en
    del book


@pytest.mark.parametrize("month", ["2026", "november"])
def test_stats_of_no_month(credit: Callable[..., Run], book: Book, month: str) -> None:
    run = credit("ledger", "stats", "--month", month)
    assert (run.code, run.error["key"]) == (2, "--month")
    del book


def test_dead_letters_are_findings(credit: Callable[..., Run], book: Book, tmp_path: Path) -> None:
    assert credit("ledger", "dead").code == 0
    book.deliver(tmp_path)
    run = credit("ledger", "dead")
    assert run.code == 1
    assert [one["words"] for one in run.json["reports"]] == ["措施编号不符"] * 2
    assert fictional_code(2) not in run.out
    table = credit("ledger", "dead", "--format", "table")
    assert "credit ledger retry" in table.out
    assert "措施编号不符" in table.out


def test_reports_that_wait(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "waiting")
    assert (run.code, len(run.json["reports"]), run.json["late"]) == (0, 3, 0)
    assert credit("ledger", "waiting", "--late").json["reports"] == []
    assert {(one["kind"], one["action"]) for one in run.json["reports"]} == {("outcome", "award")}
    table = credit("ledger", "waiting", "--format", "table").out
    assert book.report in table
    assert "执行反馈" in table
    assert "test/award" in table


def test_obligations_open_and_overdue(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "obligations")
    assert run.code == 0
    found = {(one["decision_id"], one["state"], one["due_on"]) for one in run.json["obligations"]}
    assert found == {(book.unreported, "due", None), (book.honoured, "executed", "2026-11-27")}
    assert credit("ledger", "obligations", "--overdue").json == {"obligations": []}
    book.clock.advance(timedelta(days=7))
    late = credit("ledger", "obligations", "--overdue")
    assert late.code == 1
    assert [one["decision_id"] for one in late.json["obligations"]] == [book.honoured]
    assert "已逾期" in credit("ledger", "obligations", "--format", "table").out


def test_no_number_of_restrictions_hides_what_is_overdue(
    credit: Callable[..., Run], book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older restrictions, however many are in force; and what is not shown is said not to be."""
    for module in ("ledger_limits", "ledger_outstanding"):
        monkeypatch.setattr(f"credit_sdk.cli.{module}.MOST", 2)
    with closing(Ledger.open(book.path)) as ledger:
        ledger.report(book.unreported, executed=["test.refuse"])
        ledger.report(book.spared, executed=["test.refuse"])
        assert len(ledger.store.duties(states=(DutyState.EXECUTED,))) == 3
    run = credit("ledger", "obligations")
    assert ([one["decision_id"] for one in run.json["obligations"]], run.err) == ([book.honoured], "")
    book.clock.advance(timedelta(days=7))
    assert credit("ledger", "obligations").code == 1
    waiting = credit("ledger", "waiting")
    assert (len(waiting.json["reports"]), waiting.error["warning"]) == (2, "ledger_cut")


def test_what_is_overdue_comes_first_and_once(credit: Callable[..., Run], book: Book) -> None:
    book.clock.advance(timedelta(days=7))
    run = credit("ledger", "obligations")
    found = [(one["decision_id"], one["overdue"]) for one in run.json["obligations"]]
    assert found == [(book.honoured, True), (book.unreported, False)]


def test_a_penalty_that_was_carried_out_is_not_overdue(tmp_path: Path) -> None:
    """As in the numbers: its day was one to carry it out by."""
    decision = checked(measure(due_on="2026-11-20"), at=datetime(2026, 11, 1, tzinfo=SHANGHAI))
    with SqliteLedger(tmp_path / "a.db") as store:
        store.append([decision])
        assert [is_overdue(one, date(2026, 12, 1)) for one in store.duties()] == [True]
        store.append([reported(decision, ["refuse"])])
        assert [is_overdue(one, date(2026, 12, 1)) for one in store.duties()] == [False]
        assert store.duties(overdue_on=date.max) == []


def test_releases_by_feed_and_by_date(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "releases")
    assert run.code == 1
    assert [one["decision_id"] for one in run.json["releases"]] == [book.refused]
    ledger = Ledger.open(book.path)
    ledger.report(book.unreported, executed=["test.refuse"])
    ledger.close()
    assert len(credit("ledger", "releases", "--all").json["releases"]) == 2
    book.clock.advance(timedelta(days=1000))  # beyond the last day of the listings
    table = credit("ledger", "releases", "--format", "table", "--lang", "en").out
    assert "repaired" in table
    assert "expired" in table


def test_affected_names_every_decision_and_what_was_done(credit: Callable[..., Run], book: Book) -> None:
    (one,) = credit("ledger", "affected", "L-2").json["decisions"]
    assert one["decision_id"] == book.spared
    assert [(duty["state"], duty["reason"]) for duty in one["measures"]] == [("declined", REASON)]
    assert "未执行" in credit("ledger", "affected", "L-2", "--format", "table").out
    assert credit("ledger", "affected", "L-99").json["decisions"] == []


def test_retention_by_the_terms_of_a_file(credit: Callable[..., Run], book: Book, tmp_path: Path) -> None:
    rules = tmp_path / "retention.toml"
    rules.write_text("otherwise = 5\n\n[years]\nprocurement = 20\n", encoding="utf-8")
    book.clock.advance(timedelta(days=6 * 366))
    assert credit("ledger", "retention").json["expired"] == []
    run = credit("ledger", "retention", "--rules", str(rules))
    assert run.json["rules"] == {"years": {"procurement": 20}, "otherwise": 5}
    assert [(one["domain"], one["month"]) for one in run.json["expired"]] == [("test", "2026-11")]
    assert "procurement 20，其他 5" in credit("ledger", "retention", "--rules", str(rules), "--format", "table").out
    rules.write_text("[years]\nprocurement = 10\n", encoding="utf-8")
    run = credit("ledger", "retention", "--rules", str(rules))
    assert (run.code, run.error["error"]) == (2, "invalid_settings")
    assert (run.error["file"], run.error["line"], run.error["key"]) == (str(rules), 2, "years.procurement")


@pytest.mark.parametrize("command", ["list", "stats", "dead", "waiting", "obligations", "releases", "retention"])
def test_an_empty_answer_is_said_in_both_languages(credit: Callable[..., Run], tmp_path: Path, command: str) -> None:
    store = SqliteLedger(tmp_path / "empty.db")
    assert store.decisions() == []
    store.close()
    said = {
        credit("ledger", command, "--ledger", store.name, "--format", "table", "--lang", lang).out
        for lang in ("zh", "en")
    }
    assert len(said) == 2
    assert all(text.strip() for text in said)


@pytest.mark.parametrize(
    "command", ["list", "stats", "dead", "waiting", "obligations", "releases", "recheck", "repair", "send"]
)
def test_no_such_ledger(credit: Callable[..., Run], tmp_path: Path, command: str) -> None:
    path = tmp_path / "typo.db"
    run = credit("ledger", command, "--ledger", str(path))
    assert (run.code, run.error["error"], run.error["file"]) == (4, "ledger_unavailable", str(path))
    assert run.error["retryable"] is False
    assert not path.exists()


@pytest.mark.parametrize("path", [":memory:", "", "file:x.db", ".", os.devnull])
def test_what_can_be_no_ledger_is_bad_input_everywhere(credit: Callable[..., Run], path: str) -> None:
    check = ("check", fictional_code(1), "--domain", "procurement", "--action", "award", "--source", "demo")
    for command in (("ledger", "list"), ("ledger", "repair"), ("ledger", "send", "--source", "demo"), check):
        run = credit(*command, "--ledger", path)
        assert (run.code, run.error["error"], run.error["key"]) == (2, "invalid_settings", "ledger"), command


def test_an_empty_file_is_no_ledger(credit: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    check = ("check", fictional_code(1), "--domain", "procurement", "--action", "award", "--source", "demo")
    for command in (("ledger", "list"), ("ledger", "stats"), ("ledger", "repair"), check):
        run = credit(*command, "--ledger", str(tmp_path / "empty.db"))
        assert (run.code, run.out, run.error["error"]) == (4, "", "ledger_damaged"), command
    assert (tmp_path / "empty.db").stat().st_size == 0


def test_what_somebody_is_sending_is_said_to_be_sent(credit: Callable[..., Run], book: Book) -> None:
    store = SqliteLedger(book.path)
    store.claim("somebody", book.clock(), lease=60, limit=1)
    store.close()
    untils = [one["sending_until"] for one in credit("ledger", "waiting").json["reports"]]
    assert sorted(untils, key=str) == ["2026-11-21T12:01:00+08:00", None, None]
    assert "正在送出（至 12:01:00）" in credit("ledger", "waiting", "--format", "table").out
    book.clock.advance(timedelta(minutes=2))
    assert "正在送出" not in credit("ledger", "waiting", "--format", "table").out


def test_measures_are_named_in_english(credit: Callable[..., Run], book: Book) -> None:
    for command in (("obligations",), ("affected", "L-2"), ("show", book.spared), ("releases", "--all")):
        english = credit("ledger", *command, "--format", "table", "--lang", "en").out
        assert "Fictional " in english, command
        assert "虚构惩戒" not in english
    assert {one["name_en"] for one in credit("ledger", "obligations").json["obligations"]} == {
        "Fictional penalty",
        "Fictional incentive",
    }


def test_no_ledger_named(credit: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDIT_LEDGER", raising=False)
    run = credit("ledger", "list")
    assert (run.code, run.error["error"], run.error["key"]) == (2, "invalid_settings", "ledger")
    assert "CREDIT_LEDGER" in run.error["message"]


def test_a_file_that_is_no_ledger(credit: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no ledger, and of some length " * 200)
    run = credit("ledger", "list", "--ledger", str(path))
    assert run.code == 4
    assert run.error["file"] == str(path)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--since", "yesterday"], "--since"),
        (["--since", "2026-11-21T12:00:00"], "--since"),
        (["--limit", "0"], "--limit"),
        (["--code", "123"], "code"),
    ],
)
def test_bad_input(credit: Callable[..., Run], book: Book, options: list[str], key: str) -> None:
    run = credit("ledger", "list", *options)
    assert (run.code, run.error["key"]) == (2, key)
    del book
