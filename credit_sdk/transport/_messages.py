"""What goes over the wire: a call, and the reply to it. No HTTP library is needed to make or read either."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidRequest
from credit_sdk.transport import _address
from credit_sdk.transport._settings import positive

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_METHODS = _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before it is addressed, authenticated and sent.

    :param method: ``GET``, ``POST``, …
    :param path: below the base URL, starting with ``/``, without a query. Subjects never stand in it (rule 9.4).
    :param query: appended to the path, encoded; no identifiers either. Shown in no log, message or span.
    :param json: the body, written as UTF-8 JSON; excludes ``content``.
    :param content: the body as it is, with ``content_type``.
    :param headers: further headers.
    :param safe: asking twice does no harm, so it may be retried. Default: ``GET`` and ``HEAD`` only; a query by ``POST``,
        and what carries an idempotency key, say ``safe=True``.
    :param timeout: seconds in total, retries included; default: the channel's ``Timeouts.total``.
    :param patient: whether a ``Retry-After`` is waited for within the call; ``False``: who calls has a schedule of his own,
        and is told at once.
    :raises InvalidRequest: the path or query may hold an identifier, or another part is unusable.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, kw_only=True, repr=False)
    json: Any = field(default=None, kw_only=True, repr=False)
    content: bytes | None = field(default=None, kw_only=True, repr=False)
    content_type: str | None = field(default=None, kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True, repr=False)
    safe: bool | None = field(default=None, kw_only=True)
    timeout: float | None = field(default=None, kw_only=True)
    patient: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise InvalidRequest("不支持的 HTTP 方法", "an HTTP method that is not supported", key="method")
        if self.json is not None and self.content is not None:
            raise InvalidRequest("json 与 content 只能给一个", "give json or content, not both", key="content")
        if self.timeout is not None:
            positive(self.timeout, "timeout", InvalidRequest)
        _address.check_path(self.path, self.query)

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again without knowing what became of it."""
        return self.method in _SAFE_METHODS if self.safe is None else self.safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that arrived whole, with a status from 200 to 299.

    :param status: the HTTP status.
    :param headers: by lower-case name; repeated ones joined by a comma and a blank.
    :param content: the body, decompressed.
    :param request_id: the ``X-Request-Id`` that was sent.
    :param elapsed: seconds, of the last attempt alone.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    request_id: str
    elapsed: float = 0.0
