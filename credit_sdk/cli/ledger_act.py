"""``credit ledger``: the commands that write down what somebody did, and that send what is to be sent.

What is reported here is delivered at once where a source is set; else, and where that fails, it waits in the ledger for whoever
delivers: a client of the service's, or ``credit ledger send``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.failures import FINDINGS, NO_ANSWER
from credit_sdk.cli.ledger_limits import MOST, told
from credit_sdk.cli.ledger_opening import asking, connected, opened, reporting, which
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidRequest, InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.cli.session import Session
    from credit_sdk.ledger.dispatcher import Dispatcher, Sent
    from credit_sdk.ledger.values import Receipt

_ROUNDS = 100_000


@click.command(
    "retry",
    cls=Command,
    text=(
        "让死信重新排队，改正原因之后使用；也可让等待中的立即可送",
        "Have refused reports tried again, once what was wrong is mended; or have waiting ones due at once",
    ),
)
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@option("--all", "everything", is_flag=True, text=("全部死信", "All that were refused"))
@option(
    "--waiting",
    "resting",
    is_flag=True,
    text=("全部送失败后等待重试的（未到报送期的除外）", "All that failed and rest (not those whose month is not over)"),
)
@which
@layout
@language
@click.pass_obj
def retry(session: Session, keys: tuple[str, ...], target: str | None, *, everything: bool, resting: bool) -> None:
    """Queue them."""
    from credit_sdk.ledger.dead import hasten, requeue

    if bool(keys) == (everything or resting):
        raise InvalidRequest("请给出 KEY，或 --all、--waiting", "give KEYs, or --all, --waiting", key="KEY")
    with opened(target) as ledger:
        now = ledger.clock()
        chosen = [] if resting and not everything else requeue(ledger.store, now, keys or None)
        if resting:
            chosen += hasten(ledger.store, now)
    _said(session, {"requeued": len(chosen)}, f"{len(chosen)} 条重新排队", f"{len(chosen)} queued again")


@click.command(
    "send",
    cls=Command,
    text=(
        "送出到期的反馈；有被拒的退出码 1，有送不达的退出码 4",
        "Deliver what is to be sent by now; exits with 1 if some was refused, with 4 if some could not be delivered",
    ),
)
@option(
    "--timeout",
    type=click.FloatRange(0.1, 86_400),
    default=60.0,
    text=("最多用多少秒，默认 60", "Seconds at most, 60 by default"),
)
@option(
    "--now",
    "at_once",
    is_flag=True,
    text=(
        "等待重试的也立即送（平台已恢复；未到报送期的除外）",
        "Those that failed and rest, too, as the platform is well again (not those whose month is not over)",
    ),
)
@asking
@which
@layout
@language
@click.pass_obj
def send(session: Session, /, timeout: float, target: str | None, *, at_once: bool, **asked: Any) -> int:
    """Send."""
    from credit_sdk.ledger.dead import hasten
    from credit_sdk.model.moments import SHANGHAI, written

    with connected(target, **asked) as (_, ledger):
        dispatcher = ledger.dispatcher
        if dispatcher is None:
            raise InvalidSettings(
                "该来源不接收反馈；请用 --source 指明平台",
                "this source takes no outcomes in; name the platform with --source",
                key="source",
            )
        if at_once:
            hasten(ledger.store, ledger.clock(), ledger.senders)
        sent = _deliver(dispatcher, timeout)
        now = ledger.clock()
        waiting = told(session, ledger.store.deliveries(due_at=now, receivers=ledger.senders, limit=MOST))
    left = len(waiting)
    in_hand = [one.claimed_until for one in waiting if one.claimed_until is not None and one.claimed_until > now]
    resting = [one.next_at for one in waiting if one.next_at > now]
    values = {
        "delivered": sent.delivered,
        "repeated": sent.repeated,
        "deferred": sent.deferred,
        "refused": sent.refused,
        "left": left,
        "resting": len(resting),
        "resting_until": written(min(resting)) if resting else None,
        "in_hand": len(in_hand),
        "in_hand_until": written(max(in_hand)) if in_hand else None,
    }
    facts = []
    if resting:
        until = f"{min(resting).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        facts.append(
            (
                session.pick("等待重试", "resting"),
                session.pick(
                    f"{len(resting)} 条，最早 {until}；立即重送：credit ledger send --now",
                    f"{len(resting)}, until {until} at least; to send them at once: credit ledger send --now",
                ),
            )
        )
    if in_hand:
        until = f"{max(in_hand).astimezone(SHANGHAI):%H:%M:%S}"
        facts.append(
            (
                session.pick("他处正在送出", "in hand elsewhere"),
                session.pick(
                    f"{len(in_hand)} 条，至 {until}；该进程若已退出，其后由他人接手",
                    f"{len(in_hand)}, until {until}; should that process be gone, another takes them up then",
                ),
            )
        )
    _said(
        session,
        values,
        f"送达 {sent.delivered}，推迟 {sent.deferred}，被拒 {sent.refused}，仍待送 {left}",
        f"delivered {sent.delivered}, deferred {sent.deferred}, refused {sent.refused}, left {left}",
        facts,
    )
    if sent.deferred or left:
        return NO_ANSWER
    return FINDINGS if sent.refused else 0


def _deliver(dispatcher: Dispatcher, timeout: float) -> Sent:
    """Round after round, until one finds nothing to send or the time is over."""
    from time import monotonic

    from credit_sdk.ledger.dispatcher import Sent

    ends, total = monotonic() + timeout, Sent()
    for _ in range(_ROUNDS):
        left = ends - monotonic()
        if left <= 0:
            break
        sent = dispatcher.run_once(timeout=left)
        total = total.plus(sent)
        if sent.claimed == sent.given_back:
            break
    return total


@click.command(
    "discharge",
    cls=Command,
    text=("义务已履行（如容缺材料已补齐），入账并上报", "An obligation is fulfilled; it is kept and reported"),
)
@click.argument("decision_id", metavar="ID")
@click.argument("measure", metavar="MEASURE")
@option("--proof", metavar="TEXT", text=("履行证明，如材料编号；只留台账", "What shows it; stays in the ledger"))
@which
@layout
@language
@click.pass_obj
def discharge(session: Session, decision_id: str, measure: str, proof: str | None, target: str | None) -> None:
    """Write it down."""
    with reporting(target) as ledger:
        receipt = ledger.discharge(decision_id, measure, proof=proof)
    _kept(session, receipt, "履行已入账", "Kept: fulfilled")


@click.command(
    "release",
    cls=Command,
    text=("限制已解除，入账并上报", "Restrictions were lifted; it is kept and reported"),
)
@click.argument("decision_id", metavar="ID")
@option(
    "--measure",
    "measures",
    multiple=True,
    metavar="M",
    text=(
        "措施编号，可多次给出；默认该结论全部待解除的",
        "A measure's id, repeatable; default: all that are due for release",
    ),
)
@option("--note", metavar="TEXT", text=("说明，一并上报", "A note, reported too"))
@which
@layout
@language
@click.pass_obj
def release(
    session: Session, decision_id: str, measures: tuple[str, ...], note: str | None, target: str | None
) -> None:
    """Write it down."""
    with reporting(target) as ledger:
        receipt = ledger.release(decision_id, measures or None, note=note)
    _kept(session, receipt, "解除已入账", "Kept: released")


def _kept(session: Session, receipt: Receipt, zh: str, en: str) -> None:
    from credit_sdk.model.moments import written

    values = {
        "key": receipt.key,
        "decision_id": receipt.decision_id,
        "receiver": receipt.receiver,
        "send_from": written(receipt.send_from),
        "send_by": None if receipt.send_by is None else written(receipt.send_by),
    }
    facts = [(session.pick("幂等键", "key"), receipt.key)]
    facts.append(
        (session.pick("报送", "to"), receipt.receiver or session.pick("不报送（虚构数据）", "nobody (fictional data)"))
    )
    _said(session, values, zh, en, facts)


def _said(
    session: Session, values: Mapping[str, object], zh: str, en: str, facts: Sequence[tuple[str, str]] = ()
) -> None:
    """What was done, for a program or a person."""
    if session.format == "json":
        session.write_json(values)
        return
    from credit_sdk.cli.ledger_tables import done

    done(session.pick(zh, en), session.screen(), facts)
