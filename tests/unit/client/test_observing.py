"""What the clients tell of their checks: to an observer, to the log, and never whom they concerned."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient, Effect, Subject
from credit_sdk.errors import BadRecord, CreditError, Restricted, SourceUnavailable
from credit_sdk.ports.observer import BatchDone, Decided, NotDecided
from credit_sdk.sources import MemorySource
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    FixedClock,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
)

FORMS = ("sync", "async")
form = pytest.mark.parametrize("form", FORMS)
LISTED, CLEAR = fictional_code(1), fictional_code(2)
RULES = measure_list(
    actions={"award": {"title": "中标、成交"}, "look": {"title": "查看", "on_unavailable": "allow"}},
    measures=[measure(actions=["award", "look"])],
)
DOWN = SourceUnavailable("不可用", "down", fault="connect")


class Notebook:
    """An observer that writes everything down."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def observe(self, event: Any) -> None:
        self.events.append(event)


class Asking:
    """Either client, asked in the same way."""

    def __init__(self, form: str, source: Any = None, **options: Any) -> None:
        source = source or MemorySource.of([coverage(), listing(subject=LISTED)], read_at=MOMENT)
        options = {"measure_lists": [RULES], "clock": FixedClock(), **options}
        self.notebook = Notebook()
        self.form = form
        make: Any = CreditClient if form == "sync" else AsyncCreditClient
        self.client = make(source, **{"observer": self.notebook, **options})

    def check(self, subject: Any, action: str = "award", domain: str = "test", **options: Any) -> Any:
        asked = self.client.check(subject, domain=domain, action=action, **options)
        return asked if self.form == "sync" else asyncio.run(asked)

    def check_many(self, requests: Any) -> Any:
        asked = self.client.check_many(requests)
        return asked if self.form == "sync" else asyncio.run(asked)

    @property
    def told(self) -> Any:
        """The one event."""
        [event] = self.notebook.events
        return event


@form
def test_a_decision_is_told(form: str) -> None:
    asking = Asking(form)
    asking.check(LISTED)
    told = asking.told
    assert 0 < told.elapsed < 5
    assert told == Decided("test", "award", Effect.RESTRICT, blocking=True, elapsed=told.elapsed)


@form
def test_a_fallback_is_told_as_such(form: str) -> None:
    asking = Asking(form, FailingSource(DOWN))
    asking.check(CLEAR, "look")
    assert isinstance(asking.told, Decided)
    assert asking.told.degraded


@form
def test_no_answer_is_told(form: str) -> None:
    asking = Asking(form, FailingSource(DOWN))
    with pytest.raises(SourceUnavailable):
        asking.check(CLEAR)
    assert isinstance(asking.told, NotDecided)
    told = (asking.told.domain, asking.told.action, asking.told.error, asking.told.fault)
    assert told == ("test", "award", "source_unavailable", "connect")


@form
@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"subject": "91990100"}, "invalid_subject"),
        ({"subject": CLEAR, "action": LISTED}, "unknown_action"),
        ({"subject": CLEAR, "domain": LISTED}, "unknown_domain"),
    ],
)
def test_an_unusable_request_is_told_without_what_stood_in_it(form: str, question: dict[str, Any], code: str) -> None:
    asking = Asking(form)
    with pytest.raises(CreditError):
        asking.check(**question)
    assert isinstance(asking.told, NotDecided)
    assert (asking.told.domain, asking.told.action, asking.told.error) == (None, None, code)


@form
def test_a_restriction_that_is_raised_is_a_decision(form: str) -> None:
    asking = Asking(form)
    with pytest.raises(Restricted):
        asking.check(LISTED, handles=())
    assert isinstance(asking.told, Decided)
    assert asking.told.blocking


@form
def test_a_batch_is_told_row_by_row_and_as_a_whole(form: str) -> None:
    asking = Asking(form)
    subjects = [LISTED, "nonsense", CLEAR]
    asking.check_many([CheckRequest(subject=s, domain="test", action="award") for s in subjects])
    first, second, third, whole = asking.notebook.events
    assert [type(first), type(second), type(third), type(whole)] == [Decided, NotDecided, Decided, BatchDone]
    assert (first.elapsed, second.elapsed, third.elapsed) == (None, None, None)
    assert (whole.rows, whole.undecided) == (3, 1)
    assert whole.elapsed > 0


@form
def test_without_an_observer_nothing_is_told(form: str) -> None:
    from credit_sdk.ports.observer import SILENT

    asking = Asking(form, observer=SILENT)
    asking.check(LISTED)
    asking.check_many([CheckRequest(subject=LISTED, domain="test", action="award")])


@form
def test_an_observer_that_fails_changes_nothing(form: str) -> None:
    class Careless:
        def observe(self, event: Any) -> None:
            raise RuntimeError

    asking = Asking(form, observer=Careless())
    assert asking.check(LISTED).blocking
    [result] = asking.check_many([CheckRequest(subject=LISTED, domain="test", action="award")])
    assert result.blocking


@form
def test_no_event_holds_an_identifier(form: str) -> None:
    for source in (None, FailingSource(DOWN), FailingSource(ValueError(LISTED))):
        asking = Asking(form, source)
        asking.check_many(
            [
                CheckRequest(subject=Subject(LISTED, name="虚构一号有限公司"), domain="test", action=a)
                for a in ("award", LISTED)
            ]
        )
        assert "990100" not in repr(asking.notebook.events)
        assert "虚构" not in repr(asking.notebook.events)


@form
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DOWN, "a check has no answer (source_unavailable, connect): source failing, domain test"),
        (BadRecord(f"{LISTED}", f"{LISTED}"), "a check has no answer (bad_record): source failing, domain test"),
        (KeyError(LISTED), "a check has no answer (bad_record): source failing, domain test"),
    ],
)
def test_repeated_failures_are_one_line(
    form: str, error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    asking = Asking(form, FailingSource(error))
    with caplog.at_level(logging.DEBUG, "credit_sdk"):
        for _ in range(3):
            with pytest.raises(CreditError):
                asking.check(LISTED)
        asking.check_many([CheckRequest(subject=LISTED, domain="test", action="award")] * 5)
    [line] = [message for message in caplog.messages if "no answer" in message]
    assert line.endswith(said)
    assert LISTED not in caplog.text


@form
def test_a_mistake_of_the_callers_is_not_logged(form: str, caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking(form)
    with caplog.at_level(logging.DEBUG, "credit_sdk"):
        with pytest.raises(CreditError):
            asking.check("nonsense")
        with pytest.raises(Restricted):
            asking.check(LISTED, handles=())
    assert not [name for name, *_ in caplog.record_tuples if name == "credit_sdk"]
