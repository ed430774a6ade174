"""``credit ledger``: the commands that write down what was done, on a real ledger file."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.cli.main import main
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger.desk import Ledger
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.testing.ledger import checked
from tests.unit.cli.ledger_book import Book
from tests.unit.cli.material import A_CLEAN_FIRM, A_RESTRICTED_FIRM, listing, measures_toml, records_jsonl

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


def states(credit: Callable[..., Run], decision_id: str) -> list[str]:
    return [one["state"] for one in credit("ledger", "show", decision_id).json["measures"]]


def test_release_what_is_due(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "release", book.refused, "--note", "已恢复参与资格")
    assert run.code == 0
    assert (run.json["decision_id"], run.json["receiver"]) == (book.refused, "platform")
    assert states(credit, book.refused) == ["released"]
    assert credit("ledger", "releases").code == 0
    again = credit("ledger", "release", book.refused)
    assert (again.code, again.error["error"]) == (2, "invalid_report")


def test_release_by_measure_and_as_a_table(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "release", book.refused, "--measure", "test.refuse", "--format", "table", "--lang", "en")
    assert run.code == 0
    assert "Kept: released" in run.out
    wrong = credit("ledger", "release", book.refused, "--measure", "test.nothing")
    assert (wrong.code, wrong.error["key"]) == (2, "measures")


def test_discharge_an_obligation(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "discharge", book.honoured, "test.later-papers", "--proof", "收件单 2026-77")
    assert run.code == 0
    assert states(credit, book.honoured) == ["discharged"]
    events = credit("ledger", "show", book.honoured).json["events"]
    assert [one["proof"] for one in events if one["event"] == "discharged"] == ["收件单 2026-77"]
    assert "收件单" in credit("ledger", "show", book.honoured, "--format", "table").out
    book.clock.advance(timedelta(days=30))
    assert credit("ledger", "obligations").code == 0


@pytest.mark.parametrize("command", [["release", "nothing"], ["discharge", "nothing", "m"], ["replay", "nothing"]])
def test_a_decision_that_is_not_there(credit: Callable[..., Run], book: Book, command: list[str]) -> None:
    run = credit("ledger", *command)
    assert (run.code, run.error["error"]) == (2, "unknown_decision")
    del book


def test_retry_dead_letters(credit: Callable[..., Run], book: Book, tmp_path: Path) -> None:
    assert credit("ledger", "retry", "--all").json == {"requeued": 0}
    book.deliver(tmp_path)
    keys = [one["key"] for one in credit("ledger", "dead").json["reports"]]
    assert credit("ledger", "retry", keys[0], keys[0]).json == {"requeued": 1}
    assert len(credit("ledger", "dead").json["reports"]) == 1
    stranger = credit("ledger", "retry", keys[1], book.report)
    assert (stranger.code, stranger.error["key"]) == (2, "KEY")
    assert "2 条" not in credit("ledger", "retry", "--all", "--format", "table").out
    assert credit("ledger", "dead").code == 0


def test_retry_what_waits(credit: Callable[..., Run], book: Book) -> None:
    store = SqliteLedger(book.path)
    keys = [one.key for one in store.deliveries()]
    later = stamped(book.clock() + timedelta(hours=12))
    body = {"receiver": "platform", "keys": keys, "next_at": later, "fault": "connect", "status": None, "words": None}
    store.append([entry(EntryKind.DEFERRED, book.clock(), body)])
    assert credit("ledger", "retry", keys[0]).json == {"requeued": 1}
    assert credit("ledger", "retry", "--waiting").json == {"requeued": 2}
    assert {one.next_at for one in store.deliveries()} == {book.clock()}
    assert credit("ledger", "retry", "--waiting", "--all").json == {"requeued": 0}
    store.close()


@pytest.mark.parametrize("options", [[], ["--all", "some-key"], ["--waiting", "some-key"]])
def test_retry_wants_keys_or_all(credit: Callable[..., Run], book: Book, options: list[str]) -> None:
    run = credit("ledger", "retry", *options)
    assert (run.code, run.error["key"]) == (2, "KEY")
    del book


def test_a_month_is_closed_once(credit: Callable[..., Run], book: Book) -> None:
    early = credit("ledger", "close", "--month", "2026-11")
    assert (early.code, early.error["key"]) == (2, "--month")
    assert "--so-far" in early.error["message"]
    seen = credit("ledger", "close", "--month", "2026-11", "--so-far")
    assert (seen.code, seen.json["closed_at"], seen.json["waiting"]) == (0, None, 3)
    book.clock.advance(timedelta(days=20))
    first = credit("ledger", "close", "--month", "2026-11")
    assert (first.code, first.json["repeated"]) == (0, False)
    book.clock.advance(timedelta(days=20))
    again = credit("ledger", "close", "--month", "2026-11")
    assert again.json == first.json | {"repeated": True}
    assert "此前已结" in credit("ledger", "close", "--month", "2026-11", "--format", "table").out


def test_a_month_of_a_ledger_that_lacks_something_says_so(credit: Callable[..., Run], book: Book) -> None:
    with sqlite3.connect(book.path) as file:
        file.execute("INSERT INTO entries (id, at, kind, body, crc) VALUES ('x', 'x', 'checked', '{}', 0)")
    file.close()
    book.clock.advance(timedelta(days=20))
    shown = credit("ledger", "close", "--month", "2026-11", "--format", "table")
    assert "台账当时缺 1 条，数字不全" in shown.out
    assert credit("ledger", "close", "--month", "2026-11").json["incomplete"] is True


def test_replay(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "replay", book.refused)
    assert (run.code, run.json["same"]) == (0, True)


def test_repair_saves_what_can_be_read(credit: Callable[..., Run], book: Book, tmp_path: Path) -> None:
    with sqlite3.connect(book.path) as file:
        file.execute("UPDATE entries SET body = replace(body, 'restrict', 'allow') WHERE id = ?", (book.spared,))
    file.close()
    damaged = credit("ledger", "show", book.spared)
    assert (damaged.code, damaged.error["error"]) == (4, "ledger_damaged")
    assert "repair" in damaged.error["message"]
    run = credit("ledger", "repair", "--format", "json")
    assert run.code == 1
    ((first, last),) = run.json["lost"]
    assert first == last
    assert (tmp_path / run.json["aside"]).exists()
    warning, error = (json.loads(line) for line in credit("ledger", "show", book.spared).err.splitlines())
    assert (warning["warning"], warning["file"]) == ("ledger_incomplete", book.path)
    assert error["error"] == "unknown_decision"
    assert credit("ledger", "show", book.refused).code == 0
    stats = credit("ledger", "stats", "--month", "2026-11")
    assert (stats.code, stats.error["warning"]) == (0, "ledger_incomplete")
    assert [stats.json[name] for name in ("incomplete", "damaged_entries", "missing_entries")] == [True, 0, 1]
    again = credit("ledger", "repair", "--format", "table", "--lang", "en")
    assert again.code == 0, "what an earlier repair has told of is no news"
    assert "No damage was found" in again.out
    assert "lost before  3" in again.out


def test_what_cannot_be_read_is_warned_of(credit: Callable[..., Run], tmp_path: Path) -> None:
    store = SqliteLedger(tmp_path / "a.db")
    store.append([checked(), checked()])
    store.close()
    whole = credit("ledger", "stats", "--ledger", store.name, "--month", "2026-11")
    assert (whole.err, whole.json["incomplete"], whole.json["total"]["checks"]) == ("", False, 2)
    with SqliteLedger(tmp_path / "a.db") as writing:
        writing.append([checked()])
    with sqlite3.connect(store.name) as file:
        file.execute("UPDATE entries SET crc = 7 WHERE sequence = 3")
    file.close()
    run = credit("ledger", "list", "--ledger", store.name)
    assert (run.code, len(run.json["decisions"])) == (0, 2)
    assert (run.error["warning"], run.error["file"]) == ("ledger_damaged", store.name)
    assert "credit ledger repair" in run.error["message"]
    stats = credit("ledger", "stats", "--ledger", store.name).json
    assert (stats["incomplete"], stats["damaged_entries"], stats["missing_entries"]) == (True, 1, 0)


def test_a_database_is_not_mended_and_a_file_not_migrated(credit: Callable[..., Run], book: Book) -> None:
    run = credit("ledger", "repair", "--ledger", "postgresql://nobody@localhost/nothing")
    assert (run.code, run.error["key"]) == (2, "--ledger")
    run = credit("ledger", "migrate")
    assert (run.code, run.error["key"]) == (2, "--ledger")
    del book


def test_the_group_explains_itself(credit: Callable[..., Run]) -> None:
    zh, en = (credit("ledger", "--help", "--lang", lang).out for lang in ("zh", "en"))
    assert "台账" in zh
    assert "what is still to be reported" in en


class Desk:
    """``credit check --ledger`` and what follows, with files for a source."""

    def __init__(self, credit: Callable[..., Run], folder: Path) -> None:
        self.credit = credit
        self.folder = folder
        self.measures = str(folder / "measures.toml")
        self.lists = str(folder / "lists.jsonl")
        self.ledger = str(folder / "ledger.db")
        (folder / "measures.toml").write_text(measures_toml(), encoding="utf-8")
        self.enter(listing())

    def enter(self, *listings: dict[str, Any]) -> None:
        (self.folder / "lists.jsonl").write_text(records_jsonl(*listings), encoding="utf-8")

    def check(self, code: str) -> str:
        run = self.credit(
            "check", code, "--domain", "fiction", "--action", "award", *self.source, "--measures", self.measures,
            "--ledger", self.ledger,
        )  # fmt: skip
        return str(run.json["decision_id"])

    def refuse(self, code: str) -> None:
        """Check, and report that the refusal was carried out."""
        ledger = Ledger.open(self.ledger)
        ledger.report(self.check(code), executed=["fiction.refuse"])
        ledger.close()

    @property
    def source(self) -> tuple[str, ...]:
        return ("--lists", self.lists)

    def __call__(self, *arguments: str) -> Run:
        return self.credit("ledger", *arguments, "--ledger", self.ledger)

    def recheck(self, *more: str) -> Run:
        return self("recheck", *self.source, "--measures", self.measures, *more)


@pytest.fixture
def desk(credit: Callable[..., Run], tmp_path: Path) -> Desk:
    """A desk that has checked one restricted firm and one that is not."""
    made = Desk(credit, tmp_path)
    made.refuse(A_RESTRICTED_FIRM)
    made.check(A_CLEAN_FIRM)
    return made


def test_recheck_tells_what_changed(desk: Desk) -> None:
    run = desk.recheck()
    assert (run.code, run.json) == (0, {"asked": 1, "unanswered": 0, "errors": {}, "changed": [], "releases": []})
    desk.enter(listing(status="repaired"))
    run = desk.recheck()
    assert run.code == 1
    (changed,) = run.json["changed"]
    assert (changed["old"]["effect"], changed["new"]["effect"]) == ("restrict", "allow")
    assert [one["reason"] for one in run.json["releases"]] == ["L-1: repaired"]
    assert desk("releases").code == 1
    assert desk.recheck().code == 0
    assert A_RESTRICTED_FIRM not in run.out


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ("限制 → 允许", "信用修复")), ("en", ("Restrict → Allow", "repaired"))]
)
def test_recheck_to_a_person(desk: Desk, lang: str, words: tuple[str, ...]) -> None:
    desk.enter(listing(status="repaired"))
    text = desk.recheck("--format", "table", "--lang", lang).out
    assert [word for word in words if word not in text] == []


def test_recheck_without_any_answer(desk: Desk) -> None:
    old = records_jsonl(listing(), as_of=datetime.now(UTC) - timedelta(days=3))
    (desk.folder / "lists.jsonl").write_text(old, encoding="utf-8")
    run = desk.recheck()
    assert run.code == 4
    assert (run.json["unanswered"], list(run.json["errors"])) == (1, ["stale_data"])


def test_recheck_shows_a_bar_where_a_person_watches(desk: Desk, person: Callable[..., Run]) -> None:
    run = person(
        "ledger", "recheck", *desk.source, "--measures", desk.measures, "--ledger", desk.ledger, "--lang", "en"
    )
    assert run.code == 0


def test_recheck_takes_one_source(desk: Desk) -> None:
    run = desk.recheck("--source", "demo")
    assert (run.code, run.error["key"]) == (2, "--lists")


def test_send_needs_somebody_who_takes_outcomes_in(desk: Desk) -> None:
    run = desk("send", *desk.source)
    assert (run.code, run.error["error"], run.error["key"]) == (2, "invalid_settings", "source")


def test_main_knows_the_group() -> None:
    assert main(("ledger", "list", "--help")) == 0
