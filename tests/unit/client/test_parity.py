"""The twins have the same public members, with the same signatures and words."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient

# The twin's name where it differs; nothing else may.
TWIN = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
AWAITED = {"check", "check_many", "aclose", "__aenter__", "__aexit__"}
OF_A_CLIENT = {"__init__", "__enter__", "__exit__", "__aenter__", "__aexit__"}


def members(kind: type) -> dict[str, Any]:
    return {name: member for name, member in vars(kind).items() if name in OF_A_CLIENT or not name.startswith("_")}


def shape(member: Any) -> list[tuple[str, Any, Any]]:
    """Parameters by name, kind and default."""
    function: Any = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
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


def test_annotations_agree_but_for_the_source() -> None:
    for name in ("check", "check_many"):
        one, other = getattr(CreditClient, name), getattr(AsyncCreditClient, name)
        assert one.__annotations__ == other.__annotations__


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
