"""The source contract: what any source of credit records must do, as one class to inherit.

.. code-block:: python

    from credit_sdk.testing import SourceContract


    class TestMySource(SourceContract):
        def make_source(self, records, tmp_path):
            return MySource(records)  # or put them where the source reads from

Every test runs for ``fetch`` and for ``fetch_async``; a source with one of them says so in ``methods``. A source that
cannot be given records (a live platform, a demonstration) says through the class's attributes what it holds, and sets to
``None`` what it does not. Tests may be added in minor releases.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from credit_sdk.model.record import CreditRecord
from credit_sdk.model.subject import Subject
from credit_sdk.testing.builders import coverage, fictional_code, listing, violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LISTED, _NAMESAKE, _BY_ORGANISATION = fictional_code(1), fictional_code(2), fictional_code(3)
_NAME, _OLD_NAME = "虚构信用（示范）有限公司", "虚构信用旧名有限公司"
_REGISTRATION = "990100000000012"


def _registered(name: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    return {**({"code": code} if code else {}), "name": name, "type": "legal_entity", **more}


class SourceQuestion(NamedTuple):
    """A way to ask, and what must be found."""

    how: str
    """In a few words; the test's id."""
    subject: Subject
    ids: frozenset[str]
    """Ids of the listings to be found."""


class Asked:
    """A source under test, asked through one of its two methods."""

    def __init__(self, source: Any, method: str, runner: asyncio.Runner) -> None:
        self.source = source
        self.awaited = method == "fetch_async"
        self._runner = runner

    def ask(self, *subjects: Subject, timeout: float | None = None) -> Sequence[CreditRecord]:
        """The answers, which must be records."""
        answers: Any = (
            self._runner.run(self.source.fetch_async(subjects, timeout=timeout))
            if self.awaited
            else self.source.fetch(subjects, timeout=timeout)
        )
        assert isinstance(answers, list | tuple), f"{type(answers).__name__} returned, not a list or tuple"
        assert len(answers) == len(subjects), f"{len(answers)} answers to {len(subjects)} subjects"
        for answer in answers:
            assert isinstance(answer, CreditRecord), f"no record but {answer!r}"
        return answers

    def ask_at_once(self, subject: Subject, times: int) -> list[CreditRecord]:
        """The answers to the same question asked from several threads, or by several tasks."""
        if not self.awaited:
            with ThreadPoolExecutor(8) as threads:
                return list(threads.map(lambda _: self.ask(subject)[0], range(times)))

        async def all_of_them() -> list[Sequence[Any]]:
            return list(await asyncio.gather(*(self.source.fetch_async([subject]) for _ in range(times))))

        return [answers[0] for answers in self._runner.run(all_of_them())]

    def close(self) -> None:
        """Close the source."""
        if self.awaited:
            self._runner.run(self.source.aclose())
        else:
            self.source.close()


class SourceContract:
    """Inherit as ``class Test…(SourceContract)`` and say how the source is made."""

    records: Sequence[Mapping[str, Any]] = (
        coverage("tax.major-violation"),
        coverage("court.judgment-defaulter"),
        coverage("market.abnormal-operation", history_from=None),
        coverage("violations"),
        listing("tax.major-violation", id="L-1", subject=_registered(_NAME, _LISTED), severity="severe"),
        listing("court.judgment-defaulter", id="L-2", subject=_registered(_NAME, _NAMESAKE)),
        listing("market.abnormal-operation", id="L-3", subject=_registered(_NAME)),
        listing("tax.major-violation", id="L-4", subject={"organisation_code": _BY_ORGANISATION[8:17]}),
        listing("tax.major-violation", id="L-5", subject={"registration_number": _REGISTRATION}),
        listing("tax.major-violation", id="L-6", subject=_registered("虚构改名有限公司", former_names=[_OLD_NAME])),
        # Of a list that nobody vouches for: it is handed on, and its list is not covered (rule 7.5).
        listing("tax.a-rated", id="L-7", subject=_registered(_NAME, _LISTED)),
        violation(id="V-1", subject=_registered(_NAME, _LISTED)),
    )
    """What the source is given."""

    methods: Sequence[str] = ("fetch", "fetch_async")
    """The methods that the source has; one of them is enough."""
    listed: Subject = Subject(_LISTED)
    """A subject that the source knows and lists."""
    listed_ids: frozenset[str] = frozenset({"L-1", "L-7"})
    """Ids of the listings that its code finds."""
    violation_ids: frozenset[str] = frozenset({"V-1"})
    """Ids of the violations that its code finds."""
    unknown: Subject = Subject(fictional_code(999_999))
    """A subject that the source does not know."""
    covered: frozenset[str] | None = frozenset(
        {"tax.major-violation", "court.judgment-defaulter", "market.abnormal-operation", "violations"}
    )
    """Codes of all the lists that it speaks for."""
    uncoded: frozenset[str] | None = frozenset({"tax.major-violation", "market.abnormal-operation"})
    """Codes of the lists with entries that cannot be compared with ``listed`` by code (rule 3.7)."""
    also_found: Sequence[SourceQuestion] = (
        SourceQuestion("by a name that several bear", Subject(name=_NAME), frozenset({"L-1", "L-2", "L-3", "L-7"})),
        SourceQuestion(
            "by the name written otherwise",
            Subject(name="虛構信用(示範) 有限公司"),
            frozenset({"L-1", "L-2", "L-3", "L-7"}),
        ),
        SourceQuestion("by code and name", Subject(_LISTED, name=_NAME), frozenset({"L-1", "L-2", "L-3", "L-7"})),
        SourceQuestion("by a former name of the entry's", Subject(name=_OLD_NAME), frozenset({"L-6"})),
        SourceQuestion(
            "by a former name of the subject's",
            Subject(fictional_code(9), name="虚构今名有限公司", former_names=(_NAME,)),
            frozenset({"L-1", "L-2", "L-3", "L-7"}),
        ),
        SourceQuestion("by the organisation code inside the code", Subject(_BY_ORGANISATION), frozenset({"L-4"})),
        SourceQuestion(
            "by organisation code, entries with a code", Subject(organisation_code=_NAMESAKE[8:17]), frozenset({"L-2"})
        ),
        SourceQuestion("by registration number", Subject(registration_number=_REGISTRATION), frozenset({"L-5"})),
    )
    """What else is asked."""

    def make_source(self, records: Sequence[Mapping[str, Any]], tmp_path: Path) -> Any:
        """The source under test, holding ``records``.

        :param records: objects as they stand in a JSON Lines file.
        :param tmp_path: an empty folder to use.
        """
        raise NotImplementedError

    @pytest.fixture
    def asked(self, method: str, tmp_path: Path) -> Iterator[Asked]:
        """The source, asked through ``method``."""
        source = self.make_source(self.records, tmp_path)
        assert callable(getattr(source, method, None)), f"{type(source).__name__} has no {method}; see `methods`"
        with asyncio.Runner() as runner:
            asked = Asked(source, method, runner)
            yield asked
            asked.close()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each method and each question."""
        if "asked" in metafunc.fixturenames:
            metafunc.parametrize("method", self.methods)
        if "question" in metafunc.fixturenames:
            metafunc.parametrize("question", self.also_found, ids=[question.how for question in self.also_found])

    # ------------------------------------------------------------------------------------------------- the answers

    def test_it_has_a_name(self, asked: Asked) -> None:
        """Decisions show it."""
        assert isinstance(asked.source.name, str), "name is no text"
        assert asked.source.name.strip(), "name is empty"

    def test_no_subject_no_answer(self, asked: Asked) -> None:
        """Nothing asked, nothing answered."""
        assert len(asked.ask()) == 0

    def test_answers_are_in_the_order_of_the_subjects(self, asked: Asked) -> None:
        """One for each, repeats included."""
        first, second, third = asked.ask(self.listed, self.listed, self.unknown)
        assert _ids(first) == _ids(second) == self.listed_ids
        assert not third.listings

    def test_a_listed_subject_is_found(self, asked: Asked) -> None:
        """With every listing and violation that its code finds."""
        [record] = asked.ask(self.listed)
        assert record.found, "found is false, though the subject is listed"
        assert _ids(record) == self.listed_ids
        assert {one.id for one in record.violations} == self.violation_ids

    def test_an_unknown_subject_gets_a_record(self, asked: Asked) -> None:
        """Not found, and with the coverage that makes "on no list" true (rule 7.6)."""
        [record] = asked.ask(self.unknown)
        assert not record.found, "found is true, though the source does not know the subject"
        assert not record.listings
        assert not record.violations
        assert record.coverage, "no coverage: nobody could conclude anything from this record"

    def test_entries_are_whole(self, asked: Asked) -> None:
        """What the records say arrives as they say it; nothing is left out, nothing filled in."""
        given = {one["id"]: one for one in self.records if one["type"] == "listing"}
        [record] = asked.ask(self.listed)
        for one in (one for one in record.listings if one.id in given):
            for key in ("list", "status", "authority", "document", "reason", "severity", "remedy"):
                assert getattr(one, key) == given[one.id].get(key), f"{one.id}: {key}"
            for key in ("effective_from", "effective_until"):
                day = getattr(one, key)
                assert (day and day.isoformat()) == given[one.id].get(key), f"{one.id}: {key}"

    def test_also_found(self, asked: Asked, question: SourceQuestion) -> None:
        """By name, whoever bears it, by organisation code and by registration number."""
        [record] = asked.ask(question.subject)
        assert _ids(record) == question.ids, question.how
        assert record.found, question.how

    # --------------------------------------------------------------------------------------------------- coverage

    def test_coverage_is_what_was_consulted(self, asked: Asked) -> None:
        """Whoever is asked about; no list that nobody vouches for."""
        for record in asked.ask(self.listed, self.unknown):
            assert all(one.as_of.utcoffset() is not None for one in record.coverage.values()), "a moment without offset"
            if self.covered is not None:
                assert set(record.coverage) == self.covered

    def test_coverage_cannot_be_changed(self, asked: Asked) -> None:
        """It is shared between records."""
        [record] = asked.ask(self.listed)
        code = next(iter(record.coverage))
        changeable: Any = record.coverage
        with pytest.raises((TypeError, AttributeError)):
            changeable[code] = None
        with pytest.raises((TypeError, AttributeError)):
            del changeable[code]

    def test_lists_without_codes_are_named(self, asked: Asked) -> None:
        """So that a check by code alone knows what it could not see (rule 3.7)."""
        if self.uncoded is None:
            return
        [record] = asked.ask(self.listed)
        assert record.uncoded_lists == self.uncoded

    def test_it_says_when_the_data_were_read(self, asked: Asked) -> None:
        """By the reader's clock, with an offset; coverage is not later than that by more than an hour (rule 7.4)."""
        [record] = asked.ask(self.listed)
        assert record.read_at.utcoffset() is not None, "read_at has no offset"

    # ---------------------------------------------------------------------------------------------------- conduct

    def test_asking_again_gives_the_same(self, asked: Asked) -> None:
        """A question changes nothing."""
        first, second = asked.ask(self.listed)[0], asked.ask(self.listed)[0]
        assert first.listings == second.listings
        assert first.violations == second.violations
        assert dict(first.coverage) == dict(second.coverage)

    def test_a_timeout_can_be_given(self, asked: Asked) -> None:
        """In seconds."""
        [record] = asked.ask(self.listed, timeout=30.0)
        assert record.found

    def test_many_may_ask_at_once(self, asked: Asked) -> None:
        """Several threads, or several tasks."""
        question = next(iter(self.also_found), SourceQuestion("by code", self.listed, self.listed_ids))
        assert {_ids(record) for record in asked.ask_at_once(question.subject, 40)} == {question.ids}

    def test_it_may_be_closed_twice(self, asked: Asked) -> None:
        """Whoever cleans up need not know who did before."""
        asked.close()
        asked.close()


def _ids(record: CreditRecord) -> frozenset[str]:
    ids = [one.id for one in record.listings]
    assert len(ids) == len(set(ids)), f"a listing stands in the record twice: {ids}"
    return frozenset(ids)
