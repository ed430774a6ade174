"""The ledger that a command works on. Nothing here makes one: a mistyped path must not pass for an empty ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from credit_sdk.cli.bilingual import option
from credit_sdk.cli.session import Session
from credit_sdk.client.settings import Settings
from credit_sdk.errors import InvalidRequest, InvalidSettings, LedgerUnavailable

if TYPE_CHECKING:
    from credit_sdk.client import CreditClient
    from credit_sdk.ledger.desk import Ledger

_F = TypeVar("_F", bound=Callable[..., Any])


def which(command: _F) -> _F:
    """``--ledger``."""
    return option(
        "--ledger",
        "target",
        metavar="L",
        text=(
            "台账：文件，或 postgresql://…；默认 CREDIT_LEDGER",
            "The ledger: a file, or postgresql://…; CREDIT_LEDGER by default",
        ),
    )(command)


def asking(command: _F) -> _F:
    """The options of commands that ask a source again: as of ``credit check``."""
    for one in reversed(
        (
            option(
                "--source",
                metavar="S",
                text=("信用信息来源；默认 CREDIT_SOURCE", "The source of credit information; CREDIT_SOURCE by default"),
            ),
            option(
                "--lists",
                "files",
                multiple=True,
                metavar="FILE.jsonl",
                text=(
                    "名单数据文件（JSON Lines），可多次给出；不与 --source 同用",
                    "File of listings (JSON Lines), repeatable; not with --source",
                ),
            ),
            option(
                "--measures",
                metavar="FILE.toml",
                text=("用该措施清单代替领域适配器", "Use this measure list in place of the domain's adapter"),
            ),
        )
    ):
        command = one(command)
    return command


def named(target: str | None) -> str:
    """The ledger that is meant, which exists if it is a file.

    :raises InvalidSettings: none is named, or what is named can be none.
    :raises LedgerUnavailable: there is no such file.
    """
    settings, _ = Settings.collect({"ledger": target})
    if settings.ledger.value is None:
        raise InvalidSettings(
            "没有台账；请用 --ledger FILE 指明，或设置 CREDIT_LEDGER",
            "there is no ledger; name one with --ledger FILE, or set CREDIT_LEDGER",
            key="ledger",
        )
    found = str(settings.ledger.value)
    if "://" in found:
        return found
    from credit_sdk.ledger.sqlite import check_path

    check_path(found)
    if not Path(found).exists():
        error = LedgerUnavailable(
            "没有这个台账文件；请核对路径。台账由带 ledger= 的客户端或 credit check --ledger 建立",
            "there is no such ledger file; check the path. A ledger is made by a client with ledger=, or by"
            " credit check --ledger",
            file=found,
        )
        error.retryable = False
        raise error
    return found


@contextmanager
def opened(target: str | None) -> Iterator[Ledger]:
    """The ledger, with the settings' feedback rules and nobody who delivers: reports made here wait for who does."""
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.ledger.schedule import feedback_rules
    from credit_sdk.ports.clock import system_clock

    found = named(target)
    settings, _ = Settings.collect()
    feedback = settings.feedback.value
    rules = None if feedback is None else feedback_rules(feedback)
    ledger = Ledger.open(found, rules=rules, service=settings.service.value, clock=system_clock)
    try:
        _tell_losses(ledger)
        yield ledger
    finally:
        ledger.close()


def _tell_losses(ledger: Ledger) -> None:
    """Warn that entries are lacking: what a command shows lacks them, too."""
    from credit_sdk.cli.warnings import warn
    from credit_sdk.ledger.losses import losses_of

    lost = losses_of(ledger.store)
    context = click.get_current_context(silent=True)
    session = None if context is None else context.find_object(Session)
    if session is None or not lost:
        return
    if lost.damaged:
        warn(
            session,
            "ledger_damaged",
            f"台账有 {lost.damaged} 条读不出来，以下内容不含它们；请运行 credit ledger repair（它会说是损坏，还是新版本写的）",
            f"{lost.damaged} entries of the ledger cannot be read, and what is shown lacks them; run credit ledger repair, which"
            " tells whether they are damaged or a newer version's",
            file=ledger.name,
        )
    if lost.missing:
        warn(
            session,
            "ledger_incomplete",
            f"台账缺 {lost.missing} 条（损坏后未能救回，或被删除），以下内容不含它们；可从备份查证",
            f"{lost.missing} entries of the ledger are gone (lost to damage, or taken out), and what is shown lacks them; a"
            " backup may have them",
            file=ledger.name,
        )


@contextmanager
def connected(
    target: str | None, source: str | None, files: tuple[str, ...] = (), measures: str | None = None
) -> Iterator[tuple[CreditClient, Ledger]]:
    """A client on the ledger, and its desk.

    :raises CreditError: a setting, a file or an adapter is unusable.
    """
    from credit_sdk.cli.deployment import client

    if files and source is not None:
        raise InvalidRequest("--lists 与 --source 只能给出一个", "give either --lists or --source", key="--lists")
    domain = ""
    if measures is not None:
        from credit_sdk.formats.measures import load

        domain = load(measures).domain
    with client(source, files, measures, domain, ledger=named(target)) as credit:
        assert credit.ledger is not None
        _tell_losses(credit.ledger)
        yield credit, credit.ledger


@contextmanager
def reporting(target: str | None) -> Iterator[Ledger]:
    """The ledger, for something to be reported: with who delivers, if a source is set; it is delivered as far as a few seconds go.

    :raises CreditError: a setting is unusable.
    """
    settings, _ = Settings.collect()
    if settings.source.value is None:
        with opened(target) as ledger:
            yield ledger
    else:
        with connected(target, None) as (_, ledger):
            yield ledger
