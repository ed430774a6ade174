"""``credit lists``: which lists there are, and what files of records hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command, Group, option
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session

__all__ = ["lists"]


@click.group("lists", cls=Group, text=("名单：目录与数据文件", "Lists: the catalogue, and files of records"))
@language
def lists() -> None:
    """The group."""


@lists.command(
    "info",
    cls=Command,
    text=(
        "显示名单目录；给出数据文件时显示其查询范围、条目数和问题",
        "Show the list catalogue; given files of records, what they cover, hold, and lack",
    ),
)
@click.argument("files", nargs=-1, metavar="[FILE.jsonl]...")
@option(
    "--source",
    metavar="S",
    text=("查看该来源的查询范围，如 demo；不与文件同用", "What this source covers, such as demo; not with files"),
)
@layout
@language
@click.pass_obj
def info(session: Session, files: tuple[str, ...], source: str | None) -> None:
    """Show."""
    from credit_sdk.cli.deployment import registry

    if files and source is not None:
        raise InvalidRequest("文件与 --source 只能给出一个", "give either files or --source", key="--source")
    domains = registry()
    if not files and source is None:
        from credit_sdk.cli.catalogue import draw_catalogue, to_dicts

        if session.format == "json":
            session.write_json({"lists": to_dicts(domains.lists)})
        else:
            draw_catalogue(domains.lists, session)
        return

    from credit_sdk.cli.holdings import draw, of_files, of_source
    from credit_sdk.ports.clock import system_clock

    now = system_clock()
    report = of_files(files, domains, now) if files else of_source(str(source), domains, now)
    if session.format == "json":
        session.write_json(report.to_dict())
    else:
        draw(report, session)
