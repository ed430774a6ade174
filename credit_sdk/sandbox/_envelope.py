"""What every answer has, whatever it answers: request id, version, the sandbox's mark, the time by its own clock."""

from __future__ import annotations

import logging
import re
import traceback
import uuid
from datetime import UTC
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request

from credit_sdk.errors import CreditError, InvalidSubject
from credit_sdk.formats.platform import API_VERSION
from credit_sdk.sandbox._problems import Refused, of_status, problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from credit_sdk.ports.clock import Clock

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_log = logging.getLogger("credit_sdk.sandbox")


class Envelope:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        """Wrap ``app``; ``clock`` gives the ``Date``."""
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope)
        sent = given.get("x-request-id", "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["Credit-Api-Version"] = API_VERSION
                headers["Credit-Sandbox"] = "true"
                headers["Date"] = format_datetime(self._clock().astimezone(UTC), usegmt=True)
            await send(message)

        try:
            version = given.get("credit-api-version", API_VERSION)
            if version != API_VERSION and scope["path"].startswith("/v1/"):
                await problem(Request(scope), _unsupported())(scope, receive, send_marked)
            else:
                await self._app(scope, receive, send_marked)
        except Exception as error:  # noqa: BLE001 - the answer is out already; what is left is to say where it happened
            _report(error, request_id)


def on_refused(request: Request, error: Exception) -> Response:
    """Our own refusals."""
    assert isinstance(error, Refused)
    return problem(request, error)


def on_credit_error(request: Request, error: Exception) -> Response:
    """Content that formats and model do not take."""
    assert isinstance(error, CreditError)
    code = "invalid_subject" if isinstance(error, InvalidSubject) else "invalid_request"
    return problem(request, Refused(422, code, error.zh, error.en, key=error.key))


def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's: no such path, no such method."""
    assert isinstance(error, HTTPException)
    return problem(request, of_status(error.status_code, error.headers))


def on_fault_of_ours(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    """Something that the sandbox did not foresee."""
    return problem(request, of_status(500))


def _unsupported() -> Refused:
    return Refused(
        400,
        "unsupported_version",
        f"本平台的接口版本为 {API_VERSION}; 请改用该版本",
        f"this platform speaks version {API_VERSION}; use that one",
        key="Credit-Api-Version",
    )


def _report(error: Exception, request_id: str) -> None:
    # Not its message, which may hold an identifier.
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    _log.error("sandbox: call %s failed: %s at %s", request_id, type(error).__name__, where)
