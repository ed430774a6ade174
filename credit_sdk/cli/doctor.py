"""``credit doctor``: whether this installation can answer, and what to mend if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command
from credit_sdk.cli.failures import FINDINGS
from credit_sdk.cli.options import language, layout

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session


@click.command(
    "doctor",
    cls=Command,
    text=(
        "检查安装：适配器、设置、来源、版本；有需要处理的问题时退出码为 1",
        "Examine the installation: adapters, settings, source, versions; exits with 1 when something needs mending",
    ),
)
@layout
@language
@click.pass_obj
def doctor(session: Session) -> int:
    """Examine."""
    from credit_sdk.cli.examination import examine

    result = examine()
    if session.format == "json":
        session.write_json(result.to_dict(session.lang))
    else:
        from credit_sdk.cli.examination_table import draw

        draw(result, session)
    return FINDINGS if result.problems else 0
