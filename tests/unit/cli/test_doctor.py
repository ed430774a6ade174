from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credit_sdk.cli.examination import _shown
from credit_sdk.client.settings import Setting
from tests.unit.cli.material import A_CLEAN_FIRM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
