"""``credit check``: one check, decided and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.failures import RESTRICTED
from credit_sdk.cli.options import language, layout
from credit_sdk.cli.timestamp import moment
from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from credit_sdk.cli.session import Session
    from credit_sdk.decision.result import Decision
    from credit_sdk.model.subject import Subject


def _domains(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from credit_sdk.plugins import DomainRegistry

    domains = DomainRegistry.from_entry_points().domains
    return [CompletionItem(name, help=domain.title) for name, domain in domains.items() if name.startswith(typed)]


def _actions(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from credit_sdk.plugins import DomainRegistry

    domain = DomainRegistry.from_entry_points().domains.get(str(context.params.get("domain")))
    actions = {name: a.title for ml in domain.measure_lists for name, a in ml.actions.items()} if domain else {}
    return [CompletionItem(name, help=title) for name, title in actions.items() if name.startswith(typed)]


@click.command(
    "check",
    cls=Command,
    text=(
        "核查一个主体：CODE 为统一社会信用代码，省略时按 --name 核查",
        "Check one subject: CODE is its unified social credit code; without one, --name is checked",
    ),
)
@click.argument("code", required=False)
@option(
    "--domain",
    required=True,
    metavar="D",
    shell_complete=_domains,
    text=("领域，如 procurement（必填）", "Domain, such as procurement (required)"),
)
@option(
    "--action",
    required=True,
    metavar="A",
    shell_complete=_actions,
    text=("办理事项，如 award（必填）", "What is about to be done, such as award (required)"),
)
@option("--name", metavar="N", text=("登记的全称", "Full name as registered"))
@option(
    "--type",
    "type_",
    metavar="T",
    text=(
        "主体类型：legal_entity 法人、other_organisation 其他组织、sole_trader 个体工商户",
        "Type of subject: legal_entity, other_organisation, sole_trader",
    ),
)
@option(
    "--issued",
    is_flag=True,
    text=(
        "登记机关确实核发了该代码，尽管其校验位不符",
        "The registry did issue this code although its check character fails",
    ),
)
@option(
    "--as-of",
    metavar="T",
    text=(
        "核查时点，须带时区，如 2026-11-21T12:00:00+08:00；默认现在",
        "Moment to decide for, with an offset, such as 2026-11-21T12:00:00+08:00; default: now",
    ),
)
@option(
    "--jurisdiction",
    metavar="J",
    text=("行政区划：CN 或 2、4、6 位代码", "Area: CN or a GB/T 2260 code of 2, 4 or 6 digits"),
)
@option(
    "--source",
    metavar="S",
    text=(
        "信用信息来源：平台地址 https://…（凭据用 CREDIT_API_KEY），或 demo（虚构数据）",
        "Source: a platform, https://… (its key in CREDIT_API_KEY), or demo (fictional data)",
    ),
)
@option(
    "--lists",
    "files",
    multiple=True,
    metavar="FILE.jsonl",
    text=(
        "名单数据文件（JSON Lines），可多次给出；不与 --source 同用",
        "File of listings (JSON Lines), repeatable; not with --source",
    ),
)
@option(
    "--measures",
    metavar="FILE.toml",
    text=("用该措施清单代替领域适配器", "Use this measure list in place of the domain's adapter"),
)
@option(
    "--related",
    multiple=True,
    metavar="ROLE=CODE",
    text=(
        "关联主体及其角色，如 parent=CODE 表示总公司，可多次给出",
        "Related subject and its role, such as parent=CODE, repeatable",
    ),
)
@option(
    "--member",
    "members",
    multiple=True,
    metavar="CODE",
    text=("联合体的其他成员，可多次给出", "Another member of the consortium, repeatable"),
)
@option(
    "--ledger",
    metavar="L",
    text=(
        "把核查记入台账：文件，或 postgresql://…；默认 CREDIT_LEDGER，未设置则不记",
        "Keep the check in this ledger: a file, or postgresql://…; default: CREDIT_LEDGER, else it is not kept",
    ),
)
@option(
    "--exit-status",
    type=click.Choice(("effect", "blocking")),
    default="effect",
    text=(
        "退出码 3 的含义：effect 限制即 3（默认），blocking 不得继续才是 3",
        "When to exit with 3: effect, on restrict (default); blocking, only when the action may not go on",
    ),
)
@option(
    "--receipt",
    "receipts",
    multiple=True,
    metavar="FILE",
    text=(
        "同时签发核查凭证，写入该文件，后缀 .html、.json 或 .pdf，可多次给出",
        "Issue the check receipt too, into this file, ending in .html, .json or .pdf; repeatable",
    ),
)
@layout
@language
@click.pass_obj
def check(session: Session, /, exit_status: str, receipts: tuple[str, ...], **given: Any) -> int:
    """Decide, show, and give the exit code (interfaces section 4)."""
    if receipts:
        from credit_sdk.client.receipts import check_targets

        check_targets(receipts, given["ledger"])
    decision = _decide(given, session, signed=bool(receipts))
    if session.format == "json":
        session.write_json(decision.to_dict(session.lang))
    else:
        from credit_sdk.cli.decision_table import draw

        draw(decision, session)
    if receipts:
        session.out.flush()  # the answer stands, whatever becomes of its receipt
        receipt = decision.receipt()
        for file in receipts:
            receipt.write(file, lang=session.lang)
    restricted = decision.blocking if exit_status == "blocking" else decision.effect == "restrict"
    return RESTRICTED if restricted else 0


def _decide(given: dict[str, Any], session: Session, *, signed: bool) -> Decision:
    """Put the request together and ask the client.

    :param signed: whether a receipt is wanted, so that there must be a key.
    :raises CreditError: bad input, or no answer.
    """
    if given["files"] and given["source"] is not None:
        raise InvalidRequest("--lists 与 --source 只能给出一个", "give either --lists or --source", key="--lists")
    subject = _subject(given["code"], given["name"], given["type_"], issued=given["issued"])
    related = [_related(one) for one in given["related"]]
    as_of = None if given["as_of"] is None else moment(given["as_of"])

    from credit_sdk.cli.deployment import client, keeping

    with (
        keeping(given["ledger"], session) as ledger,
        client(given["source"], given["files"], given["measures"], given["domain"], ledger=ledger) as credit,
    ):
        if signed:
            from credit_sdk.client.receipts import signer_of

            signer_of(None if ledger is None else ledger.file).check()
        return credit.check(
            subject,
            domain=given["domain"],
            action=given["action"],
            members=given["members"],
            related=related,
            jurisdiction=given["jurisdiction"],
            as_of=as_of,
        )


def _subject(code: str | None, name: str | None, type_: Any, *, issued: bool) -> Subject:
    from credit_sdk.model.subject import Subject

    return Subject(code, name=name, type=type_, issued=issued)


def _related(text: str) -> tuple[str, str]:
    from credit_sdk.model.terms import Role

    role, _, code = text.partition("=")
    if role not in set(Role):  # not repeated: who swaps the two has typed an identifier here
        raise InvalidRequest(
            f"应写成 ROLE=CODE，如 parent=总公司的代码；ROLE 可用：{'、'.join(Role)}",
            f"write ROLE=CODE, such as parent= and the parent's code; ROLE is one of {', '.join(Role)}",
            key="--related",
        )
    return role, code
