"""``credit doctor``: whether this installation can answer, and what to mend if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.failures import FINDINGS
from credit_sdk.cli.options import language, layout

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session


@click.command(
    "doctor",
    cls=Command,
    text=(
        "检查安装：适配器、设置、版本，来源能否访问、凭据、时钟、名单是否齐全和及时，台账能否读写；有需要处理的问题时退出码为 1",
        "Examine adapters, settings, versions, the source (reach, credentials, clock, lists), the ledger; exits with 1 for a problem",
    ),
)
@option(
    "--source",
    metavar="S",
    text=("检查该来源，如平台地址 https://…；默认按设置", "Examine this source, such as https://…; default: as set"),
)
@layout
@language
@click.pass_obj
def doctor(session: Session, source: str | None) -> int:
    """Examine."""
    from credit_sdk.cli.examination import examine

    result = examine(source)
    if session.format == "json":
        session.write_json(result.to_dict(session.lang))
    else:
        from credit_sdk.cli.examination_table import draw

        draw(result, session)
    return FINDINGS if result.problems else 0
