"""A receipt's page in a real browser: what a person reads, what paper gets, and that nothing in it acts."""

from __future__ import annotations

import html
import json
import os
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidReceipt, InvalidSettings
from credit_sdk.formats import receipt_pdf
from credit_sdk.formats.receipt_check import verify_receipt
from tests.unit.formats.issuing import CLEAN, RESTRICTED, REWARDED, decided, issue, issued, key

if TYPE_CHECKING:
    from pathlib import Path

    from credit_sdk.errors import Lang
    from credit_sdk.formats.receipt import CheckReceipt
    from tests.servers.browser import Browser

A4 = (595, 842)
"""In points."""


def loaded(browser: Browser, folder: Path, receipt: CheckReceipt, lang: Lang = "zh") -> str:
    path = folder / "receipt.html"
    receipt.write(path, lang=lang)
    return browser.text_tree(path)


def shown(tree: str) -> str:
    """The text that a person reads."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", "", tree, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


def crowded(listings: int = 40) -> CheckReceipt:
    """A receipt with many listings and very long names."""
    told: dict[str, Any] = json.loads(decided().to_json())
    told["subject"]["name"] = "虚构" + "某某跨区域建设" * 25 + "（集团）股份有限公司"
    first = told["listings"][0]
    told["listings"] = [
        {
            **first,
            "id": f"虚构-{place:03}",
            "authority": "虚构市税务局第一稽查局" * (place % 4 + 1),
            "reason": "虚构事由，" * (place % 30),
        }
        for place in range(listings)
    ]
    told["obligations"][0]["because"] = [one["id"] for one in told["listings"]]
    return issue(told)


def colours(png: bytes, right: int = 10_000) -> set[tuple[int, ...]]:
    """The colours in a picture, 8 bits a channel; of its ``right`` columns at that side."""
    place, data, width, kind = 8, b"", 0, 0
    while place < len(png):
        (size,), name = struct.unpack(">I", png[place : place + 4]), png[place + 4 : place + 8]
        chunk = png[place + 8 : place + 8 + size]
        if name == b"IHDR":
            width, _, depth, kind = struct.unpack(">IIBB", chunk[:10])
            assert depth == 8
        elif name == b"IDAT":
            data += chunk
        place += 12 + size
    channels = {2: 3, 6: 4}[kind]
    raw = zlib.decompress(data)
    found: set[tuple[int, ...]] = set()
    previous = bytearray(width * channels)
    for start in range(0, len(raw), width * channels + 1):
        row = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * channels]), previous, channels)
        found.update(tuple(row[at : at + 3]) for at in range(max(0, width - right) * channels, len(row), channels))
        previous = row
    return found


def _unfiltered(kind: int, row: bytearray, above: bytearray, channels: int) -> bytearray:
    for at in range(len(row)):
        left = row[at - channels] if at >= channels else 0
        up, corner = above[at], above[at - channels] if at >= channels else 0
        if kind == 4:
            guess = left + up - corner
            near = min((abs(guess - one), order, one) for order, one in enumerate((left, up, corner)))[2]
        else:
            near = (0, left, up, (left + up) // 2)[kind]
        row[at] = (row[at] + near) & 0xFF
    return row


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_person_reads_the_whole_decision(browser: Browser, tmp_path: Path, lang: Lang) -> None:
    text = shown(loaded(browser, tmp_path, issued(), lang))
    expected = {
        "zh": (
            "信用核查凭证",
            "限制（不得继续办理）",
            "政府采购法",
            "数据截至",
            "虚构甲建筑工程有限公司",
            "签名公钥指纹",
        ),
        "en": ("Credit check receipt", "Restrict: the action may not go on", "Legal basis", "Vouched for up to"),
    }
    for words in expected[lang]:
        assert words in text
    for value in (
        RESTRICTED,
        issued().id,
        issued().decision_id,
        key().public.fingerprint,
        decided().measure_list.digest,
    ):
        assert value in text
    assert text.split()[0].startswith("演示数据" if lang == "zh" else "Demonstration")


@pytest.mark.parametrize("members", [(), (REWARDED, CLEAN)])
def test_the_page_says_what_explain_says(browser: Browser, tmp_path: Path, members: tuple[str, ...]) -> None:
    decision = decided(RESTRICTED, "procurement", "award", members)
    text = "".join(shown(loaded(browser, tmp_path, issue(decision))).split())
    for section in json.loads(issue(decision).json())["told"]["zh"]["sections"]:
        for piece in (section["title"], section["intro"], *(entry["heading"] for entry in section["entries"])):
            assert "".join(piece.split()) in text
        for entry in section["entries"]:
            assert all("".join(fact.split()) in text for _, fact in entry["facts"])


def test_nothing_from_a_list_acts(browser: Browser, tmp_path: Path) -> None:
    told = json.loads(decided().to_json())
    act = "document.title='acted';document.body.textContent=''"
    nasty = f'</script><script>{act}</script><img src=x onerror="{act}"><svg onload="{act}">'
    for place in ("authority", "document", "reason", "remedy"):
        told["listings"][0][place] = nasty
    tree = loaded(browser, tmp_path, issue(told))
    assert "acted" not in re.findall(r"<title>(.*?)</title>", tree)[0]
    assert "<svg" not in tree
    assert act in shown(tree)  # it is read, not done


def test_a_script_that_a_forger_adds_does_not_run(browser: Browser, tmp_path: Path) -> None:
    page = issued().html().replace("</main>", "<script>document.title='acted'</script></main>")
    path = tmp_path / "forged.html"
    path.write_text(page, "utf-8")
    assert "<title>acted" not in browser.text_tree(path)
    assert verify_receipt(path).changed == ("page",)


def test_data_that_end_early_for_a_browser_are_a_changed_page(browser: Browser, tmp_path: Path) -> None:
    """A name may hold what ends the data; unescaped, the browser shows the rest, and the data are still as they were signed."""
    told = json.loads(decided().to_json())
    told["subject"]["name"] = '虚构公司</SCRIPT ><main class="go"><h1>核查结论：允许</h1></main><!--'
    receipt, path = issue(told), tmp_path / "receipt.html"
    receipt.write(path)
    assert "<h1>核查结论" not in browser.text_tree(path)
    assert verify_receipt(path).ok
    forged = path.with_name("forged.html")
    forged.write_text(path.read_text("utf-8").replace(r"\u003c", "<").replace(r"\u003e", ">"), "utf-8")
    assert "<h1>核查结论：允许</h1>" in browser.text_tree(forged)
    found = verify_receipt(forged, trusted=key().public)
    assert (found.ok, found.changed) == (False, ("page",))


def test_data_under_a_pages_name_are_no_receipt(browser: Browser, tmp_path: Path) -> None:
    """What a name holds would be done: the data have no policy that forbids it."""
    told = json.loads(decided().to_json())
    told["subject"]["name"] = "虚构公司<script>document.documentElement.innerHTML='<h1>允许</h1>'</script>"
    path = tmp_path / "receipt.html"
    path.write_bytes(issue(told).json())
    assert "<h1>允许</h1></body>" in browser.text_tree(path)
    with pytest.raises(InvalidReceipt, match=r"\.json"):
        verify_receipt(path, trusted=key().public)


def test_the_result_has_its_colour(browser: Browser, tmp_path: Path) -> None:
    """The style is allowed by its digest: with a policy that forbids it, the page would be bare."""
    for code, domain, action, colour in (
        (RESTRICTED, "procurement", "award", (168, 32, 26)),
        (CLEAN, "procurement", "award", (47, 111, 79)),
    ):
        path = tmp_path / "receipt.html"
        issue(decided(code, domain, action)).write(path)
        assert colour in colours(browser.picture(path, tmp_path / "receipt.png", height=500))


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.usefixtures("browser")
def test_a_pdf_is_printed_on_a4(tmp_path: Path) -> None:
    path = tmp_path / "receipt.pdf"
    issued().write(path)
    pdf = path.read_bytes()
    box = [float(number) for number in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf)[0].split()]
    assert (round(box[2]), round(box[3])) == A4
    assert pages(pdf) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["receipt.pdf"]


@pytest.mark.usefixtures("browser")
def test_long_names_and_many_listings_fill_pages_and_lose_nothing(browser: Browser, tmp_path: Path) -> None:
    receipt = crowded()
    assert 6 <= pages(receipt_pdf.printed(receipt.html())) <= 16
    text = shown(loaded(browser, tmp_path, receipt, "en"))
    assert all(f"虚构-{place:03}" in text for place in range(40))


@pytest.mark.usefixtures("browser")
def test_a_long_reason_has_the_whole_row() -> None:
    """In half a row, twelve long listings made half-empty pages."""
    told: dict[str, Any] = json.loads(decided().to_json())
    first = told["listings"][0]
    told["listings"] = [{**first, "id": f"虚构-{place:03}", "reason": "虚构事由，" * 100} for place in range(12)]
    told["obligations"][0]["because"] = [one["id"] for one in told["listings"]]
    receipt = issue(told)
    assert pages(receipt_pdf.printed(receipt.html())) <= 9
    assert pages(receipt_pdf.printed(receipt.html("en"))) <= 9


def test_a_narrow_screen_is_not_left_behind(browser: Browser, tmp_path: Path) -> None:
    """On a telephone's screen, nothing reaches into the margin at the right."""
    path = tmp_path / "receipt.html"
    crowded(3).write(path)
    png = browser.picture(path, tmp_path / "narrow.png", width=420, height=900)
    assert colours(png, right=8) == {(255, 255, 255)}


def test_without_a_browser_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(receipt_pdf, "_ELSEWHERE", ())
    with pytest.raises(InvalidSettings, match="chromium") as caught:
        issued().write(tmp_path / "receipt.pdf")
    assert ".html" in caught.value.en
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("script", "said"), [("sleep 600", "没有打印完"), ("exit 0", "没有打印出"), ("exit 3", "没有打印出")]
)
def test_a_browser_that_fails_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, said: str) -> None:
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(receipt_pdf, "browser", lambda: str(program))
    with pytest.raises(InvalidSettings, match=said):
        receipt_pdf.printed(issued().html(), timeout=1.0)
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
