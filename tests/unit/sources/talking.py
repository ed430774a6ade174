"""Speaking with a profile by hand: its calls are seen, its replies made up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sources.profiles import Reading
from credit_sdk.testing import MOMENT
from credit_sdk.transport import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credit_sdk.sources.profiles import Flow
    from credit_sdk.transport import Call

T = TypeVar("T")

READING = Reading("https://credit.example", CATALOGUE, MOMENT)


def reply(body: Any, **headers: str) -> Reply:
    """A reply; what is neither bytes nor text becomes JSON."""
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return Reply(
        status=200,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        content=content,
        request_id="R-1",
    )


def talk(flow: Flow[T], replies: Iterable[Reply | Exception]) -> tuple[list[Call], T]:
    """The calls that a flow makes, and its result, when it is answered with ``replies``."""
    calls: list[Call] = []
    coming = iter(replies)
    try:
        calls.append(next(flow))
        while True:
            answer = next(coming, None)
            assert answer is not None, f"no reply left for {calls[-1].path}"
            calls.append(flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer))
    except StopIteration as end:
        result: T = end.value
        return calls, result
