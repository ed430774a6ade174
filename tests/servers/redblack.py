"""A platform of the worked example's shape on this machine: XML over POST, one path, pages."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from credit_sdk import Subject
from credit_sdk.model.record import CreditRecord
from credit_sdk.sources import MemorySource
from credit_sdk.sources.profiles.redblack_xml import LISTS
from tests.servers.platform import Seen, Served, listening

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NUMBERS = {code: number for number, code in LISTS.items()}
_STATUSES = dict(
    zip(("draft", "publicised", "active", "objected", "repaired", "removed", "revoked"), "0123456", strict=True)
)
_LEVELS = dict(zip(("minor", "general", "serious", "severe"), "1234", strict=True))
_TAGS = {
    "id": "id",
    "kind": "kind",
    "authority": "authority",
    "document": "document",
    "reason": "reason",
    "effective_from": "from",
    "effective_until": "until",
    "ended_on": "endedOn",
    "remedy": "remedy",
}
_SUBJECT = {
    "code": "code",
    "organisation_code": "organisationCode",
    "registration_number": "registrationNumber",
    "name": "name",
}
PAGE = 2
"""Entries on a page; few, so that paging is met."""


class RedBlackPlatform:
    """What the server holds, and what it saw."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.records = [one for one in records if one["type"] != "violation" and one.get("list") != "violations"]
        self.source = MemorySource.of(self.records)
        self.seen: list[Seen] = []
        self.feedback: dict[str, ET.Element] = {}
        self.url = ""

    def serve(self, seen: Seen) -> Served:
        """Answer one request."""
        self.seen.append(seen)
        asked = ET.fromstring(seen.body)  # noqa: S314 - our own client's
        response = ET.Element("response")
        _put(response, "code", "200")
        if asked.findtext("service") == "getRedBlackType":
            self._types(response)
        elif asked.findtext("service") == "commitRedBlackBack":
            self._take(asked, response)
        else:
            self._page(asked, response)
        return Served(body=ET.tostring(response), headers={"Content-Type": "application/xml"})

    def _types(self, response: ET.Element) -> None:
        for line in self.records:
            if line["type"] == "coverage":
                one = ET.SubElement(response, "type")
                _put(one, "id", _NUMBERS[line["list"]])
                _put(one, "updated", line["as_of"])
                _put(one, "since", line.get("history_from"))
                listed = [
                    other["subject"] for other in self.records if other.get("subject") and other["list"] == line["list"]
                ]
                codeless = any(not (who.get("code") or who.get("organisation_code")) for who in listed)
                _put(one, "codeless", "1" if codeless else "0")

    def _take(self, asked: ET.Element, response: ET.Element) -> None:
        number = asked.findtext("feedbackId") or ""
        receipt = ET.SubElement(response, "receipt")
        _put(receipt, "repeated", "1" if number in self.feedback else "0")
        self.feedback.setdefault(number, asked)
        _put(receipt, "id", f"F-{list(self.feedback).index(number) + 1}")
        _put(receipt, "time", "2026-11-21T12:00:00+08:00")

    def _page(self, asked: ET.Element, response: ET.Element) -> None:
        who = asked.find("subject")
        assert who is not None
        response.append(who)
        given: dict[str, Any] = {key: who.findtext(tag) for key, tag in _SUBJECT.items()}
        former = tuple(one.text or "" for one in who.iterfind("formerName"))
        (record,) = self.source.fetch([Subject(given.pop("code"), former_names=former, issued=True, **given)])
        assert isinstance(record, CreditRecord)
        raw = {one["id"]: one for one in self.records if "id" in one}
        page, found = int(asked.findtext("page") or 1), record.listings
        _put(response, "known", "1" if record.found else "0")
        _put(response, "page", str(page))
        _put(response, "pages", str(max(1, -(-len(found) // PAGE))))
        _put(response, "total", str(len(found)))
        for listing in found[(page - 1) * PAGE : page * PAGE]:
            _entry(response, raw[listing.id])


def _entry(response: ET.Element, line: Mapping[str, Any]) -> None:
    entry = ET.SubElement(response, "entry")
    for key, tag in _TAGS.items():
        _put(entry, tag, line.get(key))
    _put(entry, "type", _NUMBERS[line["list"]])
    _put(entry, "status", _STATUSES[line["status"]])
    _put(entry, "level", _LEVELS.get(line.get("severity", "")))
    who = ET.SubElement(entry, "subject")
    for key, tag in _SUBJECT.items():
        _put(who, tag, line["subject"].get(key))
    for name in line["subject"].get("former_names", ()):
        _put(who, "formerName", name)


def _put(parent: ET.Element, tag: str, text: str | None) -> None:
    if text is not None:
        ET.SubElement(parent, tag).text = text


@contextmanager
def redblack(records: Sequence[Mapping[str, Any]]) -> Iterator[RedBlackPlatform]:
    """A platform that holds ``records``, at ``.url``."""
    one = RedBlackPlatform(records)
    with listening(one.serve) as url:
        one.url = url
        yield one
