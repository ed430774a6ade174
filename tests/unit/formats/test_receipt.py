"""Check receipts: what they hold, that they verify, and that any change is found and its part named."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidFile, InvalidReceipt, InvalidRequest, InvalidSettings
from credit_sdk.formats import _receipt_seals as seals
from credit_sdk.formats._canonical import canonical, digest
from credit_sdk.formats.receipt import CheckReceipt, check_target
from credit_sdk.formats.receipt_check import PARTS, verify_receipt
from credit_sdk.formats.receipt_page import render
from credit_sdk.testing.builders import MOMENT
from tests.unit.formats.issuing import CLEAN, NUMBER, RESTRICTED, REWARDED, decided, issue, issued, key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Path_ = tuple[str | int, ...]
TOP = ("issued", "decision", "told", "page", "key", "parts", "signature")
"""The keys of a receipt but for ``schema``."""


def document(receipt: CheckReceipt | None = None) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((receipt or issued()).json())
    return value


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield path
        return
    for key_, inner in pairs:
        yield from leaves(inner, (*path, key_))


def holder(value: Any, path: Path_) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value


def part_of(path: Path_) -> str:
    """The part in which a value stands."""
    first = str(path[0])
    if first == "decision":
        return next((name for name, keys in seals.OF_DECISION.items() if path[1] in keys), "decision")
    return str(path[1]) if first == "parts" else first


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value}x" if isinstance(value, str) else "x"


# ------------------------------------------------------------------------------------------------------ what it holds


def test_a_receipt_holds_the_whole_decision_and_who_issued_it_when() -> None:
    receipt, whole = issued(), document()
    assert whole["schema"] == "credit.receipt/1"
    assert whole["decision"] == json.loads(decided().to_json()) == receipt.decision
    assert whole["issued"] | {"sdk": "", "decision": ""} == {
        "id": NUMBER,
        "at": "2026-11-21T12:00:00+08:00",
        "by": "虚构评标系统",
        "sdk": "",
        "masked": False,
        "decision": "",
    }
    assert (receipt.id, receipt.decision_id, receipt.issued_at) == (NUMBER, decided().decision_id, MOMENT)
    assert receipt.fingerprint == key().public.fingerprint
    assert RESTRICTED not in repr(receipt)


def test_who_issued_cannot_act() -> None:
    receipt = CheckReceipt.issue(decided(), key(), issued_by="虚构\x1b[2J\u202e系统")
    assert document(receipt)["issued"]["by"] == r"虚构\u001b[2J\u202e系统"
    assert verify_receipt(receipt.html().encode()).ok


@pytest.mark.parametrize("form", ["json", "html", "english"])
def test_a_receipt_verifies(form: str) -> None:
    receipt = issued()
    data = {"json": receipt.json(), "html": receipt.html().encode(), "english": receipt.html("en").encode()}[form]
    found = verify_receipt(data, trusted=key().public)
    assert (found.ok, found.changed, found.trusted, found.signed_by) == (True, (), True, key().public.fingerprint)
    assert (found.receipt_id, found.decision_id, found.issued_at) == (NUMBER, decided().decision_id, MOMENT)
    assert (found.issued_by, found.masked, found.form) == ("虚构评标系统", False, "json" if form == "json" else "html")
    assert json.loads(json.dumps(found.to_dict()))["ok"] is True


def test_the_same_is_signed_alike() -> None:
    assert issue(decided()).json() == issued().json()
    assert issue(decided()).html() == issued().html()


def test_a_receipt_comes_from_the_decisions_json_too() -> None:
    told = json.loads(decided().to_json())
    receipt = issue(told, measure_list=decided().measure_list)
    assert document(receipt)["decision"] == told
    assert verify_receipt(receipt.html().encode()).ok
    assert "政府采购领域信用奖惩措施清单" in receipt.html()

    without = issue(told)  # the measure list is gone: its titles are, too
    assert verify_receipt(without.html().encode()).ok
    assert "拒绝参与政府采购活动" in without.html()
    assert "cn.procurement" in without.html()


@pytest.mark.parametrize(
    ("code", "domain", "action", "members"),
    [
        (REWARDED, "subsidy", "grant", ()),
        (CLEAN, "procurement", "award", ()),
        (RESTRICTED, "procurement", "award", (REWARDED, CLEAN)),
    ],
)
def test_every_kind_of_decision_can_be_kept(code: str, domain: str, action: str, members: tuple[str, ...]) -> None:
    decision = decided(code, domain, action, members)
    for one in (decision, json.loads(decision.to_json())):
        for lang in ("zh", "en"):
            assert verify_receipt(issue(one).html(lang).encode()).ok


def test_json_that_no_decision_has_is_refused() -> None:
    for value in (
        {},
        {"schema": "credit.decision/2"},
        {"schema": "credit.decision/1"},
        decided().to_dict() | {"effect": "?"},
    ):
        with pytest.raises(InvalidFile):
            issue(value)


@pytest.mark.parametrize("value", [2**60, "\ud800"])
def test_what_canonical_json_cannot_say_is_refused(value: Any) -> None:
    told = json.loads(decided().to_json())
    told["obligations"][0]["properties"]["terms"]["note"] = value
    with pytest.raises(InvalidRequest, match="规范 JSON"):
        issue(told)


# ------------------------------------------------------------------------------------------------- what was changed


def paths(first: str) -> list[Path_]:
    """Every value under a key of the receipt; of the words, which are many and alike, some."""
    found = [path for path in leaves(document()) if path[0] == first]
    return found[::9] if first == "told" else found


@pytest.mark.parametrize("first", TOP)
def test_any_changed_value_is_found_and_its_part_named(first: str) -> None:
    for path in paths(first):
        tampered = document()
        place = holder(tampered, path)
        place[path[-1]] = other(place[path[-1]])
        found = verify_receipt(dumped(tampered))
        assert not found.ok, path
        assert part_of(path) in found.changed, path
        assert len(found.changed) == 1 or first in {"key", "issued"}, (path, found.changed)


@pytest.mark.parametrize("first", TOP)
def test_a_value_taken_away_or_added_is_found(first: str) -> None:
    for path in paths(first):
        if isinstance(path[-1], str) and len(path) > 1:
            less, more = document(), document()
            del holder(less, path)[path[-1]]
            holder(more, path)["added"] = 1
            for tampered in (less, more):
                found = verify_receipt(dumped(tampered))
                assert not found.ok
                assert set(found.changed) & {part_of(path), "decision"}


@pytest.mark.parametrize("part", TOP)
def test_a_part_taken_away_is_found(part: str) -> None:
    tampered = {name: value for name, value in document().items() if name != part}
    found = verify_receipt(dumped(tampered))
    assert not found.ok
    assert set(found.changed) & {part, "signature", "result"}
    assert set(found.changed) <= set(PARTS)


def test_something_beside_the_parts_is_found() -> None:
    assert verify_receipt(dumped({**document(), "more": 1})).changed == ("other",)
    tampered = document()
    tampered["parts"]["虚构"] = {}
    assert verify_receipt(dumped(tampered)).changed == ("other",)


def test_a_part_is_named_though_its_digest_was_made_anew() -> None:
    """A forger who knows the form still cannot hide which part he changed."""
    tampered = document()
    tampered["decision"]["effect"] = "allow"
    tampered["decision"]["blocking"] = False
    tampered["parts"]["result"]["digest"] = digest(canonical(seals.parts(tampered)["result"]))
    assert verify_receipt(dumped(tampered)).changed == ("result",)


def anew(tampered: dict[str, Any], *names: str) -> bytes:
    """With the digests of these parts as the forger makes them."""
    for name in names:
        tampered["parts"][name]["digest"] = digest(canonical(seals.parts(tampered)[name]))
    return dumped(tampered)


def test_another_time_hides_no_other_change() -> None:
    tampered = document()
    tampered["issued"]["at"] = "2020-01-01T00:00:00+08:00"
    tampered["decision"]["effect"] = "allow"
    assert verify_receipt(anew(tampered, "issued", "result")).changed == ("issued", "result")


def test_another_number_is_not_taken_for_another_key_alone() -> None:
    tampered = document()
    tampered["issued"]["id"] = NUMBER[:-1] + "2"
    assert verify_receipt(dumped(tampered)).changed == ("issued",)
    assert verify_receipt(anew(tampered, "issued")).changed == ("issued", "key")


def test_a_part_of_another_receipt_is_found() -> None:
    """Signed by the same key, and all the same no part of this receipt."""
    donor = document(CheckReceipt.issue(decided(CLEAN), key(), issued_at=MOMENT))
    tampered = document()
    for name in seals.OF_DECISION["result"]:
        tampered["decision"][name] = donor["decision"][name]
    tampered["parts"]["result"] = donor["parts"]["result"]
    assert verify_receipt(dumped(tampered)).changed == ("result",)


def test_the_order_of_keys_and_white_space_say_nothing() -> None:
    turned = dict(reversed(document().items()))
    text = json.dumps(turned, indent=4)  # escaped, too
    assert verify_receipt(text.encode()).ok
    assert verify_receipt(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()).ok


# -------------------------------------------------------------------------------------------------------- who signed


def test_whose_key_it_was_is_told_only_if_asked() -> None:
    forged = issue(decided(), number=1)
    assert verify_receipt(forged.json()).trusted is None
    found = verify_receipt(forged.json(), trusted=key().public)
    assert (found.ok, found.changed, found.trusted) == (False, (), False)
    assert found.signed_by == key(1).public.fingerprint


def test_a_key_may_be_given_in_any_form(tmp_path: Path) -> None:
    public = key().public
    (tmp_path / "issuer.pem").write_bytes(public.pem)
    for given in (
        public,
        public.pem,
        public.pem.decode(),
        str(tmp_path / "issuer.pem"),
        tmp_path / "issuer.pem",
        public.fingerprint,
    ):
        assert verify_receipt(issued().json(), trusted=given).trusted is True
    assert verify_receipt(issued().json(), trusted=[key(1).public, public]).trusted is True
    assert verify_receipt(issued().json(), trusted=[key(1).public]).trusted is False
    assert verify_receipt(issued().json(), trusted=[]).trusted is False


@pytest.mark.parametrize(
    "form", ["{}", "{} ", "SHA256:{}", "Sha256:{}", "{}  -"], ids=["bare", "space", "capitals", "mixed", "sha256sum"]
)
def test_a_fingerprint_is_taken_as_tools_print_it(form: str) -> None:
    digits = key().public.fingerprint.removeprefix("sha256:")
    assert verify_receipt(issued().json(), trusted=form.format(digits)).trusted is True
    assert verify_receipt(issued().json(), trusted=form.format(digits.upper())).trusted is True


@pytest.mark.parametrize("given", ["sha256:", "sha256:00", "SHA256:" + "g" * 64, "sha256:" + "0" * 65])
def test_what_is_no_fingerprint_is_refused(given: str) -> None:
    """Rather than to say that another has signed."""
    with pytest.raises(InvalidSettings, match="64 位"):
        verify_receipt(issued().json(), trusted=given)


def test_a_public_key_that_is_not_there_is_the_issuers_to_give(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="向签发单位索取") as caught:
        verify_receipt(issued().json(), trusted=tmp_path / "none.pem")
    assert "receipt key" not in str(caught.value) + caught.value.en


def test_a_fingerprint_that_is_not_the_keys_is_found() -> None:
    """Signed throughout by the forger, and it bears the issuer's fingerprint."""
    tampered, forger = document(), key(1)
    tampered["decision"] |= {"effect": "allow", "blocking": False}
    tampered["key"]["public"] = base64.b64encode(forger.public.raw).decode()
    tampered["page"] |= {lang: digest(render(tampered, lang, 1).encode()) for lang in ("zh", "en")}
    del tampered["parts"], tampered["signature"]
    seals.sign(tampered, forger)
    forged = CheckReceipt(tampered)
    for data in (forged.json(), forged.html().encode()):
        found = verify_receipt(data)
        assert (found.ok, found.changed, found.signed_by) == (False, ("key",), forger.public.fingerprint)
        assert found.headline is None
    assert forged.fingerprint == forger.public.fingerprint
    with pytest.raises(InvalidReceipt, match="公钥"):
        _ = CheckReceipt.read(dumped({**document(), "key": {}})).fingerprint


def test_another_key_in_the_receipt_is_found() -> None:
    """The key exchanged, its digest made anew: no seal holds, so it was the key, or the number that they are bound to."""
    tampered = document()
    tampered["key"] = document(issue(decided(), number=1))["key"]
    assert "key" in verify_receipt(dumped(tampered)).changed
    tampered["parts"]["key"]["digest"] = digest(canonical(tampered["key"]))
    assert verify_receipt(dumped(tampered)).changed == ("issued", "key")


# --------------------------------------------------------------------------------------------------------- the page


TAMPER: dict[str, tuple[str, str]] = {
    "result": ("限制（不得继续办理）", "允许"),
    "comment": ("<main", "<!-- --><main"),
    "style": ("</style>", ".result{display:none}</style>"),
    "script": ("</body>", "<script>document.title='x'</script></body>"),
    "policy": ("default-src 'none'", "default-src *"),
    "more": ("</html>", "</html><p>附言</p>"),
    "subject": ("91990100MA0000A019", "91990100MA0000A02C"),
}


@pytest.mark.parametrize("what", TAMPER)
def test_a_changed_page_is_found(what: str) -> None:
    page = issued().html()
    changed = page.replace(*TAMPER[what], 1)
    assert changed != page
    assert verify_receipt(changed.encode()).changed == ("page",)


def test_a_page_with_the_data_of_another_receipt_is_found() -> None:
    page, donor = issued().html(), issue(decided(CLEAN)).html()
    opening = '<script type="application/json" id="credit-receipt">'
    swapped = page.partition(opening)[0] + opening + donor.partition(opening)[2]
    assert verify_receipt(swapped.encode()).changed == ("page",)


def unescaped(page: str) -> str:
    """The page with its data as they are, so that a browser may end them elsewhere."""
    return page.replace(r"\u003c", "<").replace(r"\u003e", ">")


def test_a_page_whose_data_could_end_early_is_found() -> None:
    """A browser would show what follows; the data themselves are as they were signed."""
    told = json.loads(decided().to_json())
    told["subject"]["name"] = '虚构</SCRIPT ><main class="go"><h1>允许</h1></main><!--'
    page = issue(told).html()
    assert verify_receipt(page.encode()).ok
    found = verify_receipt(unescaped(page).encode(), trusted=key().public)
    assert (found.ok, found.changed, found.trusted) == (False, ("page",), True)
    assert found.headline == {"zh": "限制（不得继续办理）", "en": "Restrict: the action may not go on"}


@pytest.mark.parametrize("suffix", [".html", ".HTM", ".xhtml"])
def test_data_that_a_browser_would_show_as_a_page_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"receipt{suffix}"
    path.write_bytes(issued().json())
    for read in (verify_receipt, CheckReceipt.read):
        with pytest.raises(InvalidReceipt, match=r"改为 \.json") as caught:
            read(path)
        assert caught.value.file == str(path)
        assert "name it .json" in caught.value.en
    assert verify_receipt(path.rename(tmp_path / "receipt.json")).ok


def test_what_was_signed_is_told_for_comparison() -> None:
    receipt = issued()
    for data in (receipt.json(), receipt.html().replace("限制", "允许", 1).encode()):
        found = verify_receipt(data)
        assert (found.effect, found.blocking) == ("restrict", True)
        assert found.headline == {"zh": "限制（不得继续办理）", "en": "Restrict: the action may not go on"}
        assert found.subject == {"code": RESTRICTED, "name": None, "type": None}
        assert found.decision_digest == digest(canonical(receipt.decision))
        assert found.to_dict()["headline"] == found.headline
    tampered = document()
    tampered["told"]["zh"]["headline"] = "允许"
    found = verify_receipt(dumped(tampered))
    assert (found.effect, found.blocking, found.headline, found.subject) == (None, None, None, None)


def test_what_mail_does_to_line_ends_is_no_change() -> None:
    assert verify_receipt(b"\xef\xbb\xbf" + issued().html().replace("\n", "\r\n").encode() + b"\r\n").ok


def test_a_changed_receipt_gives_no_page() -> None:
    tampered = document()
    tampered["told"]["zh"]["headline"] = "允许"
    with pytest.raises(InvalidReceipt, match="签发时的 HTML"):
        CheckReceipt.read(dumped(tampered)).html()
    for broken in ({**document(), "told": 1}, {**document(), "page": {"template": 99}}, {"schema": "credit.receipt/1"}):
        with pytest.raises(InvalidReceipt):
            CheckReceipt.read(dumped(broken)).html()


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = issued().html()
    assert "default-src 'none'" in page
    without = re.sub(r'<script type="application/json"[^>]*>.*?</script>', "", page, flags=re.DOTALL)
    assert "<script" not in without
    assert not re.search(r"\b(src|href|srcset|action|on\w+)\s*=", without)
    assert "url(" not in without
    assert "@import" not in without


NASTY = "</script><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>\u2028\u202e\x1b[2J<!--"


def test_what_lists_say_cannot_act() -> None:
    told = json.loads(decided().to_json())
    listing = told["listings"][0]
    for place in ("authority", "document", "reason", "remedy"):
        listing[place] = NASTY
    told["subject"]["name"] = "虚构" + NASTY
    told["source"]["name"] = NASTY
    told["obligations"][0]["properties"]["terms"]["note"] = {NASTY: NASTY}
    receipt = issue(told)
    for lang in ("zh", "en"):
        page = receipt.html(lang)
        assert verify_receipt(page.encode()).ok
        assert CheckReceipt.read(page.encode()).decision == told
        assert page.count("<script") == 1 == page.count("</script>")
        assert "<img" not in page
        shown = re.sub(r'<script type="application/json"[^>]*>.*?</script>', "", page, flags=re.DOTALL)
        assert not re.search("[\u2028\u202e\x1b]", shown)
        assert r"\u202e" in shown


# ------------------------------------------------------------------------------------------- without this software


@pytest.fixture
def check_by_the_docs() -> Callable[[Path], bool]:
    """The sample verifier of ``docs/receipts.md``."""
    page = (Path(__file__).parents[3] / "docs" / "receipts.md").read_text("utf-8")
    (block,) = [one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "def check(file)" in one]
    names: dict[str, Any] = {"Path": Path}
    exec(block.partition("\n\nassert ")[0], names)  # noqa: S102 - our own page
    check: Callable[[Path], bool] = names["check"]
    return check


@pytest.mark.parametrize(
    "given",
    [0.00001, 1e22, 1.0, -0.0, {"键": 1, "😀": 2, "\uff61": 3}, {"甲": [0.1, {"\ufb33": 1e-7}]}],
    ids=["small", "large", "whole", "minus zero", "keys", "within"],
)
def test_the_docs_verifier_takes_what_the_matter_gives(
    tmp_path: Path, given: Any, check_by_the_docs: Callable[[Path], bool]
) -> None:
    told = json.loads(decided().to_json())
    told["obligations"][0]["properties"]["terms"]["points"] = given
    receipt = issue(told)
    for name in ("receipt.json", "receipt.html"):
        assert verify_receipt(receipt.write(tmp_path / name)).ok
        assert check_by_the_docs(tmp_path / name)


def test_the_docs_verifier_finds_what_ours_finds(tmp_path: Path, check_by_the_docs: Callable[[Path], bool]) -> None:
    told = json.loads(decided().to_json())
    told["subject"]["name"] = "虚构</SCRIPT ><h1>允许</h1>"
    path = tmp_path / "receipt.html"
    path.write_text(unescaped(issue(told).html()), "utf-8")
    assert not check_by_the_docs(path)
    path.write_bytes(issue(told).json())
    with pytest.raises(AssertionError):
        check_by_the_docs(path)
    tampered = document()
    tampered["key"]["fingerprint"] = key(1).public.fingerprint
    (tmp_path / "receipt.json").write_bytes(dumped(tampered))
    with pytest.raises(AssertionError):
        check_by_the_docs(tmp_path / "receipt.json")


# ----------------------------------------------------------------------------------------------------------- masked


def test_a_masked_receipt_names_nobody() -> None:
    receipt = issued(masked=True)
    for text in (receipt.json().decode(), receipt.html(), receipt.html("en")):
        assert RESTRICTED not in text
        assert "虚构甲建筑工程有限公司" not in text
    assert "9199**********A019" in receipt.html()
    assert "已遮蔽" in receipt.html()
    found = verify_receipt(receipt.html().encode(), trusted=key().public)
    assert found.ok
    assert found.masked


def test_a_masked_consortium_names_no_member() -> None:
    decision = decided(RESTRICTED, "procurement", "award", (REWARDED, CLEAN))
    text = issue(decision, masked=True).html() + issue(decision, masked=True).html("en")
    for code in (RESTRICTED, REWARDED, CLEAN):
        assert code not in text
    for name in ("虚构甲建筑工程有限公司", "虚构丙园林绿化有限公司", "虚构癸环保设备有限公司"):
        assert name not in text


# ------------------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize("name", ["receipt.json", "receipt.html", "RECEIPT.HTM"])
def test_the_suffix_decides(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    issued().write(path, lang="en")
    assert verify_receipt(path).ok
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert path.read_bytes() == (issued().json() if name.endswith("json") else issued().html("en").encode())
    assert CheckReceipt.read(str(path)).json() == issued().json()


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"\.html"):
        issued().write(tmp_path / "receipt.docx")
    with pytest.raises(InvalidFile, match="写不了"):
        issued().write(tmp_path / "no such folder" / "receipt.json")
    assert not list(tmp_path.iterdir())


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    for name, content in (
        ("file.json", b'{"a": 1}'),
        ("page.html", b"<p>x</p>"),
        ("ledger.json", b"SQLite format 3\0"),
        ("e.json", b""),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        for refusing in (check_target, issued().write):
            with pytest.raises(InvalidFile, match="不是凭证也不是 PDF") as caught:
                refusing(path)
            assert caught.value.file == str(path)
        assert path.read_bytes() == content
    for name, content in (("receipt.json", issued().json()), ("old.html", b"%PDF-1.7")):
        path = tmp_path / name
        path.write_bytes(content)
        check_target(path)
        issued().write(path)
        assert verify_receipt(path).ok


@pytest.mark.skipif(os.name != "posix", reason="symbolic links are not everybody's elsewhere")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    link = tmp_path / "receipt.json"
    link.symlink_to(tmp_path / "kept" / "real.json")
    for _ in range(2):
        issued().write(link)
        assert link.is_symlink()
        assert verify_receipt(tmp_path / "kept" / "real.json").ok
    (tmp_path / "gone.json").symlink_to(tmp_path / "no such folder" / "real.json")
    with pytest.raises(InvalidFile, match="文件夹不存在"):
        check_target(tmp_path / "gone.json")


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "截断"),
    "cut": (lambda: issued().json()[:-20], "截断"),
    "page cut": (lambda: issued().html().encode()[:-400], "截断"),
    "no receipt": (lambda: b'{"schema": "credit.decision/1"}', "不是核查凭证"),
    "no schema": (lambda: b"[]", "不是核查凭证"),
    "newer": (lambda: b'{"schema": "credit.receipt/2"}', "升级"),
    "another page": (lambda: b"<!DOCTYPE html><p>x</p>", "不含签名数据"),
    "a PDF": (lambda: b"%PDF-1.7", "PDF"),
    "UTF-16": (lambda: issued().json().decode().encode("utf-16"), "UTF-8"),
    "GB 18030": (lambda: issued().json().decode().encode("gb18030"), "UTF-8"),
    "twice": (lambda: issued().json().replace(b'"key":', b'"key":1,"key":', 1), "重复"),
    "text": (lambda: b"receipt", "不是有效的 JSON"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_receipt_is_said_so(tmp_path: Path, case: str) -> None:
    made, said = BAD[case]
    data = made()
    path = tmp_path / "receipt.bin"
    path.write_bytes(data)
    with pytest.raises(InvalidReceipt, match=said) as caught:
        verify_receipt(path)
    assert caught.value.file == str(path)
    assert caught.value.en
    with pytest.raises(InvalidReceipt, match=said):
        verify_receipt(data)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InvalidReceipt, match="读不了"):
            verify_receipt(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(InvalidReceipt, match="64 MiB"):
        verify_receipt(path)


@pytest.mark.parametrize(
    "value",
    [
        {"schema": "credit.receipt/1"},
        {"schema": "credit.receipt/1", "parts": {}, "key": {}, "issued": [], "decision": 1},
        {"schema": "credit.receipt/1", "parts": {"issued": 1}, "key": {"public": "AAAA"}, "signature": "?", "page": 3},
        {"schema": "credit.receipt/1", "issued": {"id": "\ud800", "at": "gestern"}, "decision": {"effect": 2**70}},
    ],
)
def test_a_receipt_in_pieces_is_a_changed_one(value: Any) -> None:
    found = verify_receipt(json.dumps(value).encode())
    assert not found.ok
    assert found.changed
    assert set(found.changed) <= set(PARTS)
