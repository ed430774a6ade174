"""click in two languages: commands and options that carry their help in Chinese and English.

The language is settled before click reads anything (``session``), because ``--help`` and a mistyped option must already
speak it. click itself speaks through gettext, which knows no Chinese here; its few own words are replaced.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import click

from credit_sdk.cli.session import Session
from credit_sdk.cli.wrapping import columns, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from credit_sdk.errors import Lang

_F = TypeVar("_F", bound="Callable[..., Any]")


def lang_of(context: click.Context | None) -> Lang:
    """The language that this run speaks."""
    session = context.find_object(Session) if context is not None else None
    return session.lang if session is not None else "zh"


def pick(pair: tuple[str, str], context: click.Context | None) -> str:
    """The one of ``(Chinese, English)`` that this run speaks."""
    return pair[lang_of(context) == "en"]


class _Formatter(click.HelpFormatter):
    """Help in columns, counted as a terminal counts them."""

    def write_text(self, text: str) -> None:
        for line in wrap(text, self.width - self.current_indent):
            self.write(f"{'':{self.current_indent}}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows = list(rows)
        gap = max((size for first, _ in rows if (size := columns(first)) <= col_max), default=col_max) + col_spacing
        for first, text in rows:
            lines = wrap(text, max(20, self.width - self.current_indent - gap))
            if columns(first) + col_spacing > gap:
                lines.insert(0, "")
            for number, line in enumerate(lines):
                left = first if number == 0 else ""
                row = f"{'':{self.current_indent}}{left}{' ' * max(0, gap - columns(left))}{line}"
                self.write(row.rstrip() + "\n")


class _Context(click.Context):
    formatter_class = _Formatter


class Option(click.Option):
    """An option whose help is in both languages."""

    def __init__(self, *declarations: Any, text: tuple[str, str] = ("", ""), **attributes: Any) -> None:
        # `help` is what a shell shows beside a completion.
        attributes["help"] = text[0]
        super().__init__(*declarations, **attributes)
        self.text = text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help."""
        record = super().get_help_record(ctx)
        return None if record is None else (record[0], pick(self.text, ctx))


_METAVARS = (("[OPTIONS]", "[选项]"), ("COMMAND [ARGS]...", "命令 [参数]..."))


class _Bilingual(click.Command):
    """What commands and groups share."""

    context_class = _Context

    def __init__(self, *arguments: Any, text: tuple[str, str] = ("", ""), **attributes: Any) -> None:
        self.text = text
        attributes.setdefault("add_help_option", False)
        attributes.setdefault("short_help", text[0])
        super().__init__(*arguments, **attributes)
        self.params.append(
            Option(
                ["--help", "-h"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_help,
                text=("显示本帮助", "Show this help"),
            )
        )

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        if lang_of(ctx) == "zh":
            for english, chinese in _METAVARS:
                pieces = pieces.replace(english, chinese)
        formatter.write_usage(ctx.command_path, pieces, prefix=pick(("用法：", "Usage: "), ctx))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(pick(self.text, ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [record for param in options if (record := param.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(pick(("选项", "Options"), ctx)):
                formatter.write_dl(records)


class Command(_Bilingual):
    """A command whose help is in both languages."""


class Group(_Bilingual, click.Group):
    """A group of commands whose help is in both languages."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, then the commands."""
        _Bilingual.format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with the first line of its help."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            text = command.text if isinstance(command, _Bilingual) else ("", "")
            rows.append((name, pick(text, ctx).partition("\n")[0]))
        with formatter.section(pick(("命令", "Commands"), ctx)):
            formatter.write_dl(rows)


Group.group_class = Group


def option(*declarations: str, text: tuple[str, str], **attributes: Any) -> Callable[[_F], _F]:
    """``click.option`` with ``text`` as ``(Chinese, English)`` help."""
    return click.option(*declarations, cls=Option, text=text, **attributes)


def say(text: str, context: click.Context) -> None:
    """Write a line on this run's stdout."""
    session = context.find_object(Session)
    click.echo(text, file=cast("IO[str]", session.out) if session is not None else None)


def _show_help(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        say(context.get_help(), context)
        context.exit()
