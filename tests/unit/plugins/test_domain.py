"""What an adapter brings, and how it reads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import AdapterFailed, InvalidMeasureList
from credit_sdk.plugins import Domain
from credit_sdk.testing import measure_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIST = """\
id = "{area}.{domain}"
domain = "{domain}"
title = "虚构措施清单"
version = "1"
jurisdiction = "{area}"
status = "in_force"
"""


@pytest.fixture
def make_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a package with these files, put it on the path, and give its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, files: dict[str, str]) -> str:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in {"__init__.py": "", **files}.items():
            (folder / file).write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    return make


def test_every_toml_beside_the_package_is_read_by_file_name(make_package: Callable[..., str]) -> None:
    package = make_package(
        "fictional_good",
        {
            "measures.toml": LIST.format(domain="fictional", area="CN"),
            "measures-44.toml": LIST.format(domain="fictional", area="44"),
            "notes.txt": "not a list",
        },
    )

    domain = Domain.from_package(package, name="fictional", title="虚构领域", title_en="Fictional")

    assert (domain.name, domain.title, domain.title_en) == ("fictional", "虚构领域", "Fictional")
    assert [ml.id for ml in domain.measure_lists] == ["44.fictional", "CN.fictional"]
    assert domain.measure_lists[0].file == "fictional_good/measures-44.toml"


def test_the_module_will_do_for_its_name(make_package: Callable[..., str]) -> None:
    package = make_package("fictional_module", {"measures.toml": LIST.format(domain="fictional", area="CN")})
    module = __import__(package)
    assert Domain.from_package(module, name="fictional", title="虚构领域").measure_lists


def test_a_package_without_a_list(make_package: Callable[..., str]) -> None:
    package = make_package("fictional_empty", {})
    with pytest.raises(AdapterFailed) as raised:
        Domain.from_package(package, name="fictional", title="虚构领域")
    assert raised.value.file == "fictional_empty"
    assert "measures.toml" in raised.value.message("en")


def test_a_module_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fictional_single.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AdapterFailed, match="fictional_single"):
        Domain.from_package("fictional_single", name="fictional", title="虚构领域")


def test_a_list_of_another_domain_is_named_by_its_file(make_package: Callable[..., str]) -> None:
    package = make_package("fictional_other", {"measures.toml": LIST.format(domain="somebody-elses", area="CN")})
    with pytest.raises(AdapterFailed) as raised:
        Domain.from_package(package, name="fictional", title="虚构领域")
    assert raised.value.file == "fictional_other/measures.toml"
    assert "somebody-elses" in raised.value.message("en")


def test_a_list_that_does_not_load_is_named_by_file_line_and_key(make_package: Callable[..., str]) -> None:
    package = make_package(
        "fictional_typo", {"measures.toml": LIST.format(domain="fictional", area="CN") + 'verison = "2"\n'}
    )
    with pytest.raises(InvalidMeasureList) as raised:
        Domain.from_package(package, name="fictional", title="虚构领域")
    assert (raised.value.file, raised.value.line, raised.value.key) == ("fictional_typo/measures.toml", 7, "verison")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"name": "Test"}, "name", id="a name with a capital"),
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"name": None}, "name", id="a name that is no text"),
        pytest.param({"title": " "}, "title", id="a blank title"),
        pytest.param({"title": 1}, "title", id="a title that is no text"),
        pytest.param({"measure_lists": ()}, "measure_lists", id="no measure list"),
        pytest.param({"measure_lists": ("measures.toml",)}, "measure_lists", id="something else than a measure list"),
        pytest.param({"name": "other"}, "domain", id="a measure list of another domain"),
        pytest.param({"measure_lists": (measure_list(), measure_list())}, "id", id="two measure lists with one id"),
    ],
)
def test_what_a_domain_cannot_be(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(AdapterFailed) as raised:
        Domain(**{"name": "test", "title": "虚构领域", "measure_lists": (measure_list(),), **changes})
    assert raised.value.key == key


def test_a_domain_is_a_value() -> None:
    domain = Domain("test", "虚构领域", measure_lists=[measure_list()])  # type: ignore[arg-type]
    assert isinstance(domain.measure_lists, tuple)
    with pytest.raises(AttributeError):
        domain.name = "other"  # type: ignore[misc]
