"""What `credit ledger replay` prints, and its exit code."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from credit_sdk.cli.ledger_replay import report
from credit_sdk.cli.output import Output
from credit_sdk.cli.session import Session
from credit_sdk.errors import BadRecord
from credit_sdk.ledger.replay import Difference, Replay

if TYPE_CHECKING:
    from credit_sdk.cli.session import Format
    from credit_sdk.errors import Lang

SAME = Replay("D-1", True, (), "0.4", "0.4")
OTHER = Replay(
    "D-1",
    False,
    (Difference("obligations[m].until", '"2030-01-01"', None), Difference("", "a", '"' + "很长" * 400 + '"')),
    "0.4",
    "0.9",
)
NONE = Replay("D-1", False, (Difference("effect", '"allow"', None),), "0.4", "0.4", BadRecord("坏了", "broken"))


def printed(replay: Replay, lang: Lang, layout: Format) -> tuple[str, int]:
    out = io.StringIO()
    session = Session(lang, layout, layout, Output(out), Output(io.StringIO()))
    code = report(replay, session)
    return out.getvalue(), code


@pytest.mark.parametrize(("lang", "said"), [("zh", ("逐字节一致", "复算")), ("en", ("byte for byte", "Replay"))])
def test_the_same(lang: Lang, said: tuple[str, str]) -> None:
    text, code = printed(SAME, lang, "table")
    assert code == 0
    assert all(one in text for one in (*said, "D-1", "0.4"))


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", ("2 处", "当时", "各部分的顺序", "版本不同")), ("en", ("2 places", "then", "parts' order", "Another"))],
)
def test_differences(lang: Lang, said: tuple[str, ...]) -> None:
    text, code = printed(OTHER, lang, "table")
    assert code == 1
    assert all(one in text for one in (*said, "obligations[m].until", '"2030-01-01"', "0.9"))
    assert text.count("很长") < 200


@pytest.mark.parametrize(("lang", "said"), [("zh", "坏了"), ("en", "broken")])
def test_no_decision_now(lang: Lang, said: str) -> None:
    text, code = printed(NONE, lang, "table")
    assert code == 1
    assert said in text


@pytest.mark.parametrize(("replay", "code"), [(SAME, 0), (OTHER, 1), (NONE, 1)], ids=["same", "other", "none"])
def test_json(replay: Replay, code: int) -> None:
    text, given = printed(replay, "zh", "json")
    assert given == code
    whole = json.loads(text)
    assert whole == replay.to_dict() == json.loads(json.dumps(replay.to_dict()))
    assert list(whole) == ["decision_id", "same", "differences", "sdk_then", "sdk_now", "error"]
