"""Where a key stands in a TOML text."""

from __future__ import annotations

import pytest

from credit_sdk.formats._toml_lines import line_of

TEXT = '''\
id = "x"
policy.max_age = "1h"

[lists]
optional = [
    "a",
    "b",
]

[[lists.local]]
code = "one"
[[lists.local]]
code = "two"

[actions."award"]
title = """
[[measures]]
id = "not a key, but a line of a text"
"""
must_check = true

  [[ measures ]]  # indented
  id = "first"
  [measures.terms]
  note = \'\'\'one line\'\'\'
  'quoted' = 1

[[measures]]
id = "second"
triggers = [
    { list = "a" },
    { kind = "red" },
]
[[measures.basis]]
title = "one"
[[measures.basis]]
title = "two"
[measures.terms]
note = "x"
'''


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("id",), 1),
        (("policy", "max_age"), 2),
        (("policy", "max_age", "tax.a-rated"), 2),
        (("lists",), 4),
        (("lists", "unknown"), 4),
        (("lists", "optional", 1), 5),
        (("lists", "local", 0), 10),
        (("lists", "local", 0, "code"), 11),
        (("lists", "local", 1, "code"), 13),
        (("lists", "local", 1, "kind"), 12),
        (("actions", "award", "title"), 16),
        (("actions", "award", "must_check"), 20),
        (("actions", "award", "unknown"), 15),
        (("measures", 0), 22),
        (("measures", 0, "id"), 23),
        (("measures", 0, "unit"), 22),
        (("measures", 0, "terms"), 24),
        (("measures", 0, "terms", "note"), 25),
        (("measures", 0, "terms", "quoted"), 26),
        (("measures", 1, "id"), 29),
        (("measures", 1, "triggers", 1, "kind"), 30),
        (("measures", 1, "basis", 0, "title"), 35),
        (("measures", 1, "basis", 1, "title"), 37),
        (("measures", 1, "basis", 1, "article"), 36),
        (("measures", 1, "terms", "note"), 39),
        (("measures", 2), None),
        (("measure",), None),
        (("unknown",), None),
        ((), None),
    ],
    ids=str,
)
def test_the_line_of_a_key(loc: tuple[int | str, ...], line: int | None) -> None:
    assert line_of(TEXT, loc) == line
