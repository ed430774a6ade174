"""A period's numbers on a terminal: for each domain and action what was checked, what was found, what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.ledger.numbers import NUMBERS, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.cli.session import Session
    from credit_sdk.ledger.closing import Closing
    from credit_sdk.ledger.numbers import Period
    from credit_sdk.ports.ledger import Counts

_GROUPS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("核查", "checks"): ("checks_due", "checks_done", "undecided"),
    ("结论", "decisions"): ("checks", "restricted", "blocked", "priority", "overridden", "shadow"),
    ("措施", "measures"): ("measures_due", "executed", "declined"),
    ("逾期", "overdue"): ("overdue_obligations", "overdue_releases"),
    ("反馈", "feedback"): ("reports", "late_reports", "refused_reports"),
}
"""Each is a line; numbers of nothing but zero are left out but for the first of a line."""


def draw(counts: Sequence[Counts], period: Period, session: Session) -> None:
    """Draw them, the sum at the end."""
    screen, pick = session.screen(), session.pick
    title = period.month or f"{period.since:%Y-%m-%d} – {period.until:%Y-%m-%d}"
    screen.heading(pick(f"{title} 应查必查、奖惩到位", f"{title}: checked and carried out"))
    if not counts:
        screen.paragraph(pick("这一期间没有记录", "Nothing in this period"), indent=2)
    for one in counts:
        _entry(f"{one.domain}/{one.action}", one, session)
    if len(counts) > 1:
        _entry(pick("合计", "Total"), total(counts), session)
    screen.line()


def closing(result: Closing, session: Session) -> None:
    """Draw a month's summary."""
    pick = session.pick
    draw(result.summary, result.period, session)
    screen = session.screen()
    state = pick("尚未月结，以下为目前数字", "Not closed: the numbers so far")
    if result.closed_at is not None:
        at = result.closed_at[:16].replace("T", " ")
        state = pick(f"月结于 {at}", f"Closed on {at}")
        if result.repeated:
            state += pick("，此前已结，数字不变", ", before this; its numbers stay as they were")
    if result.service is not None:
        state += pick(f"（服务：{result.service}）", f" (service: {result.service})")
    screen.line(state, "bold")
    if result.losses:
        lacking = result.losses.damaged + result.losses.missing
        screen.bullet(
            pick(
                f"台账当时缺 {lacking} 条，数字不全",
                f"the ledger lacked {lacking} entries then: the numbers are incomplete",
            ),
            mark="✗",
        )
    sent = ", ".join(f"{receiver} {count}" for receiver, count in result.sent.items()) or "0"
    screen.facts(
        [
            (pick("已送达", "delivered"), sent),
            (pick("待送达", "waiting"), str(result.waiting)),
            (pick("迟报", "late"), str(result.late)),
            (pick("被拒收", "refused"), str(result.refused)),
        ],
        indent=2,
    )
    if result.has_findings:
        screen.bullet(
            pick(
                "有迟报、被拒、逾期、漏查或未落实的事项，见 credit ledger dead、obligations、releases",
                "something is late, refused, overdue, unchecked or left undone; see credit ledger dead, obligations, releases",
            ),
            mark="✗",
        )
    screen.line()


def _entry(heading: str, counts: Counts, session: Session) -> None:
    screen, side = session.screen(), session.lang == "en"
    screen.entry(heading, _share(counts, session))
    facts = []
    for label, names in _GROUPS.items():
        numbers = [(NUMBERS[name][side], getattr(counts, name)) for name in names]
        shown = [f"{name} {count}" for place, (name, count) in enumerate(numbers) if count or place == 0]
        facts.append((label[side], " · ".join(shown)))
    for reason, count in sorted(counts.reasons.items(), key=lambda one: (-one[1], one[0])):
        facts.append((session.pick("未执行原因", "why not"), f"{reason} ×{count}"))
    screen.facts(facts)


def _share(counts: Counts, session: Session) -> str:
    """How much of what was due was done, in per cent; not rounded up to all of it."""
    pairs = (
        (session.pick("应查已查", "checked"), counts.checks_done, counts.checks_due),
        (session.pick("措施落实", "carried out"), counts.executed, counts.measures_due),
    )
    return " · ".join(f"{label} {100 * done // due}%" for label, done, due in pairs if due)
