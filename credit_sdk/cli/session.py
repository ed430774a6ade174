"""What holds for one run of ``credit``: its language, its format, and where it writes.

Both are looked up in the arguments before click reads them, since a mistyped option must already be reported in them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO, cast

from credit_sdk.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.cli.screen import Screen
    from credit_sdk.errors import Lang

Format = Literal["table", "json"]
LANGUAGES = ("zh", "en")
FORMATS = ("table", "json")


@dataclass(slots=True)
class Session:
    """One run."""

    lang: Lang
    format: Format
    """What stdout gets."""
    error_format: Format
    """What stderr gets when a run fails: a sentence (``table``) or an object."""
    out: Output
    err: Output

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Session:
        """The session that the command line asks for: Chinese by default, a table in a terminal and JSON elsewhere.

        A failure is a sentence where stderr is a terminal, unless JSON was asked for. A table that goes to a file does not
        change what a program reads on stderr.
        """
        out, err = Output(sys.stdout), Output(sys.stderr, careless=True)
        lang = _asked(arguments, "--lang", LANGUAGES)
        asked = _asked(arguments, "--format", FORMATS)
        return cls(
            "en" if lang == "en" else "zh",
            "table" if (asked or ("table" if out.is_terminal else "json")) == "table" else "json",
            "table" if err.is_terminal and asked != "json" else "json",
            out,
            err,
        )

    def pick(self, zh: str, en: str) -> str:
        """The one in this run's language."""
        return en if self.lang == "en" else zh

    def write_json(self, value: Any) -> None:
        """One object on stdout: indented for a person, on one line for a program."""
        self.out.write(json.dumps(value, ensure_ascii=False, indent=2 if self.out.is_terminal else None) + "\n")

    def screen(self) -> Screen:
        """Where tables are drawn: stdout."""
        from credit_sdk.cli.screen import Screen

        return Screen(cast("TextIO", self.out))


def _asked(arguments: Sequence[str], option: str, known: Sequence[str]) -> str | None:
    """The last value of ``option`` that is known, however the rest of the line may be mistyped."""
    found = None
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name == option:
            value = value if equals else arguments[place + 1] if place + 1 < len(arguments) else ""
            found = value if value in known else found
    return found
