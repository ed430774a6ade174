"""``credit``: the entry point, the global options, the commands."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Group, option, say
from credit_sdk.cli.check import check
from credit_sdk.cli.completion import VARIABLE, completion
from credit_sdk.cli.doctor import doctor
from credit_sdk.cli.failures import BROKEN_PIPE, INTERRUPTED, fail, unwritten
from credit_sdk.cli.ledger import ledger
from credit_sdk.cli.lists import lists
from credit_sdk.cli.measures import measures
from credit_sdk.cli.options import language
from credit_sdk.cli.output import NO_ROOM, OutputFailedError, OutputGoneError, lost
from credit_sdk.cli.receipt import receipt
from credit_sdk.cli.sandbox import sandbox
from credit_sdk.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        say(f"credit-sdk {version('credit-sdk')}", context)
        context.exit()


@click.group(
    "credit",
    cls=Group,
    text=(
        "信用联合奖惩：办事前核查信用主体，给出有依据、可解释的结论。",
        "Checks a subject before a business system acts, and says on what legal basis.",
    ),
)
@language
@option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    text=("显示版本", "Show the version"),
)
def credit() -> None:
    """The command line."""


for _command in (check, measures, lists, ledger, receipt, sandbox, doctor, completion):
    credit.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``credit`` and give its exit code (see :mod:`credit_sdk.cli.failures`).

    :param arguments: without the program's name; default: this process's.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = Session.of(given)
    try:
        code = _run(given, session)
        session.out.flush()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a user
        return _failed(error, session)
    return code


def _failed(error: Exception, session: Session) -> int:
    if isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno in NO_ROOM):
        error = lost(error)  # click's completion writes by itself
    if isinstance(error, OutputGoneError | OutputFailedError):
        session.out.silence()
        return BROKEN_PIPE if isinstance(error, OutputGoneError) else unwritten(error, session)
    return fail(error, session)


def _run(arguments: list[str], session: Session) -> int:
    if (instruction := os.environ.get(VARIABLE)) is not None:
        from click.shell_completion import shell_complete

        return shell_complete(credit, {"obj": session}, "credit", VARIABLE, instruction)
    try:
        with credit.make_context("credit", arguments, obj=session) as context:
            code = credit.invoke(context)
            return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        if session.error_format == "json":
            raise
        session.err.write(error.ctx.get_help() + "\n")
        return 2
