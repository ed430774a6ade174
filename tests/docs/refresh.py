"""Writes the printed decisions in the pages anew: ``uv run python -m tests.docs.refresh``. Read what changed before keeping it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

from credit_sdk.testing import Sandbox
from tests.docs.pages import PAGES, SANDBOX, parse, printed_before, working_folder


def main() -> None:
    """Go through the pages that show printed output."""
    for page in PAGES:
        if "<!-- output" not in page.read_text(encoding="utf-8"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            working_folder(Path(folder))
            os.chdir(folder)
            with Sandbox() as sandbox:
                text = _fresh(page, sandbox.url)
            os.chdir(page.parent)
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{page.name}\n")


def _fresh(page: Path, sandbox: str) -> str:
    document = parse(page)
    document.namespace["_sandbox"] = sandbox if SANDBOX in document.text else SANDBOX
    text, moved = document.text, 0
    for example in document.examples():
        block = example.parsed
        if "output" not in block.marks:
            if block.language in {"sh", "console", "json"} | ({"python"} if SANDBOX in document.text else set()):
                with contextlib.redirect_stdout(io.StringIO()):
                    example.evaluate()
            continue
        lines = [line.rstrip() for line in printed_before(block, example).strip("\n").splitlines()]
        if shown := block.marks["output"]:
            lines = [*lines[: int(shown)], "…"]
        new = "\n".join(["```text", *lines, "```"])
        start, end = example.region.start + moved, example.region.end + moved
        text = text[:start] + new + text[end:]
        moved += len(new) - (end - start)
    return text


if __name__ == "__main__":
    main()
