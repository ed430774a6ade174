"""The exception tree: as drawn in its docstring, bilingual, picklable, without identifiers."""

from __future__ import annotations

import copy
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from credit_sdk import errors
from credit_sdk.errors import (
    BadRecord,
    CreditError,
    IncompleteCoverage,
    InvalidFile,
    InvalidRecords,
    InvalidSubject,
    LedgerUnavailable,
    NoDecision,
    Restricted,
    SourceUnavailable,
    StaleData,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def drawn() -> dict[str, str]:
    """Each class of the docstring's picture, with the class above it."""
    lines = [line for line in (errors.__doc__ or "").splitlines() if re.match(r"    (CreditError|[│├└ ])", line)]
    above: list[tuple[int, str]] = []
    tree = {}
    for line in lines:
        match = re.search(r"[A-Z]\w+", line)
        assert match, line
        while above and above[-1][0] >= match.start():
            above.pop()
        if above:
            tree[match[0]] = above[-1][1]
        above.append((match.start(), match[0]))
    return tree


def every(kind: type[CreditError] = CreditError) -> Iterator[type[CreditError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


OURS = [kind for kind in every() if kind.__module__ == "credit_sdk.errors"]


def test_the_tree_is_as_drawn() -> None:
    real = {kind.__name__: kind.__mro__[1].__name__ for kind in OURS if kind is not CreditError}
    assert drawn() == real


def test_every_error_of_the_package_stands_in_the_tree() -> None:
    import importlib
    import pkgutil

    import credit_sdk

    for module in pkgutil.walk_packages(credit_sdk.__path__, "credit_sdk."):
        # `env` is run by Alembic, and by nobody else.
        if not module.name.endswith(("__main__", ".migrations.env")):
            importlib.import_module(module.name)
    public = [
        kind for kind in every() if kind.__module__.startswith("credit_sdk") and not kind.__name__.startswith("_")
    ]
    assert set(public) == set(OURS)


@pytest.mark.parametrize("kind", OURS)
def test_the_code_is_the_name_in_snake_case(kind: type[CreditError]) -> None:
    words = re.findall(r"[A-Z][a-z]+", kind.__name__)
    assert kind.code == "_".join(words).lower()


@pytest.mark.parametrize("kind", OURS)
def test_every_error_says_what_it_is(kind: type[CreditError]) -> None:
    assert kind.__doc__


def test_the_interfaces_names_stand_where_it_says() -> None:
    """Interfaces section 1."""
    for kind in (SourceUnavailable, IncompleteCoverage, StaleData, BadRecord):
        assert issubclass(kind, NoDecision)
    assert issubclass(InvalidSubject, ValueError)
    assert not issubclass(Restricted, NoDecision)


def test_only_another_asking_helps_is_retryable() -> None:
    assert {kind for kind in OURS if kind.retryable} == {LedgerUnavailable, SourceUnavailable, StaleData}


@pytest.mark.parametrize("kind", OURS)
def test_both_languages_and_the_place(kind: type[CreditError]) -> None:
    error = kind("中文", "English", file="a.jsonl", line=3, key="status")
    assert (error.message(), error.message("zh"), error.message("en")) == ("中文", "中文", "English")
    assert error.located("en") == "a.jsonl:3: status: English"
    assert str(error) == error.located("zh") == "a.jsonl:3: status: 中文"


@pytest.mark.parametrize(
    ("place", "located"),
    [
        ({}, "E"),
        ({"file": "f"}, "f: E"),
        ({"line": 3}, "3: E"),
        ({"key": "k"}, "k: E"),
        ({"file": "f", "key": "k"}, "f: k: E"),
    ],
    ids=str,
)
def test_only_what_is_known_of_the_place_is_said(place: dict[str, object], located: str) -> None:
    assert CreditError("中", "E", **place).located("en") == located  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", OURS)
def test_errors_can_be_pickled_and_copied(kind: type[CreditError]) -> None:
    error = kind("中文", "English", file="a", line=1, key="k")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301
        assert type(twin) is kind
        assert (twin.zh, twin.en, twin.file, twin.line, twin.key) == ("中文", "English", "a", 1, "k")
        assert str(twin) == str(error)
        assert twin.args == error.args


def test_facts_are_pickled_too() -> None:
    error = IncompleteCoverage("中", "E")
    error.missing, error.stale = ("a", "b"), ("c",)
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (twin.missing, twin.stale, twin.listings) == (("a", "b"), ("c",), ())


def test_a_restriction_is_pickled_with_its_decision() -> None:
    """A process pool hands it over."""
    from credit_sdk import CreditClient
    from credit_sdk.plugins import DomainRegistry
    from credit_sdk.sources import MemorySource
    from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, measure_list

    client = CreditClient(
        MemorySource.of([coverage(), listing()], read_at=MOMENT),
        domains=DomainRegistry(),
        measure_lists=[measure_list()],
        clock=FixedClock(),
    )
    decision = client.check(fictional_code(1), domain="test", action="award")
    with pytest.raises(Restricted) as caught:
        decision.raise_for_restriction()
    twin = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert twin.decision.to_json() == decision.to_json()


def test_an_error_from_another_thread_is_itself() -> None:
    def fail() -> None:
        raise InvalidRecords("中", "E", file="f")

    with ThreadPoolExecutor(1) as pool, pytest.raises(InvalidFile, match="f: 中"):
        pool.submit(fail).result()
