"""One test for the blocking and the awaited form of a source."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.sources import AsyncLayeredSource, LayeredSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.decision.result import Decision
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer

FORMS = ("sync", "async")


def layered(form: str, layers: Any, **options: Any) -> Any:
    """A layered source in either form."""
    return LayeredSource(layers, **options) if form == "sync" else AsyncLayeredSource(layers, **options)


def fetched(source: Any, subjects: Sequence[Subject], timeout: float | None = None) -> Sequence[Answer]:
    """What ``source`` says, in whichever form it is."""
    answers: Sequence[Answer]
    if hasattr(source, "fetch"):
        answers = source.fetch(subjects, timeout=timeout)
    else:
        answers = asyncio.run(source.fetch_async(subjects, timeout=timeout))
    return answers


def closed(source: Any) -> None:
    """Close ``source``."""
    if hasattr(source, "close"):
        source.close()
    else:
        asyncio.run(source.aclose())


def checked(form: str, source: Any, subject: str | Subject, measure_list: Any, **options: Any) -> Decision:
    """A check through either client."""
    common: dict[str, Any] = {"measure_lists": [measure_list], **options}
    question: dict[str, Any] = {"domain": measure_list.domain, "action": "award"}
    if form == "sync":
        return CreditClient(source, **common).check(subject, **question)
    return asyncio.run(AsyncCreditClient(source, **common).check(subject, **question))
