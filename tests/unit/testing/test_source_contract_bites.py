"""The source contract finds what is wrong with a source."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

TESTS = """
from dataclasses import replace

from credit_sdk.errors import SourceUnavailable
from credit_sdk.model.record import CoverageTable
from credit_sdk.model.subject import Subject
from credit_sdk.sources import MemorySource
from credit_sdk.testing import SourceContract

class Wrong:
    name = "wrong"

    def __init__(self, records):
        self.right = MemorySource.of(records)
        self.closed = False

    def fetch(self, subjects, *, timeout=None):
        return [self.spoil(record) for record in self.right.fetch(subjects)]

    def spoil(self, record):
        return record

    def close(self):
        pass

{wrong}

class TestWrong(SourceContract):
    methods = {methods}

    def make_source(self, records, tmp_path):
        return Made(records)
"""


def run(pytester: pytest.Pytester, wrong: str, methods: tuple[str, ...] = ("fetch",)) -> list[str]:
    """The names of the tests that fail."""
    pytester.makepyfile(test_wrong=TESTS.format(wrong=wrong, methods=methods))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rfE")
    named = [line.split("::")[-1].split(" - ")[0] for line in result.outlines if line.startswith(("FAILED", "ERROR"))]
    return [name.partition("[")[0] for name in named]


def spoiled(body: str) -> str:
    return f"class Made(Wrong):\n    def spoil(self, record):\n        {body}"


def asked(body: str) -> str:
    return f"class Made(Wrong):\n    def fetch(self, subjects, *, timeout=None):\n        {body}"


def test_a_right_source_passes(pytester: pytest.Pytester) -> None:
    assert run(pytester, "Made = Wrong") == []


@pytest.mark.parametrize(
    ("wrong", "found_by"),
    [
        pytest.param(spoiled("return replace(record, found=True)"), "an_unknown_subject_gets_a_record", id="knows all"),
        pytest.param(spoiled("return replace(record, found=False)"), "a_listed_subject_is_found", id="knows none"),
        pytest.param(spoiled("return replace(record, violations=())"), "a_listed_subject_is_found", id="no violations"),
        pytest.param(
            spoiled("return replace(record, coverage=CoverageTable())"),
            "coverage_is_what_was_consulted",
            id="no coverage",
        ),
        pytest.param(
            spoiled("return replace(record, coverage={**record.coverage})"),
            "coverage_cannot_be_changed",
            id="coverage can be changed",
        ),
        pytest.param(
            spoiled(
                "return replace(record, coverage=CoverageTable({x.list: one for x in record.listings for one in"
                " record.coverage.values()}))"
            ),
            "coverage_is_what_was_consulted",
            id="covers what it happens to hold",
        ),
        pytest.param(
            spoiled("return replace(record, uncoded_lists=frozenset())"),
            "lists_without_codes_are_named",
            id="hides entries without code",
        ),
        pytest.param(
            spoiled("return replace(record, read_at=record.read_at.replace(tzinfo=None))"),
            "it_says_when_the_data_were_read",
            id="naive moment",
        ),
        pytest.param(
            spoiled("return replace(record, listings=record.listings * 2)"),
            "a_listed_subject_is_found",
            id="every listing twice",
        ),
        pytest.param(
            spoiled("return replace(record, listings=tuple(replace(x, remedy=None) for x in record.listings))"),
            "entries_are_whole",
            id="loses a field",
        ),
        pytest.param(
            asked("return self.right.fetch([Subject(s.code) for s in subjects if s.code])"),
            "also_found",
            id="by code only",
        ),
        pytest.param(
            asked("return self.right.fetch(subjects)[::-1]"), "answers_are_in_the_order_of_the_subjects", id="order"
        ),
        pytest.param(
            asked("return self.right.fetch(tuple(dict.fromkeys(subjects)))"),
            "answers_are_in_the_order_of_the_subjects",
            id="repeats folded",
        ),
        pytest.param(asked("return iter(self.right.fetch(subjects))"), "no_subject_no_answer", id="an iterator"),
        pytest.param(
            asked("return [SourceUnavailable('停', 'down') for _ in subjects]"), "a_listed_subject_is_found", id="down"
        ),
        pytest.param(
            "class Made(Wrong):\n    def close(self):\n        assert not self.closed\n        self.closed = True",
            "it_may_be_closed_twice",
            id="close",
        ),
        pytest.param("class Made(Wrong):\n    name = ''", "it_has_a_name", id="nameless"),
    ],
)
def test_a_wrong_source_fails(pytester: pytest.Pytester, wrong: str, found_by: str) -> None:
    assert f"test_{found_by}" in run(pytester, wrong)


def test_a_missing_method_is_named(pytester: pytest.Pytester) -> None:
    assert "test_it_has_a_name" in run(pytester, "Made = Wrong", ("fetch", "fetch_async"))
