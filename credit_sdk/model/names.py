"""全称, full names of subjects: what makes two spellings one name, and what does not (rule 3.6).

>>> normalise("虚构（上海）國際 貿易有限公司") == normalise("虚构(上海)国际贸易有限公司")
True
>>> normalise("虚构贸易有限公司") == normalise("虚构贸易有限责任公司")
False
>>> is_branch("虚构贸易有限公司上海分公司")
True
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from unicodedata import normalize

from credit_sdk.errors import InvalidSubject

if TYPE_CHECKING:
    from opencc import OpenCC

__all__ = ["is_branch", "mask", "normalise"]

_OPENING = "[{༺༼᚛⁅❨❪❬❮❰❲❴⟅⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼⸢⸤⸦⸨〈《「『【〔〖〘〚"
_CLOSING = "]}༻༽᚜⁆❩❫❭❯❱❳❵⟆⟧⟩⟫⟭⟯⦄⦆⦈⦊⦌⦎⦐⦒⦔⦖⦘⧙⧛⧽⸣⸥⸧⸩〉》」』】〕〗〙〛"
# The brackets that NFKC leaves (it already makes （ ﹙ ︵ one with the ASCII one). Listed, because asking unicodedata for the
# category of every character at import would take a tenth of a second.
_BRACKETS = str.maketrans(_OPENING + _CLOSING, "(" * len(_OPENING) + ")" * len(_CLOSING))

# Control and format characters, fillers, variation selectors: nothing to see, and often pasted along. White space that
# counts as a control character (tab, line ends, the separators 1C-1F, NEL) is left for _SPACE.
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]+"
)
_SPACE = re.compile(r"\s+")
# Between Latin words a space parts them; beside a Chinese character or a bracket it is an accident of typing.
_NEEDLESS_SPACE = re.compile("(?<=[()\u0080-\U0010ffff]) | (?=[()\u0080-\U0010ffff])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BRANCH = re.compile(r"(?:分公司|分店)(?:\([^()]*\))*\Z")

_MOST_ROUNDS = 8


def normalise(name: str) -> str:
    """The form in which names are compared.

    NFKC; invisible characters out; brackets of every kind to ``()``; runs of white space to one space, and none at the ends,
    beside a bracket or beside a character outside ASCII; traditional to simplified characters (OpenCC ``t2s``); case folded.
    Nothing else: 有限公司 and 有限责任公司, a branch and its parent stay apart. ``normalise(normalise(name))`` changes nothing.

    OpenCC goes by characters and phrases, so it also folds a few simplified names whose characters it takes for
    traditional ones. Both sides of a comparison are normalised, hence at worst two such names are taken for one; whether a
    name alone may restrict is the policy's word (rule 3.5).

    :raises InvalidSubject: empty, blank, or no text. Never says the input.

    >>> normalise(" 虛構國際貿易股份有限公司 ")
    '虚构国际贸易股份有限公司'
    >>> normalise("Ｆｉｃｔｉｏｎ  Trading【Shanghai】 有限公司")
    'fiction trading(shanghai)有限公司'
    """
    if not _is_text(name):
        raise InvalidSubject(
            "名称不是有效文本，请核对其编码（UTF-8）",
            "The name is not valid text; check its encoding (UTF-8)",
        )
    # Until nothing changes, because each step may make work for another: case folding for NFKC, NFKC for white space, a
    # removed space for OpenCC's phrases, and OpenCC for itself (薴 takes two steps). But for such rarities, the second
    # round finds nothing, and a name that is normalised already takes one.
    text = name
    for _ in range(_MOST_ROUNDS):
        folded = _fold(text)
        if folded == text:
            break
        text = folded
    if not any(map(str.isalnum, text)):
        raise InvalidSubject(
            "名称为空；请给出完整的登记名称，或改用统一社会信用代码核查",
            "The name is empty; give the full registered name, or check by the unified social credit code",
        )
    return text


def is_branch(name: str) -> bool:
    """Whether the name is a branch's (分公司, 分店), a group in brackets after it allowed: 某某分公司（筹）.

    :param name: a full name, normalised or not. A blank one is no branch's.
    """
    # Nearly every name ends here: no other character folds to 分, so that what lacks it needs no folding.
    return "分" in name and _BRANCH.search(normalise(name)) is not None


def mask(name: str) -> str:
    """A personal name, or a sole trader's, which often holds one (rule 3.8): its first character and two stars.

    Always two, so that the length says nothing; of a single character nothing is shown.

    >>> mask("张某某")
    '张**'
    """
    text = name.strip()
    return f"{text[0]}**" if len(text) > 1 else "**"


def _is_text(name: object) -> bool:
    # Half a surrogate pair comes from broken JSON escapes. No encoder takes it, and the encoder's error would show the name.
    return isinstance(name, str) and _SURROGATE.search(name) is None


def _fold(text: str) -> str:
    if not text.isascii():
        text = normalize("NFKC", text)
    text = _INVISIBLE.sub("", text).translate(_BRACKETS)
    text = _NEEDLESS_SPACE.sub("", _SPACE.sub(" ", text).strip())
    if not text.isascii():
        text = _simplifier().convert(text)
    return text.casefold()


@cache
def _simplifier() -> OpenCC:
    # On first use: most checks are by code and never compare a name. Two threads arriving together build it twice and
    # one is dropped; the converter itself is read only, hence safe to share between threads and across a fork.
    from opencc import OpenCC

    return OpenCC("t2s")
