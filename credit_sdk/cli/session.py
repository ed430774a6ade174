"""What holds for one run of ``credit``: its language, its format, and where it writes.

Both are looked up in the arguments before click reads them, since a mistyped option must already be reported in them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO

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
    out: TextIO
    err: TextIO
    out_is_terminal: bool

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Session:
        """The session that the command line asks for: Chinese by default, a table in a terminal and JSON elsewhere."""
        terminal = sys.stdout.isatty()
        lang = _asked(arguments, "--lang", LANGUAGES)
        format_ = _asked(arguments, "--format", FORMATS) or ("table" if terminal else "json")
        return cls(
            "en" if lang == "en" else "zh",
            "table" if format_ == "table" else "json",
            _unicode(sys.stdout, terminal),
            _unicode(sys.stderr, sys.stderr.isatty()),
            terminal,
        )

    def pick(self, zh: str, en: str) -> str:
        """The one in this run's language."""
        return en if self.lang == "en" else zh

    def write_json(self, value: Any) -> None:
        """One object on stdout: indented for a person, on one line for a program."""
        json.dump(value, self.out, ensure_ascii=False, indent=2 if self.out_is_terminal else None)
        self.out.write("\n")

    def screen(self) -> Screen:
        """Where tables are drawn: stdout."""
        from credit_sdk.cli.screen import Screen

        return Screen(self.out)


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


def _unicode(stream: TextIO, terminal: bool) -> TextIO:
    """Files and pipes get UTF-8, as every format here is; a terminal keeps its own encoding, and never an error for it."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        if terminal:
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream
