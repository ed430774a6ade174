"""``credit ledger``: upkeep — mend a file, prepare a database, see what need not be kept any longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from credit_sdk.cli.bilingual import Command
from credit_sdk.cli.failures import FINDINGS
from credit_sdk.cli.ledger_opening import named, opened, which
from credit_sdk.cli.ledger_progress import progress
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session
    from credit_sdk.ledger._salvage import Salvaged
    from credit_sdk.ledger.retention import Expired


@click.command(
    "repair",
    cls=Command,
    text=(
        "修复损坏的台账文件：能读的各条转入新文件，旧文件留在旁边；有丢失则退出码 1",
        "Mend a damaged ledger file: what can be read goes into a fresh one; exits with 1 if anything is lost",
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
    lost = [str(first) if first == last else f"{first}–{last}" for first, last in result.lost]
    facts = [(pick("旧文件", "old file"), result.aside)]
    if lost:
        facts.append((pick("丢失的序号", "lost, by number"), ", ".join(lost)))
    if result.lost_texts:
        again = pick("下次用到时重新留存", "kept anew when needed again")
        facts.append((pick("丢失的存底文本", "lost texts"), f"{result.lost_texts} ({again})"))
    done(pick(f"已转入 {result.entries} 条", f"{result.entries} entries are in the fresh file"), screen, facts)


@click.command(
    "retention",
    cls=Command,
    text=(
        "保存期限已满的核查（采购文件十五年）；只列出，不删除",
        "What need not be kept any longer (procurement files: 15 years); lists only, removes nothing",
    ),
)
@which
@layout
@language
@click.pass_obj
def retention(session: Session, target: str | None) -> None:
    """List it."""
    from credit_sdk.ledger.retention import expired

    with opened(target) as ledger:
        found = expired(ledger.store, ledger.clock())
    if session.format == "json":
        session.write_json({"expired": [one._asdict() for one in found]})
    else:
        _draw_retention(found, session)


def _draw_retention(found: list[Expired], session: Session) -> None:
    screen, pick = session.screen(), session.pick
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
