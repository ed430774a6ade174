"""The standard platform contract (``formats/platform.openapi.json``): JSON over HTTP, subjects in the body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from credit_sdk.decision.coverage import CLOCK_TOLERANCE
from credit_sdk.errors import BadRecord, NoDecision
from credit_sdk.formats import platform as form
from credit_sdk.formats.records import parse_subject
from credit_sdk.model.catalogue import ListInfo
from credit_sdk.ports.changes import Change, ChangePage
from credit_sdk.ports.platform import Health, PlatformReceipt
from credit_sdk.sources.profiles._profile import PlatformProfile
from credit_sdk.sources.profiles._reading import clocks_differ, read_coverage, read_record, unusable
from credit_sdk.transport import Call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.model.record import CoverageTable
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.platform import Outcome
    from credit_sdk.ports.source import Answer
    from credit_sdk.sources.profiles._profile import Flow, Reading
    from credit_sdk.transport import Reply

_VERSION = "credit-api-version"
_HEADERS = {"Accept": "application/json", "Credit-Api-Version": form.API_VERSION}
_GONE = 410
_SUBJECT_KEYS = ("code", "organisation_code", "registration_number", "name", "former_names")


class StandardProfile(PlatformProfile):
    """The profile of platforms that keep the standard contract."""

    name = "standard"

    def __init__(self, *, batch_size: int = form.MOST_SUBJECTS) -> None:
        """Say how many subjects go into one query.

        :param batch_size: 1 to 1,000.
        """
        if not 1 <= batch_size <= form.MOST_SUBJECTS:
            raise ValueError(f"batch_size must be between 1 and {form.MOST_SUBJECTS}")
        self.batch_size = batch_size

    def ask(self, subjects: Sequence[Subject], reading: Reading) -> Flow[Sequence[Answer]]:
        """One query for them all."""
        asked = {subject: form.subject_object(subject) for subject in subjects if form.is_askable(subject)}
        keys = {subject: _key(one) for subject, one in asked.items()}
        if not asked:
            return [_unaskable(reading) for _ in subjects]
        # Subjects that differ in their type alone are one to the platform.
        bodies = {keys[subject]: one for subject, one in asked.items()}
        reply = yield _post("/v1/records/query", {"subjects": list(bodies.values())})
        whole: form.RecordsObject = _read(form.RecordsObject, reply, reading)
        if whole["read_at"] > reading.now + CLOCK_TOLERANCE:
            raise clocks_differ(reading, reply, whole["read_at"])
        coverage = read_coverage(whole["coverage"], reading, reply)
        answers = _by_subject(whole["answers"], set(bodies), reading, reply)
        fictional = whole.get("fictional", False)
        return [
            _answer(subject, answers[keys[subject]], coverage, reading, reply, fictional=fictional)
            if subject in keys
            else _unaskable(reading)
            for subject in subjects
        ]

    def catalogue(self, reading: Reading) -> Flow[Sequence[ListInfo]]:
        """The platform's lists."""
        reply = yield _get("/v1/lists")
        whole: form.ListsObject = _read(form.ListsObject, reply, reading)
        return [
            ListInfo(
                one["code"],
                one["name"],
                one.get("name_en") or one["name"],
                one["kind"],
                one["class"],
                one["open_ended"],
            )
            for one in whole["lists"]
        ]

    def health(self, reading: Reading) -> Flow[Health]:
        """The platform's health."""
        reply = yield _get("/v1/health")
        whole: form.HealthObject = _read(form.HealthObject, reply, reading)
        return Health(whole["status"] == "ok", whole["time"], whole["lists"])

    def changes(self, cursor: str | None, limit: int, reading: Reading) -> Flow[ChangePage]:
        """A page of the change feed. The cursor is the platform's, and stands for a place in the feed, not for a subject."""
        query = {"limit": str(limit)} if cursor is None else {"cursor": cursor, "limit": str(limit)}
        try:
            reply = yield _get("/v1/changes", query)
        except NoDecision as error:
            if error.status == _GONE and cursor is not None:
                return ChangePage(expired=True)
            raise
        return _page(_read(form.ChangesObject, reply, reading), reading, reply)

    def feedback(
        self, outcomes: Sequence[Outcome], key: str, reading: Reading
    ) -> Flow[Sequence[PlatformReceipt | NoDecision]]:
        """Outcomes in one call, each under its own key: sent again, in whatever batch, it is not counted twice."""
        bodies = [
            form.outcome_object(
                decision_id=one.decision_id,
                subject=one.subject,
                domain=one.domain,
                action=one.action,
                effect=one.effect,
                executed=one.executed,
                not_executed=one.not_executed,
                at=one.at,
                note=one.note,
                key=one.key,
                kind=one.kind,
                case=one.case,
                override=one.override,
            )
            for one in outcomes
        ]
        reply = yield _post("/v1/outcomes", {"outcomes": bodies}, {"Idempotency-Key": key}, patient=False)
        whole: form.ReceiptsObject = _read(form.ReceiptsObject, reply, reading)
        receipts = whole["receipts"]
        if [one["idempotency_key"] for one in receipts] != [one.key or key for one in outcomes]:
            raise unusable(
                reading,
                reply,
                "schema",
                "回执与反馈对不上 (数目、次序或幂等键不同)",
                "the receipts are not those of the outcomes: their number, order or idempotency keys differ",
                key="receipts",
            )
        return [
            PlatformReceipt(one["id"], one["idempotency_key"], one["received_at"], one["status"] == "repeated")
            for one in receipts
        ]


def _get(path: str, query: Mapping[str, str] | None = None) -> Call:
    return Call("GET", path, query=query or {}, headers=_HEADERS)


def _post(
    path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, patient: bool = True
) -> Call:
    # Safe to send again: a query changes nothing, and an intake knows the idempotency key.
    return Call("POST", path, json=body, headers={**_HEADERS, **(headers or {})}, safe=True, patient=patient)


def _read(wanted: Any, reply: Reply, reading: Reading) -> Any:
    """The reply's body, if it is what the contract says."""
    version = reply.headers.get(_VERSION, form.API_VERSION)
    if version != form.API_VERSION:
        raise unusable(
            reading,
            reply,
            "version",
            f"平台的接口版本不是 {form.API_VERSION}; 请升级本软件或更换地址",
            f"the platform's API is not of version {form.API_VERSION}; update this software or use another address",
            key="Credit-Api-Version",
        )
    try:
        return form.read_object(wanted, reply.content)
    except form.UnusableJson as fault:
        raise _broken(reply, reading) or unusable(reading, reply, "schema", fault.zh, fault.en, key=fault.key) from None


def _broken(reply: Reply, reading: Reading) -> BadRecord | None:
    """What is wrong with the body, if it is no JSON at all."""
    try:
        text = reply.content.decode()
    except UnicodeDecodeError:
        return unusable(reading, reply, "encoding", "不是 UTF-8", "it is not UTF-8")
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<") or "html" in reply.headers.get("content-type", ""):
        return unusable(
            reading,
            reply,
            "html",
            "是网页而不是数据; 请检查地址, 或是否有登录页、网关拦截",
            "it is a web page, not data; check the address, and whether a login page or a gateway stands in between",
        )
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            return unusable(reading, reply, "truncated", "JSON 不完整, 传输中断", "the JSON is cut short")
        return unusable(reading, reply, "schema", "不是 JSON", "it is not JSON")
    except (ValueError, RecursionError):
        return unusable(reading, reply, "schema", "数字过长或嵌套过深", "a number is too long, or the nesting too deep")
    return None


def _key(subject: Mapping[str, Any]) -> str:
    """A subject object's identity, whatever else it says: blanks are not said."""
    known = [(key, subject[key]) for key in _SUBJECT_KEYS if subject.get(key)]
    return repr(known)  # in the keys' own order, whatever the platform's


def _by_subject(
    answers: Sequence[form.AnswerObject], asked: set[str], reading: Reading, reply: Reply
) -> dict[str, form.AnswerObject | BadRecord]:
    """Each subject's answer by the subject that it repeats: its place in the answer proves nothing."""
    found: dict[str, form.AnswerObject | BadRecord] = {}
    strangers = 0
    for answer in answers:
        key = _key(answer["subject"])
        if key not in asked:
            strangers += 1
        elif key in found:
            found[key] = unusable(
                reading,
                reply,
                "duplicate_subject",
                "对同一主体答复了两次; 请联系平台",
                "it answers for one subject twice; ask the platform",
                key="answers",
            )
        else:
            found[key] = answer
    missing = asked - found.keys()
    if not missing and not strangers:
        return found
    wrong = unusable(
        reading,
        reply,
        "wrong_subject",
        "答复了没有问到的主体; 请联系平台",
        "it answers for a subject that was not asked about; ask the platform",
        key="answers",
    )
    if strangers > len(missing):
        raise wrong
    for key in missing:
        found[key] = (
            wrong
            if strangers
            else unusable(
                reading,
                reply,
                "missing_subject",
                "缺少所问主体的答复; 请联系平台",
                "a subject that was asked about is missing; ask the platform",
                key="answers",
            )
        )
    return found


def _unaskable(reading: Reading) -> BadRecord:
    return BadRecord(
        f"来源 {reading.source} 不接受过长或空白的名称 (至多 {form.LONGEST_NAME} 字, 曾用名至多 {form.MOST_FORMER_NAMES} 个)",
        f"source {reading.source} takes no blank or overlong name (at most {form.LONGEST_NAME} characters, at most"
        f" {form.MOST_FORMER_NAMES} former names)",
        key="subject.name",
        fault="request",
    )


def _answer(
    subject: Subject,
    answer: form.AnswerObject | BadRecord,
    coverage: CoverageTable,
    reading: Reading,
    reply: Reply,
    *,
    fictional: bool,
) -> Answer:
    if isinstance(answer, BadRecord):
        return answer
    try:
        return read_record(
            subject,
            answer["listings"],
            answer["violations"],
            coverage=coverage,
            found=answer["found"],
            uncoded=answer["uncoded_lists"],
            fictional=fictional,
            reading=reading,
            reply=reply,
        )
    except BadRecord as error:
        return error


def _page(whole: form.ChangesObject, reading: Reading, reply: Reply) -> ChangePage:
    changes: list[Change] = []
    for one in whole["changes"]:
        if changes and one["sequence"] <= changes[-1].sequence:
            raise unusable(
                reading,
                reply,
                "schema",
                "变更的序号没有递增",
                "the changes' numbers do not ascend",
                key="changes.sequence",
            )
        try:
            subject = None if one["subject"] is None else parse_subject(one["subject"])
        except BadRecord as error:
            raise unusable(reading, reply, "schema", error.zh, error.en, key=error.key) from None
        changes.append(Change(one["sequence"], one["at"], one["kind"], one["id"], one["list"], one["status"], subject))
    return ChangePage(tuple(changes), whole["cursor"], whole["more"])
