"""``credit sandbox``: a platform to develop against, on this machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from credit_sdk.cli.bilingual import Command, option
from credit_sdk.cli.options import language, layout
from credit_sdk.errors import InvalidSettings

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session


@click.command(
    "sandbox",
    cls=Command,
    text=(
        "启动沙盒：实现平台接口的模拟平台，供开发对接；数据虚构，可增改、可注入故障，不得用于真实决定",
        "Start a platform to develop against: made-up data to change, faults to switch on; decide nothing real from it",
    ),
)
@option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    text=(
        "端口；默认 8900，已被占用时取任意空闲端口；0 为任意空闲端口",
        "Port; by default 8900, or any free one if that is taken; 0 takes any free one",
    ),
)
@option(
    "--host", default="127.0.0.1", metavar="H", text=("监听地址，默认仅本机", "Address; by default this machine only")
)
@option(
    "--data",
    metavar="FILE.jsonl",
    text=(
        "以该文件为初始数据；默认为虚构的演示名单",
        "What to begin with; by default the fictional demonstration lists",
    ),
)
@option(
    "--db",
    metavar="PATH",
    text=(
        "保存数据的 SQLite 文件；默认为临时文件，停止后删除",
        "SQLite file to keep; by default a temporary one, gone at the end",
    ),
)
@option(
    "--admin-token",
    metavar="T",
    text=(
        "管理接口的令牌，给出后凭令牌可从别处调用；默认只接受本机请求",
        "Token for the admin API, which then may be called from elsewhere; by default from this machine only",
    ),
)
@click.option(
    "--while-stdin", is_flag=True, hidden=True
)  # for `credit_sdk.testing.Sandbox`: no sandbox outlives its test
@layout
@language
@click.pass_obj
def sandbox(
    session: Session,
    *,
    port: int | None,
    host: str,
    data: str | None,
    db: str | None,
    admin_token: str | None,
    while_stdin: bool,
) -> None:
    """Start, tell how to connect, serve until stopped."""
    from credit_sdk.cli.deployment import registry

    try:
        from credit_sdk.sandbox import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"starlette", "uvicorn", "h11", "anyio"}:
            raise
        raise InvalidSettings(
            "沙盒所需的组件没有安装; 请运行 pip install 'credit-sdk[sandbox]'",
            "what the sandbox needs is not installed; run pip install 'credit-sdk[sandbox]'",
            key="sandbox",
        ) from None
    with server.listen(host, port) as listening, server.opened(db, data, registry().lists) as state:

        def announce() -> None:
            url = server.url_of(listening)
            if session.format == "json":
                session.write_json(_told(url, state.seed, db))
            else:
                from credit_sdk.cli.sandbox_table import draw

                open_to_all = not server.is_loopback(listening)
                draw(session, url, state.seed, db, open_to_all=open_to_all, token=admin_token is not None)
            session.out.flush()

        watch = sys.stdin.buffer.read if while_stdin else None
        server.serve(state, listening, admin_token=admin_token, announce=announce, while_open=watch)
    if session.format == "table":
        session.err.write(session.pick("沙盒已停止\n", "The sandbox has stopped\n"))


def _told(url: str, data: str, database: str | None) -> dict[str, Any]:
    """What a script is told, on one line."""
    return {
        "url": url,
        "source": url,
        "admin": f"{url}/admin",
        "contract": f"{url}/openapi.json",
        "data": data,
        "database": database,
        "pid": os.getpid(),
        "sandbox": True,
    }
