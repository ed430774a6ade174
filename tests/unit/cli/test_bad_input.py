"""What bad input gets: a one-line error with file, line, key and the way out, exit 2, never a traceback or a decision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.material import A_CLEAN_FIRM, A_RESTRICTED_FIRM, listing, measures_toml, records_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]
    Files = Callable[[str, str | bytes], str]

DEMO = ("--source", "demo")
AWARD = ("--domain", "procurement", "--action", "award")
FICTION = ("--domain", "fiction", "--action", "award")
AN_ID_NUMBER = "110105194912310000"[:17] + "2"  # a valid check character; of the year 1949, serial 000: nobody's

COMMAND_LINES = {
    "nothing": ((), "invalid_request"),
    "no such command": (("chek",), "invalid_request"),
    "no such option": (("check", A_CLEAN_FIRM, *AWARD, "--nmae", "x"), "invalid_request"),
    "no domain": (("check", A_CLEAN_FIRM, "--action", "award", *DEMO), "invalid_request"),
    "no action": (("check", A_CLEAN_FIRM, "--domain", "procurement", *DEMO), "invalid_request"),
    "an option without its value": (("check", A_CLEAN_FIRM, *AWARD, "--source"), "invalid_request"),
    "two codes": (("check", A_CLEAN_FIRM, A_RESTRICTED_FIRM, *AWARD, *DEMO), "invalid_request"),
    "unknown format": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--format", "xml"), "invalid_request"),
    "unknown language": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--lang", "fr"), "invalid_request"),
    "unknown exit status": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--exit-status", "x"), "invalid_request"),
    "neither code nor name": (("check", *AWARD, *DEMO), "invalid_subject"),
    "empty code": (("check", "", *AWARD, *DEMO), "invalid_subject"),
    "empty code with a name": (("check", "", "--name", "虚构公司", *AWARD, *DEMO), "invalid_subject"),
    "blank code": (("check", " \t", *AWARD, *DEMO), "invalid_subject"),
    "blank name": (("check", "--name", "  ", *AWARD, *DEMO), "invalid_subject"),
    "short code": (("check", "91990100MA", *AWARD, *DEMO), "invalid_subject"),
    "wrong alphabet": (("check", "91990100MA0000A0I9", *AWARD, *DEMO), "invalid_subject"),
    "a typing error": (("check", "91990100MA0000A018", *AWARD, *DEMO), "invalid_subject"),
    "an ID number": (("check", AN_ID_NUMBER, *AWARD, *DEMO), "invalid_subject"),
    "broken characters": (("check", "--name", "虚构\udcff", *AWARD, *DEMO), "invalid_subject"),
    "unknown type": (("check", A_CLEAN_FIRM, "--type", "company", *AWARD, *DEMO), "invalid_subject"),
    "a natural person": (("check", A_CLEAN_FIRM, "--type", "natural_person", *AWARD, *DEMO), "invalid_subject"),
    "unknown domain": (("check", A_CLEAN_FIRM, "--domain", "fishing", "--action", "award", *DEMO), "unknown_domain"),
    "unknown action": (("check", A_CLEAN_FIRM, "--domain", "procurement", "--action", "fly", *DEMO), "unknown_action"),
    "unknown role": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--related", f"boss={A_CLEAN_FIRM}"), "invalid_request"),
    "role and code swapped": (
        ("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--related", f"{A_RESTRICTED_FIRM}=parent"),
        "invalid_request",
    ),
    "no role": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--related", A_RESTRICTED_FIRM), "invalid_request"),
    "a related typing error": (
        ("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--related", "parent=91990100MA0000A018"),
        "invalid_subject",
    ),
    "a member's typing error": (
        ("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--member", "91990100MA0000A018"),
        "invalid_subject",
    ),
    "an empty member": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--member", ""), "invalid_subject"),
    "a naive moment": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", "2026-11-21T12:00:00"), "invalid_request"),
    "a day for a moment": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", "2026-11-21"), "invalid_request"),
    "no such day": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", "2026-02-30T12:00:00+08:00"), "invalid_request"),
    "an empty moment": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", ""), "invalid_request"),
    "the first moment": (
        ("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", "0001-01-01T00:00:00+14:00"),
        "invalid_request",
    ),
    "the last moment": (
        ("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", "9999-12-31T23:59:59-12:00"),
        "invalid_request",
    ),
    "no such area": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--jurisdiction", "4"), "invalid_request"),
    "no list for the area": (
        ("check", A_CLEAN_FIRM, "--domain", "approval", "--action", "issue", *DEMO),
        "no_measure_list",
    ),
    "no source": (("check", A_CLEAN_FIRM, *AWARD), "invalid_settings"),
    "unknown source": (("check", A_CLEAN_FIRM, *AWARD, "--source", "nowhere"), "invalid_settings"),
    "an empty source": (("check", A_CLEAN_FIRM, *AWARD, "--source", ""), "invalid_settings"),
    "lists and a source": (("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--lists", "x.jsonl"), "invalid_request"),
    "no such file of lists": (("check", A_CLEAN_FIRM, *AWARD, "--lists", "no-such.jsonl"), "invalid_records"),
    "no such measure list": (
        ("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--measures", "no-such.toml"),
        "invalid_measure_list",
    ),
    "no such list to show": (("measures", "show", "no-such.toml"), "invalid_measure_list"),
    "no such domain to lint": (("measures", "lint", "fishing"), "unknown_domain"),
    "nothing to lint": (("measures", "lint"), "invalid_request"),
    "files and a source": (("lists", "info", "x.jsonl", "--source", "demo"), "invalid_request"),
    "no such shell": (("completion", "tcsh"), "invalid_request"),
}


def assert_refused(run: Run, error: str) -> None:
    assert (run.code, run.out) == (2, "")
    assert run.error["error"] == error
    assert set(run.error) == {"error", "message", "file", "line", "key", "retryable"}
    for identifier in (A_CLEAN_FIRM, A_RESTRICTED_FIRM, "91990100MA", AN_ID_NUMBER, "虚构公司"):
        assert identifier not in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize(("arguments", "error"), COMMAND_LINES.values(), ids=COMMAND_LINES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_command_line_that_cannot_be_meant(credit: Credit, arguments: tuple[str, ...], error: str, lang: str) -> None:
    run = credit(*arguments, *(() if "--lang" in arguments else ("--lang", lang)))
    assert_refused(run, error)
    if error != "invalid_request" or arguments:
        assert run.error["key"] or run.error["file"]


IN_A_TERMINAL = {name: case for name, case in COMMAND_LINES.items() if case[0]}  # alone, it helps


@pytest.mark.parametrize(("arguments", "error"), IN_A_TERMINAL.values(), ids=IN_A_TERMINAL)
def test_a_person_reads_a_sentence(person: Credit, arguments: tuple[str, ...], error: str) -> None:
    run = person(*arguments)  # stdout is no terminal: it is stderr that counts
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("错误")
    assert f"[{error}]" in run.err.splitlines()[0]
    assert '{"error"' not in run.err


def test_a_person_may_ask_for_the_object(person: Credit) -> None:
    run = person("check", "x", *AWARD, *DEMO, "--format", "json")
    assert run.error["error"] == "invalid_subject"


def test_a_table_for_a_file_leaves_stderr_to_programs(credit: Credit) -> None:
    assert credit("check", "x", *AWARD, *DEMO, "--format", "table").error["error"] == "invalid_subject"


AS_OF = {
    "2026-11-21T12:00:00+0800": ("时区应写成", "the offset takes"),
    "2026-11-21T12:00:00+08": ("时区应写成", "the offset takes"),
    "2026-11-21T12:00:00+08:00:00": ("时区应写成", "the offset takes"),
    "2026-11-21T12:00:00": ("缺少时区", "the offset is missing"),
    "2026-11-21T12:00+08:00": ("缺少秒", "the seconds are missing"),
    "2026-11-21T12:00:00,5+08:00": ("点号", "full stop"),
    "2026-W47-6T12:00:00+08:00": ("按周", "week date"),
    "2026W476T120000Z": ("按周", "week date"),
    "20261121T120000+08:00": ("连字符", "hyphens"),
    "2026-11-21 12:00:00+08:00": ("RFC 3339", "RFC 3339"),
    "2026-11-21": ("只有日期", "a day only"),
    "２０２６-11-21T12:00:00+08:00": ("RFC 3339", "RFC 3339"),
    "2026-11-21T12:00:00+24:00": ("没有这样的时间", "no such moment"),
    "2026-02-29T12:00:00Z": ("没有这样的时间", "no such moment"),
    "0000-01-01T00:00:00Z": ("日历范围", "calendar's range"),
    "0001-01-01T00:00:00Z": ("日历范围", "calendar's range"),
    "9999-12-31T23:59:59Z": ("日历范围", "calendar's range"),
}


@pytest.mark.parametrize(("text", "said"), AS_OF.items(), ids=AS_OF)
def test_a_moment_is_rfc_3339_or_refused_with_the_way_out(credit: Credit, text: str, said: tuple[str, str]) -> None:
    for lang, word in zip(("zh", "en"), said, strict=True):
        run = credit("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--as-of", text, "--lang", lang)
        assert_refused(run, "invalid_request")
        assert word in run.error["message"]
        assert "2026-11-21T12:00:00+08:00" in run.error["message"]


def bad_line(line: str) -> str:
    return records_jsonl() + line + "\n"


RECORDS = {
    "not JSON": (bad_line("{"), 2, None),
    "not an object": (bad_line("[]"), 2, None),
    "unknown type": (bad_line('{"type": "listng"}'), 2, "type"),
    "unknown list": (bad_line(json.dumps(listing(list="tax.minor"))), 2, "list"),
    "no status": (bad_line(json.dumps(listing(status=None))), 2, "status"),
    "blank authority": (bad_line(json.dumps(listing(authority=" "))), 2, "authority"),
    "no start": (bad_line(json.dumps(listing(effective_from=None))), 2, "effective_from"),
    "no such day": (bad_line(json.dumps(listing(effective_from="2026-02-30"))), 2, "effective_from"),
    "end before start": (bad_line(json.dumps(listing(effective_until="2024-01-01"))), 2, "effective_until"),
    "another kind": (bad_line(json.dumps(listing(kind="red"))), 2, "kind"),
    "unusable code": (bad_line(json.dumps(listing(subject={"code": "91990100MA"}))), 2, "subject.code"),
    "nobody": (bad_line(json.dumps(listing(subject={}))), 2, "subject"),
    "ids that differ": (records_jsonl(listing(), listing(authority="虚构区税务局")), 3, "id"),
    "covered twice": (records_jsonl() * 2, 2, "list"),
    "naive coverage": ('{"type":"coverage","list":"tax.major-violation","as_of":"2026-11-21T00:00:00"}\n', 1, "as_of"),
    "empty": ("", None, None),
    "not UTF-8": (bad_line("x").encode()[:-2] + '{"type": "虚构"}'.encode("gb18030"), 2, None),
    "NUL": (b"\0" * 10, 1, None),
}


@pytest.mark.parametrize(("content", "line", "key"), RECORDS.values(), ids=RECORDS)
def test_records_that_cannot_be_used(
    credit: Credit, files: Files, content: str | bytes, line: int | None, key: str | None
) -> None:
    path = files("lists.jsonl", content)
    for arguments in (
        ("check", A_CLEAN_FIRM, *FICTION, "--lists", path, "--measures", files("m.toml", measures_toml())),
        ("lists", "info", path),
    ):
        run = credit(*arguments)
        assert_refused(run, "invalid_records")
        assert (run.error["file"], run.error["line"], run.error["key"]) == (path, line, key)


def test_a_line_of_100_megabytes(credit: Credit, files: Files) -> None:
    path = files("lists.jsonl", b'{"type": "' + b"x" * 100_000_000)
    run = credit("lists", "info", path)
    assert_refused(run, "invalid_records")
    assert (run.error["file"], run.error["line"]) == (path, 1)


def test_a_list_spoken_for_by_two_files_names_both(credit: Credit, files: Files) -> None:
    first, second = files("a.jsonl", records_jsonl()), files("b.jsonl", records_jsonl())
    run = credit("lists", "info", first, second)
    assert_refused(run, "invalid_records")
    assert run.error["file"] == second
    assert first in run.error["message"]


MEASURES = {
    "not TOML": (measures_toml(id="id ="), "line"),
    "unknown key": (measures_toml(version='version = "1"\nverison = "1"'), "verison"),
    "unknown list": (measures_toml().replace("tax.major-violation", "tax.minor"), "triggers"),
    "undeclared action": (measures_toml(actions="[actions.qualify]"), "actions"),
    "no basis": (measures_toml().replace("\nbasis = ", "\n# basis = "), "basis"),
    "no unit": (measures_toml().replace("\nunit = ", "\n# unit = "), "unit"),
    "no objection policy": (measures_toml(policy="[policy]"), "on_objection"),
    "no such day": (measures_toml(version='version = "1"\nreviewed_on = 2026-02-30'), "line"),
    "unknown role": (measures_toml().replace('unit = "', 'reaches = ["boss"]\nunit = "'), "reaches"),
    "one id twice": (measures_toml() + measures_toml().partition("[[measures]]")[2].join(["[[measures]]", ""]), "id"),
    "not UTF-8": (measures_toml().encode("gb18030"), "line"),
    "no domain": (measures_toml(domain=""), "domain"),
}


@pytest.mark.parametrize(("content", "place"), MEASURES.values(), ids=MEASURES)
def test_a_measure_list_that_cannot_be_used(credit: Credit, files: Files, content: str | bytes, place: str) -> None:
    path = files("measures.toml", content)
    for arguments in (
        ("check", A_CLEAN_FIRM, *FICTION, *DEMO, "--measures", path),
        ("measures", "show", path),
        ("measures", "lint", path),
    ):
        run = credit(*arguments)
        assert_refused(run, "invalid_measure_list")
        assert run.error["file"] == path
        if place == "line":
            assert run.error["line"]
        else:
            assert place in run.error["key"]


@pytest.mark.parametrize("status", ["draft", "repealed", "model"])
def test_a_measure_list_not_in_force_decides_nothing(credit: Credit, files: Files, status: str) -> None:
    path = files("measures.toml", measures_toml(status=f'status = "{status}"'))
    assert_refused(credit("check", A_CLEAN_FIRM, *FICTION, *DEMO, "--measures", path), "measure_list_not_in_force")
    assert credit("measures", "show", path).code == 0
    assert credit("measures", "lint", path).code == 0


def test_a_measure_list_of_another_domain(credit: Credit, files: Files) -> None:
    path = files("measures.toml", measures_toml())
    run = credit("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--measures", path)
    assert_refused(run, "invalid_request")
    assert (run.error["file"], run.error["key"]) == (path, "domain")
