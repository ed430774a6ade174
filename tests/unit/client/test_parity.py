"""The twins have the same public members, with the same signatures and words."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient
from credit_sdk.client.guard import AsyncCase, AsyncGuard, Case, Guard

# The twin's name where it differs; nothing else may.
TWIN = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
AWAITED = {
    "__aenter__",
    "__aexit__",
    "aclose",
    "affected",
    "check",
    "check_many",
    "confirm",
    "discharge",
    "flush",
    "recheck",
    "release",
    "releases",
    "report",
}
OF_A_CLIENT = {"__init__", "__enter__", "__exit__", "__aenter__", "__aexit__"}


def members(kind: type) -> dict[str, Any]:
    return {name: member for name, member in vars(kind).items() if name in OF_A_CLIENT or not name.startswith("_")}


def shape(member: Any) -> list[tuple[str, Any, Any]]:
    """Parameters by name, kind and default."""
    function: Any = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    if not callable(function):
        return []
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def test_the_twins_have_the_same_members() -> None:
    assert {TWIN.get(name, name) for name in members(CreditClient)} == set(members(AsyncCreditClient))


@pytest.mark.parametrize("name", sorted(members(CreditClient)))
def test_a_member_and_its_twin_agree(name: str) -> None:
    one, other = members(CreditClient)[name], members(AsyncCreditClient)[TWIN.get(name, name)]
    assert type(one) is type(other)
    assert shape(one) == shape(other)


@pytest.mark.parametrize("name", sorted(members(AsyncCreditClient)))
def test_only_what_waits_is_awaited(name: str) -> None:
    member = members(AsyncCreditClient)[name]
    assert inspect.iscoroutinefunction(member) == (name in AWAITED)


def test_annotations_agree_but_for_source_and_guard() -> None:
    for name in AWAITED & set(members(CreditClient)):
        one, other = getattr(CreditClient, name), getattr(AsyncCreditClient, name)
        assert one.__annotations__ == other.__annotations__


@pytest.mark.parametrize(("one", "other"), [(Guard, AsyncGuard), (Case, AsyncCase)])
def test_guards_and_cases_are_twins_too(one: type, other: type) -> None:
    mine, its = members(one), members(other)
    assert {TWIN.get(name, name) for name in mine} == set(its)
    for name, member in mine.items():
        assert shape(member) == shape(its[TWIN.get(name, name)])


def test_a_guard_takes_what_a_check_takes() -> None:
    of_guard = inspect.signature(CreditClient.guard).parameters
    of_check = list(inspect.signature(CreditClient.check).parameters)
    assert list(of_guard)[: len(of_check)] == of_check


def test_a_request_has_the_fields_of_check() -> None:
    """Interfaces section 1: `CheckRequest` has the same fields."""
    of_check = [name for name in inspect.signature(CreditClient.check).parameters if name not in {"self", "timeout"}]
    assert list(inspect.signature(CheckRequest).parameters) == of_check


def test_check_has_the_parameters_of_the_interface() -> None:
    assert list(inspect.signature(CreditClient.check).parameters) == [
        "self",
        "subject",
        "domain",
        "action",
        "members",
        "related",
        "jurisdiction",
        "handles",
        "purpose",
        "authorization",
        "as_of",
        "context",
        "timeout",
    ]
