from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.material import measures_toml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]
    Files = Callable[[str, str | bytes], str]


def test_show_tells_a_person_force_basis_and_how_it_was_verified(credit: Credit) -> None:
    run = credit("measures", "show", "procurement", "--format", "table")

    assert (run.code, run.err) == (0, "")
    for said in (
        "cn.procurement 2026.1",
        "现行",
        "拒绝参与政府采购活动",
        "强制性 · 惩戒 · 拒绝",
        "推荐性 · 激励",
        "财库〔2016〕125号",
        "两个以上独立来源一致引用",
        "已核对原文",
        "应查必查",
        "必查名单",
        "court.judgment-defaulter",
        "继续执行并标注",
        "落实到人",
        "任一守信激励名单",
    ):
        assert said in run.out, said


def test_show_gives_a_program_the_words_of_the_toml(credit: Credit, files: Files) -> None:
    path = files("measures.toml", measures_toml())
    (shown,) = credit("measures", "show", path).json["measure_lists"]

    assert (shown["id"], shown["status"], shown["file"]) == ("cn.fiction", "in_force", path)
    assert shown["policy"]["on_objection"] == "flag"
    assert shown["policy"]["max_age"] == {"default": "24h"}
    assert shown["lists"]["required"] == ["tax.major-violation"]
    (measure,) = shown["measures"]
    assert (measure["force"], measure["consequence"]) == ("mandatory", "refuse")
    assert measure["triggers"] == [{"list": ["tax.major-violation"]}]
    assert measure["basis"][0]["verified"] == "text"


@pytest.mark.parametrize(("area", "id_"), [("CN", "cn.approval"), ("41", "41.approval"), ("4101", "41.approval")])
def test_show_picks_the_list_of_an_area(credit: Credit, area: str, id_: str) -> None:
    run = credit("measures", "show", "approval", "--jurisdiction", area)
    assert [one["id"] for one in run.json["measure_lists"]] == [id_]


def test_show_gives_every_list_of_a_domain_whatever_its_status(credit: Credit) -> None:
    shown = credit("measures", "show", "approval").json["measure_lists"]
    assert {one["status"] for one in shown} == {"in_force", "model"}
    assert "只供查阅和比对" in credit("measures", "show", "approval", "--format", "table").out


def test_lint_finds_nothing_in_a_list_that_is_right(credit: Credit, files: Files) -> None:
    right = 'version = "1"\nissued_by = "虚构信用办"\nreviewed_on = 2026-11-01'
    path = files("measures.toml", measures_toml(version=right).replace("name =", 'name_en = "No"\nname =', 1))
    run = credit("measures", "lint", path, "--strict")
    assert (run.code, run.json) == (0, {"measure_lists": [{"id": "cn.fiction", "file": path, "findings": []}]})
    assert "没有发现问题" in credit("measures", "lint", path, "--format", "table").out


def test_lint_names_file_measure_and_key(credit: Credit, files: Files) -> None:
    path = files("measures.toml", measures_toml().replace('"text"', '"secondary"'))
    run = credit("measures", "lint", path)

    assert run.code == 0
    found = {one["rule"]: one for one in run.json["measure_lists"][0]["findings"]}
    weak = found["weak-basis"]
    assert (weak["file"], weak["measure"], weak["key"]) == (path, "fiction.refuse", "basis")
    assert "quoted" in weak["message"]
    assert credit("measures", "lint", path, "--strict").code == 1
    assert "fiction.refuse.basis" in credit("measures", "lint", path, "--format", "table").out


def test_lint_takes_domains_and_files(credit: Credit, files: Files) -> None:
    path = files("measures.toml", measures_toml())
    run = credit("measures", "lint", "procurement", path, "--lang", "en")
    assert [one["id"] for one in run.json["measure_lists"]] == ["cn.procurement", "cn.fiction"]


def test_lint_goes_on_after_a_list_that_does_not_load(credit: Credit, files: Files) -> None:
    bad, right = files("bad.toml", "id ="), files("measures.toml", measures_toml())
    run = credit("measures", "lint", bad, right, "no-such.toml", "procurement")
    assert run.code == 2
    assert [one["id"] for one in run.json["measure_lists"]] == ["cn.fiction", "cn.procurement"]
    errors = [json.loads(line) for line in run.err.splitlines()]
    assert [(one["error"], one["file"]) for one in errors] == [
        ("invalid_measure_list", bad),
        ("invalid_measure_list", "no-such.toml"),
    ]
