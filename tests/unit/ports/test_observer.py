"""An observer is told, and can do no harm."""

from __future__ import annotations

import dataclasses
import logging
import typing

import pytest

from credit_sdk.ports import observer as port
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, CacheLooked, Event, Observer, tell


class Careless:
    def observe(self, event: Event) -> None:
        raise KeyError("91990100MA0000A019")


def test_what_an_observer_raises_goes_no_further(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "_FAULTS", FailureLog())
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        for _ in range(3):
            tell(Careless(), CacheLooked(hit=True))
    [line] = caplog.messages
    assert "Careless" in line
    assert "KeyError" in line
    assert "91990100" not in line


def test_silence_is_an_observer() -> None:
    assert isinstance(SILENT, Observer)
    tell(SILENT, CacheLooked(hit=True))
    assert repr(SILENT) == "SILENT"


@pytest.mark.parametrize("event", typing.get_args(Event))
def test_events_cannot_be_changed_and_hold_plain_values(event: type) -> None:
    assert dataclasses.is_dataclass(event)
    assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert hasattr(event, "__slots__")
    hints = typing.get_type_hints(event, {**vars(port), "Effect": str})
    for name, hint in hints.items():
        kinds = {kind for kind in (typing.get_args(hint) or (hint,)) if kind is not type(None)}
        assert kinds <= {str, int, float, bool}, name
