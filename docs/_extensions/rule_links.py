"""Rule numbers as links.

`**2.1**` at the start of a paragraph of the concepts page is a target; `规则 2.1`, `rule 2.1` or `rules 2.1, 2.3`
anywhere, docstrings included, leads there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

PAGE = "concepts"
_NUMBER = re.compile(r"[1-9]\.\d{1,2}")
_CITED = re.compile(
    rf"(?:规则|[Rr]ules?)\s*(?:{_NUMBER.pattern}(?!\d|\.\d))(?:(?:\s*(?:[,、,]|and|to|或|和|至)\s*){_NUMBER.pattern}(?!\d|\.\d))*"
)
_ELSEWHERE = (nodes.reference, nodes.literal, nodes.literal_block, nodes.title)


def _target(number: str) -> str:
    return "rule-" + number.replace(".", "-")


def name_rules(_: Sphinx, doctree: nodes.document) -> None:
    if Path(doctree["source"]).stem != PAGE:
        return
    for paragraph in doctree.findall(nodes.paragraph):
        # MyST puts an empty text before a paragraph's first markup.
        first = next((child for child in paragraph.children if child.astext()), None)
        if isinstance(first, nodes.strong) and _NUMBER.fullmatch(first.astext()):
            paragraph["ids"].append(_target(first.astext()))
            paragraph["classes"].append("rule")


def link_rules(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    page = app.builder.get_relative_uri(docname, PAGE) if docname != PAGE else ""
    for text in list(doctree.findall(nodes.Text)):
        parent: Any = text.parent
        while parent is not None and not isinstance(parent, _ELSEWHERE):
            parent = parent.parent
        if parent is None and _CITED.search(text.astext()):
            text.parent.replace(text, list(_linked(text.astext(), page)))


def _linked(text: str, page: str) -> Iterator[nodes.Node]:
    done = 0
    for cited in _CITED.finditer(text):
        for number in _NUMBER.finditer(text, cited.start(), cited.end()):
            yield nodes.Text(text[done : number.start()])
            uri = f"{page}#{_target(number[0])}"
            yield nodes.reference(number[0], number[0], internal=True, refuri=uri, classes=["rule-link"])
            done = number.end()
    yield nodes.Text(text[done:])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", name_rules)
    app.connect("doctree-resolved", link_rules)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
