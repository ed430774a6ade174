"""What the contract does not have: changing the data, under ``/admin``. For whoever runs the sandbox, and nobody else."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from starlette.requests import Request

from credit_sdk.sandbox._admin_controls import Controls
from credit_sdk.sandbox._admin_entries import Entries
from credit_sdk.sandbox._problems import Refused, problem

if TYPE_CHECKING:
    from starlette.routing import Route
    from starlette.types import ASGIApp, Receive, Scope, Send

    from credit_sdk.sandbox._state import State


def routes(state: State) -> list[Route]:
    """Every call under ``/admin``."""
    return [*Entries(state, "listing").routes, *Entries(state, "violation").routes, *Controls(state).routes]


class Guard:
    """ASGI middleware: who may call ``/admin``."""

    def __init__(self, app: ASGIApp, *, token: str | None = None) -> None:
        """Stand before ``app``.

        :param token: who brings it as ``Authorization: Bearer …`` may call; ``None``: who calls from this machine.
        """
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == "/admin" or path.startswith("/admin/")):
            request = Request(scope)
            if (refused := self._refused(request)) is not None:
                await problem(request, refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refused(self, request: Request) -> Refused | None:
        if "origin" in request.headers:  # a page that some browser shows has no business here
            return Refused(403, "forbidden", "管理接口不接受网页发起的请求", "web pages may not call the admin API")
        if self._token is None:
            if _is_loopback(request):
                return None
            return Refused(
                403,
                "forbidden",
                "管理接口只接受本机请求; 从别处调用请在启动时给出 --admin-token",
                "the admin API is for this machine only; to call it from elsewhere start with --admin-token",
            )
        given = request.headers.get("authorization", "").encode("latin-1")  # the bytes as they came
        if hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return None
        return Refused(
            401,
            "unauthorised",
            "请带上启动时给出的令牌: Authorization: Bearer …",
            "bring the token that the sandbox was started with: Authorization: Bearer …",
            headers={"WWW-Authenticate": "Bearer"},
        )


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
