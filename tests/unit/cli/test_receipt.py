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
from credit_sdk.formats.receipt import CheckReceipt
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


@pytest.mark.parametrize("out", ["receipts.key", "./receipts.key", "link.pem", "hard.pem"])
@pytest.mark.parametrize("there", [True, False])
def test_a_private_key_is_never_written_over(credit: Credit, here: Path, out: str, there: bool) -> None:
    if there:
        credit("receipt", "key", "receipts.key")
    Path("link.pem").symlink_to("receipts.key")
    if out == "hard.pem":
        Path(out).hardlink_to("receipts.key") if there else Path(out).symlink_to("./link.pem")
    before = Path("receipts.key").read_bytes() if there else None
    run = credit("receipt", "key", "receipts.key", "--public", out)
    assert (run.code, run.out, run.error["error"], run.error["file"]) == (2, "", "invalid_file", out)
    assert (Path("receipts.key").read_bytes() if Path("receipts.key").exists() else None) == before


def test_a_public_key_is_written_over_nothing_but_another(credit: Credit, here: Path) -> None:
    Path("notes.txt").write_text("x")
    assert credit("receipt", "key", "a.key", "--public", "notes.txt").error["file"] == "notes.txt"
    assert (Path("notes.txt").read_text(), Path("a.key").exists()) == ("x", False)
    credit("receipt", "key", "a.key", "--public", "issuer.pem")
    run = credit("receipt", "key", "b.key", "--public", "issuer.pem")
    assert PublicKey.load("issuer.pem").fingerprint == run.json["fingerprint"]


def test_a_key_that_is_there_needs_no_disk_that_can_be_written(credit: Credit, monkeypatch: pytest.MonkeyPatch) -> None:
    """As orchestrators mount secrets."""
    Path("secrets").mkdir()
    made = credit("receipt", "key", "secrets/receipts.key").json

    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", read_only)
    run = credit("receipt", "key", "secrets/receipts.key", "--public", "issuer.pem")
    assert (run.code, run.json["made"], run.json["fingerprint"]) == (0, False, made["fingerprint"])


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


@pytest.mark.parametrize(
    ("out", "link"), [("kept.json", None), ("a.json", "kept.json"), ("a.json", "kept.json-wal"), ("key.json", None)]
)
def test_neither_ledger_nor_key_is_a_place_for_a_receipt(
    credit: Credit, monkeypatch: pytest.MonkeyPatch, out: str, link: str | None
) -> None:
    credit("receipt", "key", "key.json")
    monkeypatch.setenv("CREDIT_RECEIPT_KEY", "key.json")
    if link is not None:
        Path(out).symlink_to(link)
    run = credit(*CHECK, "--ledger", "kept.json", "--receipt", "r.json", "--receipt", out)
    assert (run.code, run.out, run.error["error"], run.error["file"]) == (2, "", "invalid_file", out)
    assert not Path("kept.json").exists(), "nothing was checked"
    SigningKey.load("key.json")


def test_nothing_is_made_unless_all_can_be(credit: Credit, kept: tuple[str, str]) -> None:
    ledger, decision_id = kept
    Path("notes.html").write_text("x")
    make = ("receipt", "make", decision_id, "--ledger", ledger, "--out", "r.json")
    for out in ("no/such.html", "notes.html", "r.doc"):
        assert credit(*make, "--out", out).code == 2
        assert not Path("r.json").exists()
    assert Path("notes.html").read_text() == "x"
    Path(ledger).rename("ledger.json")
    run = credit("receipt", "make", decision_id, "--ledger", "ledger.json", "--out", "ledger.json")
    assert (run.code, run.error["file"]) == (2, "ledger.json")
    assert credit("ledger", "show", decision_id, "--ledger", "ledger.json").code == 0


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


def test_what_was_signed_is_shown_for_comparison(credit: Credit, kept: tuple[str, str]) -> None:
    credit("receipt", "make", kept[1], "--ledger", kept[0], "--out", "r.json", "--out", "r.html")
    page = Path("r.html").read_text("utf-8").replace("限制", "允许", 1)
    Path("changed.html").write_text(page, "utf-8")
    digest = json.loads(Path("r.json").read_bytes())["issued"]["decision"]
    assert digest in page
    for file, form, as_ in (
        ("r.html", "网页", "a page"),
        ("r.json", "JSON", "JSON"),
        ("changed.html", "网页", "a page"),
    ):
        run = credit("receipt", "verify", file).json
        assert (run["effect"], run["blocking"], run["decision_digest"]) == ("restrict", True, digest)
        assert run["subject"]["code"] == "91990100MA0000A019"
        for lang, words in (("zh", (form, "限制（不得继续办理）")), ("en", (as_, "the action may not go on"))):
            shown = credit("receipt", "verify", file, "--format", "table", "--lang", lang).out
            for one in (*words, "91990100MA0000A019", kept[1], digest[:40]):
                assert one in shown


def test_data_named_as_a_page_are_refused(credit: Credit, receipt: str) -> None:
    Path(receipt).rename("r.html")
    run = credit("receipt", "verify", "r.html")
    assert (run.code, run.error["error"], run.error["file"]) == (2, "invalid_receipt", "r.html")
    assert ".json" in run.error["message"]


@pytest.mark.parametrize("given", ["sha256:00", "none.pem"])
def test_a_key_that_is_none_is_refused(credit: Credit, receipt: str, given: str) -> None:
    run = credit("receipt", "verify", receipt, "--key", given)
    assert (run.code, run.error["error"]) == (2, "invalid_settings")
    assert "receipt key" not in run.error["message"]


def test_a_decision_that_would_be_made_otherwise_is_told_as_it_was(
    credit: Credit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update of the SDK, a receipt is made from what was kept, and names as much, or as little."""
    parent = "91990100MA0000A019"
    with CreditClient("demo", ledger="ledger.db") as client:
        decision = client.check(
            "91990100MA0000B01Y", domain="procurement", action="award", related=[("parent", parent)]
        )
    live, masked = (
        json.loads(CheckReceipt.issue(decision, SigningKey.generate(), masked=hidden).json())["told"]
        for hidden in (False, True)
    )
    monkeypatch.setattr("credit_sdk.ledger.replay.again", lambda *_: decision._replace(blocking=not decision.blocking))
    make = ("receipt", "make", decision.decision_id, "--ledger", "ledger.db", "--out")
    assert credit(*make, "r.json").code == 0
    assert json.loads(Path("r.json").read_bytes())["told"] == live
    assert credit(*make, "m.json", "--masked").code == 0
    assert json.loads(Path("m.json").read_bytes())["told"] == masked
    assert parent in Path("r.json").read_text("utf-8")
    assert parent not in Path("m.json").read_text("utf-8")


def test_a_decision_that_was_only_reported_cannot_be_masked(credit: Credit) -> None:
    with CreditClient("demo") as other, CreditClient("demo", ledger="ledger.db") as desk:
        decision = other.check("91990100MA0000A019", domain="procurement", action="award")
        desk.report(decision, executed=[one.id for one in decision.obligations])
    make = ("receipt", "make", decision.decision_id, "--ledger", "ledger.db", "--out", "r.json")
    run = credit(*make, "--masked")
    assert (run.code, run.error["error"], run.error["key"]) == (2, "invalid_request", "masked")
    assert not Path("r.json").exists()
    assert credit(*make).code == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"%PDF-1.7", b"\xff\xfe", b'{"schema":"credit.receipt/2"}'])
def test_what_is_no_receipt_is_an_error(credit: Credit, content: bytes) -> None:
    Path("r.json").write_bytes(content)
    run = credit("receipt", "verify", "r.json")
    assert (run.code, run.out) == (2, "")
    assert (run.error["error"], run.error["file"]) == ("invalid_receipt", "r.json")


def test_every_part_has_words() -> None:
    assert set(PARTS) == set(receipt_check.PARTS)
