"""The registry as a value: what it holds, what it refuses, what it survives."""

from __future__ import annotations

import inspect
import pickle
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import AdapterFailed, UnknownDomain
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.plugins import Domain, DomainRegistry, _spec, hookimpl
from credit_sdk.testing import measure_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from credit_sdk.model.measure import MeasureList

LOCAL = {"code": "fictional.model", "name": "虚构诚信典型名单", "kind": "red"}


class Plugin:
    """An adapter that does whatever ``hook`` does."""

    def __init__(self, hook: Callable[[], Any]) -> None:
        self._hook = hook

    @hookimpl
    def credit_sdk_domain(self) -> Any:
        return self._hook()


def brings(*measure_lists: MeasureList, domain: str = "test", title: str = "虚构领域") -> Plugin:
    return Plugin(lambda: Domain(domain, title, measure_lists=measure_lists))


def local(**changes: Any) -> dict[str, Any]:
    return {"local": [LOCAL | changes]}


def broken_names(registry: DomainRegistry) -> list[str]:
    return [problem.adapter for problem in registry.problems]


# ----------------------------------------------------------------------------------------------------- what it holds


def test_an_empty_registry() -> None:
    registry = DomainRegistry()
    assert dict(registry.domains) == {}
    assert registry.problems == ()
    assert registry.adapters == ()
    assert registry.lists == CATALOGUE


def test_domains_and_measure_lists_are_sorted() -> None:
    country, area = measure_list(), measure_list(id="44.test", jurisdiction="44")
    other = measure_list(id="cn.other", domain="other")
    registry = DomainRegistry({"b": brings(country, area), "a": brings(other, domain="other")})

    assert list(registry.domains) == ["other", "test"]
    assert registry.measure_lists("test") == (area, country)
    assert [(info.name, info.domain, info.problem) for info in registry.adapters] == [
        ("a", "other", None),
        ("b", "test", None),
    ]


def test_local_lists_join_the_catalogue() -> None:
    registry = DomainRegistry([brings(measure_list(lists=local()))])
    assert set(registry.lists) == {*CATALOGUE, "fictional.model"}


def test_a_module_goes_by_its_name() -> None:
    module = ModuleType("fictional_adapter")
    module.credit_sdk_domain = hookimpl(lambda: Domain("test", "虚构领域", measure_lists=(measure_list(),)))  # type: ignore[attr-defined]
    assert [info.name for info in DomainRegistry([module]).adapters] == ["fictional_adapter"]


def test_two_adapters_may_share_a_domain() -> None:
    country, area = measure_list(lists=local()), measure_list(id="44.test", jurisdiction="44", lists=local())
    registry = DomainRegistry({"test.44": brings(area, title="虚构领域（44）"), "test": brings(country)})

    assert registry.problems == ()
    assert registry.measure_lists("test") == (area, country)
    assert registry.domains["test"].title == "虚构领域"  # what the first by name calls it


def test_it_cannot_be_changed() -> None:
    registry: Any = DomainRegistry([brings(measure_list())])
    assert isinstance(registry.domains, MappingProxyType)
    assert isinstance(registry.lists, MappingProxyType)
    for name in ("domains", "lists", "adapters", "problems", "anything"):
        with pytest.raises(AttributeError):
            setattr(registry, name, None)


# ------------------------------------------------------------------------------------------------- what it survives


def a_misspelt_hook() -> ModuleType:
    module = ModuleType("misspelt")
    module.credit_sdk_domian = hookimpl(lambda: None)  # type: ignore[attr-defined]
    return module


def an_unmarked_hook() -> ModuleType:
    module = ModuleType("unmarked")
    module.credit_sdk_domain = lambda: None  # type: ignore[attr-defined]
    return module


def a_hook_with_an_argument() -> ModuleType:
    module = ModuleType("argument")
    module.credit_sdk_domain = hookimpl(lambda config: config)  # type: ignore[attr-defined]
    return module


def raises(error: BaseException) -> Plugin:
    def hook() -> None:
        raise error

    return Plugin(hook)


FAULTS: Mapping[str, tuple[object, str]] = {
    "raises": (raises(RuntimeError("first line\nsecond line")), "RuntimeError: first line;"),
    "raises without a word": (raises(RuntimeError()), "RuntimeError: -"),
    "raises an error of ours": (raises(AdapterFailed("中文", "English")), "English"),
    "exits": (raises(SystemExit("bye")), "SystemExit: bye"),
    "returns nothing": (Plugin(lambda: None), "returned NoneType, not a Domain"),
    "returns nonsense": (Plugin(lambda: {"name": "test"}), "returned dict, not a Domain"),
    "returns the class": (Plugin(lambda: Domain), "returned type, not a Domain"),
    "has no measure list": (brings(), "has no measure list"),
    "has a measure list of another domain": (brings(measure_list(domain="other")), "is of domain other"),
    "implements nothing": (ModuleType("nothing"), "does not implement the hook credit_sdk_domain"),
    "is nothing": (None, "does not implement the hook"),
    "does not mark its hook": (an_unmarked_hook(), "mark it with @hookimpl"),
    "misspells its hook": (a_misspelt_hook(), "there is no hook credit_sdk_domian"),
    "wants an argument": (a_hook_with_an_argument(), "takes no arguments"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_adapter_is_named_and_the_others_survive(fault: str) -> None:
    plugin, said = FAULTS[fault]
    registry = DomainRegistry({"broken": plugin, "test": brings(measure_list())})

    [problem] = registry.problems
    assert isinstance(problem, AdapterFailed)
    assert problem.adapter == "broken"
    assert said in problem.message("en")
    for lang in ("zh", "en"):
        message = problem.message(lang)
        assert "broken" in message
        assert "CREDIT_ADAPTERS" in message
        assert "\n" not in message
        assert "Traceback" not in message
    assert registry.measure_lists("test")
    assert [info.problem for info in registry.adapters] == [problem, None]


def test_an_interrupt_is_no_fault_of_the_adapters() -> None:
    with pytest.raises(KeyboardInterrupt):
        DomainRegistry([raises(KeyboardInterrupt())])


def test_a_long_message_is_cut() -> None:
    [problem] = DomainRegistry([raises(ValueError("x" * 10_000))]).problems
    assert len(problem.message("en")) < 600


def test_the_domain_of_a_broken_adapter_says_why() -> None:
    registry = DomainRegistry({"test": raises(RuntimeError("boom"))})
    for _ in range(2):
        with pytest.raises(AdapterFailed, match="boom") as raised:
            registry.measure_lists("test")
        assert raised.value.adapter == "test"
        assert raised.value is not registry.problems[0]
    assert registry.problems[0].__traceback__ is None
    assert isinstance(registry.problems[0].__cause__, RuntimeError)


def test_a_domain_does_not_go_on_with_half_of_its_measure_lists() -> None:
    """The area's list, had it loaded, might have been the one to decide."""
    registry = DomainRegistry({"test": brings(measure_list()), "test.44": raises(RuntimeError("boom"))})
    assert "test" not in registry.domains
    with pytest.raises(AdapterFailed, match="boom"):
        registry.measure_lists("test")


def test_an_unknown_domain_names_the_known_and_the_broken() -> None:
    registry = DomainRegistry({"bad": raises(RuntimeError()), "test": brings(measure_list())})
    with pytest.raises(UnknownDomain) as raised:
        registry.measure_lists("tset")
    for lang in ("zh", "en"):
        assert all(name in raised.value.message(lang) for name in ("tset", "test", "bad", "credit doctor"))


def test_an_unknown_domain_without_any_adapter() -> None:
    with pytest.raises(UnknownDomain, match="安装"):
        DomainRegistry().measure_lists("test")


def test_a_problem_can_be_pickled() -> None:
    [problem] = DomainRegistry([raises(RuntimeError("boom"))]).problems
    again = pickle.loads(pickle.dumps(problem))  # noqa: S301 - our own
    assert (again.adapter, again.zh, again.en) == (problem.adapter, problem.zh, problem.en)


# --------------------------------------------------------------------------------------------------- what it refuses


def test_two_measure_lists_with_one_id() -> None:
    third = brings(measure_list(id="cn.other", domain="other"), domain="other")
    registry = DomainRegistry({"one": brings(measure_list()), "two": brings(measure_list()), "three": third})

    assert broken_names(registry) == ["one", "two"]
    for problem in registry.problems:
        for lang in ("zh", "en"):
            assert all(name in problem.message(lang) for name in ("cn.test", "one", "two"))
    with pytest.raises(AdapterFailed):
        registry.measure_lists("test")
    assert list(registry.domains) == ["other"]
    assert [len(info.measure_lists) for info in registry.adapters] == [1, 1, 1]


def test_two_measure_lists_with_one_id_in_two_domains() -> None:
    other = brings(measure_list(domain="other"), domain="other")
    registry = DomainRegistry({"one": brings(measure_list()), "two": other})
    assert broken_names(registry) == ["one", "two"]
    assert not registry.domains


def test_two_adapters_with_one_name() -> None:
    registry = DomainRegistry([brings(measure_list()), brings(measure_list(id="44.test", jurisdiction="44"))])
    assert broken_names(registry) == ["Plugin", "Plugin"]


@pytest.mark.parametrize(
    "change",
    [{"kind": "black"}, {"class": "third_party"}, {"open_ended": True}, {"name": "虚构别的名单"}],
    ids=lambda change: next(iter(change)),
)
def test_two_local_lists_with_one_code(change: dict[str, Any]) -> None:
    one = measure_list(lists=local())
    two = measure_list(id="44.test", jurisdiction="44", lists=local(**change))

    registry = DomainRegistry({"one": brings(one), "two": brings(two)})
    assert broken_names(registry) == ["one", "two"]
    assert "fictional.model" in registry.problems[0].message("en")
    assert "fictional.model" not in registry.lists

    registry = DomainRegistry({"both": brings(one, two)})
    assert broken_names(registry) == ["both"]
    assert "two lists of its own" in registry.problems[0].message("en")


def test_a_local_list_may_be_called_otherwise_in_english() -> None:
    one = measure_list(lists=local(name_en="Fictional models"))
    two = measure_list(id="44.test", jurisdiction="44", lists=local())
    assert DomainRegistry({"one": brings(one), "two": brings(two)}).problems == ()


# ------------------------------------------------------------------------------------------------ the specification


def test_every_hook_is_typed_documented_and_prefixed() -> None:
    hooks = [
        value
        for name, value in vars(_spec).items()
        if inspect.isfunction(value) and hasattr(value, "credit_sdk_spec") and not name.startswith("_")
    ]
    assert [hook.__name__ for hook in hooks] == ["credit_sdk_domain"]
    for hook in hooks:
        assert hook.__name__.startswith("credit_sdk_")
        assert inspect.getdoc(hook)
        assert "return" in hook.__annotations__
