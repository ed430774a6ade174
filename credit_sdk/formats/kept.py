"""What a decision stood on, as JSON and back: request, answers, rules (核查依据).

Written into the ledger with every check, and read again years later to decide once more. Members that have their default
value are left out. The functions named ``…_text`` write JSON text, and are quick, as every kept check needs them.
What is read and is not as it was written is :class:`~credit_sdk.errors.LedgerDamaged`.

Beside the decision's own JSON, an entry of a check keeps ``request``, ``answers`` (one for each of ``Plan.wanted``),
``rules`` (the digest of :func:`rules_text`), and ``decided_at`` (:func:`moment_text`), as the decision's JSON says it to the
second only.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.decision.fragments import quote
from credit_sdk.errors import InvalidMeasureList, InvalidRequest, LedgerDamaged
from credit_sdk.formats import measures
from credit_sdk.formats._kept_forms import ANSWER, LIST_INFO, REQUEST
from credit_sdk.formats._kept_shapes import MOMENT, TEXT, Form, damaged, or_none, reading, several
from credit_sdk.model.moments import whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from credit_sdk.decision.answering import Fetched
    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.request import CheckRequest

_VERSION = 1
_ANSWERS = several(ANSWER, list)
_LISTS = several(LIST_INFO.form)


class Rules(NamedTuple):
    """The rules that a decision was made by."""

    measure_list: MeasureList
    lists: KnownLists
    """Every list that was known."""


def request_text(request: CheckRequest) -> str:
    """A request as a JSON object, every field included.

    :raises InvalidRequest: something in it cannot be written as JSON.
    """
    try:
        text = REQUEST.write(request)
        if not text.isascii():
            text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(error).__name__
    else:
        return text
    raise InvalidRequest(
        f"请求不能写入台账 ({kind}); context 的值应能写成 JSON, purpose 和 authorization 应为文字",
        f"the request cannot be kept in the ledger ({kind}); values of context must be such as JSON has, purpose and"
        " authorization must be text",
        key="context",
    )


def read_request(values: Any) -> CheckRequest:
    """The request that was kept.

    :raises LedgerDamaged: it is not as it was written.
    :raises InvalidSubject: this version does not take the subject any more.
    """
    return REQUEST.read(values)


def answers_text(answers: Sequence[Fetched]) -> str:
    """What a source answered as a JSON array: records whole, and why there are none."""
    return _ANSWERS.write(answers)


def read_answers(values: Any) -> list[Fetched]:
    """The answers that were kept.

    :raises LedgerDamaged: they are not as they were written.
    """
    answers: list[Fetched] = reading(_ANSWERS, values, "answers")
    return answers


def moment_text(moment: datetime) -> str:
    """A moment whole, as a JSON string."""
    return f'"{whole(moment)}"'


def read_moment(value: Any) -> datetime:
    """The moment that was kept.

    :raises LedgerDamaged: it is none.
    """
    moment: datetime = reading(MOMENT, value, "decided_at")
    return moment


_written: dict[int, tuple[MeasureList, KnownLists, tuple[str, str]]] = {}
"""Rules that have been written, by the measure list's identity; there are as many as measure lists in use."""
_MOST_WRITTEN = 256


def rules_text(measure_list: MeasureList, lists: KnownLists) -> tuple[str, str]:
    """The rules as JSON text, under its digest: the measure list as it was read, and every list that was known.

    :param lists: those that the measure list was made ready with (``CompiledList.lists``).
    :returns: ``sha256:…`` and the text; made once for the same objects.
    """
    known = _written.get(id(measure_list))
    if known is not None and known[0] is measure_list and known[1] is lists:
        return known[2]
    text = (
        f'{{"v":{_VERSION},"measure_list":{{"id":{quote(measure_list.id)},"version":{quote(measure_list.version)},'
        f'"digest":{quote(measure_list.digest)},"text":{or_none(TEXT).write(measure_list.text)}}},'
        f'"lists":{_LISTS.write(lists.values())}}}'
    )
    result = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", text
    if len(_written) >= _MOST_WRITTEN:  # somebody builds measure lists as he goes
        _written.clear()
    _written[id(measure_list)] = measure_list, lists, result
    return result


def read_rules(text: str, digest: str) -> Rules:
    """The rules that were kept under ``digest``.

    :raises LedgerDamaged: they are not as they were written.
    :raises InvalidMeasureList: this version of the SDK cannot read the measure list any more; or it was built by hand, so
        that there was no text to keep.
    """
    if f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" != digest:
        raise LedgerDamaged(
            "留存的措施清单与其摘要不符; 请用备份核对",
            "the measure list that was kept does not have its digest; compare it with a backup",
            key="rules",
        )
    rules: Rules = reading(Form(str, _read_rules), text, "rules")
    return rules


def _read_rules(text: str) -> Rules:
    values = json.loads(text)
    if values["v"] != _VERSION:
        raise damaged("rules.v")
    lists = _LISTS.read(values["lists"])
    return Rules(_read_again(values["measure_list"]), {info.code: info for info in lists})


def _read_again(kept: dict[str, str | None]) -> MeasureList:
    text, name = or_none(TEXT).read(kept["text"]), f"{kept['id']} {kept['version']}"
    if text is None:
        raise InvalidMeasureList(
            f"措施清单 {name} 不是从文件或值读入的, 没有留存原文; 请用 credit_sdk.formats.measures 读入措施清单",
            f"measure list {name} was not read from a file or from values, so there is no text of it; read measure lists with"
            " credit_sdk.formats.measures",
        )
    try:
        return measures.loads_again(text, str(kept["digest"]))
    except InvalidMeasureList as error:
        raise InvalidMeasureList(
            f"本版本 SDK 不能再读取留存的措施清单 {name} ({error.located('zh')}); 请用作出结论时的版本",
            f"this version of the SDK cannot read measure list {name} as it was kept ({error.located('en')}); use the"
            " version that decided",
            line=error.line,
            key=error.key,
        ) from None
