from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from credit_sdk.cli.examination import _shown
from credit_sdk.client.settings import Setting
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing.ledger import checked
from tests.unit.cli.material import A_CLEAN_FIRM

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]
    Files = Callable[[str, str | bytes], str]

BROKEN = {
    "raises": "raise RuntimeError('out of order')",
    "returns nonsense": "from credit_sdk.plugins import hookimpl\n@hookimpl\ndef credit_sdk_domain():\n    return 42\n",
    "has no measure list": (
        "from credit_sdk.plugins import Domain, hookimpl\n"
        "@hookimpl\ndef credit_sdk_domain():\n    return Domain('fishing', '渔业')\n"
    ),
    "has no hook": "",
}


@pytest.fixture
def broken_adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """An installed distribution whose adapter for ``fishing`` is broken."""
    module = f"broken_adapter_{abs(hash(request.node.name)) % 10**6}"
    (tmp_path / f"{module}.py").write_text(BROKEN[request.param], "utf-8")
    info = tmp_path / "credit_sdk_fishing-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: credit-sdk-fishing\nVersion: 9.9\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[credit_sdk]\nfishing = {module}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "fishing"


def test_a_sound_installation(credit: Credit) -> None:
    run = credit("doctor")

    assert (run.code, run.err) == (0, "")
    assert run.json["ok"] is True
    assert {one["name"] for one in run.json["adapters"]} >= {"approval", "bidding", "procurement", "subsidy"}
    assert {"python", "credit-sdk", "pydantic", "click"} <= set(run.json["versions"])
    assert run.json["settings"]["source"] == {"value": None, "origin": "default"}
    assert "一切正常" in credit("doctor", "--format", "table").out


@pytest.mark.parametrize("broken_adapter", BROKEN, indirect=True)
def test_a_broken_adapter_is_named_and_stops_its_own_domain_only(credit: Credit, broken_adapter: str) -> None:
    run = credit("doctor")
    assert (run.code, run.json["ok"]) == (1, False)
    (problem,) = run.json["problems"]
    assert problem["error"] == "adapter_failed"
    assert broken_adapter in problem["message"]
    table = credit("doctor", "--format", "table")
    assert "✗ fishing" in table.out
    assert "credit-sdk-fishing 9.9" in table.out

    refused = credit("check", A_CLEAN_FIRM, "--domain", broken_adapter, "--action", "award", "--source", "demo")
    assert (refused.code, refused.out, refused.error["error"]) == (2, "", "adapter_failed")
    assert credit("check", A_CLEAN_FIRM, "--domain", "procurement", "--action", "award", "--source", "demo").code == 0


def test_settings_are_shown_with_their_origin(credit: Credit, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files("credit.toml", 'source = "demo"\n')
    monkeypatch.setenv("CREDIT_CONFIG", path)
    monkeypatch.setenv("CREDIT_ADAPTERS", "procurement")
    run = credit("doctor")

    assert run.json["settings"]["source"] == {"value": "demo", "origin": path}
    assert run.json["settings"]["adapters"] == {"value": "procurement", "origin": "environment"}
    assert [one["name"] for one in run.json["adapters"]] == ["procurement"]
    assert run.json["source"].startswith("demo")
    assert credit("check", A_CLEAN_FIRM, "--domain", "procurement", "--action", "award").code == 0


@pytest.mark.parametrize(
    ("variable", "value", "error"),
    [
        ("CREDIT_SOURCE", "nowhere", "invalid_settings"),
        ("CREDIT_ADAPTERS", "fishing", "invalid_settings"),
        ("CREDIT_CONFIG", "no-such.toml", "invalid_settings"),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_problem(
    credit: Credit, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, error: str
) -> None:
    monkeypatch.setenv(variable, value)
    run = credit("doctor")
    assert run.code == 1
    assert error in {problem["error"] for problem in run.json["problems"]}
    assert credit("doctor", "--format", "table", "--lang", "en").code == 1


def test_secrets_are_not_shown() -> None:
    assert _shown("api_key", Setting("abc", "environment")) == ("********", "environment")
    shown, _ = _shown("source", Setting("https://user:abc@credit.example.gov.cn/api", "environment"))
    assert shown == "https://********@credit.example.gov.cn/api"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqliteLedger:
    """A ledger that is set, with one check in it."""
    store = SqliteLedger(tmp_path / "a.db")
    store.append([checked()])
    store.close()
    monkeypatch.setenv("CREDIT_LEDGER", store.name)
    return store


def test_a_ledger_that_is_well(credit: Credit, ledger: SqliteLedger) -> None:
    run = credit("doctor")
    assert (run.code, run.json["problems"]) == (0, [])
    counts = dict.fromkeys(("damaged", "missing", "waiting", "late", "dead"), 0) | {"counted_to": 100_000}
    assert run.json["ledger"] == {"name": ledger.name, "exists": True, "usable": True, "required": True} | counts
    for lang, word in (("zh", "可读写"), ("en", "can be read and written")):
        assert word in credit("doctor", "--format", "table", "--lang", lang).out


def test_a_ledger_that_is_not_there_yet_is_not_made(
    credit: Credit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDIT_LEDGER", str(tmp_path / "b.db"))
    monkeypatch.setenv("CREDIT_LEDGER_REQUIRED", "false")
    run = credit("doctor")
    assert (run.code, run.json["ledger"]["exists"], run.json["ledger"]["required"]) == (0, False, False)
    assert "照样核查" in credit("doctor", "--format", "table").out
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("CREDIT_LEDGER", str(tmp_path / "nowhere" / "b.db"))
    run = credit("doctor")
    assert (run.code, [one["error"] for one in run.json["problems"]]) == (1, ["ledger_unavailable"])


def test_a_ledger_that_is_damaged_or_none(
    credit: Credit, ledger: SqliteLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(ledger.name) as file:
        file.execute("UPDATE entries SET crc = 7")
    file.close()
    run = credit("doctor")
    assert (run.code, run.json["ledger"]["damaged"]) == (1, 1)
    assert "credit ledger repair" in run.json["problems"][0]["message"]
    (tmp_path / "empty.db").touch()
    for path in (tmp_path / "empty.db", tmp_path):
        monkeypatch.setenv("CREDIT_LEDGER", str(path))
        assert credit("doctor").code == 1


@pytest.mark.parametrize(
    ("variable", "content"),
    [("CREDIT_FEEDBACK", "[feedback.procurement]\nperiod = 'weekly'\n"), ("CREDIT_RECEIPT_KEY", "no key")],
)
def test_what_goes_with_a_ledger_is_looked_at(
    credit: Credit, files: Files, monkeypatch: pytest.MonkeyPatch, variable: str, content: str
) -> None:
    path = files("file", content)
    Path(path).chmod(0o600)
    monkeypatch.setenv(variable, path)
    run = credit("doctor")
    assert (run.code, [one["error"] for one in run.json["problems"]]) == (1, ["invalid_settings"])
    assert path in run.json["problems"][0]["message"]
