"""``credit lists``: which lists there are, and what files of records hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command, Group, option
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session
    from credit_sdk.model.measure import MeasureList

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
    text=(
        "查看该来源的查询范围，如 demo、https://…；不与文件同用",
        "What this source covers, such as demo or https://…; not with files",
    ),
)
@option(
    "--measures",
    metavar="FILE.toml",
    text=(
        "同时使用该措施清单：认识它声明的名单，并按它检查数据",
        "Take this measure list in: know the lists that it declares, and hold the data against it",
    ),
)
@layout
@language
@click.pass_obj
def info(session: Session, files: tuple[str, ...], source: str | None, measures: str | None) -> None:
    """Show."""
    from credit_sdk.cli.deployment import known_lists, registry

    if files and source is not None:
        raise InvalidRequest("文件与 --source 只能给出一个", "give either files or --source", key="--source")
    domains = registry()
    further: tuple[MeasureList, ...] = ()
    if measures is not None:
        from credit_sdk.formats.measures import load

        further = (load(measures),)
    known = known_lists(domains, further)
    if not files and source is None:
        from credit_sdk.cli.catalogue import draw_catalogue, to_dicts

        if session.format == "json":
            session.write_json({"lists": to_dicts(known)})
        else:
            draw_catalogue(known, session)
        return

    from credit_sdk.cli.holdings import draw, of_files, of_source
    from credit_sdk.ports.clock import system_clock

    now = system_clock()
    measure_lists = (*(ml for domain in domains.domains.values() for ml in domain.measure_lists), *further)
    if files:
        report = of_files(files, measure_lists, known, now)
    else:
        report = of_source(str(source), domains, measure_lists, known, now)
    if session.format == "json":
        session.write_json(report.to_dict())
    else:
        draw(report, session)
