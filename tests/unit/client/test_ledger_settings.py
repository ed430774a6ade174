"""The ledger by settings: argument > environment > file > default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.client.settings import Settings
from credit_sdk.errors import InvalidSettings, LedgerUnavailable
from credit_sdk.plugins import DomainRegistry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.client.conftest import Called, Way


@pytest.fixture(autouse=True)
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_SOURCE", "demo")


def made(way: Way, **options: Any) -> Called:
    return way.from_env(domains=DomainRegistry(), **options)


def test_without_a_word_nothing_is_kept(way: Way) -> None:
    assert made(way).client.ledger is None


def test_the_environment_names_the_ledger(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_LEDGER", str(tmp_path / "env.db"))
    monkeypatch.setenv("CREDIT_SERVICE", "招标系统")
    monkeypatch.setenv("CREDIT_LEDGER_REQUIRED", "false")
    feedback = tmp_path / "feedback.toml"
    feedback.write_text('[feedback.default]\nperiod = "monthly"\nby_day = 20\n', "utf-8")
    monkeypatch.setenv("CREDIT_FEEDBACK", str(feedback))
    ledger = made(way).ledger
    assert ledger.file == str(tmp_path / "env.db")
    assert (ledger.service, ledger.required) == ("招标系统", False)
    assert ledger.rules["default"].by_day == 20


def test_the_argument_wins(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_LEDGER", str(tmp_path / "env.db"))
    monkeypatch.setenv("CREDIT_LEDGER_REQUIRED", "0")
    client = made(way, ledger=tmp_path / "argument.db", ledger_required=True)
    assert client.ledger.file == str(tmp_path / "argument.db")
    assert client.ledger.required


def test_the_file_is_read(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credit.toml"
    ledger = (tmp_path / "file.db").as_posix()
    file.write_text(f'ledger = "{ledger}"\nledger_required = false\nservice = "文件"\n', "utf-8")
    monkeypatch.setenv("CREDIT_CONFIG", str(file))
    client = made(way)
    assert (client.ledger.file, client.ledger.required, client.ledger.service) == (ledger, False, "文件")


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("YES", True), ("1", True), ("no", False), ("0", False)])
def test_a_flag_has_its_words(value: str, meant: bool) -> None:
    settings, _ = Settings.collect({"ledger_required": value}, {})
    assert settings.ledger_options() == {"ledger_required": meant}


def test_another_word_is_refused_with_its_place(tmp_path: Path) -> None:
    settings, _ = Settings.collect({}, {"CREDIT_LEDGER_REQUIRED": "perhaps"})
    with pytest.raises(InvalidSettings) as raised:
        settings.ledger_options()
    assert (raised.value.key, raised.value.file) == ("ledger_required", None)
    file = tmp_path / "credit.toml"
    file.write_text('ledger_required = "perhaps"\n', "utf-8")
    settings, _ = Settings.collect({}, {"CREDIT_CONFIG": str(file)})
    with pytest.raises(InvalidSettings) as raised:
        settings.ledger_options()
    assert raised.value.file == str(file)


def test_feedback_rules_that_cannot_be_read(way: Way, tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings):
        made(way, ledger=tmp_path / "a.db", feedback=tmp_path / "nowhere.toml")


def test_a_ledger_in_a_folder_that_is_not_there_is_said_when_it_is_used(way: Way, tmp_path: Path) -> None:
    client = way.from_env(ledger=tmp_path / "nowhere" / "a.db")
    with pytest.raises(LedgerUnavailable):
        client.check("91990100MA0000A019", domain="procurement", action="award")
