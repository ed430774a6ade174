"""Records as JSON Lines: interfaces section 2, rules 2.4, 7.5. Every firm is fictional (虚构): no area 990100 exists."""

from __future__ import annotations

import json
import os
import tracemalloc
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import BadRecord, InvalidRecords
from credit_sdk.formats import records
from credit_sdk.formats.records import MAX_LINE, Records
from credit_sdk.model.catalogue import CATALOGUE, ListInfo
from credit_sdk.model.terms import ListKind, Objection, Severity, Status, SubjectType

if TYPE_CHECKING:
    from pathlib import Path

CODE = "91990100MA0000A019"
ID_NUMBER = "11990019491231002X"
TAX = "tax.major-violation"
COVERAGE: dict[str, Any] = {"type": "coverage", "list": TAX, "as_of": "2026-11-20T00:00:00+08:00"}
LISTING: dict[str, Any] = {
    "type": "listing",
    "id": "L-1",
    "list": TAX,
    "kind": "black",
    "subject": {"code": CODE, "name": "虚构甲建筑有限公司", "type": "legal_entity"},
    "status": "active",
    "severity": "severe",
    "authority": "虚构市税务局",
    "document": "虚构税罚〔2025〕1号",
    "reason": "虚构事由",
    "effective_from": "2025-03-01",
    "effective_until": "2028-02-29",
    "remedy": "可向虚构市税务局提出异议",
}
VIOLATION: dict[str, Any] = {
    "type": "violation",
    "id": "V-1",
    "subject": {"code": CODE},
    "authority": "虚构市市场监督管理局",
    "decided_on": "2024-05-06",
}
GONE = object()


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """``base`` with keys changed, or taken away where the value is ``GONE``."""
    return {key: value for key, value in {**base, **changes}.items() if value is not GONE}


def as_bytes(*lines: dict[str, Any] | str | bytes) -> bytes:
    """Lines of a file, objects as JSON."""
    raw = [json.dumps(line, ensure_ascii=False) if isinstance(line, dict) else line for line in lines]
    return b"\n".join(line.encode() if isinstance(line, str) else line for line in raw) + b"\n"


def read(tmp_path: Path, *lines: dict[str, Any] | str | bytes) -> Records:
    path = tmp_path / "lists.jsonl"
    path.write_bytes(as_bytes(*lines))
    return records.read([path], CATALOGUE)


def refusal(tmp_path: Path, *lines: dict[str, Any] | str | bytes) -> InvalidRecords:
    """The error with which the file does not load; it names the file, in one line, in both languages."""
    with pytest.raises(InvalidRecords) as caught:
        read(tmp_path, *lines)
    error = caught.value
    assert error.file == str(tmp_path / "lists.jsonl")
    for sentence in (error.located("zh"), error.located("en")):
        assert len(sentence.splitlines()) == 1
        assert str(error.file) in sentence
    assert any("\u4e00" <= c <= "\u9fff" for c in error.zh)
    assert not any("\u4e00" <= c <= "\u9fff" for c in error.en)
    assert error.__cause__ is None
    assert error.__suppress_context__
    return error


# -------------------------------------------------------------------------------------------------------- what is read


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    line = changed(COVERAGE, history_from="2015-01-01")

    read_back = read(tmp_path, line, LISTING, VIOLATION)

    assert read_back.coverage[TAX].as_of == datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=8)))
    assert read_back.coverage[TAX].history_from == date(2015, 1, 1)
    (listing,) = read_back.listings
    assert (listing.id, listing.list, listing.kind, listing.status) == ("L-1", TAX, ListKind.BLACK, Status.ACTIVE)
    assert (listing.effective_from, listing.effective_until) == (date(2025, 3, 1), date(2028, 2, 29))
    assert (listing.severity, listing.authority, listing.document) == (
        Severity.SEVERE,
        LISTING["authority"],
        LISTING["document"],
    )
    assert (listing.reason, listing.remedy, listing.extra) == (LISTING["reason"], LISTING["remedy"], None)
    assert (listing.subject.code, listing.subject.name, listing.subject.type) == (
        CODE,
        "虚构甲建筑有限公司",
        SubjectType.LEGAL_ENTITY,
    )
    (violation,) = read_back.violations
    assert (violation.id, violation.status, violation.decided_on) == ("V-1", Status.ACTIVE, date(2024, 5, 6))


@pytest.mark.parametrize("status", ["draft", "publicised", "active", "objected", "repaired", "removed", "revoked"])
def test_every_status_of_a_listing_is_read(tmp_path: Path, status: str) -> None:
    assert read(tmp_path, changed(LISTING, status=status)).listings[0].status == status


@pytest.mark.parametrize("status", ["active", "objected", "repaired", "revoked"])
def test_every_status_of_a_violation_is_read(tmp_path: Path, status: str) -> None:
    assert read(tmp_path, changed(VIOLATION, status=status)).violations[0].status == status


@pytest.mark.parametrize("objection", list(Objection))
def test_every_kind_of_objection_is_read(tmp_path: Path, objection: Objection) -> None:
    assert read(tmp_path, changed(LISTING, status="objected", objection=objection)).listings[0].objection is objection


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param({"code": "９１990100-ma0000a019"}, id="code, compacted (3.1)"),
        pytest.param({"code": "91990100MA0000A018"}, id="code whose 18th character fails loads (3.1)"),
        pytest.param({"organisation_code": "MA0000A0-7"}, id="organisation code"),
        pytest.param({"registration_number": "990100 000000013"}, id="registration number"),
        pytest.param({"name": "虚构甲建筑有限公司"}, id="name alone"),
        pytest.param({"code": "519900194912310067", "type": "legal_entity"}, id="also an ID number, named a firm"),
    ],
)
def test_a_subject_may_be_given_by(tmp_path: Path, subject: dict[str, Any]) -> None:
    assert len(read(tmp_path, changed(LISTING, subject=subject)).listings) == 1


def test_codes_are_compacted(tmp_path: Path) -> None:
    subject = {
        "code": "91990100 ma0000a019",
        "registration_number": "990100 000000013",
        "organisation_code": "ma0000a0-7",
    }
    listed = read(tmp_path, changed(LISTING, subject=subject)).listings[0].subject
    assert (listed.code, listed.registration_number, listed.organisation_code) == (
        CODE,
        "990100000000013",
        "MA0000A07",
    )


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    line = changed(
        LISTING,
        batch={"no": 7, "note": None},
        empty="",
        subject={**LISTING["subject"], "province": "虚构省", "x": None},
    )
    assert read(tmp_path, line).listings[0].extra == {
        "batch": {"no": 7, "note": None},
        "empty": "",
        "subject": {"province": "虚构省", "x": None},
    }


def test_unknown_keys_are_kept_beside_a_blank_one(tmp_path: Path) -> None:
    """A blank known key sends the line through a second reading, which must not lose what the first would have kept."""
    line = changed(LISTING, document=" ", batch={"no": 7, "note": None}, empty="")
    assert read(tmp_path, line).listings[0].extra == {"batch": {"no": 7, "note": None}, "empty": ""}


def test_unknown_keys_of_a_violation_are_kept(tmp_path: Path) -> None:
    assert read(tmp_path, changed(VIOLATION, fine="5000.00 CNY")).violations[0].extra == {"fine": "5000.00 CNY"}


@pytest.mark.parametrize(
    "blank", [None, "", "  ", "\t", "\u3000"], ids=["null", "empty", "spaces", "tab", "ideographic"]
)
@pytest.mark.parametrize(
    "key", ["effective_until", "document", "reason", "severity", "objection", "ended_on", "remedy"]
)
def test_blank_is_missing(tmp_path: Path, key: str, blank: str | None) -> None:
    assert getattr(read(tmp_path, changed(LISTING, **{key: blank})).listings[0], key) is None


@pytest.mark.parametrize("blank", [None, "", " "], ids=["null", "empty", "space"])
@pytest.mark.parametrize("key", ["code", "name", "type", "organisation_code", "registration_number", "established_on"])
def test_blank_is_missing_in_the_subject_too(tmp_path: Path, key: str, blank: str | None) -> None:
    subject = {"code": CODE, "name": "虚构甲建筑有限公司", key: blank}
    assert getattr(read(tmp_path, changed(LISTING, subject=subject)).listings[0].subject, key) is None


def test_white_space_around_texts_goes(tmp_path: Path) -> None:
    assert read(tmp_path, changed(LISTING, authority="  虚构市税务局 ")).listings[0].authority == "虚构市税务局"


def test_a_missing_kind_is_the_lists(tmp_path: Path) -> None:
    assert read(tmp_path, changed(LISTING, kind=GONE)).listings[0].kind is ListKind.BLACK


def test_a_local_list_is_known_when_declared(tmp_path: Path) -> None:
    path = tmp_path / "local.jsonl"
    path.write_bytes(as_bytes(changed(LISTING, list="fictional.models", kind="red")))
    known = {**CATALOGUE, "fictional.models": ListInfo("fictional.models", "虚构名单", "Fictional", ListKind.RED)}
    assert records.read([path], known).listings[0].kind is ListKind.RED


def test_violations_are_spoken_for_by_name(tmp_path: Path) -> None:
    assert set(read(tmp_path, changed(COVERAGE, list="violations")).coverage) == {"violations"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + as_bytes(COVERAGE, LISTING), id="byte order mark"),
        pytest.param(as_bytes(COVERAGE, LISTING).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + as_bytes(COVERAGE, LISTING).replace(b"\n", b"\r\n"), id="both"),
        pytest.param(as_bytes(COVERAGE, LISTING).rstrip(), id="no line end at the end"),
        pytest.param(b"\n" + as_bytes(COVERAGE, "", "  ", LISTING, "", ""), id="blank lines"),
    ],
)
def test_line_ends_and_marks_do_not_matter(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lists.jsonl"
    path.write_bytes(content)
    both = records.read([path], CATALOGUE)
    assert (len(both.coverage), len(both.listings)) == (1, 1)


@pytest.mark.parametrize(
    "as_of",
    [
        "2026-11-20T00:00:00+08:00",
        "2026-11-19T16:00:00Z",
        "2026-11-19t16:00:00z",
        "2026-11-19T16:00:00.000+00:00",
        "2026-11-20 00:00:00+08:00",
    ],
)
def test_moments_are_rfc_3339(tmp_path: Path, as_of: str) -> None:
    assert read(tmp_path, changed(COVERAGE, as_of=as_of)).coverage[TAX].as_of == datetime.fromisoformat(
        "2026-11-20T00:00:00+08:00"
    )


def test_names_of_every_script_load(tmp_path: Path) -> None:
    for name in ("Fictional Trading Ltd", "（虚构）甲公司", "㈱虚构", "1号虚构店", "ФИКТИВНЫЙ"):
        assert read(tmp_path, changed(LISTING, subject={"name": name})).listings[0].subject.name == name


# ---------------------------------------------------------------------------------------------------------- refusals

BAD_LISTINGS = [
    # id, changes, key
    ("no status (2.4)", {"status": GONE}, "status"),
    ("blank status (2.4)", {"status": " "}, "status"),
    ("null status (2.4)", {"status": None}, "status"),
    ("status nobody knows", {"status": "listed"}, "status"),
    ("status not text", {"status": 1}, "status"),
    ("no authority (2.4)", {"authority": GONE}, "authority"),
    ("blank authority (2.4)", {"authority": "\u3000 "}, "authority"),
    ("no start (2.4)", {"effective_from": GONE}, "effective_from"),
    ("blank start (2.4)", {"effective_from": ""}, "effective_from"),
    ("start on a day that does not exist", {"effective_from": "2025-02-29"}, "effective_from"),
    ("end on a day that does not exist", {"effective_until": "2027-04-31"}, "effective_until"),
    ("repair on a day that does not exist", {"status": "repaired", "ended_on": "2027-13-01"}, "ended_on"),
    ("a day as a number", {"effective_from": 20250301}, "effective_from"),
    ("a day without hyphens", {"effective_from": "20250301"}, "effective_from"),
    ("a day with a time", {"effective_from": "2025-03-01T00:00:00+08:00"}, "effective_from"),
    ("a day in Chinese", {"effective_from": "2025年3月1日"}, "effective_from"),
    ("end before start (2.4)", {"effective_until": "2025-02-28"}, "effective_until"),
    ("kind other than the list's (2.4)", {"kind": "red"}, "kind"),
    ("kind nobody knows", {"kind": "grey"}, "kind"),
    ("list nobody knows (7.5)", {"list": "tax.unknown"}, "list"),
    ("no list", {"list": GONE}, "list"),
    ("violations is no list of listings", {"list": "violations"}, "list"),
    ("no id", {"id": GONE}, "id"),
    ("id not text", {"id": 7}, "id"),
    ("severity nobody knows", {"severity": "deadly"}, "severity"),
    ("objection without status objected", {"objection": "recognition"}, "objection"),
    ("objection nobody knows", {"status": "objected", "objection": "loud"}, "objection"),
    ("jurisdiction of three digits", {"jurisdiction": "441"}, "jurisdiction"),
    ("jurisdiction in full-width digits", {"jurisdiction": "４４"}, "jurisdiction"),
    ("no subject", {"subject": GONE}, "subject"),
    ("empty subject", {"subject": {}}, "subject"),
    ("subject of blanks", {"subject": {"code": " ", "name": None}}, "subject"),
    ("subject that is text", {"subject": CODE}, "subject"),
    ("subject with a type alone", {"subject": {"type": "legal_entity"}}, "subject"),
    ("type of subject nobody knows", {"subject": {"code": CODE, "type": "company"}}, "subject.type"),
    ("code too short", {"subject": {"code": CODE[:17]}}, "subject.code"),
    ("code with a letter not used", {"subject": {"code": "9199010OMA0000A019"}}, "subject.code"),
    ("code as a number", {"subject": {"code": 919901000000000001}}, "subject.code"),
    ("ID number as a code (3.1)", {"subject": {"code": ID_NUMBER}}, "subject.code"),
    ("ID number of a natural person", {"subject": {"code": ID_NUMBER, "type": "natural_person"}}, "subject.code"),
    ("ID number as an organisation code", {"subject": {"organisation_code": ID_NUMBER}}, "subject.organisation_code"),
    ("organisation code of dashes", {"subject": {"organisation_code": "---"}}, "subject.organisation_code"),
    (
        "ID number as a registration number",
        {"subject": {"registration_number": ID_NUMBER}},
        "subject.registration_number",
    ),
    ("name of which nothing shows", {"subject": {"name": "\u200b\u200d"}}, "subject.name"),
    ("former name of which nothing shows", {"subject": {"code": CODE, "former_names": ["\u3164"]}}, "subject.name"),
    ("former names that are text", {"subject": {"code": CODE, "former_names": "a"}}, "subject.former_names"),
    ("a former name blank", {"subject": {"code": CODE, "former_names": ["a", " "]}}, "subject.former_names[1]"),
    (
        "established on a day that does not exist",
        {"subject": {"code": CODE, "established_on": "1999-02-30"}},
        "subject.established_on",
    ),
]


@pytest.mark.parametrize(("changes", "key"), [pytest.param(c, k, id=i) for i, c, k in BAD_LISTINGS])
def test_an_unusable_listing_is_refused(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    error = refusal(tmp_path, COVERAGE, changed(LISTING, **changes))
    assert (error.line, error.key) == (2, key)
    for secret in (CODE, ID_NUMBER, "虚构甲建筑有限公司"):
        assert secret not in error.located("zh") + error.located("en")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"authority": GONE}, "authority", id="no authority (2.4)"),
        pytest.param({"decided_on": GONE}, "decided_on", id="no day (2.4)"),
        pytest.param({"decided_on": "2024-02-30"}, "decided_on", id="a day that does not exist"),
        pytest.param({"status": "removed"}, "status", id="a listing's status"),
        pytest.param({"status": "draft"}, "status", id="another listing's status"),
        pytest.param({"id": ""}, "id", id="blank id"),
        pytest.param({"subject": {}}, "subject", id="no subject"),
        pytest.param({"severity": "deadly"}, "severity", id="severity nobody knows"),
        pytest.param({"subject": {"code": ID_NUMBER}}, "subject.code", id="ID number"),
    ],
)
def test_an_unusable_violation_is_refused(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    error = refusal(tmp_path, changed(VIOLATION, **changes))
    assert (error.line, error.key) == (1, key)
    assert ID_NUMBER not in str(error) + error.en


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({"list": GONE}, "list", id="no list"),
        pytest.param({"list": "tax.unknown"}, "list", id="list nobody knows"),
        pytest.param({"as_of": GONE}, "as_of", id="no moment"),
        pytest.param({"as_of": "2026-11-20T00:00:00"}, "as_of", id="naive"),
        pytest.param({"as_of": "2026-11-20"}, "as_of", id="a day"),
        pytest.param({"as_of": "2026-02-30T00:00:00+08:00"}, "as_of", id="a day that does not exist"),
        pytest.param({"as_of": "2026-11-20T24:01:00+08:00"}, "as_of", id="an hour that does not exist"),
        pytest.param({"as_of": "2026-11-20T00:00:00+25:00"}, "as_of", id="an offset that does not exist"),
        pytest.param({"as_of": "1700000000"}, "as_of", id="seconds since 1970 as text"),
        pytest.param({"as_of": 1700000000}, "as_of", id="seconds since 1970"),
        pytest.param({"as_of": "0001-01-01T00:00:00+14:00"}, "as_of", id="before the calendar"),
        pytest.param({"as_of": "9999-12-31T23:00:00-14:00"}, "as_of", id="after the calendar"),
        pytest.param({"history_from": "2015-02-30"}, "history_from", id="history since a day that does not exist"),
    ],
)
def test_unusable_coverage_is_refused(tmp_path: Path, changes: dict[str, Any], key: str) -> None:
    error = refusal(tmp_path, changed(COVERAGE, **changes))
    assert (error.line, error.key) == (1, key)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="cut off"),
        pytest.param('{"type": "coverage",}', id="a comma too many"),
        pytest.param("{'type': 'coverage'}", id="single quotes"),
        pytest.param("[]", id="an array"),
        pytest.param('"coverage"', id="a string"),
        pytest.param("null", id="null"),
        pytest.param("# a comment", id="a comment"),
        pytest.param(json.dumps(COVERAGE) * 2, id="two objects"),
        pytest.param(b"\xb2\xe9\xd1\xaf", id="not UTF-8 (GBK)"),
        pytest.param(json.dumps(LISTING, ensure_ascii=False).encode("gbk"), id="an object in GBK"),
        pytest.param(json.dumps(COVERAGE).encode("utf-16"), id="an object in UTF-16"),
        pytest.param(b"\0", id="a NUL"),
        pytest.param('{"type":"listing","x":' + '{"a":' * 500 + "1" + "}" * 500 + "}", id="nested 500 deep"),
        pytest.param('{"type":"listing","x":' + "[" * 5000 + "]" * 5000 + "}", id="nested 5000 deep"),
        pytest.param('{"type":"listing","x":' + "1" * 5000 + "}", id="a number of 5000 digits"),
        pytest.param(json.dumps(LISTING).replace("L-1", "\\ud800"), id="half a surrogate pair"),
    ],
)
def test_what_is_no_object_is_refused(tmp_path: Path, line: str | bytes) -> None:
    error = refusal(tmp_path, COVERAGE, line)
    assert error.line == 2


@pytest.mark.parametrize("content", [b"", b"\n\n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"], ids=repr)
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lists.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidRecords, match="文件为空") as caught:
        records.read([path], CATALOGUE)
    assert caught.value.file == str(path)


@pytest.mark.parametrize(
    ("type_", "quoted"),
    [
        pytest.param("blacklisting", '"blacklisting"', id="a word"),
        pytest.param("Listing", '"Listing"', id="capitals"),
        pytest.param(None, "null", id="null"),
        pytest.param(3, "3", id="a number"),
        pytest.param(["listing"], '["listing"]', id="an array"),
        pytest.param("a\nb\u2028c", '"a\\nb\\u2028c"', id="line ends do not break the line"),
        pytest.param("\ud800", '"\\ud800"', id="half a surrogate pair can be printed"),
        pytest.param("x" * 5000, '"xxx', id="a long one is cut"),
    ],
)
def test_an_unknown_type_is_quoted(tmp_path: Path, type_: object, quoted: str) -> None:
    line = json.dumps(changed(LISTING, type=type_))
    error = refusal(tmp_path, line)
    assert error.key == "type"
    assert quoted in error.zh
    assert quoted in error.en
    assert len(str(error).encode()) < 500


def test_a_line_without_type_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, changed(LISTING, type=GONE)).key == "type"


def test_an_unknown_list_is_named_in_few_words(tmp_path: Path) -> None:
    error = refusal(tmp_path, changed(LISTING, list="x" * 10_000))
    assert "xxx" in str(error)
    assert len(str(error)) < 500


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecords) as caught:
        records.read([tmp_path / "none.jsonl"], CATALOGUE)
    assert caught.value.file == str(tmp_path / "none.jsonl")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecords) as caught:
        records.read([tmp_path], CATALOGUE)
    assert caught.value.file == str(tmp_path)


# -------------------------------------------------------------------------------------------------------- long lines


def test_a_line_of_100_mb_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "lists.jsonl"
    with path.open("wb") as file:
        file.write(as_bytes(COVERAGE) + b'{"type":"listing","reason":"')
        file.seek(100 << 20, os.SEEK_CUR)  # a hole: the file has its length, the disk hardly notices
        file.write(b'"}\n')
    assert path.stat().st_size > 100 << 20

    tracemalloc.start()
    try:
        with pytest.raises(InvalidRecords) as caught:
            records.read([path], CATALOGUE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (caught.value.line, caught.value.file) == (2, str(path))
    assert str(MAX_LINE) in caught.value.zh
    assert peak < 8 * MAX_LINE


def test_the_longest_line_is_read(tmp_path: Path) -> None:
    line = as_bytes(changed(LISTING, reason=""))
    fill = MAX_LINE - len(line)
    assert len(read(tmp_path, changed(LISTING, reason="x" * fill)).listings[0].reason or "") == fill
    assert refusal(tmp_path, changed(LISTING, reason="x" * (fill + 1))).line == 1


# ----------------------------------------------------------------------------------------------------- several files


def two_files(tmp_path: Path, first: bytes, second: bytes) -> list[Path]:
    paths = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    for path, content in zip(paths, (first, second), strict=True):
        path.write_bytes(content)
    return paths


def test_files_are_put_together(tmp_path: Path) -> None:
    court = changed(COVERAGE, list="court.judgment-defaulter")
    both = records.read(two_files(tmp_path, as_bytes(COVERAGE), as_bytes(court, LISTING)), CATALOGUE)
    assert (sorted(both.coverage), len(both.listings)) == (["court.judgment-defaulter", TAX], 1)


def test_a_list_spoken_for_by_two_files_names_both(tmp_path: Path) -> None:
    paths = two_files(tmp_path, as_bytes(LISTING, COVERAGE), as_bytes(changed(COVERAGE, as_of="2026-11-21T00:00:00Z")))
    with pytest.raises(InvalidRecords) as caught:
        records.read(paths, CATALOGUE)
    error = caught.value
    assert (error.file, error.line, error.key) == (str(paths[1]), 1, "list")
    assert f"{paths[0]}:2" in error.zh
    assert f"{paths[0]}:2" in error.en
    assert TAX in error.zh


def test_a_list_spoken_for_twice_in_one_file_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, COVERAGE, COVERAGE)
    assert (error.line, error.key) == (2, "list")
    assert "lists.jsonl:1" in error.zh


@pytest.mark.parametrize(
    "repeat",
    [
        pytest.param(LISTING, id="the same"),
        pytest.param(dict(reversed(LISTING.items())), id="keys in another order"),
        pytest.param(changed(LISTING, objection=None, ended_on=" "), id="blanks in place of missing keys"),
        pytest.param(
            changed(LISTING, subject={**LISTING["subject"], "code": CODE.lower()}), id="code written otherwise"
        ),
    ],
)
def test_identical_listings_fold(tmp_path: Path, repeat: dict[str, Any]) -> None:
    paths = two_files(tmp_path, as_bytes(LISTING, LISTING), as_bytes(repeat))
    assert len(records.read(paths, CATALOGUE).listings) == 1


def test_identical_listings_fold_with_blanks_in_unknown_keys(tmp_path: Path) -> None:
    once = changed(LISTING, batch=None)
    assert len(read(tmp_path, once, changed(once, ended_on=None)).listings) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "repaired"},
        {"effective_until": "2028-03-01"},
        {"subject": {"code": "91990100MA0000A02C"}},
        {"batch": 7},
        {"subject": {**LISTING["subject"], "province": "虚构省"}},
        {"list": "safety.serious-violation"},
    ],
    ids=["status", "end", "code", "unknown key", "unknown key of the subject", "list"],
)
def test_differing_listings_of_one_id_are_an_error(tmp_path: Path, changes: dict[str, Any]) -> None:
    paths = two_files(tmp_path, as_bytes(COVERAGE, LISTING), as_bytes(changed(LISTING, **changes)))
    with pytest.raises(InvalidRecords, match="L-1") as caught:
        records.read(paths, CATALOGUE)
    assert (caught.value.file, caught.value.line, caught.value.key) == (str(paths[1]), 1, "id")


def test_violations_fold_and_differ_alike(tmp_path: Path) -> None:
    assert len(read(tmp_path, VIOLATION, VIOLATION).violations) == 1
    assert refusal(tmp_path, VIOLATION, changed(VIOLATION, status="repaired")).key == "id"


def test_nothing_is_read_after_the_first_fault(tmp_path: Path) -> None:
    paths = two_files(tmp_path, as_bytes(changed(LISTING, status=None)), b"{")
    with pytest.raises(InvalidRecords) as caught:
        records.read(paths, CATALOGUE)
    assert caught.value.file == str(paths[0])


# ------------------------------------------------------------------------------------------------- objects, not lines


def test_objects_are_read_as_lines_are() -> None:
    parsed = records.parse([COVERAGE, MappingProxyType(LISTING), VIOLATION], CATALOGUE)
    assert (len(parsed.coverage), len(parsed.listings), len(parsed.violations)) == (1, 1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(changed(LISTING, status=None), id="no status"),
        pytest.param(changed(LISTING, effective_from=date(2025, 3, 1)), id="a date, not text"),
        pytest.param(changed(LISTING, subject={CODE}), id="a set"),
        pytest.param(changed(LISTING, reason="\ud800"), id="half a surrogate pair"),
        pytest.param(7, id="a number"),
        pytest.param(None, id="nothing"),
        pytest.param([], id="an array"),
        pytest.param({}, id="an empty object"),
    ],
)
def test_an_unusable_object_is_a_bad_record(wrong: Any) -> None:
    with pytest.raises(BadRecord) as caught:
        records.parse([COVERAGE, wrong], CATALOGUE)
    assert caught.value.line == 2
    assert CODE not in str(caught.value) + caught.value.en
    assert len(str(caught.value).splitlines()) == 1


def test_an_object_that_holds_itself_is_a_bad_record() -> None:
    endless = dict(LISTING)
    endless["self"] = endless
    with pytest.raises(BadRecord):
        records.parse([endless], CATALOGUE)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(json.dumps(LISTING)[:-1] + ', "status": "repaired"}', id="of the entry"),
        pytest.param(
            json.dumps(LISTING).replace('"name":', '"code": "91990100MA0000A02C", "name":'), id="of the subject"
        ),
        pytest.param(json.dumps(LISTING).replace(":", " :")[:-1] + ', "status" : "repaired"}', id="spaced"),
        pytest.param(json.dumps(COVERAGE)[:-1] + ', "as_of": "2026-11-21T00:00:00+08:00"}', id="of coverage"),
    ],
)
def test_a_key_given_twice_is_refused(tmp_path: Path, line: str) -> None:
    """2.4: a later "repaired" must not undo an earlier "active"."""
    assert refusal(tmp_path, line).key in {"status", "code", "as_of"}


def test_a_text_that_looks_like_a_key_is_no_second_key(tmp_path: Path) -> None:
    reason = '所谓"status":"repaired"之说'
    assert read(tmp_path, COVERAGE, changed(LISTING, reason=reason)).listings[0].reason == reason
