"""What ``credit sandbox`` tells a person: what it is, how to point a client at it, how to change its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.sandbox import NOTICE

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session

_RESTRICTED = "91990100MA0000A019"  # the demonstration's first firm, and its listing
_LISTING = "DEMO-01"
_JSON = "-H 'Content-Type: application/json'"


def draw(session: Session, url: str, data: str, database: str | None, *, open_to_all: bool, token: bool) -> None:
    """Draw it.

    :param data: what the database was filled with.
    :param open_to_all: whether it listens beyond this machine.
    :param token: whether the admin API wants one.
    """
    screen, pick = session.screen(), session.pick
    demo = data == "demo"
    code, listing = (_RESTRICTED, _LISTING) if demo else ("CODE", "ID")
    screen.panel(pick("沙盒 · 模拟平台", "Sandbox"), [(NOTICE[session.lang], "bold"), (url, "bold cyan")], "yellow")
    screen.facts(
        [
            (pick("数据", "Data"), pick("虚构的演示名单", "the fictional demonstration lists") if demo else data),
            (pick("数据库", "Database"), database or pick("临时文件，停止后删除", "a temporary file, gone at the end")),
            (pick("接口说明", "Contract"), f"{url}/openapi.json"),
        ],
        indent=2,
    )
    if open_to_all:
        screen.note(
            pick(
                "监听地址不限于本机：网络上的其他机器也能查询",
                "Not on this machine alone: others on the network can ask it",
            ),
            "red",
        )

    screen.heading(pick("让客户端指向沙盒", "Point a client at it"))
    for command in (
        f"export CREDIT_SOURCE={url}",
        f"credit check {code} --domain procurement --action award --source {url}",
    ):
        screen.line(f"  {command}", "green")

    bearer = ' -H "Authorization: Bearer $TOKEN"' if token else ""
    subject = f'{{"list": "tax.major-violation", "subject": {{"code": "{"91990100MA0000A02C" if demo else code}"}}}}'
    fault = '{"kind": "429", "retry_after": 1, "times": 2}'
    screen.heading(pick("改变数据、注入故障", "Change the data, switch on faults"))
    for what, command in (
        (
            pick("修复（object、remove、revoke、restore 同理）", "repair (object, remove, revoke, restore alike)"),
            f"curl{bearer} -X POST {url}/admin/listings/{listing}/repair",
        ),
        (pick("列入名单", "list a subject"), f"curl{bearer} {_JSON} -d '{subject}' {url}/admin/listings"),
        (pick("注入故障", "switch on a fault"), f"curl{bearer} {_JSON} -d '{fault}' {url}/admin/faults"),
        (pick("清除故障", "switch all faults off"), f"curl{bearer} -X DELETE {url}/admin/faults"),
        (pick("查看状况", "how things stand"), f"curl{bearer} {url}/admin"),
        (pick("收到的反馈", "outcomes received"), f"curl{bearer} {url}/admin/outcomes"),
        (pick("恢复初始", "begin anew"), f"curl{bearer} -X POST {url}/admin/reset"),
    ):
        screen.line(f"  # {what}", "dim")
        screen.line(f"  {command}", "green")
    screen.line()
    screen.line(pick("按 Ctrl-C 停止", "Press Ctrl-C to stop"), "bold")
