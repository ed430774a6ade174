"""How things stand on a terminal: a panel, headings, entries with their facts. Knows nothing of decisions.

Every text comes through here on its way out, and is made visible here: data cannot send a terminal anything but letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from credit_sdk.cli.wrapping import columns, wrap
from credit_sdk.decision.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NARROWEST = 10
"""With fewer columns nothing is indented or framed."""

_WIDEST = 110
"""Beyond this many columns lines are hard to follow."""

_READABLE = 28
"""With fewer columns beside the labels, text goes below them."""


class Screen:
    """A terminal, or a file that takes the same lines without colour."""

    def __init__(self, file: TextIO) -> None:
        self._console = Console(file=file, highlight=False, markup=False, emoji=False)
        if self._console.width < 1:  # COLUMNS=0 is how some say "unknown"; rich would print nothing
            self._console.width = 80
        self.width = min(self._console.width, _WIDEST)

    @property
    def is_terminal(self) -> bool:
        """Whether a person watches the lines go by."""
        return self._console.is_terminal

    def line(self, text: str = "", style: str = "") -> None:
        """A line as it is, not wrapped."""
        self._console.print(Text(visible(text), style=style), soft_wrap=True)

    def spans(self, *parts: tuple[str, str]) -> None:
        """A line of parts, each ``(text, style)``; not wrapped."""
        self._console.print(Text.assemble(*((visible(text), style) for text, style in parts)), soft_wrap=True)

    def paragraph(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Text wrapped to the width."""
        indent = min(indent, max(0, self.width - _NARROWEST))
        for one in wrap(visible(text), self.width - indent):
            self.line(" " * indent + one, style)

    def panel(self, title: str, lines: Sequence[tuple[str, str]], colour: str) -> None:
        """A box with a title; ``lines`` are ``(text, style)``."""
        if self.width < _NARROWEST:
            for text, style in ((title, f"bold {colour}"), *lines):
                self.paragraph(text, style=style)
            return
        inside = Text()
        for number, (text, style) in enumerate(lines):
            for one in wrap(visible(text), self.width - 6):
                inside.append("\n" if inside.plain or number else "")
                inside.append(one, style)
        self._console.print(
            Panel(
                inside,
                title=Text(f" {visible(title)} ", style=f"bold {colour} reverse"),
                title_align="left",
                border_style=colour,
                padding=(0, 2),
                width=self.width,
            )
        )

    def heading(self, title: str, colour: str = "cyan") -> None:
        """A section's title, after an empty line."""
        self.line()
        title = visible(title)
        rule = "─" * max(0, self.width - columns(title) - 4)
        self._console.print(
            Text.assemble(("── ", f"dim {colour}"), (title, f"bold {colour}"), (f" {rule}", f"dim {colour}")),
            soft_wrap=True,
        )

    def entry(self, heading: str, tag: str = "", *, mark: str = "•", colour: str = "", tag_style: str = "dim") -> None:
        """The first line of an entry: a mark, its heading, a tag beside it (below it, where there is no room)."""
        lines, tag = wrap(visible(heading), self.width - 4), visible(tag)
        for number, one in enumerate(lines):
            before = Text(f"  {mark} " if number == 0 else "    ", style=f"bold {colour}".strip())
            before.append(one, style="bold")
            if tag and number == len(lines) - 1 and 4 + columns(one) + 2 + columns(tag) <= self.width:
                before.append(f"  {tag}", style=tag_style)
                tag = ""
            self._console.print(before, soft_wrap=True)
        if tag:
            self.paragraph(tag, indent=4, style=tag_style)

    def bullet(self, text: str, *, mark: str = "•") -> None:
        """A sentence with a mark before it."""
        for number, one in enumerate(wrap(visible(text), self.width - 4)):
            self.line(f"  {mark if number == 0 else ' '} {one}")

    def facts(self, facts: Iterable[tuple[str, str]], *, indent: int = 4, style: str = "") -> None:
        """Labels in a column, what stands under them wrapped beside it; in a narrow terminal below it."""
        pairs = [(visible(label), visible(text)) for label, text in facts]
        gap = max((columns(label) for label, _ in pairs), default=0) + 2
        narrow = self.width - indent - gap < _READABLE
        before = None
        for label, text in pairs:
            shown = "" if label == before else label
            before = label
            if not label or narrow:
                if shown:
                    self.paragraph(shown, indent=indent, style="dim")
                self.paragraph(text, indent=indent + (2 if label else 0), style=style)
                continue
            for number, one in enumerate(wrap(text, self.width - indent - gap)):
                left = shown if number == 0 else ""
                self.spans((" " * indent, ""), (left + " " * (gap - columns(left)), "dim"), (one, style))

    def note(self, text: str, colour: str) -> None:
        """A banner: one paragraph in reverse."""
        for one in wrap(visible(text), self.width - 2):
            filled = f" {one}" + " " * (self.width - 1 - columns(one))
            self._console.print(Text(filled, style=f"bold {colour} reverse"), soft_wrap=True)
