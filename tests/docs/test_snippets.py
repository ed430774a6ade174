"""Everything the documentation shows runs, and prints what the documentation says."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from credit_sdk.testing import Sandbox
from tests.docs.pages import PAGES, POSTGRES, ROOT, SANDBOX, Block, keep, parse, working_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all pages."""
    with Sandbox() as running:
        yield running


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_snippets_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    working_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    document = parse(page)
    document.namespace.update(__name__=page.stem, __file__=str(tmp_path / "snippet.py"))
    if SANDBOX in document.text:
        sandbox: Sandbox = request.getfixturevalue("sandbox")
        sandbox.reset()
        document.namespace["_sandbox"] = sandbox.url
    if POSTGRES in document.text:
        address: str = request.getfixturevalue("bare_postgres")
        document.namespace["_postgres"] = address.partition("://")[2]
    try:
        for example in document.examples():
            example.evaluate()
    finally:
        for name in [
            name
            for name, module in sys.modules.items()
            if str(getattr(module, "__file__", "")).startswith(str(tmp_path))
        ]:
            del sys.modules[name]


def test_the_adapter_of_the_guide_passes_its_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the guide, written down as it says, are an adapter that the test kit accepts."""
    working_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    for example in parse(ROOT / "docs" / "adapters.md").examples():
        block: Block = example.parsed
        if block.marks.get("file", "").startswith(("credit_sdk_public_lease/", "tests/")):
            keep(block)
    # What installing it would leave beside it.
    installed = tmp_path / "credit_sdk_public_lease-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: credit-sdk-public-lease\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("[credit_sdk]\npublic-lease = credit_sdk_public_lease\n")

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
