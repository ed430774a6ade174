"""What a failed run prints, and its exit code. Never a traceback.

==== =================================================================================
code meaning
==== =================================================================================
1    a fault of this program (``internal_error``), output that cannot be written (``output_failed``), or findings of
     ``lint``, ``doctor`` and ``ledger``
2    bad input: the command line, a file, a setting, the request
3    ``check`` only: restrict
4    no answer (``NoDecision``), or a ledger that cannot be used
130  interrupted
141  nobody reads the output
==== =================================================================================
"""

from __future__ import annotations

import json
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

import click

from credit_sdk.errors import CreditError, InvalidRequest, LedgerDamaged, LedgerUnavailable, NoDecision, Restricted

if TYPE_CHECKING:
    from credit_sdk.cli.output import OutputFailedError
    from credit_sdk.cli.screen import Screen
    from credit_sdk.cli.session import Session

INTERNAL, FINDINGS, BAD_INPUT, RESTRICTED, NO_ANSWER, INTERRUPTED, BROKEN_PIPE = 1, 1, 2, 3, 4, 130, 141


_OPTION = re.compile(r"--?[a-z][a-z-]{0,30}")


class _Internal(CreditError):
    """Something that this program did not foresee."""


_Internal.code = "internal_error"


class _Unwritten(CreditError):
    """The output cannot be written."""


_Unwritten.code = "output_failed"


def fail(error: BaseException, session: Session) -> int:
    """Report ``error`` on stderr and give the exit code."""
    if isinstance(error, click.UsageError):
        told: CreditError = from_usage(error)
    elif isinstance(error, CreditError):
        told = error
    else:
        told = _unforeseen(error)
    report(told, session)
    return exit_code(type(told))


def exit_code(error: type[CreditError]) -> int:
    """The exit code for an error."""
    if issubclass(error, _Internal):
        return INTERNAL
    if issubclass(error, NoDecision | LedgerUnavailable | LedgerDamaged):
        return NO_ANSWER
    return RESTRICTED if issubclass(error, Restricted) else BAD_INPUT


def unwritten(error: OutputFailedError, session: Session) -> int:
    """Report that stdout cannot be written, and give the exit code."""
    zh, en = ("没有剩余空间", "no space is left") if error.no_room else (error.reason, error.reason)
    report(
        _Unwritten(
            f"无法写入标准输出：{zh}。输出不完整，请勿使用；请腾出空间，或换一个位置输出，然后重新执行",
            f"standard output cannot be written: {en}. What was written is not whole and must not be used; make room, or"
            " write elsewhere, and run this again",
            key="stdout",
        ),
        session,
    )
    return INTERNAL


def report(error: CreditError, session: Session) -> None:
    """One JSON object for a program, a sentence for a person (where stderr is a terminal)."""
    if session.error_format == "json":
        value = {
            "error": error.code,
            "message": _line(error.message(session.lang)),
            "file": error.file,
            "line": error.line,
            "key": error.key,
            "retryable": error.retryable,
        }
        session.err.write(json.dumps(value, ensure_ascii=False) + "\n")
        session.err.flush()
        return
    from credit_sdk.cli.screen import Screen

    screen = Screen(cast("TextIO", session.err))
    no_answer = isinstance(error, NoDecision)
    word = session.pick("无法得出结论", "No answer") if no_answer else session.pick("错误", "Error")
    message = _line(error.message(session.lang))
    located = [(place, style) for place, style in ((_place(error), "bold"), (_key(error, message), "cyan")) if place]
    colon = session.pick("：", ": ")
    begin = [(word, "bold yellow" if no_answer else "bold red")]
    for part in located:
        begin += [(colon, ""), part]
    # Where and what above, the sentence wrapped below.
    screen.spans(*begin, (f" [{error.code}]", "dim"))
    screen.paragraph(message, indent=2)
    if isinstance(error, NoDecision) and error.listings:
        _report_listings(error, screen, session)


def _place(error: CreditError) -> str:
    return ":".join(str(part) for part in (error.file, error.line) if part is not None)


def _key(error: CreditError, message: str) -> str | None:
    """The key at fault, unless the message names it already."""
    if error.key is None or re.search(rf"(?<![\w.-]){re.escape(error.key)}(?![\w.-])", message, re.ASCII):
        return None
    return error.key


def _report_listings(error: NoDecision, screen: Screen, session: Session) -> None:
    """What was found although there is no answer (rule 7.2)."""
    from credit_sdk.decision import words
    from credit_sdk.decision.owners import role_in_brackets

    screen.line(session.pick("已见名单条目（不构成结论）：", "Listings seen (not a decision):"), "dim")
    for seen in error.listings:
        name = words.list_name(seen.listing.list, session.lang)
        standing = words.say(words.STANDINGS, seen.standing, session.lang)
        whose = role_in_brackets(seen, session.lang)
        screen.bullet(f"{name} [{seen.id}]{whose} {seen.listing.authority} · {standing}")


def from_usage(error: click.UsageError) -> InvalidRequest:
    """The complaint of click in our words. What was typed is not repeated: it may be an identifier (rule 9.4)."""
    command = error.ctx.command_path if error.ctx is not None else "credit"
    zh, en, key = _complaint(error)
    return InvalidRequest(f"{zh}；用法见 {command} --help", f"{en}; see {command} --help", key=key or command)


def _complaint(error: click.UsageError) -> tuple[str, str, str | None]:
    """What is wrong, in both languages, and with which option or argument."""
    match error:
        case click.MissingParameter(param=param):
            return "缺少必填参数", "missing", _named(param)
        case click.NoSuchOption(option_name=name):
            key = name if _OPTION.fullmatch(name) else None
            close = ", ".join(error.possibilities or ()) if key else ""
            zh, en = (f"；是否指 {close}", f"; did you mean {close}?") if close else ("", "")
            return f"没有这个选项{zh}", f"no such option{en}", key
        case click.BadOptionUsage(option_name=name):
            return "选项缺少取值，或不应带值", "the option lacks a value, or takes none", name
        case click.BadParameter(param=param):
            if param is not None and isinstance(param.type, click.Choice):
                known = [str(choice) for choice in param.type.choices]
                zh, en = (
                    f"取值不在允许范围内；可用：{'、'.join(known)}",
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
        f"缺少命令或命令不存在；可用：{'、'.join(commands)}",
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
        f"程序出错（{kind}，{where}），没有得出任何结论。请升级后重试，仍出错请带上此行反馈",
        f"this program failed ({kind}, {where}); nothing was decided. Update and try again; report this line if it stays",
    )


def _line(text: str) -> str:
    """One line, whatever a foreign message brought along."""
    return " ".join(text.split())
