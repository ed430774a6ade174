"""The pages keep up with the code: every error, rule, list, notice, option and public name stands where a reader looks."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote

import pytest

import credit_sdk
import credit_sdk.ledger
from credit_sdk import errors, plugins, ports, sources, testing, transport
from credit_sdk.cli.check import check
from credit_sdk.cli.ledger import ledger
from credit_sdk.cli.receipt import receipt
from credit_sdk.cli.sandbox import sandbox
from credit_sdk.client import settings
from credit_sdk.decision.words import NOTICES
from credit_sdk.errors import CreditError
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.ports import observer
from credit_sdk.sandbox._fault_switches import KINDS
from credit_sdk.sandbox.app import contract
from credit_sdk.sources import profiles
from credit_sdk.testing.conformance import load_vectors
from credit_sdk.transport import _faults as faults
from tests.docs.pages import PAGES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from click import Command, Group
    from pydantic import BaseModel

DOCS = ROOT / "docs"
COMMANDS = """\
pip install uv && uv run credit check 91990100MA0000A019 --domain procurement --action award --source demo
pip install uv && uv run pytest
"""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------------------- README


@pytest.mark.parametrize("name", ["README.md", "README.en.md"])
def test_the_two_commands_stand_first(name: str) -> None:
    first = re.search(r"^```sh\n(.*?)^```", read(name), re.MULTILINE | re.DOTALL)
    assert first is not None
    assert first[1] == COMMANDS


def test_ci_runs_the_readmes_test_command() -> None:
    assert COMMANDS.splitlines()[1] in read(".ci/run")


@pytest.mark.parametrize("page", sorted({*PAGES, *ROOT.glob("*.md")}), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert [
        target
        for target in targets
        if target and not re.match(r"[a-z]+:", target) and not (page.parent / unquote(target)).exists()
    ] == []


# -------------------------------------------------------------------------------------------------------------- rules


def rules() -> set[str]:
    return set(re.findall(r"^\*\*(\d\.\d+)\*\*", read("docs/concepts.md"), re.MULTILINE))


def test_every_rule_with_a_vector_is_stated() -> None:
    numbers = {rule for vector in load_vectors() for rule in re.findall(r"\d\.\d+", vector.rule)}
    assert numbers - rules() == set()


def test_every_rule_cited_exists() -> None:
    cited: dict[str, str] = {}
    for path in [*(ROOT / "credit_sdk").glob("**/*.py"), *PAGES]:
        for citation in re.findall(
            r"(?:规则|[Rr]ules?)\s*((?:\d\.\d{1,2}(?:[,、]|\s|and|to|或)*)+)", path.read_text(encoding="utf-8")
        ):
            cited |= dict.fromkeys(re.findall(r"\d\.\d{1,2}", citation), path.name)
    assert {number: name for number, name in cited.items() if number not in rules()} == {}


# ------------------------------------------------------------------------------------------------------ what can fail


def error_classes() -> list[type[CreditError]]:
    return [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, CreditError)]


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_has_its_row(error: type[CreditError]) -> None:
    page = read("docs/failures.md")
    assert f"`{error.__name__}`" in page
    for row in re.findall(rf"^\|.*`{error.__name__}`<br>.*$", page, re.MULTILINE):
        assert f"`{error.code}`" in row
        assert f"| {'是' if error.retryable else '否'} |" in row


def test_every_fault_has_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)` \| ([是否]) \|", read("docs/failures.md"), re.MULTILINE)
    assert [word for word, _, _ in rows] == list(errors.FAULTS)
    known = {word: (fault.error.__name__, "是" if fault.retryable else "否") for word, fault in faults.FAULTS.items()}
    told = {word: (error, retryable) for word, error, retryable in rows}
    # What a reader finds wrong is told by no table; truncated alone may heal.
    assert told == {word: known.get(word, ("BadRecord", "否")) for word in told}


# ------------------------------------------------------------------------------------------------------ words and names


def test_every_list_of_the_catalogue_has_its_row() -> None:
    rows = re.findall(r"^\| `([a-z.-]+)` \| (\S+) \| `(\w+)` \| ?(是)? ?\|$", read("docs/sources.md"), re.MULTILINE)
    assert rows == [(i.code, i.name, i.kind.value, "是" if i.open_ended else "") for i in CATALOGUE.values()]


def test_every_notice_has_its_row() -> None:
    assert re.findall(r"^\| `(\w+)` \| .* \| (?:规则 \d\.\d+)? ?\|$", read("docs/cli.md"), re.MULTILINE) == sorted(
        NOTICES
    )


@pytest.mark.parametrize(("command", "name"), [(check, "cli"), (sandbox, "sandbox")], ids=["check", "sandbox"])
def test_every_option_is_described(command: Command, name: str) -> None:
    page = read(f"docs/{name}.md") + read("docs/cli.md")
    params = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    options = [option for parameter in params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if option != "--help" and f"`{option}" not in page] == []


@pytest.mark.parametrize("group", [ledger, receipt], ids=lambda group: str(group.name))
def test_every_command_of_a_group_has_its_row(group: Group) -> None:
    section = read("docs/cli.md").partition(f"\n## credit {group.name}\n")[2].partition("\n## ")[0]
    lines = section.splitlines()
    for name, command in group.commands.items():
        (row,) = [line for line in lines if re.match(rf"\| `{name}[ `]", line)]
        options = {option for one in command.params for option in one.opts if option.startswith("--")}
        told = row if group is receipt else row + "`--ledger` `--format` `--lang`"
        assert [one for one in options - {"--help", "--format", "--lang"} if f"`{one}" not in told] == []


def test_every_event_has_its_row() -> None:
    page = read("docs/observability.md")
    assert [one.__name__ for one in get_args(observer.Event) if f"| `{one.__name__}` |" not in page] == []
    reference = read("docs/reference/ports.md")
    assert [one.__name__ for one in get_args(observer.Event) if f":: {one.__name__}\n" not in reference] == []


def test_every_setting_is_described() -> None:
    for name in settings.NAMES:
        assert f"`CREDIT_{name.upper()}`" in read("docs/reference/root.md")


def test_every_fault_of_the_sandbox_has_its_row() -> None:
    page = read("docs/sandbox.md")
    for kind, options in KINDS.items():
        (row,) = re.findall(rf"^\| `{kind}` \|([^|]*)\| ", page, re.MULTILINE)
        assert re.findall(r"`(\w+)`", row) == sorted(options, reverse=True)


def test_every_call_of_the_contract_is_described() -> None:
    calls = [
        f"`{method.upper()} {path}`"
        for path, calls in contract()["paths"].items()
        for method in calls
        if method != "parameters"
    ]
    assert [call for call in calls if call not in read("docs/contract.md")] == []


def test_every_key_of_a_measure_list_is_described() -> None:
    from credit_sdk.formats import _measure_schema as schema

    page = read("docs/adapters.md")
    tables: list[type[BaseModel]] = [
        schema.MeasureListFile,
        schema.PolicyTable,
        schema.ListsTable,
        schema.ListTable,
        schema.ActionTable,
    ]
    tables += [schema.MeasureTable, schema.TriggerTable, schema.BasisTable, schema.ObjectionTable]
    keys = {field.alias or name for table in tables for name, field in table.model_fields.items()}
    described = page + read("docs/objections.md")
    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", described)) == []


@pytest.mark.parametrize(
    ("module", "page"),
    [
        (credit_sdk, "root"),
        (sources, "sources"),
        (profiles, "profiles"),
        (transport, "transport"),
        (ports, "ports"),
        (credit_sdk.ledger, "ledger"),
        (plugins, "plugins"),
        (testing, "testing"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_every_public_name_is_in_the_reference(module: object, page: str) -> None:
    text = read(f"docs/reference/{page}.md")
    names = [name for name in module.__all__ if not name.startswith("__")]  # type: ignore[attr-defined]
    if page == "testing":  # builders and doubles stand there by module
        names = [name for name in names if name.endswith("Contract") or name == "Sandbox"]
    assert [name for name in names if not re.search(rf"\b{name}$", text, re.MULTILINE)] == []


def test_what_the_pages_use_of_a_ledger_is_in_the_reference() -> None:
    ledger_class = read("docs/reference/ledger.md").partition("desk.Ledger\n")[2].partition("```")[0]
    named = set(re.findall(r"[\w]+", ledger_class))
    used = {
        name for page in PAGES for name in re.findall(r"\b(?:credit|everyone)\.ledger\.(\w+)", page.read_text("utf-8"))
    }
    assert used - named == set()
    assert not named & {"keep", "confirmed"}, "they take what is documented nowhere"


# ------------------------------------------------------------------------------------------------------------ the site


def test_the_search_finds_chinese() -> None:
    code = """
import sys; sys.path.insert(0, "docs/_extensions")
from bigram_search import ChineseByPairs
print(*ChineseByPairs({}).split("信用修复, rule 2.2: 异议 as_of"))
"""
    shown = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert shown.stdout.split() == ["信用", "用修", "修复", "rule", "2", "2", "异议", "as_of"]


def test_the_site_fetches_nothing() -> None:
    settings = read("docs/conf.py")
    assert "intersphinx_mapping" not in settings
    assert not re.search(r"https?://", settings + read("docs/_static/chinese.css"))
