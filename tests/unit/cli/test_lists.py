from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from credit_sdk.model.catalogue import CATALOGUE
from tests.unit.cli.material import listing, measures_toml, records_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]
    Files = Callable[[str, str | bytes], str]


def test_without_files_the_catalogue_is_shown(credit: Credit) -> None:
    run = credit("lists", "info")
    assert [one["code"] for one in run.json["lists"]][: len(CATALOGUE)] == list(CATALOGUE)

    table = credit("lists", "info", "--format", "table").out
    assert all(info.name in table and info.code in table for info in CATALOGUE.values())


def test_files_are_counted_by_status(credit: Credit, files: Files) -> None:
    path = files(
        "lists.jsonl",
        records_jsonl(
            listing(),
            listing(id="L-2", status="repaired", ended_on="2025-06-01"),
            listing(id="L-3", subject={"name": "虚构无码公司"}),
            listing(id="L-4", list="labour.wage-arrears", effective_until="2028-02-29"),
        ),
    )
    held = {one["list"]: one for one in credit("lists", "info", path).json["lists"]}

    tax = held["tax.major-violation"]
    assert tax["entries"] == {"active": 2, "repaired": 1}
    assert (tax["covered"], tax["without_code"], tax["without_end"]) == (True, 1, 3)
    assert tax["stale_for"] == []
    assert held["labour.wage-arrears"]["covered"] is False

    table = credit("lists", "info", path, "--format", "table").out
    assert "没有 coverage 行" in table
    assert "必查而未覆盖的名单" in table


def test_old_data_are_said_to_be_too_old_and_for_whom(credit: Credit, files: Files) -> None:
    path = files("lists.jsonl", records_jsonl(as_of=datetime.now(UTC) - timedelta(days=3)))
    (held,) = credit("lists", "info", path).json["lists"]

    assert "cn.procurement" in held["stale_for"]
    assert held["age_seconds"] >= 3 * 86400
    assert "已过期" in credit("lists", "info", path, "--format", "table").out


def test_what_the_files_lack_is_said_by_measure_list(credit: Credit, files: Files) -> None:
    missing = credit("lists", "info", files("lists.jsonl", records_jsonl())).json["missing_for"]
    assert "court.judgment-defaulter" in missing["cn.procurement"]
    assert "tax.major-violation" not in missing["cn.procurement"]


def test_a_source_may_be_asked_what_it_covers(credit: Credit) -> None:
    run = credit("lists", "info", "--source", "demo")
    assert {one["list"] for one in run.json["lists"]} >= set(CATALOGUE)
    assert run.json["missing_for"] == {}


def test_lists_that_a_measure_list_declares_are_known_with_it(credit: Credit, files: Files) -> None:
    local = '[[lists.local]]\ncode = "fiction.bad"\nname = "虚构失信名单"\nkind = "black"\n'
    text = measures_toml(actions=local + '[actions.award]\ntitle = "中标"')
    measures = files("m.toml", text.replace('"tax.major-violation"', '"fiction.bad"'))
    old = records_jsonl(listing(list="fiction.bad"), as_of=datetime.now(UTC) - timedelta(days=3))
    lists = files("l.jsonl", old.replace("tax.major-violation", "fiction.bad"))

    assert credit("lists", "info", lists).code == 2
    (held,) = credit("lists", "info", lists, "--measures", measures).json["lists"]
    assert (held["list"], held["entries"], held["stale_for"]) == ("fiction.bad", {"active": 1}, ["cn.fiction"])
    assert "虚构失信名单" in credit("lists", "info", lists, "--measures", measures, "--format", "table").out
    assert credit("lists", "info", "--source", "demo", "--measures", measures).json["missing_for"] == {
        "cn.fiction": ["fiction.bad"]
    }
    known = {one["code"] for one in credit("lists", "info", "--measures", measures).json["lists"]}
    assert known == {*CATALOGUE, "fiction.bad"}
