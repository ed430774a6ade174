"""The pure half of the cache: how long, how old, by which marks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from credit_sdk import Subject
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.model.subject import ListedSubject
from credit_sdk.sources import MemorySource
from credit_sdk.sources._cache_policy import CachePolicy, Hearing, age, marks_of, marks_of_changes
from credit_sdk.testing import MOMENT, coverage, fictional_code, kept, listing
from tests.unit.sources.cache_rig import change, page

SECONDS = st.floats(0, 10**6)
SHARES = st.floats(0, 1, exclude_max=True)


@given(ttl=SECONDS, negative=SECONDS, stale=SECONDS, jitter=SHARES, draw=SHARES, found=st.booleans())
def test_jitter_only_shortens(
    ttl: float, negative: float, stale: float, jitter: float, draw: float, found: bool
) -> None:
    policy = CachePolicy(ttl, negative, stale, jitter)
    record = CreditRecord("s", MOMENT, found, CoverageTable())
    entry = policy.keep(Subject(fictional_code(1)), record, MOMENT, 0.0, draw)
    most = ttl if found else negative
    if entry is None:
        assert most == stale == 0
        return
    assert most * (1 - jitter) <= entry.fresh_for <= most
    assert entry.useful_for == max(entry.fresh_for, stale)


@given(wall=st.floats(-(10**6), 10**6), steady=SECONDS)
def test_an_age_is_what_the_worse_clock_says(wall: float, steady: float) -> None:
    entry = replace(kept(), tick=0.0)
    now = MOMENT + timedelta(seconds=wall)
    assert age(entry, now, steady) >= steady
    assert age(entry, now, steady) >= abs(wall) - 0.001
    assert abs(age(replace(entry, tick=None), now, steady) - abs(wall)) < 0.001


def test_another_processs_entry_obeys_both_policies() -> None:
    entry = replace(kept(fresh_for=1000.0), tick=None)
    assert CachePolicy(2000, 60, 0, 0).fresh(entry, MOMENT + timedelta(seconds=999), 0)
    assert not CachePolicy(2000, 60, 0, 0).fresh(entry, MOMENT + timedelta(seconds=1000), 0)
    assert not CachePolicy(300, 60, 0, 0).fresh(entry, MOMENT + timedelta(seconds=300), 0)


def test_a_reader_who_comes_late_does_not_put_the_cursor_back() -> None:
    hearing = Hearing(None)
    first, second = page(change(1), cursor="a"), page(change(2), cursor="b")
    hearing.advance(None, first)
    hearing.advance("a", second)
    hearing.advance(None, first)
    assert hearing.cursor == "b"
    assert not hearing.missed_some("b", page(change(3)))
    assert hearing.missed_some("b", page(change(4)))
    assert not hearing.missed_some(None, first)


NAMES = st.sampled_from([None, "虚构一号有限公司", "虛構一號有限公司", "虚构二号有限公司"])
CODES = st.sampled_from([None, fictional_code(1), fictional_code(2)])
ORGANISATIONS = st.sampled_from([None, fictional_code(1)[8:17], fictional_code(2)[8:17]])
NUMBERS = st.sampled_from([None, "990100000000012", "990100000000029"])
FORMER = st.lists(NAMES.filter(bool), max_size=2).map(lambda names: tuple(str(name) for name in names))


@given(st.data())
def test_a_change_finds_every_record_that_it_alters(data: st.DataObject) -> None:
    """Against the memory source, with and without the entry: where its answer differs, a mark must be shared."""
    entry = {
        "code": data.draw(CODES),
        "organisation_code": data.draw(ORGANISATIONS),
        "registration_number": data.draw(NUMBERS),
        "name": data.draw(NAMES),
        "former_names": list(data.draw(FORMER)),
    }
    asked = {
        "code": data.draw(CODES),
        "organisation_code": data.draw(ORGANISATIONS),
        "registration_number": data.draw(NUMBERS),
        "name": data.draw(NAMES),
    }
    if not any(asked.values()) or not any(
        entry[key] for key in ("code", "organisation_code", "registration_number", "name")
    ):
        return
    former = data.draw(FORMER) if asked["name"] else ()
    subject = Subject(asked.pop("code"), **asked, former_names=former)  # type: ignore[arg-type]
    whole = {key: value for key, value in entry.items() if value}
    [without] = MemorySource.of([coverage()], read_at=MOMENT).fetch([subject])
    [with_it] = MemorySource.of([coverage(), listing(subject=whole)], read_at=MOMENT).fetch([subject])
    assert isinstance(without, CreditRecord)
    assert isinstance(with_it, CreditRecord)
    listed = ListedSubject(**{key: tuple(value) if isinstance(value, list) else value for key, value in whole.items()})  # type: ignore[arg-type]
    found_by = marks_of_changes([change(subject=listed, id="L-1")])
    assert found_by is not None
    if with_it.listings:
        assert found_by & set(marks_of(subject, without)), "a new entry would not be seen"
        assert found_by & set(marks_of(subject, with_it)), "a repaired entry would live on"
    # Rule 3.7. A question with a name needs no telling: the entry would be found by it.
    if subject.name is None and with_it.uncoded_lists != without.uncoded_lists:
        assert found_by & set(marks_of(subject, without)), "what a check by code cannot see would stay unsaid"
