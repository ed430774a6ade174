"""``credit ledger``: upkeep — mend a file, prepare a database, see what need not be kept any longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.failures import FINDINGS
from credit_sdk.cli.ledger_opening import named, opened, which
from credit_sdk.cli.ledger_progress import progress
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.cli.session import Session
    from credit_sdk.ledger._salvage import Salvaged
    from credit_sdk.ledger.retention import Expired, RetentionRules


@click.command(
    "repair",
    cls=Command,
    text=(
        "修复损坏的台账文件：认得出的各条转入新文件，旧文件留在旁边；有丢失则退出码 1",
        "Mend a damaged ledger file: what can be recognised goes into a fresh one; exits with 1 if anything is lost",
    ),
)
@which
@layout
@language
@click.pass_obj
def repair(session: Session, target: str | None) -> int:
    """Mend it."""
    found = named(target)
    if "://" in found:
        raise InvalidRequest(
            "只能修复台账文件；数据库请按其自身办法恢复",
            "only a ledger file can be mended; restore a database by its own means",
            key="--ledger",
        )
    from credit_sdk.ledger._salvage import salvage

    with progress(session, "修复台账", "mending the ledger"):
        result = salvage(found)
    if session.format == "json":
        session.write_json(result._asdict())
    else:
        _draw_repair(result, session)
    return FINDINGS if result.lost or result.lost_texts else 0


def _draw_repair(result: Salvaged, session: Session) -> None:
    from credit_sdk.cli.ledger_tables import done

    screen, pick = session.screen(), session.pick
    facts = [] if result.aside is None else [(pick("旧文件", "old file"), result.aside)]
    if result.lost:
        facts.append((pick("丢失的序号", "lost, by number"), _ranges(result.lost)))
    if result.lost_before:
        facts.append((pick("早先丢失的", "lost before"), _ranges(result.lost_before)))
    if result.lost_texts:
        again = pick("下次用到时重新留存", "kept anew when needed again")
        facts.append((pick("丢失的存底文本", "lost texts"), f"{result.lost_texts} ({again})"))
    if result.foreign:
        newer = pick(
            "多半由其他版本写成，修复不了；请升级 credit-sdk", "most likely another version's: upgrade credit-sdk"
        )
        facts.append((pick("本版读不懂的", "not understood"), f"{result.foreign} ({newer})"))
    if result.aside is None:
        whole = f"没有发现损坏，{result.entries} 条都在；待办和统计已重新推出"
        done(pick(whole, f"No damage was found, {result.entries} entries; views were made anew"), screen, facts)
    else:
        done(pick(f"已转入 {result.entries} 条", f"{result.entries} entries are in the fresh file"), screen, facts)


def _ranges(places: Sequence[tuple[int, int]]) -> str:
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in places)


@click.command(
    "retention",
    cls=Command,
    text=(
        "保存期限已满的核查（采购文件十五年）；只列出，不删除",
        "What need not be kept any longer (procurement files: 15 years); lists only, removes nothing",
    ),
)
@option(
    "--rules",
    metavar="FILE.toml",
    text=("各领域的保存年限（TOML）；默认都是十五年", "Years by domain, as TOML; fifteen for all by default"),
)
@which
@layout
@language
@click.pass_obj
def retention(session: Session, rules: str | None, target: str | None) -> None:
    """List it."""
    from credit_sdk.ledger.retention import RetentionRules, expired, retention_rules

    terms = RetentionRules() if rules is None else retention_rules(rules)
    with opened(target) as ledger:
        found = expired(ledger.store, ledger.clock(), terms)
    if session.format == "json":
        years = {"years": dict(terms.years), "otherwise": terms.otherwise}
        session.write_json({"rules": years, "expired": [one._asdict() for one in found]})
    else:
        _draw_retention(found, terms, session)


def _draw_retention(found: list[Expired], terms: RetentionRules, session: Session) -> None:
    screen, pick = session.screen(), session.pick
    # What was used: a domain that a file misspells would be kept for as long as every other.
    years = [*terms.years.items(), (pick("其他", "others"), terms.otherwise)]
    listed = pick("，", ", ").join(f"{domain} {number}" for domain, number in years)
    screen.line(pick(f"保存年限：{listed}", f"Years: {listed}"), "dim")
    if not found:
        screen.paragraph(pick("没有保存期满的核查", "Everything is within its term"))
    for one in found:
        screen.entry(f"{one.month} {one.domain}")
        screen.facts(
            [
                (pick("可不再保存", "need not be kept"), str(one.removable)),
                (pick("仍有未了事项", "still open"), str(one.still_open)),
            ]
        )


@click.command(
    "migrate",
    cls=Command,
    text=(
        "建立或升级 PostgreSQL 中的台账表；已是最新则不动",
        "Make the ledger's tables in PostgreSQL, or bring them up to this version",
    ),
)
@which
@layout
@language
@click.pass_obj
def migrate(session: Session, target: str | None) -> None:
    """Migrate."""
    found = named(target)
    if "://" not in found:
        raise InvalidRequest(
            "只有 PostgreSQL 台账需要此步；台账文件在打开时自行升级",
            "only a ledger in PostgreSQL needs this; a file is brought up when it is opened",
            key="--ledger",
        )
    from credit_sdk.ledger.sql import migrate as bring_up

    bring_up(found)
    if session.format == "json":
        session.write_json({"migrated": True})
    else:
        from credit_sdk.cli.ledger_tables import done

        done(session.pick("台账表已就绪", "The ledger's tables are ready"), session.screen())
