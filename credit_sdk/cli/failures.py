"""What a failed run prints, and its exit code. Never a traceback.

==== =================================================================================
code meaning
==== =================================================================================
1    a fault of this program (``internal_error``), or findings of ``lint`` and ``doctor``
2    bad input: the command line, a file, a setting, the request
3    ``check`` only: restrict
4    no answer (``NoDecision``)
130  interrupted
==== =================================================================================
"""

from __future__ import annotations

import json
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from credit_sdk.errors import CreditError, InvalidRequest, NoDecision, Restricted

if TYPE_CHECKING:
    from credit_sdk.cli.screen import Screen
    from credit_sdk.cli.session import Session

INTERNAL, FINDINGS, BAD_INPUT, RESTRICTED, NO_ANSWER, INTERRUPTED, BROKEN_PIPE = 1, 1, 2, 3, 4, 130, 141


_OPTION = re.compile(r"--?[a-z][a-z-]{0,30}")


class _Internal(CreditError):
    """Something that this program did not foresee."""


_Internal.code = "internal_error"


def fail(error: BaseException, session: Session) -> int:
    """Report ``error`` on stderr and give the exit code."""
    if isinstance(error, click.UsageError):
        told: CreditError = from_usage(error)
    elif isinstance(error, CreditError):
        told = error
    else:
        told = _unforeseen(error)
    report(told, session)
    if isinstance(told, _Internal):
        return INTERNAL
    if isinstance(told, NoDecision):
        return NO_ANSWER
    return RESTRICTED if isinstance(told, Restricted) else BAD_INPUT


def report(error: CreditError, session: Session) -> None:
    """One JSON object for a program, a sentence for a person."""
    if session.format == "json":
        value = {
            "error": error.code,
            "message": _line(error.message(session.lang)),
            "file": error.file,
            "line": error.line,
            "key": error.key,
            "retryable": error.retryable,
        }
        session.err.write(json.dumps(value, ensure_ascii=False) + "\n")
        return
    from credit_sdk.cli.screen import Screen

    screen = Screen(session.err)
    no_answer = isinstance(error, NoDecision)
    word = session.pick("无法得出结论", "No answer") if no_answer else session.pick("错误", "Error")
    place = ":".join(str(part) for part in (error.file, error.line) if part is not None)
    message = _line(error.message(session.lang))
    located = [(place, "bold"), (error.key, "cyan")]
    parts = [(part, style) for said, style in located if said for part in (said, ": ")]
    begin = [(word, "bold yellow" if no_answer else "bold red"), (session.pick("：", ": "), "")]
    if screen.is_terminal:  # where and what above, the sentence wrapped below
        screen.spans(*begin, *parts[:-1], (f" [{error.code}]", "dim"))
        screen.paragraph(message, indent=2)
    else:
        screen.spans(*begin, *parts, (message, ""), (f" [{error.code}]", "dim"))
    if isinstance(error, NoDecision) and error.listings:
        _report_listings(error, screen, session)


def _report_listings(error: NoDecision, screen: Screen, session: Session) -> None:
    """What was found although there is no answer (rule 7.2)."""
    from credit_sdk.decision import words

    screen.line(session.pick("已见名单条目（不构成结论）：", "Listings seen (not a decision):"), "dim")
    for seen in error.listings:
        name = words.list_name(seen.listing.list, session.lang)
        standing = words.say(words.STANDINGS, seen.standing, session.lang)
        screen.line(f"  • {name} [{seen.id}] {seen.listing.authority} · {standing}", "dim")


def from_usage(error: click.UsageError) -> InvalidRequest:
    """The complaint of click in our words. What was typed is not repeated: it may be an identifier (rule 9.4)."""
    command = error.ctx.command_path if error.ctx is not None else "credit"
    zh, en, key = _complaint(error)
    return InvalidRequest(f"{zh}; 用法见 {command} --help", f"{en}; see {command} --help", key=key or command)


def _complaint(error: click.UsageError) -> tuple[str, str, str | None]:
    """What is wrong, in both languages, and with which option or argument."""
    match error:
        case click.MissingParameter(param=param):
            return "缺少必填参数", "missing", _named(param)
        case click.NoSuchOption(option_name=name):
            key = name if _OPTION.fullmatch(name) else None
            close = ", ".join(error.possibilities or ()) if key else ""
            zh, en = (f"; 是否指 {close}", f"; did you mean {close}?") if close else ("", "")
            return f"没有这个选项{zh}", f"no such option{en}", key
        case click.BadOptionUsage(option_name=name):
            return "选项缺少取值, 或不应带值", "the option lacks a value, or takes none", name
        case click.BadParameter(param=param):
            if param is not None and isinstance(param.type, click.Choice):
                known = [str(choice) for choice in param.type.choices]
                zh, en = (
                    f"取值不在允许范围内; 可用: {'、'.join(known)}",
                    f"not a known value; known: {', '.join(known)}",
                )
                return zh, en, _named(param)
            return "取值无效", "not a valid value", _named(param)
        case _:
            return (*_stray(error.ctx), None)


def _stray(context: click.Context | None) -> tuple[str, str]:
    """Something too much, or a command that there is not."""
    if context is None or not isinstance(context.command, click.Group):
        return "参数过多", "too many arguments"
    commands = context.command.list_commands(context)
    return (
        f"缺少命令或命令不存在; 可用: {'、'.join(commands)}",
        f"no command, or an unknown one; known: {', '.join(commands)}",
    )


def _named(param: click.Parameter | None) -> str | None:
    if param is None:
        return None
    return max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name


def _unforeseen(error: BaseException) -> _Internal:
    """Where it happened and what kind it is; not its message, which may hold an identifier."""
    kind = type(error).__name__
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "credit_sdk" in f.filename]
    where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return _Internal(
        f"程序出错 ({kind}, {where}); 没有得出任何结论。请升级后重试, 仍出错请带上此行反馈",
        f"this program failed ({kind}, {where}); nothing was decided. Update and try again; report this line if it stays",
    )


def _line(text: str) -> str:
    """One line, whatever a foreign message brought along."""
    return " ".join(text.split())
