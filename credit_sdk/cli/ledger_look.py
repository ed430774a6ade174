"""``credit ledger``: decisions and numbers — the list, one decision's story, who used a listing, the statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.ledger_limits import MOST, told
from credit_sdk.cli.ledger_opening import opened, which
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.cli.session import Session
    from credit_sdk.ledger.numbers import Period
    from credit_sdk.ports.ledger import Duty, KeptDecision, LedgerStore

_LISTED = 20


@click.command(
    "list",
    cls=Command,
    text=(
        "列出最近的核查结论，或没有得到结论的核查",
        "List the latest decisions, or the checks that came to none",
    ),
)
@option("--domain", metavar="D", text=("只列该领域", "Only of this domain"))
@option("--action", metavar="A", text=("只列该办理事项", "Only of this action"))
@option(
    "--since",
    metavar="T",
    text=(
        "只列此后的，如 2026-11-01 或带时区的时刻",
        "Only those since, such as 2026-11-01 or a moment with an offset",
    ),
)
@option("--listing", metavar="ID", text=("只列用到该名单条目的", "Only those that used this listing"))
@option(
    "--code",
    metavar="CODE",
    text=("只列按该统一社会信用代码查的", "Only those asked for by this unified social credit code"),
)
@option("--name", metavar="N", text=("只列按该名称查的（登记的全称）", "Only those asked for by this full name"))
@option(
    "--issued",
    is_flag=True,
    text=(
        "登记机关确实核发了该代码，尽管其校验位不符",
        "The registry did issue this code although its check character fails",
    ),
)
@option(
    "--undecided",
    is_flag=True,
    text=("列没有得到结论的核查，及以后是否补上", "The checks without an answer, and whether they have one since"),
)
@option("--before", metavar="ID", text=("从该结论之前列起（翻页）", "Begin before this decision (for the next page)"))
@option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=_LISTED,
    text=(f"最多列出几件，默认 {_LISTED}", f"How many at most, {_LISTED} by default"),
)
@which
@layout
@language
@click.pass_obj
def list_(session: Session, /, target: str | None, **given: Any) -> None:
    """List."""
    from credit_sdk.cli.timestamp import since

    limit: int = given["limit"]
    filters = {name: given[name] for name in ("domain", "action")} | {"limit": limit + 1}  # one more, to know of it
    if given["since"] is not None:
        filters["since"] = since(given["since"])
    if given["code"] is not None or given["name"] is not None:
        filters["mark"] = _mark(given["code"], given["name"], issued=given["issued"])
    if given["undecided"]:
        for name in ("listing", "before"):
            if given[name] is not None:
                raise InvalidRequest(
                    f"--undecided 不与 --{name} 同用", f"--undecided does not go with --{name}", key=f"--{name}"
                )
        _list_undecided(session, target, filters, limit)
    else:
        _list_decisions(session, target, filters | {name: given[name] for name in ("listing", "before")}, limit)


def _list_decisions(session: Session, target: str | None, filters: dict[str, Any], limit: int) -> None:
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.ledger.checks import kept_check

    with opened(target) as ledger:
        if filters["before"] is not None:
            kept_check(ledger.store, filters["before"], key="--before")
        found = ledger.store.decisions(**filters)
    shown, more = found[:limit], len(found) > limit
    if session.format == "json":
        session.write_json({"decisions": [ledger_json.decision(one) for one in shown], "more": more})
        return
    ledger_tables.decisions(shown, session, empty=session.pick("没有符合条件的结论", "No decision fits"))
    if more:
        last = shown[-1].decision_id
        session.screen().line(
            session.pick(
                f"只列出 {limit} 件，后面还有：加上 --before {last}",
                f"Only {limit} are listed, and there are more: add --before {last}",
            ),
            "dim",
        )


def _list_undecided(session: Session, target: str | None, filters: dict[str, Any], limit: int) -> None:
    from credit_sdk.cli import ledger_json, ledger_tables
    from credit_sdk.ledger.unanswered import unanswered

    with opened(target) as ledger:
        found = unanswered(ledger.store, **filters)
    shown, more = found[:limit], len(found) > limit
    if session.format == "json":
        session.write_json({"undecided": [ledger_json.unanswered(one) for one in shown], "more": more})
        return
    ledger_tables.unanswered(shown, session, empty=session.pick("核查都得到了结论", "Every check came to a decision"))
    if more:
        session.screen().line(
            session.pick(
                f"只列出最近 {limit} 次，前面还有：加大 --limit",
                f"Only the latest {limit} are listed, and there are more: raise --limit",
            ),
            "dim",
        )


def _mark(code: str | None, name: str | None, *, issued: bool) -> str:
    """By this identifier alone: firms with different codes may share an organisation code (rule 3.3)."""
    if code is not None and name is not None:
        raise InvalidRequest("--code 与 --name 只能给出一个", "give either --code or --name", key="--code")
    from credit_sdk.ledger.marks import marks_of
    from credit_sdk.model.subject import Subject

    return marks_of(Subject(code, name=name, issued=issued))[0]


@click.command(
    "show",
    cls=Command,
    text=("一件核查的全过程：核查、结论、执行、送达、复核、履行、解除", "The whole story of one decision"),
)
@click.argument("decision_id", metavar="ID")
@which
@layout
@language
@click.pass_obj
def show(session: Session, decision_id: str, target: str | None) -> None:
    """Tell."""
    from credit_sdk.cli import ledger_story

    with opened(target) as ledger:
        story, now = ledger_story.tell(ledger.store, decision_id), ledger.clock()
    if session.format == "json":
        session.write_json(story.to_dict())
    else:
        from credit_sdk.cli.ledger_story_table import draw
        from credit_sdk.model.moments import shanghai_day

        draw(story, session, shanghai_day(now), target)


@click.command(
    "affected",
    cls=Command,
    text=("用到某一名单条目的全部结论，及已做的事", "Every decision that used a listing, and what was done"),
)
@click.argument("listing", metavar="LISTING")
@which
@layout
@language
@click.pass_obj
def affected(session: Session, listing: str, target: str | None) -> None:
    """List them."""
    from credit_sdk.cli import ledger_json, ledger_tables

    with opened(target) as ledger:
        found = ledger.affected(listing)
        rested = {one.decision_id for one in told(session, ledger.store.duties(listing=listing, limit=MOST))}
        done = {one.decision_id: _measures(ledger.store, one) for one in found}
    if session.format == "json":
        rows = [
            ledger_json.decision(one)
            | {
                "rested_on_it": one.decision_id in rested,
                "measures": [ledger_json.duty(duty) for duty in done[one.decision_id]],
            }
            for one in found
        ]
        session.write_json({"listing": listing, "decisions": rows})
        return
    states = {id_: _in_words(duties, session) for id_, duties in done.items() if duties}
    ledger_tables.decisions(found, session, empty=session.pick("没有结论用到它", "No decision used it"), states=states)


def _measures(store: LedgerStore, decision: KeptDecision) -> Sequence[Duty]:
    return store.duties(decision_id=decision.decision_id, limit=MOST)  # of one decision: never so many


def _in_words(duties: Sequence[Duty], session: Session) -> str:
    from credit_sdk.cli import ledger_words
    from credit_sdk.cli.ledger_tables import measure_name
    from credit_sdk.decision import words

    return session.pick("；", "; ").join(
        f"{measure_name(one, session.lang)} {words.say(ledger_words.STATES, one.state.value, session.lang)}"
        for one in duties
    )


@click.command(
    "stats",
    cls=Command,
    text=("统计：应查必查、奖惩到位、逾期、迟报", "The numbers: what was checked, carried out, overdue, late"),
)
@option("--month", metavar="M", text=("月份，如 2026-11；默认本月", "Month, such as 2026-11; default: this month"))
@option(
    "--format",
    "form",
    type=click.Choice(("table", "csv", "json")),
    text=("输出格式；终端默认 table，其他默认 json", "Layout; table by default in a terminal, json elsewhere"),
)
@which
@language
@click.pass_obj
def stats(session: Session, month: str | None, form: str | None, target: str | None) -> None:
    """Count."""
    from credit_sdk.ledger import numbers
    from credit_sdk.ledger.losses import losses_of

    asked = numbers.month(month) if month is not None else None
    with opened(target) as ledger:
        now = ledger.clock()
        period: Period = asked or numbers.month_of(now)
        counts = numbers.numbers(ledger.store, period, now)
        losses = losses_of(ledger.store)
    if form == "csv":
        # Spreadsheets take a file for one in the machine's own encoding unless it begins with this mark.
        mark = "" if session.out.is_terminal else "\ufeff"
        session.out.write(mark + numbers.csv_text(counts, period, session.lang, losses))
    elif (form or session.format) == "json":
        session.write_json(numbers.report(counts, period, now, losses))
    else:
        from credit_sdk.cli.ledger_numbers_table import draw

        draw(counts, period, session)
