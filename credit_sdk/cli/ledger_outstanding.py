"""``credit ledger``: what is outstanding — reports that wait or were refused, obligations, restrictions due for release.

``releases`` also writes down what has ended by date since it was last asked, and ``obligations`` due days that can be settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.failures import FINDINGS
from credit_sdk.cli.ledger_limits import MOST, told
from credit_sdk.cli.ledger_opening import opened, which
from credit_sdk.cli.options import language, layout

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session
    from credit_sdk.ports.ledger import Duty, LedgerStore


@click.command(
    "waiting",
    cls=Command,
    text=(
        "等待送达的反馈，为何未送达；有超过期限的则退出码 1",
        "Reports that are still to be delivered, and why; exits with 1 if one is late",
    ),
)
@option("--late", is_flag=True, text=("只列超过期限的", "Only those that are late"))
@which
@layout
@language
@click.pass_obj
def waiting(session: Session, late: bool, target: str | None) -> int:
    """List them."""
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.ports.ledger import DeliveryState

    with opened(target) as ledger:
        now = ledger.clock()
        overdue = ledger.store.deliveries(late_at=now, limit=MOST)
        found = told(session, overdue if late else ledger.store.deliveries(state=DeliveryState.WAITING, limit=MOST))
    if session.format == "json":
        session.write_json({"reports": [ledger_json.delivery(one, now) for one in found], "late": len(overdue)})
    else:
        ledger_tables.deliveries(found, session, now, empty=session.pick("没有等待送达的反馈", "Nothing is waiting"))
    return FINDINGS if overdue else 0


@click.command(
    "dead",
    cls=Command,
    text=(
        "死信：接收方拒收的反馈及其说明；有则退出码 1",
        "Reports that were refused, and why; exits with 1 if there are any",
    ),
)
@which
@layout
@language
@click.pass_obj
def dead(session: Session, target: str | None) -> int:
    """List them."""
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.ledger.dead import dead_letters

    with opened(target) as ledger:
        found, now = told(session, dead_letters(ledger.store, limit=MOST)), ledger.clock()
    if session.format == "json":
        session.write_json({"reports": [ledger_json.delivery(one, now) for one in found]})
    else:
        ledger_tables.deliveries(found, session, now, empty=session.pick("没有死信", "No dead letters"))
        if found:
            again = f"credit ledger retry --all{ledger_tables.on(target)}"
            session.screen().line(session.pick(f"改正后重送：{again}", f"Try again: {again}"), "dim")
    return FINDINGS if found else 0


@click.command(
    "obligations",
    cls=Command,
    text=(
        "未了的义务：待执行的措施、尚未履行的期限；有逾期则退出码 1",
        "Measures to be carried out, and what they leave open; exits with 1 if one is overdue",
    ),
)
@option("--overdue", is_flag=True, text=("只列逾期的", "Only those overdue"))
@which
@layout
@language
@click.pass_obj
def obligations(session: Session, overdue: bool, target: str | None) -> int:
    """List them."""
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.cli.ledger_json import is_overdue
    from credit_sdk.ledger.settling import settle
    from credit_sdk.model.moments import shanghai_day

    with opened(target) as ledger:
        now = ledger.clock()
        settle(ledger.store, now)
        today = shanghai_day(now)
        late = told(session, ledger.store.duties(overdue_on=today, limit=MOST))
        others = [] if overdue else [one for one in _open(ledger.store, session) if not is_overdue(one, today)]
    shown = [*late, *others]
    if session.format == "json":
        session.write_json({"obligations": [ledger_json.duty(one, today) for one in shown]})
    else:
        ledger_tables.duties(shown, session, today, empty=session.pick("没有未了的义务", "Nothing is open"))
    return FINDINGS if late else 0


def _open(store: LedgerStore, session: Session) -> list[Duty]:
    """What is to be carried out, and what was and leaves something open; a restriction alone is no such thing."""
    from datetime import date

    from credit_sdk.ports.ledger import DutyState

    due = told(session, store.duties(states=(DutyState.DUE,), limit=MOST))
    # By their day: restrictions in force, which have none, are many more.
    executed = told(session, store.duties(states=(DutyState.EXECUTED,), overdue_on=date.max, limit=MOST))
    return [*due, *executed]


@click.command(
    "releases",
    cls=Command,
    text=(
        "待解除的限制（名单条目已终止）；有则退出码 1",
        "Restrictions due for release, their listings having ended; exits with 1 if there are any",
    ),
)
@option("--all", "everything", is_flag=True, text=("列出所有未解除的限制", "All restrictions that were not lifted"))
@which
@layout
@language
@click.pass_obj
def releases(session: Session, everything: bool, target: str | None) -> int:
    """List them."""
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.ledger import releases as ends
    from credit_sdk.model.moments import shanghai_day

    with opened(target) as ledger:
        now = ledger.clock()
        ends.look(ledger.store, now)
        due = ends.due(ledger.store)
        shown = told(session, ends.outstanding(ledger.store) if everything else due)
    if session.format == "json":
        session.write_json({"releases": [ledger_json.duty(one) for one in shown]})
    else:
        empty = session.pick("没有待解除的限制", "Nothing is due for release")
        if everything:
            empty = session.pick("没有执行中的限制", "No restriction is in force")
        ledger_tables.duties(shown, session, shanghai_day(now), empty=empty)
        if due:
            lifted = f"credit ledger release ID{ledger_tables.on(target)}"
            session.screen().line(session.pick(f"解除后入账：{lifted}", f"Once lifted, say so: {lifted}"), "dim")
    return FINDINGS if due else 0
