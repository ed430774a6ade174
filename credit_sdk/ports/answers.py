"""Asking a source, whatever becomes of it: one answer for each subject, and every failure one of ours.

Clients and sources over other sources ask in this way, so that a careless source (a foreign exception, too few answers)
means the same wherever it stands: no answer, never an empty one (rule 8.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.errors import BadRecord, CreditError, NoDecision, SourceUnavailable
from credit_sdk.model.record import CoverageTable, CreditRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.source import Answer, AsyncRecordSource, RecordSource


def ask(source: RecordSource, subjects: Sequence[Subject], timeout: float | None) -> Sequence[Answer]:
    """One answer for each subject; what the source raises is everyone's answer.

    :raises CreditError: a mistake of the caller's, which is no answer about anyone.
    """
    try:
        return checked(source.fetch(subjects, timeout=timeout), subjects, source.name)
    except Exception as error:  # noqa: BLE001 - whatever a source raises is no answer, never an empty one
        return [as_answer(error, source.name)] * len(subjects)


async def ask_async(
    source: AsyncRecordSource,
    subjects: Sequence[Subject],
    timeout: float | None,  # noqa: ASYNC109 - the source's own time
) -> Sequence[Answer]:
    """:func:`ask`, awaited."""
    try:
        return checked(await source.fetch_async(subjects, timeout=timeout), subjects, source.name)
    except Exception as error:  # noqa: BLE001 - as above
        return [as_answer(error, source.name)] * len(subjects)


def checked(answers: Any, subjects: Sequence[Subject], source: str) -> Sequence[Answer]:
    """What a source returned, if it kept its contract.

    :raises BadRecord: it did not: not one answer for each subject.
    """
    if not isinstance(answers, list | tuple) or len(answers) != len(subjects):
        raise BadRecord(
            f"来源 {source} 没有按主体逐一作答; 请检查该来源的 fetch 实现",
            f"source {source} did not give one answer for each subject; check its fetch",
        )
    for answer in answers:
        if isinstance(answer, CreditRecord) and not isinstance(answer.coverage, CoverageTable):
            raise BadRecord(
                f"来源 {source} 的记录 coverage 应为 CoverageTable",
                f"source {source} gave a record whose coverage is no CoverageTable",
                key="coverage",
            )
        if not isinstance(answer, CreditRecord | NoDecision):
            raise BadRecord(
                f"来源 {source} 返回了 {type(answer).__name__}, 应为 CreditRecord 或 NoDecision",
                f"source {source} returned {type(answer).__name__}, not a CreditRecord or a NoDecision",
            )
    return answers


def as_answer(error: Exception, source: str) -> NoDecision:
    """Why ``source`` gave no answer. Only an outage is an outage: a fault in the source's code is not.

    :raises CreditError: ``error`` itself, where it is a mistake of the caller's.
    """
    if isinstance(error, NoDecision):
        return error
    if isinstance(error, CreditError):
        raise error
    kind = type(error).__name__
    failure: NoDecision
    if isinstance(error, OSError | TimeoutError):
        failure = SourceUnavailable(
            f"来源 {source} 无法访问 ({kind}); 请稍后重试",
            f"source {source} cannot be reached ({kind}); try again later",
        )
    else:
        failure = BadRecord(
            f"来源 {source} 出错 ({kind}); 请检查该来源的实现",
            f"source {source} failed ({kind}); check its implementation",
        )
    failure.__cause__ = error
    return failure


def fault_of(error: NoDecision) -> str:
    """The stable word for what went wrong: the error's ``fault``, else its ``code``."""
    return error.fault or error.code
