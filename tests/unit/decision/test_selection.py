"""Rule 5.9: which measure list decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.decision.selection import select
from credit_sdk.errors import CreditError, InvalidRequest, MeasureListNotInForce, NoMeasureList
from credit_sdk.testing import measure_list

if TYPE_CHECKING:
    from credit_sdk.model.measure import MeasureList


def installed(*areas: str) -> list[MeasureList]:
    """Lists by area; ``44/draft`` is not in force; a repeat gets an id of its own."""
    made = []
    for number, area in enumerate(areas):
        place, _, status = area.partition("/")
        made.append(measure_list(id=f"{place.lower()}.test-{number}", jurisdiction=place, status=status or "in_force"))
    return made


@pytest.mark.parametrize(
    ("areas", "asked", "chosen"),
    [
        pytest.param(["CN"], None, "CN", id="none asked, one installed"),
        pytest.param(["44"], None, "44", id="none asked, one of an area installed"),
        pytest.param(["CN", "44/draft"], None, "CN", id="none asked, one of two in force"),
        pytest.param(["CN"], "CN", "CN", id="the country"),
        pytest.param(["CN"], "441802", "CN", id="the country's list decides everywhere"),
        pytest.param(["CN", "44"], "CN", "CN", id="an area's list does not decide for the country"),
        pytest.param(["CN", "44"], "44", "44", id="an area's own list"),
        pytest.param(["CN", "44", "4418"], "441802", "4418", id="the longest match"),
        pytest.param(["4418", "44", "CN"], "441802", "4418", id="whatever their order"),
        pytest.param(["CN", "44", "441802"], "4418", "44", id="not the list of an area below"),
        pytest.param(["CN", "44"], "45", "CN", id="not the list of an area beside"),
        pytest.param(["CN", "44", "441802/model"], "441802", "44", id="a model list does not decide"),
        pytest.param(["CN", "CN/draft", "44"], "11", "CN", id="a draft makes no tie"),
    ],
)
def test_the_longest_match_in_force_decides_alone(areas: list[str], asked: str | None, chosen: str) -> None:
    assert select(installed(*areas), asked, domain="test").jurisdiction == chosen


@pytest.mark.parametrize(
    ("areas", "asked", "error", "named"),
    [
        pytest.param([], None, NoMeasureList, ["test"], id="nothing installed"),
        pytest.param([], "44", NoMeasureList, ["test"], id="nothing installed for an area"),
        pytest.param(["44"], "CN", NoMeasureList, ["44.test-0 (44)"], id="none for the country"),
        pytest.param(["44"], "45", NoMeasureList, ["44.test-0 (44)"], id="none for the area"),
        pytest.param(["441802"], "44", NoMeasureList, ["441802.test-0"], id="a province, lists below it only"),
        pytest.param(["44", "CN"], None, NoMeasureList, ["44.test-0", "cn.test-1"], id="none asked, several in force"),
        pytest.param(["44", "44", "CN"], "4418", NoMeasureList, ["44.test-0", "44.test-1"], id="a tie"),
        pytest.param(["CN/model"], None, MeasureListNotInForce, ["cn.test-0 (model)"], id="a model only"),
        pytest.param(
            ["CN/draft", "44/repealed"], "44", MeasureListNotInForce, ["draft", "repealed"], id="none in force"
        ),
        pytest.param(["CN", "45/draft"], "china", InvalidRequest, ["GB/T 2260"], id="a word"),
        pytest.param(["CN"], "cn", InvalidRequest, ['"cn"'], id="small letters"),
        pytest.param(["CN"], "441", InvalidRequest, ['"441"'], id="three digits"),
        pytest.param(["CN"], "", InvalidRequest, ['""'], id="empty"),
        pytest.param(["CN"], 44, InvalidRequest, ["44"], id="a number"),
    ],
)
def test_nothing_is_guessed(areas: list[str], asked: Any, error: type[CreditError], named: list[str]) -> None:
    with pytest.raises(error) as raised:
        select(installed(*areas), asked, domain="test")
    assert type(raised.value) is error
    for lang in ("zh", "en"):
        message = raised.value.message(lang)
        assert "\n" not in message
        assert all(name in message for name in named), message


def test_a_tie_names_only_those_that_tie() -> None:
    with pytest.raises(NoMeasureList) as raised:
        select(installed("44", "44", "CN"), "4418", domain="test")
    assert "cn.test-2" not in raised.value.message("en")
