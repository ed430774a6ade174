"""Receipts that earlier versions issued: they verify for ever, and their pages are still laid out as they were.

``receipts/`` holds what was issued on a day in 2026 with a key that is gone. Whoever changes the form, the words or the
layout adds receipts here and changes none.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from credit_sdk.formats.receipt import CheckReceipt
from credit_sdk.formats.receipt_check import verify_receipt

HERE = Path(__file__).with_name("receipts")
FILES = sorted(path.name for path in HERE.iterdir() if path.suffix in {".json", ".html"})
ISSUER = HERE / "issuer.pem"


@pytest.mark.parametrize("name", FILES)
def test_it_verifies(name: str) -> None:
    found = verify_receipt(HERE / name, trusted=ISSUER)
    assert (found.ok, found.changed, found.trusted) == (True, (), True)
    assert found.masked == ("masked" in name)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".json")])
def test_it_is_laid_out_as_it_was(name: str) -> None:
    receipt = CheckReceipt.read(HERE / name)
    stem = name.removesuffix(".json")
    assert receipt.html() == (HERE / f"{stem}.html").read_text("utf-8")
    assert receipt.html("en") == (HERE / f"{stem}.en.html").read_text("utf-8")
