"""The application: which path leads where, and what stands before it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from credit_sdk.errors import CreditError
from credit_sdk.sandbox import NOTICE, _admin
from credit_sdk.sandbox._bodies import answer
from credit_sdk.sandbox._envelope import Envelope, on_credit_error, on_fault_of_ours, on_http_error, on_refused
from credit_sdk.sandbox._fault_wire import Faults
from credit_sdk.sandbox._platform import Platform
from credit_sdk.sandbox._problems import Refused

if TYPE_CHECKING:
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from credit_sdk.sandbox._state import State


def contract() -> dict[str, Any]:
    """The contract, as an OpenAPI 3.1 document."""
    text = (files("credit_sdk.formats") / "platform.openapi.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def application(state: State, *, admin_token: str | None = None) -> ASGIApp:
    """The sandbox as an ASGI application.

    :param admin_token: as for :class:`credit_sdk.sandbox._admin.Guard`.
    """
    routes = [
        Route("/", _welcome, methods=["GET"]),
        Route("/openapi.json", _document, methods=["GET"]),
        *Platform(state).routes,
        *_admin.routes(state),
    ]
    app: ASGIApp = Starlette(
        routes=routes,
        exception_handlers={
            Refused: on_refused,
            CreditError: on_credit_error,
            HTTPException: on_http_error,
            Exception: on_fault_of_ours,
        },
    )
    # From the inside out: the switches hit what the platform says, the envelope is round everything.
    return Envelope(_admin.Guard(Faults(app, board=state.board), token=admin_token), clock=state.clock)


async def _welcome(request: Request) -> Response:
    base = str(request.base_url).rstrip("/")
    return answer(
        {
            "sandbox": True,
            "notice": NOTICE,
            "contract": f"{base}/openapi.json",
            "health": f"{base}/v1/health",
            "admin": f"{base}/admin",
        }
    )


async def _document(request: Request) -> Response:
    """The contract, with this sandbox as its server."""
    here = {"url": str(request.base_url).rstrip("/"), "description": NOTICE["zh"] + " · " + NOTICE["en"]}
    return answer(contract() | {"servers": [here]})
