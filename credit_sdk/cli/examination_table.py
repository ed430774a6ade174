"""``credit doctor`` on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.cli import holdings
from credit_sdk.decision import words

if TYPE_CHECKING:
    from credit_sdk.cli.examination import Examination
    from credit_sdk.cli.ledger_health import LedgerFindings
    from credit_sdk.cli.platform_check import PlatformFindings
    from credit_sdk.cli.screen import Screen
    from credit_sdk.cli.session import Session
    from credit_sdk.plugins import AdapterInfo

_ORIGINS = {
    "argument": ("命令行", "argument"),
    "environment": ("环境变量", "environment"),
    "default": ("默认", "default"),
}


def draw(result: Examination, session: Session) -> None:
    """Draw the findings, and what to mend at the end."""
    screen, lang = session.screen(), session.lang
    screen.heading(session.pick("版本", "Versions"))
    missing = session.pick("未安装", "not installed")
    screen.facts([(name, version or missing) for name, version in result.versions.items()], indent=2)

    screen.heading(session.pick("适配器", "Adapters"))
    for adapter in result.adapters:
        _adapter(adapter, screen, session)
    if not result.adapters:
        screen.paragraph(
            session.pick(
                "没有安装适配器；核查需要安装适配器（如 credit-sdk-procurement）或用 --measures 自带措施清单",
                "No adapter is installed; to check, install one (such as credit-sdk-procurement) or bring a measure list"
                " with --measures",
            ),
            indent=2,
        )

    screen.heading(session.pick("设置", "Settings"))
    unset = session.pick("未设置", "not set")
    screen.facts(
        [
            (name, (value if value is not None else unset) + f"  [{words.say(_ORIGINS, origin, lang)}]")
            for name, (value, origin) in result.settings.items()
        ],
        indent=2,
    )
    if result.source is not None:
        screen.facts([(session.pick("来源可用", "source opened"), result.source)], indent=2)

    if result.platform is not None:
        _platform(result.platform, screen, session)

    if result.ledger is not None:
        _ledger(result.ledger, screen, session)

    if result.problems:
        screen.heading(session.pick("需要处理", "To mend"), "red")
        for problem in result.problems:
            screen.entry(problem.code, mark="✗", colour="red")
            screen.paragraph(problem.located(lang), indent=4)
    else:
        screen.line()
        screen.line(session.pick("✓ 一切正常", "✓ All is well"), "bold green")
    screen.line()


def _ledger(found: LedgerFindings, screen: Screen, session: Session) -> None:
    pick = session.pick
    screen.heading(pick("台账", "Ledger"))
    state = (
        pick("可读写", "can be read and written") if found.usable else pick("不可用，见下", "cannot be used, see below")
    )
    if not found.exists and found.usable:
        state = pick("尚未建立，首次核查时建立", "not made yet; the first check makes it")
    facts = [(pick("位置", "place"), found.name), (pick("状态", "state"), state)]
    if not found.required:
        facts.append((pick("写不了时", "if it fails"), pick("照样核查，不入账", "checks go on, and are not kept")))
    counts = (
        (pick("读不出的条目", "damaged entries"), found.damaged, ""),
        (pick("缺失的条目", "missing entries"), found.missing, ""),
        (pick("待送达", "waiting"), found.waiting, "credit ledger waiting"),
        (pick("迟报", "late"), found.late, "credit ledger waiting --late"),
        (pick("死信", "dead letters"), found.dead, "credit ledger dead"),
    )
    for label, count, command in counts:
        if count is not None:
            see = f"  {command}" if count and command else ""
            more = "≥ " if count >= found.counted_to else ""
            facts.append((label, f"{more}{count}{see}"))
    screen.facts(facts, indent=2)


def _platform(found: PlatformFindings, screen: Screen, session: Session) -> None:
    pick = session.pick
    screen.heading(pick("平台", "Platform"))
    facts = [
        (
            pick("访问", "reached"),
            pick("没有应答", "no answer")
            if found.seconds is None
            else pick(f"{found.seconds:.2f} 秒", f"{found.seconds:.2f} s"),
        )
    ]
    if found.credentials is not None:
        accepted = found.credentials == "accepted"
        facts.append((pick("凭据", "credentials"), pick("有效", "accepted") if accepted else pick("被拒绝", "refused")))
    if found.health is not None:
        facts.append(
            (pick("自述", "says it is"), pick("正常", "well") if found.health.ok else pick("不正常", "degraded"))
        )
    if found.skew is not None:
        seconds = found.skew.total_seconds()
        ahead = pick("快", "ahead") if seconds > 0 else pick("慢", "behind")
        apart = pick(f"平台比本机{ahead} {abs(seconds):.0f} 秒", f"the platform's is {abs(seconds):.0f} s {ahead}")
        facts.append((pick("时钟", "clock"), pick("一致", "agrees") if abs(seconds) < 1 else apart))
    screen.facts(facts, indent=2)
    if found.held is not None:
        holdings.draw(found.held, session)


def _adapter(adapter: AdapterInfo, screen: Screen, session: Session) -> None:
    lang = session.lang
    sound = adapter.problem is None
    package = " ".join(part for part in (adapter.distribution, adapter.version) if part)
    screen.entry(adapter.name, package, mark="✓" if sound else "✗", colour="green" if sound else "red")
    if not sound:
        screen.paragraph(session.pick("不可用，见下", "cannot be used, see below"), indent=4, style="red")
    for ml in adapter.measure_lists:
        status = words.say(words.LIST_STATUSES, ml.status, lang)
        count = session.pick(f"{len(ml.measures)} 项措施", f"{len(ml.measures)} measures")
        screen.paragraph(f"{ml.id} {ml.version} · {ml.jurisdiction} · {status} · {count}", indent=4, style="dim")
