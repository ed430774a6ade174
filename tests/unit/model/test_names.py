"""全称: rule 3.6. Firms named 虚构 are fictional; the one traditional name is a spelling sample."""

from __future__ import annotations

import doctest
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sdk.errors import InvalidSubject
from credit_sdk.model import names

if TYPE_CHECKING:
    from collections.abc import Callable

# What names are made of, and what makes trouble: traditional characters and phrases, compatibility forms, brackets, spaces.
CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
TROUBLE = st.sampled_from(
    [*"乾坤著薴髮發裏 　\t()（）【】〔〕ＡａßİΐǅﬁΩK①㈱㍿Ⅷ", "\u200b", "\ufe00", "\u0301", "\u00a8", "\u0345"]
)
NAMES = st.text() | st.lists(CHINESE | TROUBLE | st.characters(codec="utf-8"), max_size=12).map("".join)


def refused(validate: Callable[[str], str], text: str) -> InvalidSubject | None:
    try:
        validate(text)
    except InvalidSubject as error:
        return error
    return None


def test_the_docstrings_run() -> None:
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("虛構國際貿易股份有限公司", "虚构国际贸易股份有限公司", id="traditional"),
        pytest.param("虛構貿易(上海)有限公司", "虚构贸易（上海）有限公司", id="traditional and brackets"),
        pytest.param("虚构（上海）有限公司", "虚构(上海)有限公司", id="full-width brackets"),
        pytest.param("虚构【上海】有限公司", "虚构(上海)有限公司", id="lenticular brackets"),
        pytest.param("虚构〔上海〕有限公司", "虚构(上海)有限公司", id="tortoise-shell brackets"),
        pytest.param("虚构[上海]有限公司", "虚构(上海)有限公司", id="square brackets"),
        pytest.param("虚构﹙上海﹚有限公司", "虚构(上海)有限公司", id="small brackets"),
        pytest.param("虚构｟上海｠有限公司", "虚构(上海)有限公司", id="white brackets"),
        pytest.param("虚构（ 上海 ）有限公司", "虚构(上海)有限公司", id="space inside brackets"),
        pytest.param(" 虚构　贸易 有限公司\n", "虚构贸易有限公司", id="white space"),
        pytest.param("虚构\u200b贸易\ufeff有限公司", "虚构贸易有限公司", id="zero-width characters"),
        pytest.param("虚\ufe00构\U000e0100贸易", "虚构贸易", id="variation selectors"),
        pytest.param("虚\u202d构\u202c\x00贸易", "虚构贸易", id="direction marks and control characters"),
        pytest.param("ＡＢＣ虚构", "abc虚构", id="full-width letters"),
        pytest.param("ABC虚构", "abc虚构", id="case"),
        pytest.param("ABC 虚构", "ABC虚构", id="space between scripts"),
        pytest.param("Fiction  Trading\tLtd", "FICTION TRADING LTD", id="runs of white space"),
        pytest.param("Fiction (Shanghai) Ltd", "Fiction(Shanghai)Ltd", id="space beside a bracket"),
        pytest.param("STRAẞE 虚构", "strasse虚构", id="case folding, not lower case"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert names.normalise(one) == names.normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("虚构贸易有限公司", "虚构贸易有限责任公司", id="有限公司 and 有限责任公司"),
        pytest.param("虚构贸易有限公司", "虚构贸易有限公司上海分公司", id="branch and parent"),
        pytest.param("虚构贸易有限公司", "虚构贸易股份有限公司", id="legal form"),
        pytest.param("虚构(上海)有限公司", "虚构上海有限公司", id="with and without brackets"),
        pytest.param("Fiction Trading", "FictionTrading", id="space between Latin words"),
        pytest.param("虚构-贸易", "虚构贸易", id="hyphen"),
    ],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert names.normalise(one) != names.normalise(other)


@pytest.mark.parametrize("name", ["", " ", "　\t\n", "\u200b", "\u200b \ufeff", "\ufe0f", "\x00"])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        names.normalise(name)
    assert "名称为空" in caught.value.message("zh")
    assert "empty" in caught.value.message("en")


@pytest.mark.parametrize("name", ["虚构\ud800贸易", "\udfff", 5, None])
def test_what_is_no_text_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        names.normalise(name)
    assert "不是有效文本" in caught.value.message("zh")
    assert "虚构" not in str(caught.value)
    assert caught.value.__context__ is None  # the encoder's error would carry the whole name


@settings(max_examples=1000)
@given(NAMES)
def test_normalising_twice_changes_nothing(name: str) -> None:
    error = refused(names.normalise, name)
    if error is not None:
        assert not any(map(str.isalnum, name)) or name not in error.message("en")
        return
    once = names.normalise(name)
    assert names.normalise(once) == once
    assert once == once.strip()
    assert "  " not in once
    assert once == once.casefold()
    assert names.normalise(unicodedata.normalize("NFD", name)) == once


def test_normalising_twice_changes_nothing_for_any_character_of_the_basic_plane() -> None:
    unstable = []
    for point in range(0x10000):
        if 0xAC00 <= point < 0xE000:  # Hangul, which no step changes, and surrogates
            continue
        try:
            once = names.normalise(f"虚{chr(point)}")
        except InvalidSubject:
            continue
        if names.normalise(once) != once:
            unstable.append(hex(point))
    assert unstable == []


def test_every_bracket_of_unicode_is_known() -> None:
    """But for quotation marks, ceilings and floors, which open and close by category alone, and later arrivals."""
    others = set("‚„⌈⌉⌊⌋⹂〝〞〟﴾﴿")
    for point in range(0x2E55):
        character = chr(point)
        if unicodedata.category(character) in {"Ps", "Pe"} and character not in others:
            assert names.normalise(f"虚{character}") in {"虚(", "虚)"}, hex(point)
    for character in "〈〉《》「」『』【】〔〕〖〗〘〙〚〛":
        assert names.normalise(f"虚{character}") in {"虚(", "虚)"}, character


@pytest.mark.parametrize(
    ("name", "branch"),
    [
        pytest.param("虚构贸易有限公司上海分公司", True, id="分公司"),
        pytest.param("虚构贸易有限公司第一分店", True, id="分店"),
        pytest.param("虛構貿易有限公司上海分公司", True, id="traditional"),
        pytest.param("虚构贸易有限公司上海分公司（筹）", True, id="bracket after it"),
        pytest.param("虚构贸易有限公司上海分公司【筹】（临时）", True, id="two brackets after it"),
        pytest.param("虚构贸易有限公司上海分 公司 ", True, id="white space inside"),
        pytest.param("虚构贸易有限公司", False, id="parent"),
        pytest.param("虚构贸易（分公司）有限公司", False, id="in the middle"),
        pytest.param("虚构分公司管理有限公司", False, id="part of the trade name"),
        pytest.param("虚构贸易有限公司上海办事处", False, id="office"),
        pytest.param("Fiction Trading Ltd", False, id="Latin"),
        pytest.param("", False, id="empty"),
        pytest.param("  ", False, id="blank"),
    ],
)
def test_branches(name: str, branch: bool) -> None:
    assert names.is_branch(name) is branch


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        pytest.param("张三", "张**", id="two characters"),
        pytest.param("张某某", "张**", id="three characters"),
        pytest.param("欧阳某某", "欧**", id="two-character surname"),
        pytest.param("虚构市张某某小吃店", "虚**", id="sole trader"),
        pytest.param(" 张某 ", "张**", id="white space"),
        pytest.param("张", "**", id="one character"),
        pytest.param("", "**", id="empty"),
    ],
)
def test_mask(name: str, masked: str) -> None:
    assert names.mask(name) == masked


def test_opencc_is_loaded_by_the_first_name_only() -> None:
    code = (
        "import sys; from credit_sdk.model import names; assert 'opencc' not in sys.modules; "
        "names.normalise('Fiction Ltd'); assert 'opencc' not in sys.modules; "
        "names.normalise('虚构'); assert 'opencc' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_may_arrive_together() -> None:
    names._simplifier.cache_clear()
    together = Barrier(8)

    def work(number: int) -> set[str]:
        together.wait()
        return {names.normalise(f"虛構國際{number}有限公司") for _ in range(200)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [{f"虚构国际{number}有限公司"} for number in range(8)]
