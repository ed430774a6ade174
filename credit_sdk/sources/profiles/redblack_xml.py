"""A worked example: a platform of another shape, XML over POST (虚构平台, in the shape of real ones).

One path takes every request; ``<service>`` says which. A list catalogue comes first, as only it says up to when each list
is vouched for; then each subject's entries, page by page; feedback goes the same way. Every answer is HTTP 200, and
``<code>`` says whether it is one::

    <request><service>getRedBlackPage</service><page>1</page><subject><code>…</code></subject></request>

    <response>
      <code>200</code><message>成功</message><requestId>…</requestId>
      <subject><code>…</code></subject><known>1</known><page>1</page><pages>2</pages><total>3</total>
      <entry><id>…</id><type>H02</type><status>2</status><level>4</level><authority>…</authority>
             <subject><code>…</code><name>…</name></subject><from>2025-03-01</from><until>2028-02-29</until>…</entry>
    </response>

What such integrations get wrong is what this file is careful about: a code other than 200 is a failure, never "no
entries"; a page that is missing is a failure; an answer about another subject is one; a list that nobody mapped is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from credit_sdk.errors import NoDecision
from credit_sdk.formats.platform import MOST_SUBJECTS
from credit_sdk.model.moments import written
from credit_sdk.ports.platform import Health, PlatformReceipt
from credit_sdk.sources.profiles._profile import PlatformProfile
from credit_sdk.sources.profiles._reading import moment_of, read_coverage, read_record, unusable
from credit_sdk.sources.profiles._xml import add, read_xml, text_of, write_xml
from credit_sdk.transport import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credit_sdk.model.record import CoverageTable, CreditRecord
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.platform import Outcome
    from credit_sdk.ports.source import Answer
    from credit_sdk.sources.profiles._profile import Flow, Reading
    from credit_sdk.transport import Reply

LISTS = {
    "H01": "court.judgment-defaulter",
    "H02": "tax.major-violation",
    "H03": "labour.wage-arrears",
    "H04": "procurement.serious-violation",
    "R01": "tax.a-rated",
    "Z01": "market.abnormal-operation",
}
"""The platform's numbers for its lists, and our codes."""

_OK = "200"
_PATH = "/RedBlackService"
_MOST_PAGES = 50
_STATUSES = {
    "0": "draft",
    "1": "publicised",
    "2": "active",
    "3": "objected",
    "4": "repaired",
    "5": "removed",
    "6": "revoked",
}
_LEVELS = {"1": "minor", "2": "general", "3": "serious", "4": "severe"}
_ITS_OWN = frozenset({"refused", "business", "schema"})
"""Faults that say nothing about the next outcome."""
_TOLD = {"outcome": "1", "override": "2", "release": "3", "discharge": "4"}
"""What an outcome tells of, in the platform's numbers."""
_KINDS = {"red": "red", "black": "black", "watch": "watch"}
_SUBJECT = {
    "code": "code",
    "organisationCode": "organisation_code",
    "registrationNumber": "registration_number",
    "name": "name",
}
"""Tags of a subject, and the keys of our records."""
_ENTRY = {
    "id": "id",
    "authority": "authority",
    "document": "document",
    "reason": "reason",
    "from": "effective_from",
    "until": "effective_until",
    "endedOn": "ended_on",
    "remedy": "remedy",
}


class RedBlackXmlProfile(PlatformProfile):
    """The profile of the example's platform."""

    name = "redblack-xml"

    def __init__(self, *, lists: Mapping[str, str] | None = None, batch_size: int = 20) -> None:
        """Map the platform's lists.

        :param lists: our code by the platform's number; every list of its catalogue has to be there, as an entry of a list
            that nobody knows could not be told from no entry.
        :param batch_size: subjects for which the catalogue is asked once; each is a request of its own all the same.
        """
        if not 1 <= batch_size <= MOST_SUBJECTS:
            raise ValueError(f"batch_size must be between 1 and {MOST_SUBJECTS}")
        self.batch_size = batch_size
        self._lists = dict(LISTS if lists is None else lists)

    def ask(self, subjects: Sequence[Subject], reading: Reading) -> Flow[Sequence[Answer]]:
        """The catalogue once, then every subject's pages; what fails for one subject is that subject's answer."""
        reply = yield _call("getRedBlackType")
        coverage, uncoded = self._coverage(_response(reply, reading), reading, reply)
        answers: list[Answer] = []
        for subject in subjects:
            try:
                answers.append((yield from self._entries(subject, coverage, uncoded, reading)))
            except NoDecision as error:
                answers.append(error)
        return answers

    def _entries(
        self, subject: Subject, coverage: CoverageTable, uncoded: frozenset[str], reading: Reading
    ) -> Flow[CreditRecord]:
        """All pages of one subject, checked to be all of one answer."""
        lines: list[dict[str, Any]] = []
        known: set[str | None] = set()
        page, pages, total = 0, 1, 0
        while True:
            page += 1
            reply = yield _call("getRedBlackPage", _asked(subject), page=str(page))
            answer = _response(reply, reading)
            if _identity(answer.find("subject")) != _identity(_asked(subject)):
                raise unusable(
                    reading,
                    reply,
                    "wrong_subject",
                    "答复的不是所问的主体; 请联系平台",
                    "it is not about the subject that was asked about; ask the platform",
                    key="subject",
                )
            stated = tuple(_number(answer, tag, reading, reply) for tag in ("page", "pages", "total"))
            if page == 1:
                _, pages, total = stated
            known.add(text_of(answer, "known"))
            if stated != (page, pages, total) or not 1 <= pages <= _MOST_PAGES or len(known) > 1:
                raise unusable(
                    reading,
                    reply,
                    "contradiction",
                    "分页前后不一致; 请稍后重试",
                    "its pages do not fit together; try again later",
                    key="page",
                )
            lines += [self._line(entry, reading, reply) for entry in answer.iterfind("entry")]
            if page == pages:
                break
        if len(lines) != total:
            raise unusable(
                reading,
                reply,
                "contradiction",
                "条目数与所称总数不符; 请联系平台",
                "there are not as many entries as it says; ask the platform",
                key="total",
            )
        return read_record(
            subject,
            lines,
            (),
            coverage=coverage,
            found=_word({"0": False, "1": True}, known.pop(), "known", reading, reply),
            uncoded=sorted(uncoded),
            fictional=False,
            reading=reading,
            reply=reply,
        )

    def _coverage(self, answer: ET.Element, reading: Reading, reply: Reply) -> tuple[CoverageTable, frozenset[str]]:
        """What the platform speaks for, and which of its lists hold entries without a code (rule 3.7)."""
        lines, uncoded = [], set()
        for one in answer.iterfind("type"):
            code = self._code(one, "id", reading, reply)
            line = {"type": "coverage", "list": code, "as_of": text_of(one, "updated")}
            if since := text_of(one, "since"):
                line["history_from"] = since
            lines.append(line)
            if text_of(one, "codeless") == "1":
                uncoded.add(code)
        return read_coverage(lines, reading, reply), frozenset(uncoded)

    def _line(self, entry: ET.Element, reading: Reading, reply: Reply) -> dict[str, Any]:
        """An entry as a record object. Nothing is filled in: what is missing here, the reader of records misses."""
        line: dict[str, Any] = {
            "type": "listing",
            "list": self._code(entry, "type", reading, reply),
            "status": _word(_STATUSES, text_of(entry, "status"), "status", reading, reply),
            "subject": {key: text for tag, key in _SUBJECT.items() if (text := text_of(entry, f"subject/{tag}"))},
        }
        line |= {key: text for tag, key in _ENTRY.items() if (text := text_of(entry, tag))}
        if former := _texts(entry.iterfind("subject/formerName")):
            line["subject"]["former_names"] = former
        for tag, key, words in (("kind", "kind", _KINDS), ("level", "severity", _LEVELS)):
            if text := text_of(entry, tag):
                line[key] = _word(words, text, tag, reading, reply)
        return line

    def _code(self, element: ET.Element, tag: str, reading: Reading, reply: Reply) -> str:
        code = self._lists.get(text_of(element, tag) or "")
        if code is None:
            raise unusable(
                reading,
                reply,
                "schema",
                "平台有一份未对应的名单; 请在平台约定的 lists 中补上",
                "the platform has a list that is not mapped; add it to the profile's lists",
                key=tag,
            )
        return code

    def health(self, reading: Reading) -> Flow[Health]:
        """The platform has no such service; that its catalogue comes, and up to when its lists are, says as much."""
        reply = yield _call("getRedBlackType")
        coverage, _ = self._coverage(_response(reply, reading), reading, reply)
        return Health(ok=True, lists={code: one.as_of for code, one in coverage.items()})

    def feedback(
        self, outcomes: Sequence[Outcome], key: str, reading: Reading
    ) -> Flow[Sequence[PlatformReceipt | NoDecision]]:
        """One request for each outcome, numbered with its key, so that a repeated one is known by its number.

        What the platform says of one outcome is that one's answer; where nothing comes back, the rest is not sent.
        """
        answers: list[PlatformReceipt | NoDecision] = []
        for place, outcome in enumerate(outcomes, start=1):
            try:
                answers.append((yield from self._told(outcome, outcome.key or f"{key}-{place}", reading)))
            except NoDecision as error:
                answers.append(error)
                if error.fault not in _ITS_OWN:
                    return [*answers, *[error] * (len(outcomes) - place)]
        return answers

    def _told(self, outcome: Outcome, number: str, reading: Reading) -> Flow[PlatformReceipt]:
        reply = yield replace(_call("commitRedBlackBack", _feedback(outcome), feedbackId=number), patient=False)
        answer = _response(reply, reading)
        id_, at = text_of(answer, "receipt/id"), text_of(answer, "receipt/time")
        if id_ is None or at is None:
            raise unusable(reading, reply, "schema", "没有回执", "it brings no receipt", key="receipt")
        repeated = text_of(answer, "receipt/repeated") == "1"
        return PlatformReceipt(id_, number, moment_of(at, "receipt.time", reading, reply), repeated)


def _call(service: str, body: ET.Element | None = None, **fields: str) -> Call:
    """One request. All may be sent again: queries change nothing, and feedback carries its number."""
    root = ET.Element("request")
    add(root, "service", service)
    for tag, text in fields.items():
        add(root, tag, text)
    if body is not None:
        root.append(body)
    content = write_xml(root)
    return Call("POST", _PATH, content=content, content_type="application/xml; charset=utf-8", safe=True)


def _asked(subject: Subject) -> ET.Element:
    element = ET.Element("subject")
    for tag, key in _SUBJECT.items():
        add(element, tag, getattr(subject, key))
    for name in subject.former_names:
        add(element, "formerName", name)
    return element


def _feedback(outcome: Outcome) -> ET.Element:
    element = ET.Element("feedback")
    add(element, "decisionId", outcome.decision_id)
    subject = ET.SubElement(element, "subject")
    for tag, key in _SUBJECT.items():
        add(subject, tag, outcome.subject.get(key))
    add(element, "domain", outcome.domain)
    add(element, "action", outcome.action)
    # 1 实施奖惩, 2 其他: the platform counts by it.
    add(element, "handleType", "1" if outcome.executed else "2")
    for measure in outcome.executed:
        add(element, "measure", measure)
    for measure, reason in outcome.not_executed.items():
        left = ET.SubElement(element, "notExecuted")
        add(left, "measure", measure)
        add(left, "reason", reason)
    add(element, "time", written(outcome.at))
    add(element, "note", outcome.note)
    add(element, "kind", _TOLD[outcome.kind])
    add(element, "typicalCase", "1" if outcome.case else None)
    if outcome.override is not None:
        passed = ET.SubElement(element, "override")
        for tag, name in (("reason", "reason"), ("approver", "approver"), ("legalBasis", "legal_basis")):
            add(passed, tag, outcome.override.get(name))
    return element


def _response(reply: Reply, reading: Reading) -> ET.Element:
    """The answer, if it is one: HTTP 200 says only that the platform was reached.

    :raises BadRecord: ``<code>`` is another. Its message is the platform's, may hold anything, and is not repeated.
    """
    root = read_xml(reply, reading)
    code = text_of(root, "code")
    if root.tag != "response" or code is None:
        raise unusable(
            reading,
            reply,
            "schema",
            "不是 <response>, 或没有 <code>",
            "it is no <response>, or has no <code>",
            key="code",
        )
    if code != _OK:
        shown = code if code.isascii() and code.isalnum() and len(code) <= 8 else "?"
        raise unusable(
            reading,
            reply,
            "business",
            f"平台返回业务错误 {shown}; 请按平台文档处理",
            f"the platform reports business error {shown}; see its documentation",
            key="code",
        )
    return root


def _identity(subject: ET.Element | None) -> list[tuple[str, str]]:
    """What a subject element says, in any order."""
    if subject is None:
        return []
    tags = (*_SUBJECT, "formerName")
    return sorted((one.tag, one.text.strip()) for one in subject if one.tag in tags and one.text and one.text.strip())


def _texts(elements: Iterable[ET.Element]) -> list[str]:
    return [text for one in elements if (text := (one.text or "").strip())]


def _number(answer: ET.Element, tag: str, reading: Reading, reply: Reply) -> int:
    text = text_of(answer, tag) or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise unusable(reading, reply, "schema", "应为数字", "must be a number", key=tag)
    return int(text)


def _word(words: Mapping[str, Any], text: str | None, tag: str, reading: Reading, reply: Reply) -> Any:
    """A word of the platform's in ours; one that is not in the table has no harmless meaning."""
    if text is None or text not in words:
        raise unusable(reading, reply, "schema", "取值未知或缺少", "the value is unknown or missing", key=tag)
    return words[text]
