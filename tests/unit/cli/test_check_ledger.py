"""``credit check --ledger``: the check is kept, or there is no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.ledger.sqlite import SqliteLedger
from tests.unit.cli.material import A_CLEAN_FIRM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]

CHECK = ("check", A_CLEAN_FIRM, "--domain", "procurement", "--action", "award", "--source", "demo")


def kept(path: Path) -> list[str]:
    store = SqliteLedger(path)
    try:
        return [one.decision_id for one in store.decisions()]
    finally:
        store.close()


def test_a_check_is_kept(credit: Credit, tmp_path: Path) -> None:
    run = credit(*CHECK, "--ledger", str(tmp_path / "a.db"))
    assert run.json["decision_id"] == kept(tmp_path / "a.db")[0]


def test_the_setting_names_the_ledger(credit: Credit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_LEDGER", str(tmp_path / "a.db"))
    monkeypatch.setenv("CREDIT_SERVICE", "窗口")
    credit(*CHECK)
    credit(*CHECK, "--ledger", str(tmp_path / "b.db"))
    assert len(kept(tmp_path / "a.db")) == len(kept(tmp_path / "b.db")) == 1


def test_what_cannot_be_kept_is_no_answer(credit: Credit, tmp_path: Path) -> None:
    run = credit(*CHECK, "--ledger", str(tmp_path / "nowhere" / "a.db"))
    assert (run.code, run.out) == (4, "")
    assert run.error["error"] == "ledger_unavailable"


def test_unless_it_need_not_be_kept(credit: Credit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_LEDGER_REQUIRED", "false")
    path = str(tmp_path / "nowhere" / "a.db")
    run = credit(*CHECK, "--ledger", path)
    assert (run.code, bool(run.json["decision_id"])) == (0, True)
    warning = run.error
    assert (warning["warning"], warning["file"], warning["key"]) == ("not_kept", path, "ledger")
    assert A_CLEAN_FIRM not in run.err
    assert credit(*CHECK, "--ledger", str(tmp_path / "a.db")).err == ""


def test_a_person_is_told_in_a_sentence(person: Credit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_LEDGER_REQUIRED", "false")
    run = person(*CHECK, "--ledger", str(tmp_path / "nowhere" / "a.db"), "--format", "table")
    assert run.code == 0
    assert "警告" in run.err
    assert "没有入账" in run.err


def test_what_is_no_ledger_is_bad_input(credit: Credit) -> None:
    run = credit(*CHECK, "--ledger", "mysql://host/credit")
    assert (run.code, run.error["key"]) == (2, "ledger")
