"""``credit receipt`` and ``credit check --receipt``: keys, receipts from the ledger, verification and its exit codes."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CreditClient
from credit_sdk.cli.receipt_table import PARTS
from credit_sdk.errors import InvalidFile
from credit_sdk.formats import receipt_check
from credit_sdk.formats.receipt_key import PublicKey, SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Run

    Credit = Callable[..., Run]

CHECK = ("check", "91990100MA0000A019", "--domain", "procurement", "--action", "award", "--source", "demo")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def kept(here: Path) -> tuple[str, str]:
    """A ledger with one decision in it: its file, and the decision's id."""
    with CreditClient("demo", ledger="ledger.db") as credit:
        decision = credit.check("91990100MA0000A019", domain="procurement", action="award")
    return "ledger.db", decision.decision_id


def test_a_key_is_made_once(credit: Credit, here: Path) -> None:
    run = credit("receipt", "key", "receipts.key", "--public", "receipts.pem")
    assert run.code == 0
    assert run.json["made"] is True
    assert run.json["fingerprint"] == PublicKey.load("receipts.pem").fingerprint
    assert stat.S_IMODE((here / "receipts.key").stat().st_mode) == 0o600

    again = credit("receipt", "key", "receipts.key")
    assert (again.json["made"], again.json["fingerprint"]) == (False, run.json["fingerprint"])
    assert "已生成" in credit("receipt", "key", "another.key", "--format", "table").out
    assert "left as it is" in credit("receipt", "key", "another.key", "--format", "table", "--lang", "en").out


def test_what_is_there_and_no_key_is_left_alone(credit: Credit, here: Path) -> None:
    (here / "receipts.key").write_text("x")
    (here / "receipts.key").chmod(0o600)
    run = credit("receipt", "key", "receipts.key")
    assert (run.code, run.out, run.error["error"]) == (2, "", "invalid_settings")
    assert (here / "receipts.key").read_text() == "x"
    assert credit("receipt", "key", "ok.key", "--public", "no/such/folder.pem").error["error"] == "invalid_file"


def test_a_receipt_is_made_from_the_ledger_and_verified(credit: Credit, kept: tuple[str, str]) -> None:
    ledger, decision_id = kept
    run = credit("receipt", "make", decision_id, "--ledger", ledger, "--out", "r.html", "--out", "r.json")
    assert run.code == 0, run.err
    assert run.json["decision_id"] == decision_id
    assert run.json["files"] == ["r.html", "r.json"]
    assert "虚构甲建筑工程有限公司" in Path("r.html").read_text("utf-8")  # from what the check stood on

    Path("issuer.pem").write_bytes(SigningKey.load("ledger.db.key").public.pem)
    for file in ("r.html", "r.json"):
        found = credit("receipt", "verify", file, "--key", "issuer.pem")
        assert found.code == 0
        assert (found.json["ok"], found.json["trusted"], found.json["file"]) == (True, True, file)
        assert found.json["receipt_id"] == run.json["receipt_id"]


def test_a_receipt_can_be_in_english_or_masked(credit: Credit, kept: tuple[str, str]) -> None:
    ledger, decision_id = kept
    credit("receipt", "make", decision_id, "--ledger", ledger, "--out", "r.html", "--masked", "--lang", "en")
    page = Path("r.html").read_text("utf-8")
    assert '<html lang="en">' in page
    assert "91990100MA0000A019" not in page
    assert credit("receipt", "verify", "r.html").json["masked"] is True


def test_another_key_may_sign(credit: Credit, kept: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, decision_id = kept
    given = credit("receipt", "key", "given.key").json["fingerprint"]
    set_ = credit("receipt", "key", "set.key").json["fingerprint"]
    make = ("receipt", "make", decision_id, "--ledger", ledger, "--out", "r.json")
    assert credit(*make, "--key", "given.key").json["fingerprint"] == given
    monkeypatch.setenv("CREDIT_RECEIPT_KEY", "set.key")
    assert credit(*make).json["fingerprint"] == set_
    assert credit(*make, "--key", "given.key").json["fingerprint"] == given


def test_what_cannot_be_made_is_said(credit: Credit, kept: tuple[str, str]) -> None:
    ledger, decision_id = kept
    unknown = credit("receipt", "make", "01990000-0000-7000-8000-000000000000", "--ledger", ledger, "--out", "r.json")
    assert (unknown.code, unknown.error["error"]) == (2, "unknown_decision")
    assert credit("receipt", "make", decision_id, "--ledger", ledger, "--out", "r.doc").error["key"] == "receipt"
    assert credit("receipt", "make", decision_id, "--out", "r.json").error["key"] == "ledger"
    assert credit("receipt", "make", decision_id, "--ledger", ledger).error["key"] == "--out"
    assert not Path("r.json").exists()


def test_a_check_issues_its_receipt(credit: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    credit("receipt", "key", "receipts.key")
    monkeypatch.setenv("CREDIT_RECEIPT_KEY", "receipts.key")
    run = credit(*CHECK, "--receipt", "r.html", "--receipt", "r.json")
    assert run.code == 3
    for file in ("r.html", "r.json"):
        assert credit("receipt", "verify", file).json["decision_id"] == run.json["decision_id"]


def test_a_check_without_a_key_says_how_to_get_one(credit: Credit) -> None:
    run = credit(*CHECK, "--receipt", "r.html")
    assert (run.code, run.out) == (2, "")
    assert "credit receipt key" in run.error["message"]
    assert credit(*CHECK, "--receipt", "r.txt").error["key"] == "receipt"


def test_a_path_that_cannot_be_is_refused_before_anything_is_asked(
    credit: Credit, monkeypatch: pytest.MonkeyPatch
) -> None:
    credit("receipt", "key", "receipts.key")
    monkeypatch.setenv("CREDIT_RECEIPT_KEY", "receipts.key")
    monkeypatch.setenv("CREDIT_LEDGER", "kept.db")
    Path("folder.html").mkdir()
    for path in ("no/such.html", "folder.html"):
        run = credit(*CHECK, "--receipt", "r.json", "--receipt", path)
        assert (run.code, run.out, run.error["error"], run.error["file"]) == (2, "", "invalid_file", path)
    assert not Path("kept.db").exists(), "nothing was checked"
    assert not Path("r.json").exists()


def test_an_answer_stands_whatever_becomes_of_its_receipt(credit: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    credit("receipt", "key", "receipts.key")
    monkeypatch.setenv("CREDIT_RECEIPT_KEY", "receipts.key")

    def full(*_: object) -> None:
        raise InvalidFile("凭证文件写不了", "the receipt cannot be written", file="r.html")

    monkeypatch.setattr("credit_sdk.formats.receipt._write", full)
    run = credit(*CHECK, "--receipt", "r.html")
    assert (run.code, run.json["effect"]) == (2, "restrict")
    assert (run.error["error"], run.error["file"]) == ("invalid_file", "r.html")


@pytest.fixture
def receipt(credit: Credit, kept: tuple[str, str]) -> str:
    credit("receipt", "make", kept[1], "--ledger", kept[0], "--out", "r.json")
    return "r.json"


def test_a_changed_receipt_is_told_part_by_part(credit: Credit, receipt: str) -> None:
    value: Any = json.loads(Path(receipt).read_bytes())
    value["decision"]["effect"] = "allow"
    value["decision"]["obligations"] = []
    Path("changed.json").write_text(json.dumps(value))
    run = credit("receipt", "verify", "changed.json")
    assert (run.code, run.json["ok"], run.json["changed"]) == (1, False, ["result", "obligations"])
    table = credit("receipt", "verify", "changed.json", "--format", "table").out
    assert "凭证被改动" in table
    assert "核查结果 [result]" in table
    assert "the result [result]" in credit("receipt", "verify", "changed.json", "--format", "table", "--lang", "en").out


def test_who_signed_is_looked_at_if_asked(credit: Credit, receipt: str) -> None:
    credit("receipt", "key", "other.key", "--public", "other.pem")
    run = credit("receipt", "verify", receipt, "--key", "other.pem")
    assert (run.code, run.json["changed"], run.json["trusted"]) == (1, [], False)
    right = credit("receipt", "verify", receipt).json["signed_by"]
    assert credit("receipt", "verify", receipt, "--key", "other.pem", "--key", right).code == 0
    for lang, words in (
        ("zh", ("未经改动", "签发人不符", "凭证属实")),
        ("en", ("Not changed", "Signed by", "Genuine")),
    ):
        for word, keys in zip(words, ((), ("--key", "other.pem"), ("--key", right)), strict=True):
            assert word in credit("receipt", "verify", receipt, *keys, "--format", "table", "--lang", lang).out
    assert credit("receipt", "verify", receipt, "--key", "other.key").error["error"] == "invalid_settings"


@pytest.mark.parametrize("content", [b"", b"{}", b"%PDF-1.7", b"\xff\xfe", b'{"schema":"credit.receipt/2"}'])
def test_what_is_no_receipt_is_an_error(credit: Credit, content: bytes) -> None:
    Path("r.json").write_bytes(content)
    run = credit("receipt", "verify", "r.json")
    assert (run.code, run.out) == (2, "")
    assert (run.error["error"], run.error["file"]) == ("invalid_receipt", "r.json")


def test_every_part_has_words() -> None:
    assert set(PARTS) == set(receipt_check.PARTS)
