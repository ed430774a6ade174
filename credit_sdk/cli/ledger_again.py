"""``credit ledger``: ask again for what is open, decide again from what was kept, close a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.failures import FINDINGS, NO_ANSWER
from credit_sdk.cli.ledger_opening import asking, connected, opened, which
from credit_sdk.cli.ledger_progress import progress
from credit_sdk.cli.options import language, layout

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session


@click.command(
    "recheck",
    cls=Command,
    text=(
        "复核未了的事项：读变更流，重新核查，只列有变化的；有变化或有新的待解除则退出码 1，全无应答则退出码 4",
        "Ask again for what is open; exits with 1 if something changed or is due for release, with 4 without any answer",
    ),
)
@asking
@which
@layout
@language
@click.pass_obj
def recheck(
    session: Session, target: str | None, source: str | None, files: tuple[str, ...], measures: str | None
) -> int:
    """Ask again."""
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.model.moments import shanghai_day

    with (
        connected(target, source, files, measures) as (credit, ledger),
        progress(session, "复核", "asking again") as told,
    ):
        result, now = credit.recheck(progress=told), ledger.clock()
    if session.format == "json":
        session.write_json(ledger_json.rechecked(result))
    else:
        ledger_tables.rechecked(result, session, shanghai_day(now))
    if result or result.due:
        return FINDINGS
    return NO_ANSWER if result.asked and result.unanswered == result.asked else 0


@click.command(
    "replay",
    cls=Command,
    text=(
        "按留存的请求、记录和措施清单重新得出结论；不一致则退出码 1",
        "Decide again from what was kept; exits with 1 if it differs",
    ),
)
@click.argument("decision_id", metavar="ID")
@which
@layout
@language
@click.pass_obj
def replay(session: Session, decision_id: str, target: str | None) -> int:
    """Replay."""
    from credit_sdk.cli.ledger_replay import report

    with opened(target) as ledger:
        return report(ledger.replay(decision_id), session)


@click.command(
    "close",
    cls=Command,
    text=("月结：汇总一个月并固定下来，重复执行结果不变", "Close a month: its summary is kept as it is, once"),
)
@option("--month", metavar="M", required=True, text=("月份，如 2026-11（必填）", "Month, such as 2026-11 (required)"))
@option("--so-far", is_flag=True, text=("只看，不月结；当月未结束也可", "Only look; the month need not be over"))
@which
@layout
@language
@click.pass_obj
def close(session: Session, month: str, so_far: bool, target: str | None) -> None:
    """Close it."""
    from credit_sdk.ledger import numbers
    from credit_sdk.ledger.closing import close_month

    period = numbers.month(month)
    with opened(target) as ledger:
        result = close_month(ledger.store, period, ledger.clock(), so_far=so_far)
    if session.format == "json":
        session.write_json(result.to_dict())
    else:
        from credit_sdk.cli.ledger_numbers_table import closing

        closing(result, session)
