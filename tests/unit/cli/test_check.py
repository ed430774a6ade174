"""`credit check`: what it prints, and its exit codes (interfaces section 4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.cli.wrapping import columns
from tests.unit.cli.material import A_CLEAN_FIRM, A_RESTRICTED_FIRM, listing, measures_toml, records_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]
    Files = Callable[[str, str | bytes], str]

DEMO = ("--source", "demo")
AWARD = ("--domain", "procurement", "--action", "award")
EVALUATE = ("--domain", "procurement", "--action", "evaluate")
FICTION = ("--domain", "fiction", "--action", "award")

PRIORITY, LIMITED, OBJECTED, SOLE_TRADER = (
    "91990100MA0000A03F",
    "91990100MA0000A04J",
    "91990100MA0000A06Q",
    "92990100MA0000C01H",
)


@pytest.mark.parametrize(
    ("arguments", "code", "effect", "blocking"),
    [
        ((A_CLEAN_FIRM, *AWARD), 0, "allow", False),
        ((PRIORITY, *EVALUATE), 0, "priority", False),
        ((A_RESTRICTED_FIRM, *AWARD), 3, "restrict", True),
        ((LIMITED, *AWARD), 3, "restrict", False),
        ((LIMITED, *AWARD, "--exit-status", "blocking"), 0, "restrict", False),
        ((A_RESTRICTED_FIRM, *AWARD, "--exit-status", "blocking"), 3, "restrict", True),
        ((PRIORITY, *EVALUATE, "--member", LIMITED), 3, "restrict", False),
        ((A_CLEAN_FIRM, *AWARD, "--member", A_RESTRICTED_FIRM), 3, "restrict", True),
    ],
)
def test_the_exit_code_tells_the_effect(
    credit: Credit, arguments: tuple[str, ...], code: int, effect: str, blocking: bool
) -> None:
    run = credit("check", *arguments, *DEMO)

    assert (run.code, run.err) == (code, "")
    assert (run.json["effect"], run.json["blocking"]) == (effect, blocking)


def test_json_is_one_line_with_the_keys_of_the_interface(credit: Credit) -> None:
    run = credit("check", A_RESTRICTED_FIRM, *AWARD, *DEMO)

    assert run.out.count("\n") == 1
    assert list(run.json) == [
        "schema", "decision_id", "decided_at", "effect", "blocking", "subject", "domain", "action", "jurisdiction",
        "as_of", "obligations", "advice", "suspended", "withheld", "listings", "not_counted", "conflicts", "coverage",
        "notices", "measure_list", "source", "degraded", "parts",
    ]  # fmt: skip
    assert run.json["subject"]["code"] == A_RESTRICTED_FIRM


def test_json_speaks_the_language_asked_for(credit: Credit) -> None:
    texts = {
        lang: credit("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--lang", lang).json["notices"][0]["text"]
        for lang in ("zh", "en")
    }
    assert "虚构" in texts["zh"]
    assert "fictional" in texts["en"]


def test_as_of_is_the_moment_decided_for_and_that_of_max_age(credit: Credit, files: Files) -> None:
    day = datetime(2026, 1, 10, tzinfo=UTC)
    lists = files("lists.jsonl", records_jsonl(listing(), as_of=day))
    measures = files("measures.toml", measures_toml())
    asked = ("check", A_RESTRICTED_FIRM, *FICTION, "--lists", lists, "--measures", measures)

    on_time = credit(*asked, "--as-of", (day + timedelta(hours=24)).isoformat())
    late = credit(*asked, "--as-of", (day + timedelta(hours=24, seconds=1)).isoformat())
    today = credit(*asked)

    assert (on_time.code, on_time.json["as_of"]) == (3, "2026-01-11T08:00:00+08:00")
    assert (late.code, late.error["error"]) == (4, "stale_data")
    assert (today.code, today.error["error"]) == (4, "stale_data")


def test_a_measure_list_of_ones_own_may_bring_its_own_lists(credit: Credit, files: Files) -> None:
    local = '[[lists.local]]\ncode = "fiction.bad"\nname = "虚构失信名单"\nkind = "black"\n'
    text = measures_toml(actions=local + '[actions.award]\ntitle = "中标"')
    measures = files("m.toml", text.replace('"tax.major-violation"', '"fiction.bad"'))
    lists = files("l.jsonl", records_jsonl(listing(list="fiction.bad")).replace("tax.major-violation", "fiction.bad"))

    run = credit("check", A_RESTRICTED_FIRM, *FICTION, "--lists", lists, "--measures", measures, "--format", "table")

    assert run.code == 3
    assert "虚构失信名单" in run.out


def test_without_a_code_the_name_is_checked(credit: Credit) -> None:
    run = credit("check", "--name", "虚构辰电子有限公司", *AWARD, *DEMO)

    assert run.code == 0
    assert [advice["id"] for advice in run.json["advice"]] == ["verify_identity"]


def test_an_issued_code_with_a_failing_character_is_accepted_when_said_so(credit: Credit) -> None:
    assert credit("check", "91990100MA0000A010", *AWARD, *DEMO).code == 2
    run = credit("check", "91990100MA0000A010", "--issued", *AWARD, *DEMO)
    assert run.code == 0
    assert "check_digit_failed" in {notice["code"] for notice in run.json["notices"]}


def test_a_related_subject_is_taken_in(credit: Credit) -> None:
    run = credit("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--related", f"parent={A_RESTRICTED_FIRM}")
    assert run.code == 0
    assert [one["id"] for one in run.json["listings"]] == ["DEMO-01"]


# ------------------------------------------------------------------------------------------------------- no answer


def test_a_required_list_that_is_not_covered_is_no_answer(credit: Credit, files: Files) -> None:
    lists = files("lists.jsonl", records_jsonl())
    run = credit("check", A_CLEAN_FIRM, *AWARD, "--lists", lists)

    assert (run.code, run.out) == (4, "")
    assert run.error["error"] == "incomplete_coverage"
    assert run.error["retryable"] is False
    assert set(run.error) == {"error", "message", "file", "line", "key", "retryable"}


def test_what_was_found_is_shown_to_a_person_all_the_same(person: Credit, files: Files) -> None:
    entry = listing(id="L-9", list="labour.wage-arrears")
    coverage = records_jsonl(entry).replace(
        '"coverage", "list": "tax.major-violation"', '"coverage", "list": "labour.wage-arrears"'
    )
    lists = files("lists.jsonl", coverage)
    run = person("check", A_RESTRICTED_FIRM, *AWARD, "--lists", lists)

    assert (run.code, run.out) == (4, "")
    assert run.err.startswith("无法得出结论")
    assert "L-9" in run.err


def test_a_sentence_names_the_key_once(person: Credit, files: Files) -> None:
    lists = files("lists.jsonl", records_jsonl(as_of=datetime.now(UTC) - timedelta(days=2)))
    measures = files("measures.toml", measures_toml())
    run = person("check", A_RESTRICTED_FIRM, *FICTION, "--lists", lists, "--measures", measures)
    assert run.code == 4
    assert run.err.count("tax.major-violation") == 1
    assert run.err.splitlines()[0] == "无法得出结论 [stale_data]"


def test_data_from_the_future_are_no_answer(credit: Credit, files: Files) -> None:
    lists = files("lists.jsonl", records_jsonl(as_of=datetime.now(UTC) + timedelta(hours=2)))
    measures = files("measures.toml", measures_toml())
    run = credit("check", A_CLEAN_FIRM, *FICTION, "--lists", lists, "--measures", measures)
    assert (run.code, run.error["error"]) == (4, "bad_record")


# --------------------------------------------------------------------------------------------------------- a person


def test_a_person_sees_what_matters(credit: Credit) -> None:
    run = credit("check", A_RESTRICTED_FIRM, *AWARD, *DEMO, "--format", "table")

    assert run.code == 3
    for said in (
        "不得继续办理",
        A_RESTRICTED_FIRM,
        "虚构甲建筑工程有限公司",
        "应当执行的措施",
        "拒绝参与政府采购活动",
        "财库〔2016〕125号",
        "采购人、采购代理机构",
        "DEMO-01",
        "虚构市税务局",
        "查询范围",
        "重大税收违法失信主体名单",
        "cn.procurement 2026.1",
        "demo (虚构数据)",
        "异议与救济",
        "演示数据",
    ):
        assert said in run.out, said
    assert "\x1b" not in run.out  # no colour where there is no terminal


def test_a_person_may_read_it_in_english(credit: Credit) -> None:
    run = credit("check", LIMITED, *AWARD, *DEMO, "--format", "table", "--lang", "en")
    for said in ("not a refusal", "What must be done", "Limit participation for wage arrears", "Lists consulted"):
        assert said in run.out, said


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-21T04:00:00Z", "2026-11-21T12:00:00+08:00"),
        ("2026-11-21t04:00:00z", "2026-11-21T12:00:00+08:00"),
        ("2026-11-21T04:00:00.5-00:00", "2026-11-21T12:00:00+08:00"),
        ("2026-11-20T23:30:00.123456789-04:30", "2026-11-21T12:00:00+08:00"),
    ],
)
def test_as_of_reads_what_rfc_3339_writes(credit: Credit, files: Files, text: str, written: str) -> None:
    lists = files("lists.jsonl", records_jsonl(as_of=datetime(2026, 11, 21, 3, tzinfo=UTC)))
    measures = files("measures.toml", measures_toml())
    run = credit("check", A_CLEAN_FIRM, *FICTION, "--lists", lists, "--measures", measures, "--as-of", text)
    assert (run.code, run.json["as_of"]) == (0, written)


DIRT = "\x1b[2J\x1b]0;x\x07\r\n\x9b31m\u202e\u2066\u200f\u2028\ufeff"


def test_data_send_a_terminal_nothing_but_letters(credit: Credit, person: Credit, files: Files) -> None:
    dirty: dict[str, Any] = dict.fromkeys(("authority", "document", "reason", "remedy"), f"虚构{DIRT}值")
    dirty["subject"] = {"code": A_RESTRICTED_FIRM, "name": f"虚构甲{DIRT}公司"}
    escaped = "".join(f"\\u{ord(one):04x}" for one in DIRT)
    text = measures_toml().replace('name = "不予参加"', f'name = "不予{escaped}参加"')
    text = text.replace("虚构采购人", f"虚构{escaped}采购人").replace("虚构信用条例", f"虚构{escaped}条例")
    measures, lists = files("m.toml", text), files("l.jsonl", records_jsonl(listing(**dirty)))
    asked = ("check", A_RESTRICTED_FIRM, "--lists", lists)

    shown = credit(*asked, *FICTION, "--measures", measures, "--format", "table")
    assert shown.code == 3
    listed = person("check", A_CLEAN_FIRM, *asked[2:], *AWARD, "--related", f"parent={A_RESTRICTED_FIRM}")
    assert "L-1" in listed.err
    for text in (
        shown.out,
        listed.err,
        credit("measures", "show", measures, "--format", "table").out,
        credit("measures", "lint", measures, "--format", "table").out,
    ):
        assert [one for one in text if one != "\n" and not one.isprintable() and one != "\u3000"] == []
    assert "\\u001b[2J" in shown.out
    assert "\\u202e" in shown.out
    told = credit(*asked, *FICTION, "--measures", measures).json
    assert told["listings"][0]["authority"] == dirty["authority"]  # a program gets what the list says


def test_a_parents_listing_is_not_told_as_the_subjects(credit: Credit, files: Files) -> None:
    parents = listing(subject={"code": A_RESTRICTED_FIRM, "name": "虚构总公司"})
    lists = files("l.jsonl", records_jsonl(parents))
    measures = files("m.toml", measures_toml().replace("unit =", 'reached_by = ["parent"]\nunit =', 1))
    asked = ("check", A_CLEAN_FIRM, *FICTION, "--lists", lists, "--measures", measures, "--format", "table")
    run = credit(*asked, "--related", f"parent={A_RESTRICTED_FIRM}")
    assert run.code == 3
    assert "虚构总公司" not in run.out
    assert "〔L-1〕（总公司的条目）" in run.out
    english = credit(*asked, "--related", f"parent={A_RESTRICTED_FIRM}", "--lang", "en").out
    assert "[L-1] (the parent's listing)" in english


def test_what_was_found_of_a_parent_is_told_as_the_parents(person: Credit, files: Files) -> None:
    lists = files("l.jsonl", records_jsonl(listing()))
    run = person("check", A_CLEAN_FIRM, *AWARD, "--lists", lists, "--related", f"parent={A_RESTRICTED_FIRM}")
    assert run.code == 4
    assert "[L-1]（总公司的条目）" in run.err


@pytest.mark.parametrize("width", range(13))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_narrowest_terminal_gets_an_answer(
    credit: Credit, monkeypatch: pytest.MonkeyPatch, lang: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for arguments, code in (
        (("check", A_RESTRICTED_FIRM, *AWARD, *DEMO), 3),
        (("lists", "info"), 0),
        (("lists", "info", *DEMO), 0),
        (("doctor",), 0),
        (("measures", "lint", "procurement"), 0),
        (("measures", "show", "procurement"), 0),
    ):
        run = credit(*arguments, "--format", "table", "--lang", lang)
        assert run.code == code
        assert run.out.strip()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("subject", [A_RESTRICTED_FIRM, PRIORITY, OBJECTED, SOLE_TRADER])
def test_no_line_is_wider_than_the_terminal(
    credit: Credit, monkeypatch: pytest.MonkeyPatch, subject: str, lang: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    run = credit("check", subject, *EVALUATE, *DEMO, "--format", "table", "--lang", lang)
    assert max(columns(line) for line in run.out.splitlines()) <= width


def test_a_sole_traders_name_is_masked_on_the_screen(credit: Credit) -> None:
    run = credit("check", SOLE_TRADER, "--name", "虚构巳小吃店", *AWARD, *DEMO, "--format", "table")
    assert "虚**" in run.out
    assert "虚构巳小吃店" not in run.out


def test_json_asked_for_in_a_terminal_is_indented(credit: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    run = credit("check", A_CLEAN_FIRM, *AWARD, *DEMO, "--format", "json")
    assert run.out.startswith('{\n  "schema"')
    assert json.loads(run.out)["effect"] == "allow"
