"""``credit measures``: read a measure list, and have it looked over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from credit_sdk.cli.bilingual import Group, option
from credit_sdk.cli.failures import FINDINGS, fail
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import CreditError

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session
    from credit_sdk.formats.measure_lint import Finding
    from credit_sdk.model.measure import MeasureList


@click.group("measures", cls=Group, text=("措施清单：查阅、检查", "Measure lists: read them, look them over"))
@language
def measures() -> None:
    """The group."""


@measures.command(
    "show",
    text=(
        "显示措施清单：TARGET 为领域名称或 TOML 文件",
        "Show a measure list: TARGET is a domain's name or a TOML file",
    ),
)
@click.argument("target")
@option("--jurisdiction", metavar="J", text=("只显示该行政区划适用的清单", "Only the list that decides for this area"))
@layout
@language
@click.pass_obj
def show(session: Session, target: str, jurisdiction: str | None) -> None:
    """Show."""
    from credit_sdk.cli.measure_files import find

    found = find(target)
    if jurisdiction is not None:
        from credit_sdk.decision.selection import select

        found = (select(found, jurisdiction, domain=found[0].domain),)
    if session.format == "json":
        from credit_sdk.cli.measure_json import to_dict

        session.write_json({"measure_lists": [to_dict(one) for one in found]})
        return
    from credit_sdk.cli.measure_table import draw

    draw(found, session)


@measures.command(
    "lint",
    text=(
        "检查措施清单：TARGET 为领域名称或 TOML 文件，可多个",
        "Look measure lists over: TARGET is a domain's name or a TOML file, several allowed",
    ),
)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@option("--strict", is_flag=True, text=("有发现时退出码为 1", "Exit with 1 when something is found"))
@layout
@language
@click.pass_obj
def lint(session: Session, targets: tuple[str, ...], *, strict: bool) -> int:
    """Look over; a target that does not load is reported, and the others are looked over all the same."""
    from credit_sdk.cli.measure_files import find
    from credit_sdk.formats.measure_lint import lint as look_over
    from credit_sdk.model.moments import shanghai_day
    from credit_sdk.ports.clock import system_clock

    today = shanghai_day(system_clock())
    results, codes = [], []
    for target in targets:
        try:
            results += [(one, look_over(one, today)) for one in find(target)]
        except CreditError as error:
            codes.append(fail(error, session))
    if not results:
        return codes[0]
    if session.format == "json":
        session.write_json({"measure_lists": [_result(*result, session) for result in results]})
    else:
        _draw(results, session)
    if codes:
        return codes[0]
    return FINDINGS if strict and any(findings for _, findings in results) else 0


def _result(measure_list: MeasureList, findings: tuple[Finding, ...], session: Session) -> dict[str, Any]:
    return {
        "id": measure_list.id,
        "file": measure_list.file,
        "findings": [finding.to_dict(session.lang) for finding in findings],
    }


def _draw(results: list[tuple[MeasureList, tuple[Finding, ...]]], session: Session) -> None:
    screen, lang = session.screen(), session.lang
    for measure_list, findings in results:
        count = session.pick(f"{len(findings)} 项提示", f"{len(findings)} finding{'' if len(findings) == 1 else 's'}")
        said = count if findings else session.pick("没有发现问题", "nothing found")
        screen.entry(
            f"{measure_list.file or measure_list.id}  {said}",
            mark="!" if findings else "✓",
            colour="yellow" if findings else "green",
        )
        for finding in findings:
            place = f"{finding.measure}.{finding.key}" if finding.measure else finding.key
            screen.paragraph(f"{place}  [{finding.rule}]", indent=4, style="cyan")
            screen.paragraph(finding.message(lang), indent=6)
