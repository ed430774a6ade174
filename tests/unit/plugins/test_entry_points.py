"""Installed adapters, as real distributions on the path."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import AdapterFailed, InvalidSettings
from credit_sdk.plugins import DomainRegistry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUP = "credit_sdk_test_group"  # apart from the adapters that are installed

GOOD = """\
from credit_sdk.plugins import Domain, hookimpl

@hookimpl
def credit_sdk_domain():
    return Domain.from_package(__name__, name={domain!r}, title="虚构领域")
"""

LIST = """\
id = "{id}"
domain = "{domain}"
title = "虚构措施清单"
version = "1"
jurisdiction = "CN"
status = "in_force"
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a distribution on the path: one package, one entry point."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(
        name: str, code: str, *, distribution: str | None = None, toml: str | None = None, target: str = ""
    ) -> None:
        distribution = distribution or f"fictional-{name}"
        package = distribution.replace("-", "_")
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").write_text(code, encoding="utf-8")
        if toml is not None:
            (folder / "measures.toml").write_text(toml, encoding="utf-8")
        about = tmp_path / f"{package}-1.2.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (about / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {target or package}\n")
        monkeypatch.delitem(sys.modules, package, raising=False)

    return make


def install_good(install: Callable[..., None], name: str, **options: str) -> None:
    install(name, GOOD.format(domain=name), toml=LIST.format(id=f"cn.{name}", domain=name), **options)


def load(only: list[str] | None = None) -> DomainRegistry:
    return DomainRegistry.from_entry_points(only, group=GROUP)


def test_an_installed_adapter_is_found(install: Callable[..., None]) -> None:
    install_good(install, "good")

    registry = load()

    assert registry.problems == ()
    [info] = registry.adapters
    assert (info.name, info.distribution, info.version, info.domain) == ("good", "fictional-good", "1.2", "good")
    assert info.label == "good (fictional-good 1.2)"
    assert [ml.id for ml in info.measure_lists] == ["cn.good"]
    assert registry.measure_lists("good") == info.measure_lists


@pytest.mark.parametrize(
    ("code", "toml", "said"),
    [
        pytest.param("import fictional_missing", None, "ModuleNotFoundError: No module named", id="import fails"),
        pytest.param("def (", None, "SyntaxError: ", id="does not parse"),
        pytest.param("raise RuntimeError('a\\nb')", None, "RuntimeError: a;", id="raises at import"),
        pytest.param("raise SystemExit(3)", None, "SystemExit: 3", id="exits at import"),
        pytest.param("", None, "does not implement the hook", id="empty"),
        pytest.param(GOOD.format(domain="bad"), None, "holds no measure list", id="no measure list"),
        pytest.param(GOOD.format(domain="bad"), "id = ", "not valid TOML", id="broken TOML"),
        pytest.param(GOOD.format(domain="bad"), LIST.format(id="x", domain="y"), "is of domain y", id="other domain"),
    ],
)
def test_a_broken_one_is_named_and_the_others_survive(
    install: Callable[..., None], code: str, toml: str | None, said: str
) -> None:
    install("bad", code, toml=toml)
    install_good(install, "good")

    registry = load()

    [problem] = registry.problems
    assert problem.adapter == "bad"
    assert "bad (fictional-bad 1.2)" in problem.message("zh")
    assert "bad (fictional-bad 1.2)" in problem.message("en")
    assert said in problem.message("en").replace("the package holds no", "holds no").replace("has no", "holds no")
    assert "\n" not in str(problem)
    assert registry.measure_lists("good")
    with pytest.raises(AdapterFailed, match="fictional-bad"):
        registry.measure_lists("bad")


def test_the_place_in_a_broken_list_is_kept(install: Callable[..., None]) -> None:
    install("bad", GOOD.format(domain="bad"), toml=LIST.format(id="cn.bad", domain="bad") + "surprise = 1\n")
    [problem] = load().problems
    assert (problem.file, problem.line, problem.key) == ("fictional_bad/measures.toml", 7, "surprise")


@pytest.mark.parametrize("target", ["fictional_nowhere", "fictional_bad:nothing", "fictional bad"])
def test_an_entry_point_to_nowhere(install: Callable[..., None], target: str) -> None:
    install("bad", "", target=target)
    install_good(install, "good")
    registry = load()
    assert [problem.adapter for problem in registry.problems] == ["bad"]
    assert list(registry.domains) == ["good"]


def test_only_the_named_ones_are_loaded(install: Callable[..., None]) -> None:
    install_good(install, "good")
    install("bad", "raise RuntimeError")

    registry = load(only=["good"])

    assert registry.problems == ()
    assert list(registry.domains) == ["good"]
    assert "fictional_bad" not in sys.modules
    assert load(only=[]).adapters == ()


def test_an_unknown_name_is_an_error(install: Callable[..., None]) -> None:
    install_good(install, "good")
    with pytest.raises(InvalidSettings) as raised:
        load(only=["good", "godo"])
    for lang in ("zh", "en"):
        assert "godo" in raised.value.message(lang)
        assert raised.value.message(lang).endswith("good")


def test_two_distributions_with_one_adapter_name(install: Callable[..., None]) -> None:
    install_good(install, "good")
    install_good(install, "good", distribution="fictional-twin")

    registry = load()

    assert len(registry.problems) == 2
    for problem in registry.problems:
        for lang in ("zh", "en"):
            assert "fictional-good 1.2" in problem.message(lang)
            assert "fictional-twin 1.2" in problem.message(lang)
    assert not registry.domains


def test_damaged_metadata_are_no_reason_to_refuse(install: Callable[..., None], tmp_path: Path) -> None:
    install_good(install, "good")
    (tmp_path / "fictional_good-1.2.dist-info" / "METADATA").unlink()
    registry = load()
    assert registry.problems == ()
    assert registry.measure_lists("good")


def test_our_own_adapters_are_sound() -> None:
    registry = DomainRegistry.from_entry_points()
    assert registry.problems == ()
    assert {"approval", "bidding", "procurement", "subsidy"} <= set(registry.domains)
