"""What a change takes out of a cache (a repaired listing must not live on), and how the feed is followed."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any
from weakref import ref

import pytest

from credit_sdk import Subject
from credit_sdk.errors import BadRecord, InvalidSettings, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.model.subject import ListedSubject
from credit_sdk.ports.changes import ChangePage
from credit_sdk.sources import CachedSource
from credit_sdk.testing import fictional_code, listing
from tests.unit.sources.cache_rig import CLEAR, LISTED, PATIENCE, UNKNOWN, Rig, Upstream, change, page

if TYPE_CHECKING:
    from collections.abc import Callable

OUTAGE = SourceUnavailable("测试停机", "test outage", fault="connect")
CODE, OTHER = fictional_code(1), fictional_code(2)
NUMBER, OTHER_NUMBER = "990100000000012", "990100000000029"
NAME, OTHER_NAME = "虚构一号有限公司", "虚构二号有限公司"


def listed(code: str | None = OTHER, **more: Any) -> ListedSubject:
    """Another firm in all respects, unless said otherwise."""
    return ListedSubject(code, **{"registration_number": OTHER_NUMBER, "name": OTHER_NAME} | more)


def test_a_repaired_listing_does_not_live_on(rig: Rig) -> None:
    assert rig.one(LISTED).listings
    rig.upstream.records = rig.upstream.records[:1]
    assert rig.one(LISTED).listings  # nobody has heard of it yet
    rig.poll(page(change(subject=listed(CODE), id="L-1")))
    assert not rig.one(LISTED).listings


def test_nor_does_it_serve_in_an_outage(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.poll(page(change(subject=listed(CODE), id="L-1")))
    rig.upstream.failure = OUTAGE
    assert list(rig.ask(LISTED)) == [OUTAGE]


@pytest.mark.parametrize(
    ("how", "subject", "entry", "concerned"),
    [
        ("by code", Subject(CODE), listed(CODE), True),
        ("another's", Subject(CODE), listed(), False),
        ("by code, asked with organisation code", Subject(organisation_code=CODE[8:17]), listed(CODE), True),
        ("by organisation code", Subject(CODE), listed(None, organisation_code=CODE[8:17]), True),
        ("another's organisation code", Subject(CODE), listed(None, organisation_code=OTHER[8:17]), False),
        ("by number", Subject(registration_number=NUMBER), listed(registration_number=NUMBER), True),
        ("another's number", Subject(registration_number=NUMBER), listed(), False),
        ("no number said", Subject(registration_number=NUMBER), listed(registration_number=None), True),
        ("by name", Subject(name=NAME), listed(name=NAME), True),
        ("by the name written otherwise", Subject(name="虛構一號 有限公司"), listed(name=NAME), True),
        ("by the entry's former name", Subject(name=NAME), listed(former_names=(NAME,)), True),
        (
            "by the subject's former name",
            Subject(CODE, name="虚构今名有限公司", former_names=(NAME,)),
            listed(name=NAME),
            True,
        ),
        ("another's name", Subject(name=NAME), listed(), False),
        ("no name said", Subject(name=NAME), listed(name=None), True),
        ("a blank name", Subject(name=NAME), listed(name="　"), True),
        ("by code, asked with another name too", Subject(CODE, name=NAME), listed(CODE), True),
        # Rule 3.7: an entry without a code alters what a check by code could not see.
        ("no code said", Subject(CODE), listed(None), True),
        ("no code said, asked by name", Subject(name=NAME), listed(None), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whom_a_change_concerns(rig: Rig, how: str, subject: Subject, entry: ListedSubject, concerned: bool) -> None:
    rig.ask(subject)
    rig.poll(page(change(subject=entry)))
    rig.ask(subject)
    assert len(rig.calls) == (2 if concerned else 1), how


def test_an_entry_that_named_somebody_else_before(rig: Rig) -> None:
    """A corrected entry does not say whom it named; its id does."""
    rig.ask(LISTED, CLEAR)
    rig.poll(page(change(id="L-1", subject=listed(fictional_code(7)))))
    rig.ask(CLEAR)
    rig.ask(LISTED)
    assert rig.calls[1:] == [(LISTED,)]


def test_the_id_of_a_violation_is_not_a_listings(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.poll(page(change(id="L-1", kind="violation", list="violations", subject=listed())))
    rig.ask(LISTED)
    assert len(rig.calls) == 1


@pytest.mark.parametrize(
    "pages",
    {
        "subject unknown": [page(change(subject=None))],
        "a whole list": [page(change(kind="list", subject=listed()))],
        "a kind that nobody knows": [page(change(kind="zone", subject=listed()))],
        "a gap in a page": [page(change(4, listed()), change(6, listed()))],
        "a gap between pages": [page(change(4, listed())), page(change(6, listed()), cursor="further")],
        "numbers that begin anew": [page(change(4, listed())), page(change(1, listed()), cursor="further")],
        "a number twice": [page(change(4, listed())), page(change(4, listed()), cursor="further")],
        "a cursor that is too old": [page(), ChangePage(expired=True), page(cursor="further")],
    }.values(),
    ids=str,
)
def test_what_may_concern_anyone_clears_everything(rig: Rig, pages: list[ChangePage]) -> None:
    subjects = [LISTED, CLEAR, UNKNOWN, Subject(name=NAME)]
    rig.ask(*subjects)
    for one in pages:
        rig.poll(one)
    assert len(rig.store) == 0
    rig.ask(*subjects)
    assert rig.calls[1] == tuple(subjects)


def test_a_quiet_feed_takes_nothing_out(rig: Rig) -> None:
    rig.ask(LISTED, CLEAR)
    for number in range(3):
        rig.poll(page(cursor=str(number)))
    rig.poll(page(change(7, listed(fictional_code(8))), change(8, listed(fictional_code(9)))))
    rig.poll(page(change(9, listed(fictional_code(8))), cursor="further"))
    rig.ask(LISTED, CLEAR)
    assert len(rig.calls) == 1


def test_forgetting_by_hand(rig: Rig) -> None:
    named = Subject(LISTED.code, name=NAME)
    rig.ask(LISTED, named, CLEAR)
    rig.run("forget", LISTED)
    rig.ask(LISTED, named, CLEAR)
    assert rig.calls[1] == (LISTED, named)
    rig.run("clear")
    rig.ask(CLEAR)
    assert len(rig.calls) == 3


# ------------------------------------------------------------------------------------------------------ reading the feed


def test_the_feed_is_read_to_its_end(rig: Rig) -> None:
    heard = rig.poll(
        page(change(1, listed()), cursor="a", more=True), page(change(2, listed()), change(3, listed()), cursor="b")
    )
    assert heard == (3, True)
    assert rig.upstream.reads == [None, "a"]
    assert rig.cache.cursor == "b"
    rig.poll()
    assert rig.upstream.reads[2:] == ["b"]


def test_it_goes_on_where_it_was_left(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(cursor="earlier")
    rig.poll()
    assert rig.upstream.reads == ["earlier"]


def test_after_an_expired_cursor_it_begins_anew(rig: Rig) -> None:
    rig.poll(page(change(5, listed()), cursor="old"))
    rig.poll(ChangePage(expired=True), page(change(900, listed()), cursor="new"))
    assert rig.upstream.reads == [None, "old", None]
    assert rig.cache.cursor == "new"


def test_a_feed_that_fails_is_asked_for_the_same_again(rig: Rig) -> None:
    rig.ask(LISTED)
    with pytest.raises(SourceUnavailable):
        rig.poll(page(change(1, listed(CODE)), cursor="a", more=True), OUTAGE)
    assert rig.cache.cursor == "a"
    assert len(rig.store) == 0  # what was read is heeded
    rig.poll(page(change(2, listed()), cursor="b"))
    assert rig.upstream.reads == [None, "a", "a"]


@pytest.mark.parametrize(
    "bad",
    [None, page(cursor="same", more=True), ChangePage(cursor="same", expired=True)],
    ids=["none", "more", "expired"],
)
def test_a_feed_that_leads_nowhere(make_rig: Callable[..., Rig], bad: Any) -> None:
    rig = make_rig(cursor="same")
    with pytest.raises(BadRecord):
        rig.poll(bad)
    assert rig.cache.cursor == "same"


def test_reading_ends_in_time(rig: Rig) -> None:
    rig.upstream.reading = lambda: rig.time.pass_(2)
    pages = [page(change(number, listed()), cursor=str(number), more=True) for number in range(9)]
    assert rig.poll(*pages, timeout=5) == (3, False)
    assert rig.cache.cursor == "2"


@pytest.mark.parametrize("method", ["poll_changes", "follow"])
def test_without_a_feed_nothing_can_be_read(make_rig: Callable[..., Rig], method: str) -> None:
    rig = make_rig(changes=None)
    with pytest.raises(InvalidSettings):
        rig.run(method)


# -------------------------------------------------------------------------------------------------------- following it


def heard(rig: Rig, readings: int = 2) -> None:
    """Wait until the follower began its ``readings``-th reading from now: the one before it is over then."""
    while rig.upstream.read.acquire(blocking=False):
        pass  # readings before now
    for _ in range(readings):
        assert rig.upstream.read.acquire(timeout=PATIENCE)


def test_a_follower_hears_by_itself(rig: Rig) -> None:
    rig.run("follow", 0.001, patience=3600)
    heard(rig)
    rig.ask(LISTED)
    rig.ask(LISTED)
    assert len(rig.calls) == 1
    rig.upstream.records.append(listing(id="L-2", subject=CODE))
    rig.upstream.pages.append(page(change(1, listed(CODE), id="L-2", status="active")))
    while rig.upstream.pages:
        heard(rig, 1)
    heard(rig)
    assert len(rig.one(LISTED).listings) == 2


def test_until_the_feed_was_heard_nothing_kept_is_used(rig: Rig) -> None:
    rig.upstream.pages += [OUTAGE] * 3 + [page(cursor=str(number), more=True) for number in range(3)] + [OUTAGE] * 10**6
    rig.ask(LISTED)
    rig.run("follow", 0.001, patience=3600)
    heard(rig, 8)
    rig.ask(LISTED)
    rig.ask(LISTED)
    assert len(rig.calls) == 3
    rig.upstream.pages.clear()
    heard(rig)
    rig.ask(LISTED)
    assert len(rig.calls) == 3


def test_a_feed_that_falls_silent_makes_the_cache_ask(rig: Rig) -> None:
    rig.run("follow", 0.001, patience=100)
    heard(rig)
    rig.ask(LISTED)
    rig.upstream.pages += [OUTAGE] * 10**6
    heard(rig)
    rig.time.pass_(99)
    rig.ask(LISTED)
    assert len(rig.calls) == 1
    rig.time.pass_(2)  # well within the ttl, but what may have happened meanwhile, nobody has heard
    rig.ask(LISTED)
    rig.ask(LISTED)
    assert len(rig.calls) == 3
    rig.upstream.failure = OUTAGE
    assert rig.one(LISTED).stale  # marked, it may serve all the same
    rig.upstream.failure = None
    rig.upstream.pages.clear()
    heard(rig)
    rig.ask(LISTED)
    rig.ask(LISTED)
    assert len(rig.calls) == 4


def test_it_is_followed_once(rig: Rig) -> None:
    rig.run("follow")
    with pytest.raises(InvalidSettings):
        rig.run("follow")


@pytest.mark.parametrize("times", [{"interval": 0}, {"interval": -1}, {"interval": 5, "patience": 5}], ids=str)
def test_senseless_times_are_refused(rig: Rig, times: dict[str, float]) -> None:
    with pytest.raises(InvalidSettings):
        rig.run("follow", **times)


def test_closing_ends_it(rig: Rig) -> None:
    rig.run("follow", 0.001)
    heard(rig)
    follower = rig.cache._follower
    rig.close()
    if rig.face == "sync":
        assert not follower.is_alive()
    else:
        assert follower.done()


class BlackHole(Upstream):
    """A feed that does not answer while the gate is shut."""

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        self.read.release()
        assert self.gate.wait(PATIENCE)
        return page()


def test_closing_does_not_wait_for_a_black_hole() -> None:
    upstream = BlackHole()
    upstream.gate.clear()
    cache = CachedSource(upstream, changes=upstream)
    cache.follow(0.001)
    assert upstream.read.acquire(timeout=PATIENCE)
    follower = cache._follower
    assert follower is not None
    cache.close(timeout=0.01)
    assert follower.is_alive()
    assert upstream.closed == 1
    upstream.gate.set()
    follower.join(PATIENCE)
    assert not follower.is_alive()


def test_a_cache_that_nobody_holds_is_not_followed() -> None:
    upstream = Upstream()
    cache = CachedSource(upstream, changes=upstream)
    cache.follow(1000)
    assert upstream.read.acquire(timeout=PATIENCE)
    gone, follower = ref(cache), cache._follower
    assert follower is not None
    del cache
    follower.join(PATIENCE)
    gc.collect()
    assert not follower.is_alive()
    assert gone() is None


def test_two_readers_at_once_lose_nothing(rig: Rig) -> None:
    """Both read the same page; the one who comes second heeds it, and does not put the cursor back."""
    asked, one_by_one = threading.Barrier(2), threading.Lock()
    given = iter([page(change(1, listed(CODE)), cursor="a"), page(change(1, listed(CODE)), cursor="a")])

    def changes(cursor: str | None = None, **_: Any) -> ChangePage:
        asked.wait(PATIENCE)
        with one_by_one:
            return next(given)

    upstream = Upstream()
    upstream.changes = changes  # type: ignore[method-assign]
    cache = CachedSource(upstream, changes=upstream)
    cache.fetch([LISTED, CLEAR])
    other = threading.Thread(target=cache.poll_changes)
    other.start()
    assert cache.poll_changes().complete
    other.join(PATIENCE)
    assert cache.cursor == "a"
    assert all(isinstance(answer, CreditRecord) for answer in cache.fetch([LISTED, CLEAR]))
    assert upstream.calls[1:] == [((LISTED,), None)]
