"""Search in Chinese without a dictionary: text and query are cut into pairs of characters.

Sphinx's own Chinese search needs jieba and finds no Chinese at all without it. Pairs find every word of two
characters or more, whatever a dictionary would say of 信用修复 or 应查必查.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sphinx.search import SearchLanguage, languages

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_RUN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9_]+")


class ChineseByPairs(SearchLanguage):
    lang = "zh"
    language_name = "Chinese"
    # The same cut, for the query. Latin words stay whole.
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap((run) =>
    /[\u3400-\u9fff]/.test(run) && run.length > 2
      ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
      : [run],
  );
"""

    def split(self, input: str) -> list[str]:  # noqa: A002 - Sphinx's name for it
        terms: list[str] = []
        for run in _RUN.findall(input):
            if run[0] >= "\u3400" and len(run) > 2:
                terms += (run[i : i + 2] for i in range(len(run) - 1))
            else:
                terms.append(run)
        return terms

    def stem(self, word: str) -> str:
        return word.lower()


def setup(app: Sphinx) -> dict[str, Any]:  # noqa: ARG001 - Sphinx calls it so
    languages["zh"] = ChineseByPairs
    return {"parallel_read_safe": True, "parallel_write_safe": True}
