"""Sphinx settings. Built by `uv run poe docs`; needs no network: no intersphinx, no web fonts."""

from __future__ import annotations

import builtins
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

project = "credit_sdk"
author = "credit_sdk contributors"
copyright = author
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "bigram_search", "rule_links"]
exclude_patterns = ["_extensions", "_generated", "_static"]
language = "zh_CN"
locale_dirs = ["locale"]
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "github-dark"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autoclass_content = "both"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"credit_sdk {version}"
html_short_title = "credit_sdk"
html_static_path = ["_static"]
html_css_files = ["chinese.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {
        "font-stack": "var(--credit-text)",
        "font-stack--monospace": "var(--credit-mono)",
        "color-brand-primary": "#9b1c1c",
        "color-brand-content": "#9b1c1c",
        "color-brand-visited": "#7a2e6d",
    },
    "dark_css_variables": {
        "color-brand-primary": "#f08a7c",
        "color-brand-content": "#f08a7c",
        "color-brand-visited": "#d59ad0",
    },
}


def speak_english(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:  # noqa: ARG001 - Sphinx calls it so
    """The pages under `en/` say so in `<html lang>`: fonts, hyphenation and screen readers go by it."""
    if pagename.startswith("en/"):
        context["language"] = "en"


def leave_builtins(app: Sphinx, doctree: nodes.document) -> None:  # noqa: ARG001 - as above
    """An annotation's `list` is Python's; Sphinx would ask which of our attributes called `list` is meant."""
    for reference in list(doctree.findall(addnodes.pending_xref)):
        if reference.get("refdomain") == "py" and hasattr(builtins, reference.get("reftarget", "")):
            reference.replace_self(nodes.Text(reference["reftarget"]))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", leave_builtins)
    app.connect("html-page-context", speak_english)
