"""A masked receipt names nobody, however a list's keeper has written him."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CreditClient, Subject
from credit_sdk.formats._receipt_masks import WHOLE, Masks
from credit_sdk.formats.receipt_check import verify_receipt
from credit_sdk.model.subject import ListedSubject
from credit_sdk.sources import MemorySource
from credit_sdk.testing.builders import MOMENT
from tests.unit.formats.issuing import RESTRICTED, REWARDED, issue

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision

NAME, FORMER = "虚构（上海）国际贸易有限公司", "虚构旧名有限公司"
LISTS = ("court.judgment-defaulter", "labour.wage-arrears", "procurement.serious-violation", "tax.major-violation")


def decided(**texts: str) -> Decision:
    """A decision on a firm whose one listing says so."""
    lines: list[dict[str, Any]] = [
        {"type": "coverage", "list": code, "as_of": "2026-11-21T11:00:00+08:00"} for code in LISTS
    ]
    listing = {
        "type": "listing",
        "id": f"L-{RESTRICTED}",
        "list": "tax.major-violation",
        "subject": {"code": RESTRICTED, "name": NAME, "former_names": [FORMER]},
        "status": "active",
        "authority": "虚构市税务局",
        "document": "虚构税罚〔2025〕1号",
        "reason": "虚构事由",
        "effective_from": "2025-03-01",
        "effective_until": "2028-02-28",
        "remedy": "向认定单位提出",
    }
    source = MemorySource.of([*lines, listing | texts], name="虚构来源")
    with CreditClient(source, clock=lambda: MOMENT) as credit:
        return credit.check(RESTRICTED, domain="procurement", action="award")


def masked(decision: Decision) -> str:
    receipt = issue(decision, masked=True)
    assert verify_receipt(receipt.html().encode()).ok
    return receipt.json().decode() + receipt.html() + receipt.html("en")


SPELLED = {
    "as listed": NAME,
    "half width": "虚构(上海)国际贸易有限公司",
    "other brackets": "虚构【上海】国际贸易有限公司",
    "spaces": "虚构 （上海） 国际贸易 有限公司",
    "traditional": "虛構（上海）國際貿易有限公司",
    "invisible": "虚构（上海）国际\u200b贸易有限公司",
    "former": FORMER,
    "lower": RESTRICTED.lower(),
    "grouped": "91 990100 MA0000A01 9",
    "hyphens": "91990100-MA0000A01-9",
    "full width": "９１９９０１００ＭＡ００００Ａ０１９",
    "some full width": "91990100ＭＡ0000Ａ019",
    "within": "MA0000A01",
    "within, hyphen": "MA0000A0-1",
    "another firm's": REWARDED.lower(),
}


@pytest.mark.parametrize("place", ["authority", "document", "reason", "remedy"])
@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
def test_a_subject_is_masked_however_it_is_written(spelled: str, place: str) -> None:
    text = masked(decided(**{place: f"涉及{spelled}，另见卷宗"}))
    plain = re.sub(r"[\s\u200b-]|\\u200b", "", text)
    for one in (text, plain):
        assert spelled not in one
    for code in (RESTRICTED, "MA0000A01", REWARDED):
        assert code not in plain.upper()
    assert "贸易有限公司" not in plain
    assert "9199**********A019" in text


def test_what_names_nobody_is_left() -> None:
    decision = decided(reason="虚构（上海）市国际贸易纠纷，见2025年3月1日文书")
    whole, shown = json.loads(issue(decision).json()), json.loads(issue(decision, masked=True).json())
    assert shown["decision"]["listings"][0]["reason"] == whole["decision"]["listings"][0]["reason"]
    for part in ("coverage", "measure_list", "as_of", "decision_id", "effect"):
        assert shown["decision"][part] == whole["decision"][part]
    assert WHOLE not in json.dumps(shown, ensure_ascii=False)


def test_a_name_in_latin_letters_is_not_looked_for_within_words() -> None:
    """Or every digest would be full of it."""
    masks = Masks.of([ListedSubject(name="Fab"), ListedSubject(code=None, name="虚构 Ltd")])
    assert masks.apply("sha256:00fab0 and Fab and FAB, or fabric") == WHOLE
    assert masks.apply("sha256:00fab0 and Fab, or fabric") == "sha256:00fab0 and F**, or fabric"
    assert masks.apply({"digest": "fab00", "because": ["虚构ｌｔｄ"]}) == {"digest": "fab00", "because": [WHOLE]}


def test_keys_that_the_matter_gives_are_masked_and_the_forms_own_are_not() -> None:
    masks = Masks.of([Subject(RESTRICTED, name="虚构甲公司")])
    given = {"terms": {"虚构甲公司": 1, RESTRICTED: 2, "note": "x"}, "coverage": {"tax.major-violation": "x"}}
    assert masks.apply(given) == {
        "terms": {"虚**": 1, "9199**********A019": 2, "note": "x"},
        "coverage": {"tax.major-violation": "x"},
    }
