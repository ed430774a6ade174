"""One call on its way: everything about it that needs no I/O, so that both channels share it."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from credit_sdk.errors import CreditError, InvalidRequest, quoted
from credit_sdk.ports.observer import SILENT, RequestDone, Retried, tell
from credit_sdk.transport import _address, _faults, _retry
from credit_sdk.transport._auth import ClientCredentials, Outgoing
from credit_sdk.transport._body import Body
from credit_sdk.transport._deadline import Deadline
from credit_sdk.transport._library import httpx
from credit_sdk.transport._messages import Reply
from credit_sdk.transport._setup import checked_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.errors import NoDecision
    from credit_sdk.transport._address import Address
    from credit_sdk.transport._auth import Signer, Token
    from credit_sdk.transport._messages import Call
    from credit_sdk.transport._settings import Retries
    from credit_sdk.transport._setup import Setup

_MOST_REDIRECTS = 3
_MOST_OF_A_FAILURE = 65536
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Exchange:
    """A call, from the moment it is made until it is answered or given up. Belongs to one thread or task."""

    def __init__(self, setup: Setup, call: Call) -> None:
        self.setup = setup
        self.call = call
        self.deadline = Deadline(setup.timeouts.total if call.timeout is None else call.timeout)
        self.attempt = 0
        self.failure: NoDecision | None = None
        """The first attempt's, until somebody has decided what to do about it."""
        self.request_id = str(uuid.uuid4())
        self._started = 0.0
        self._reading = False
        self._unsent = False
        self._redirects = 0
        self._host = setup.address.host
        self._target = setup.address.target(call.path, call.query)
        self._content, content_type = _body(call)
        self._headers = {
            "accept": _JSON,
            "user-agent": _user_agent(),
            **setup.headers,
            **({"content-type": content_type} if content_type else {}),
            **(checked_headers(call.headers) if call.headers else {}),
            "accept-encoding": "gzip",
            "x-request-id": self.request_id,
        }

    # ------------------------------------------------------------------------------------------------- requests

    def begin(self) -> None:
        """A new attempt."""
        self.attempt += 1
        self._started = time.monotonic()
        self._redirects = 0
        self._target = self.setup.address.target(self.call.path, self.call.query)
        self.deadline.resolving = False

    def request(self, token: Token | None) -> httpx.Request:
        """The request, authenticated for this attempt."""
        headers, auth, address = self._headers, self.setup.auth, self.setup.address
        if isinstance(auth, ClientCredentials):
            headers = {**headers, **(auth.headers(token) if token else {})}
        elif auth is not None:
            headers = {**headers, **self._signed(auth)}
        return self._made(self.call.method, address, self._target, headers, self._content)

    def _signed(self, signer: Signer) -> Mapping[str, str]:
        """The signer's headers. A signer of somebody else's may fail in its own way; its text may hold the secret."""
        host = self.setup.address.origin.partition("://")[2]
        try:
            outgoing = Outgoing(self.call.method, host, self._target, self._content or b"")
            return checked_headers(signer.headers(outgoing, self.setup.clock()))
        except CreditError:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            because = f"{type(signer).__name__}: {type(error).__name__}"
            failure = _faults.failure("request", self._host, because=because, request_id=self.request_id)
        raise failure

    def token_request(self) -> httpx.Request:
        """The question for a token."""
        auth, address = self.setup.auth, self.setup.token_address
        assert isinstance(auth, ClientCredentials)
        assert address is not None
        content, headers = auth.question()
        headers = {**headers, "accept-encoding": "gzip", "user-agent": _user_agent(), "x-request-id": self.request_id}
        return self._made("POST", address, address.target("", {}) or "/", headers, content)

    def _made(
        self, method: str, address: Address, target: str, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Request:
        self._reading = False
        self._host = address.host
        timeouts = self.setup.timeouts
        limits = {
            "connect": timeouts.connect,
            "read": timeouts.read,
            "write": timeouts.write,
            # The network keeps the others within the deadline; this one is the pool's own.
            "pool": max(self.deadline.bound(timeouts.pool), 0.001),
        }
        url = _url(address.origin, target) if "?" not in target else httpx.URL(address.origin + target)
        return httpx.Request(method, url, headers=headers, content=content, extensions={"timeout": limits})

    # -------------------------------------------------------------------------------------------------- answers

    def body(self, response: httpx.Response) -> Body:
        """Where the body goes. Of a refusal only as much is read as its reason may take.

        :raises TooLarge: it says that it is.
        :raises UnknownEncoding: it cannot be decompressed.
        """
        self._reading = True
        limit = self.setup.max_body if response.is_success else min(self.setup.max_body, _MOST_OF_A_FAILURE)
        headers = response.headers
        return Body(limit, headers.get("content-encoding", ""), headers.get("content-length"))

    def answered(self, response: httpx.Response, content: bytes) -> Answer:
        """The response as a value."""
        headers: dict[str, str] = {}
        for name, value in response.headers.raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return Answer(response.status_code, headers, content)

    def redirected(self, answer: Answer) -> bool:
        """Whether the answer leads to another place of the same platform, which is then where the next request goes."""
        location = answer.headers.get("location")
        if answer.status not in {301, 302, 303, 307, 308} or location is None or self._redirects >= _MOST_REDIRECTS:
            return False
        # The older codes turn a POST into a GET in practice, and a query without its body asks something else.
        if answer.status < 307 and self.call.method not in {"GET", "HEAD"}:
            return False
        target = _address.redirected(location, self._target, self.setup.address)
        if target is None:
            return False
        self._redirects += 1
        self._target = target
        return True

    def reply(self, answer: Answer) -> Reply:
        """The reply in an answer.

        :raises NoDecision: the status says that there is none.
        """
        if 200 <= answer.status < 300:
            return Reply(
                status=answer.status,
                headers=answer.headers,
                content=answer.content,
                request_id=self.request_id,
                elapsed=time.monotonic() - self._started,
            )
        raise self.refused(answer)

    def refused(self, answer: Answer, because: str = "") -> NoDecision:
        """The error for a status outside 200 to 299."""
        word, retryable = _faults.status_word(answer.status)
        headers = answer.headers
        if word == "redirect":
            because = quoted(_address.host_of(headers.get("location", "")))
        problem = _faults.problem_of(headers, answer.content)
        wait = _retry.retry_after(headers.get("retry-after"), headers.get("date"), self.setup.clock())
        return _faults.failure(
            word,
            self._host,
            because=because,
            status=answer.status,
            problem=problem.code,
            words=problem.words,
            request_id=self.request_id,
            retry_after=wait if retryable else None,
            retryable=retryable,
        )

    def token_of(self, answer: Answer) -> Token:
        """The token in the token endpoint's answer.

        :raises NoDecision: there is none.
        """
        auth = self.setup.auth
        assert isinstance(auth, ClientCredentials)
        if 200 <= answer.status < 300:
            token = auth.token(answer.content)
            if token is not None:
                return token
        elif answer.status not in {400, 401, 403}:
            raise self.refused(answer, "OAuth")
        # RFC 6749, 5.2: 400 says that the client or what it asks for is not known.
        raise _faults.failure(
            "credentials",
            self._host,
            because="OAuth",
            status=None if answer.status < 300 else answer.status,
            request_id=self.request_id,
        )

    # -------------------------------------------------------------------------------------------------- failures

    def failed(self, error: Exception, *, closed: bool = False) -> NoDecision:
        """The error for what the HTTP library raised. Without a chain: its texts may quote what the platform sent."""
        self._unsent = _faults.is_unsent(error)
        word = _faults.word_for(error, reading=self._reading)
        if closed:
            word = "closed"
        elif word in {"timeout", "reset", "pool", "deadline", "connect"} and self.deadline.left() <= 0:
            word = "dns" if self.deadline.resolving else "deadline"
        because = _faults.tls_reason(error) if word == "tls" else type(error).__name__ if word == "request" else ""
        return _faults.failure(word, self._host, because=because, request_id=self.request_id)

    def closed(self) -> NoDecision:
        """The error for a call on a closed channel."""
        return _faults.failure("closed", self._host)

    def may_repeat(self, error: NoDecision) -> bool:
        """Whether to ask again after ``error``."""
        if not self.call.patient and getattr(error, "retry_after", None) is not None:
            return False
        return error.retryable and (self.call.repeatable or (self._unsent and error.status is None))

    @property
    def retries(self) -> Retries:
        """How often, and after what pause."""
        return self.setup.retries

    # --------------------------------------------------------------------------------------------------- watching

    def done(self, status: int | None, error: str | None) -> None:
        """Tell that an attempt ended."""
        if self.setup.observer is not SILENT:
            event = RequestDone(
                self.call.method,
                self.call.path,
                status,
                time.monotonic() - self._started,
                self.attempt,
                self.request_id,
                error,
                self.setup.address.host,
            )
            tell(self.setup.observer, event)

    def retrying(self, wait: float, reason: str) -> None:
        """Tell that another attempt follows."""
        if self.setup.observer is not SILENT:
            tell(self.setup.observer, Retried(self.call.path, self.attempt, wait, reason, self.request_id))


def _body(call: Call) -> tuple[bytes | None, str | None]:
    if call.json is None:
        return call.content, call.content_type
    try:
        text = json.dumps(call.json, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode(), call.content_type or _JSON
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError, of half a surrogate pair, among them
        raise InvalidRequest("请求体不能写成 JSON", "the body cannot be written as JSON", key="json") from None


@cache
def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"credit-sdk/{version('credit-sdk')}"
    except PackageNotFoundError:  # copied into another project
        return "credit-sdk"


@lru_cache(maxsize=256)
def _url(origin: str, target: str) -> httpx.URL:
    """Parsing a URL costs more than all else here; a channel has few of them without a query."""
    return httpx.URL(origin + target)
