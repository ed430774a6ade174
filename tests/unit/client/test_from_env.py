"""Settings: argument > environment > file > default; bad ones named with their place and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.client.settings import Settings
from credit_sdk.errors import InvalidSettings
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, measure_list

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.client.conftest import Way


def settings_file(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "credit.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def memory() -> MemorySource:
    return MemorySource.of([coverage()], read_at=MOMENT)


def test_the_argument_wins(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_SOURCE", "nonsense")
    monkeypatch.setenv("CREDIT_CONFIG", str(settings_file(tmp_path, 'source = "nonsense"')))
    source = memory()
    assert way.from_env(source=source, domains=DomainRegistry()).client.source is source


def test_the_environment_wins_over_the_file(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_SOURCE", "demo")
    monkeypatch.setenv("CREDIT_CONFIG", str(settings_file(tmp_path, 'source = "nonsense"')))
    assert "demo" in way.from_env(domains=DomainRegistry()).client.source.name


def test_the_file_wins_over_the_default(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_CONFIG", str(settings_file(tmp_path, 'source = "demo"')))
    assert "demo" in way.from_env(domains=DomainRegistry()).client.source.name


def test_without_a_source_there_is_no_client(way: Way) -> None:
    """No default source: data from nowhere must not look like "on no list"."""
    with pytest.raises(InvalidSettings, match="CREDIT_SOURCE"):
        way.from_env()


def test_a_blank_variable_is_not_set(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_SOURCE", "")
    with pytest.raises(InvalidSettings, match="CREDIT_SOURCE"):
        way.from_env()


def test_adapters_are_chosen_by_name(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_ADAPTERS", "procurement, subsidy")
    assert set(way.from_env(source="demo").client.domains.domains) == {"procurement", "subsidy"}
    assert set(way.from_env(source="demo", adapters=["approval"]).client.domains.domains) == {"approval"}


def test_adapters_may_be_an_array_in_the_file(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_CONFIG", str(settings_file(tmp_path, 'source = "demo"\nadapters = ["bidding"]')))
    assert set(way.from_env().client.domains.domains) == {"bidding"}


def test_no_adapter_leaves_no_domain(way: Way) -> None:
    assert dict(way.from_env(source="demo", adapters=[]).client.domains.domains) == {}


def test_an_adapter_that_is_not_installed_is_named(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_ADAPTERS", "procurement,space")
    with pytest.raises(InvalidSettings, match="space"):
        way.from_env(source="demo")


def test_other_arguments_pass_on(way: Way) -> None:
    client = way.from_env(source=memory(), domains=DomainRegistry(), measure_lists=[measure_list()], clock=FixedClock())
    assert client.check(fictional_code(2)).decided_at == MOMENT


@pytest.mark.parametrize(
    ("content", "key"),
    [
        pytest.param('sauce = "demo"', "sauce", id="unknown key"),
        pytest.param("source = 7", "source", id="a number"),
        pytest.param("source = [1]", "source", id="an array of numbers"),
        pytest.param("[source]\nx = 1", "source", id="a table"),
        pytest.param("adapters = true", "adapters", id="a boolean"),
    ],
)
def test_an_unusable_setting_names_file_and_key(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, key: str
) -> None:
    path = settings_file(tmp_path, content)
    monkeypatch.setenv("CREDIT_CONFIG", str(path))
    with pytest.raises(InvalidSettings) as caught:
        way.from_env(source="demo")
    assert (caught.value.file, caught.value.key) == (str(path), key)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("source = ", id="malformed"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param("source = " + "[" * 5000, id="nested too deep"),
        pytest.param("source = " + "1" * 5000, id="a number of 5000 digits"),
        pytest.param(None, id="not there"),
    ],
)
def test_an_unusable_file_is_named(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes | None
) -> None:
    path = tmp_path / "none.toml" if content is None else settings_file(tmp_path, content)
    monkeypatch.setenv("CREDIT_CONFIG", str(path))
    with pytest.raises(InvalidSettings) as caught:
        way.from_env(source="demo")
    assert caught.value.file == str(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_with_a_byte_order_mark_is_read(way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_CONFIG", str(settings_file(tmp_path, b'\xef\xbb\xbfsource = "demo"')))
    assert "demo" in way.from_env(domains=DomainRegistry()).client.source.name


@pytest.mark.parametrize(
    ("arguments", "environ", "value", "origin"),
    [
        ({"source": "a"}, {"CREDIT_SOURCE": "b"}, "a", "argument"),
        ({}, {"CREDIT_SOURCE": "b"}, "b", "environment"),
        ({"source": None}, {"CREDIT_SOURCE": "b"}, "b", "environment"),
        ({}, {}, None, "default"),
    ],
    ids=["argument", "environment", "argument None", "default"],
)
def test_a_setting_says_where_it_comes_from(
    arguments: dict[str, Any], environ: dict[str, str], value: str | None, origin: str
) -> None:
    settings, others = Settings.collect({**arguments, "clock": 1}, environ)
    assert (settings.source.value, settings.source.origin) == (value, origin)
    assert others == {"clock": 1}


def test_a_setting_of_the_file_names_it(tmp_path: Path) -> None:
    path = settings_file(tmp_path, 'source = "demo"')
    settings, _ = Settings.collect({}, {"CREDIT_CONFIG": str(path)})
    assert (settings.source.value, settings.source.origin) == ("demo", str(path))
