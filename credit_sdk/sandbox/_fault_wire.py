"""The fault switches at work: ASGI middleware before the platform, which knows nothing of them."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from credit_sdk.sandbox._bodies import answer
from credit_sdk.sandbox._fault_data import CHANGES, wrong_schema
from credit_sdk.sandbox._problems import of_status, problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from credit_sdk.sandbox._fault_switches import Fault, Switchboard

_PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>系统维护</title></head>
<body><h1>系统维护中，请稍后再试</h1><p>Under maintenance. (credit sandbox, fault switch "html")</p></body></html>"""
_ELSEWHERE = "https://elsewhere.example/v1/records/query"
_PIECES = 16
_MEGABYTES = 64
_FINAL = frozenset({"drop", "redirect", "html", "business_failure"})


class Faults:
    """The middleware."""

    def __init__(self, app: ASGIApp, *, board: Switchboard) -> None:
        """Stand before ``app``."""
        self._app = app
        self._board = board

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call, with the faults that it meets."""
        faults = self._board.hit(scope["path"]) if scope["type"] == "http" else []
        if not faults:
            await self._app(scope, receive, send)
            return
        for fault in faults:
            if fault.kind == "delay":
                await asyncio.sleep(fault.options.get("seconds", 1))
        ending = next((fault for fault in faults if fault.kind not in CHANGES and fault.kind != "delay"), None)
        if ending is not None and (ending.kind in _FINAL or ending.kind.isdigit()):
            if ending.options.get("after"):
                await _whole(self._app, scope, receive)
            await _instead(ending, scope, receive, send)
            return
        response = _changed(await _whole(self._app, scope, receive), faults)
        if ending is None:
            await response(scope, receive, send)
        else:
            await _spoilt(ending, response, scope, receive, send)


async def _whole(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """What the platform answers, kept back."""
    start: dict[str, Any] = {}
    body = bytearray()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    response = Response(bytes(body), start["status"])
    response.raw_headers = list(start["headers"])
    return response


def _changed(response: Response, faults: Iterable[Fault]) -> Response:
    """The answer with the faults of the data in it; errors stay as they are."""
    changes = [(CHANGES[fault.kind], fault.options) for fault in faults if fault.kind in CHANGES]
    if not changes or response.status_code != 200:
        return response
    body = json.loads(bytes(response.body))
    for change, options in changes:
        body = change(body, options)
    return answer(body)


async def _instead(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the fault, or not at all."""
    options = fault.options
    if fault.kind == "drop":
        await _hang_up(scope, abruptly=False)
    elif fault.kind == "redirect":
        await RedirectResponse(options.get("location", _ELSEWHERE), 307)(scope, receive, send)
    elif fault.kind == "html":
        await HTMLResponse(_PAGE)(scope, receive, send)
    elif fault.kind == "business_failure":
        await answer({"code": "9001", "message": "业务处理失败", "data": None})(scope, receive, send)
    else:
        after = options.get("retry_after")
        headers = None if after is None else {"Retry-After": str(after)}
        await problem(Request(scope), of_status(int(fault.kind), headers))(scope, receive, send)


async def _spoilt(fault: Fault, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a body that is damaged, or damaged on its way."""
    body = bytes(response.body)
    if fault.kind == "truncated":
        await _again(response, body[: len(body) // 2])(scope, receive, send)
    elif fault.kind == "wrong_schema":
        await answer(wrong_schema(json.loads(body)), response.status_code)(scope, receive, send)
    elif fault.kind == "oversized":
        await _oversized(response, fault.options.get("megabytes", _MEGABYTES), send)
    elif fault.kind == "drip":
        await _drip(response, fault.options.get("seconds", 1), send)
    else:
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(0.05)  # so that the half goes out before the line is cut
        await _hang_up(scope, abruptly=True)


async def _drip(response: Response, seconds: float, send: Send) -> None:
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    size = max(1, len(body) // _PIECES)
    for place in range(0, len(body), size):
        await asyncio.sleep(seconds)
        await send({"type": "http.response.body", "body": body[place : place + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _oversized(response: Response, megabytes: int, send: Send) -> None:
    """JSON all the same: blanks behind the value."""
    headers = [(name, value) for name, value in response.raw_headers if name != b"content-length"]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response.body), "more_body": True})
    for _ in range(megabytes):
        await send({"type": "http.response.body", "body": b" " * (1 << 20), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _again(response: Response, body: bytes) -> Response:
    """The same answer with another body, its length right."""
    again = Response(body, response.status_code)
    mine = {name for name, _ in again.raw_headers}
    again.raw_headers += [(name, value) for name, value in response.raw_headers if name not in mine]
    return again


async def _hang_up(scope: Scope, *, abruptly: bool) -> None:
    """Close the connection with no further word.

    :param abruptly: with a TCP reset.
    """
    connection: asyncio.Transport | None = scope["state"].get("connection")
    if connection is None:
        raise RuntimeError("the server does not lend its connection")
    if abruptly and (wire := connection.get_extra_info("socket")) is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()
    await asyncio.sleep(0)  # the server learns of it before this call returns
