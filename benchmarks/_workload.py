"""The list and the records that the benchmarks decide on: 40 measures, subjects on three lists and on none.

Every firm is fictional (虚构): its code has the area 990100, which no registry issues.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.formats import measures
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.identifiers import uscc
from credit_sdk.model.moments import written
from credit_sdk.model.terms import ListKind
from credit_sdk.ports.clock import system_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credit_sdk.model.measure import MeasureList

NOW = system_clock()
TODAY = NOW.date()
DOMAIN = "procurement"
ACTION = "award"
ACTIONS = ("qualify", "evaluate", "award", "settle")
LISTED_ON = ("tax.major-violation", "labour.wage-arrears", "tax.a-rated")
"""The three lists that a listed subject is on: two black, one red, so that all of the combining is exercised."""


def firm(number: int) -> str:
    """The code of a fictional firm, valid check digit included."""
    first = f"91990100MA{number:07d}"
    return first + uscc.check_digit(first)


def measure_list(size: int = 40) -> MeasureList:
    """A measure list. What exceeds 40 measures concerns other actions or local lists, as in a list that has grown.

    So the answer on one subject stays the same whatever the size, and only the cost of finding it can change.
    """
    grown = [_measure(number) for number in range(min(size, 40))]
    local, actions = [], dict.fromkeys(ACTIONS)
    for number in range(40, size):
        table = _measure(number)
        if number % 2:
            table["actions"] = [f"other-{number % 100}"]
            actions |= dict.fromkeys(table["actions"])
        else:
            code = f"local.grown-{number % 200}"
            local.append(code)
            table["triggers"] = [{"list": code}]
            table["effect"], table["consequence"] = "restrict", "limit"
        grown.append(table)
    return measures.from_dict(
        {
            "id": "bench",
            "domain": DOMAIN,
            "version": "1",
            "jurisdiction": "CN",
            "status": "in_force",
            "policy": {"on_objection": "flag", "max_age": "100d"},
            "actions": {name: {"title": name} for name in actions},
            "lists": {"local": [_local(code) for code in dict.fromkeys(local)]},
            "measures": grown,
        }
    )


def _measure(number: int) -> dict[str, Any]:
    code = (*CATALOGUE,)[number % len(CATALOGUE)]
    red = CATALOGUE[code].kind is ListKind.RED
    table = {
        "id": f"m-{number}",
        "name": f"措施{number}",
        "effect": "priority" if red else "restrict",
        "force": "mandatory" if number % 3 else "recommended",
        "type": "fast-track" if red else "limit",
        # Two actions of the four each, shifting, so that an action concerns half of the measures, and half of a list's.
        "actions": [ACTIONS[(number // 16 + number + step) % 4] for step in range(2)],
        "unit": "虚构市采购中心",
        "valid_from": "2020-01-01",
        "triggers": [{"list": code}],
        "basis": [{"title": "虚构条例", "article": "第一条"}],
    }
    if not red:
        table["consequence"] = "limit"
    if number % 5 == 0:
        table["valid_until"] = "2030-12-31"
    return table


def _local(code: str) -> dict[str, Any]:
    return {"code": code, "name": code, "kind": "black"}


def records(listed: int, *, size: int = 40) -> Iterator[dict[str, Any]]:
    """Coverage of every list that ``measure_list(size)`` names, and three listings for each of ``listed`` firms."""
    for code in (*CATALOGUE, *(info for info in measure_list(size).local_lists)):
        yield {"type": "coverage", "list": code, "as_of": written(NOW - timedelta(hours=1))}
    for number in range(listed):
        for code in LISTED_ON:
            yield listing(f"L{number}-{code}", code, firm(number))


def listing(id_: str, code: str, subject: str) -> dict[str, Any]:
    """One listing as it stands in a JSON Lines file, with the fields that a published list has."""
    return {
        "type": "listing",
        "id": id_,
        "list": code,
        "subject": {"code": subject, "name": f"虚构{subject[-8:]}贸易有限公司"},
        "status": "active",
        "severity": "serious",
        "authority": "虚构市认定单位",
        "document": f"虚构文〔2026〕{id_}号",
        "reason": "虚构事由",
        "effective_from": (TODAY - timedelta(days=100)).isoformat(),
        "effective_until": (TODAY + timedelta(days=900)).isoformat(),
        "remedy": "可向认定单位提出异议（虚构）",
    }
