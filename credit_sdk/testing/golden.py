"""Golden cases (判例式用例): an adapter's answers that were agreed on, as a JSON file beside its tests.

::

    {"cases": [{
      "id": "refuse-tax",
      "why": "列入重大税收违法失信主体名单的，拒绝其参与政府采购活动",
      "records": [{"type": "coverage", …}, {"type": "listing", …}],
      "request": {"subject": {"code": "…", "name": "…"}, "action": "award"},
      "as_of": "2026-11-21T12:00:00+08:00",
      "expect": {"effect": "restrict", "blocking": true, "obligations": [{"id": "procurement.refuse-participation"}]}
    }]}

``records`` are the lines of a JSON Lines file, ``request`` the fields of ``CheckRequest`` (``domain`` is the adapter's).
``expect`` is a part of the decision's JSON: an object is compared by the keys it names, an array by position and length,
everything else by value. A case that must have no decision expects ``{"error": "incomplete_coverage"}``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.client import CreditClient
from credit_sdk.errors import CreditError
from credit_sdk.model.request import CheckRequest
from credit_sdk.sources import MemorySource
from credit_sdk.testing.doubles import FixedClock
from credit_sdk.testing.matching import matches, subject_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from credit_sdk.plugins import DomainRegistry

_REQUEST_KEYS = frozenset(one.name for one in fields(CheckRequest))


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One agreed answer."""

    id: str
    why: str
    """Why the answer is right: the rule, the instrument and article."""
    records: Sequence[Mapping[str, Any]]
    request: Mapping[str, Any]
    as_of: datetime
    expect: Mapping[str, Any]


def load_golden(path: str | PathLike[str]) -> list[GoldenCase]:
    """The cases of a file.

    :raises ValueError: the file is no such file; names the case and what it lacks.
    """
    cases: dict[str, GoldenCase] = {}
    try:
        listed = list(json.loads(Path(path).read_text(encoding="utf-8"))["cases"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f'{path}: not a JSON object {{"cases": [...]}}: {error}') from error
    for place, values in enumerate(listed, start=1):
        try:
            case = GoldenCase(**{**values, "as_of": datetime.fromisoformat(values["as_of"])})
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: case {place}: {error}") from error
        if case.as_of.utcoffset() is None:
            raise ValueError(f"{path}: case {place}: as_of needs an offset")
        if case.id in cases:
            raise ValueError(f"{path}: two cases have the id {case.id}")
        cases[case.id] = case
    return list(cases.values())


def run_golden(case: GoldenCase, domains: DomainRegistry, domain: str) -> list[str]:
    """Decide a case, and say how the answer differs from the one expected; empty when it does not."""
    try:
        source = MemorySource.of(case.records, lists=domains.lists, name="golden", read_at=case.as_of)
        with CreditClient(source, domains=domains, clock=FixedClock(case.as_of)) as credit:
            [answer] = credit.check_many([_request(case.request, domain)])
    except (CreditError, ValueError) as error:
        answer = error if isinstance(error, CreditError) else CreditError(str(error), str(error))
    if not isinstance(answer, CreditError):
        return matches(dict(case.expect), answer.to_dict())
    if "error" not in case.expect:
        return [f"expected a decision, got {answer.code}: {answer.located('en')}"]
    # As JSON would have it: an error's lists are arrays.
    said = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(answer).items()}
    return matches(dict(case.expect), {**said, "error": answer.code})


def _request(values: Mapping[str, Any], domain: str) -> CheckRequest:
    given = {"domain": domain, **values}
    if unknown := set(given) - _REQUEST_KEYS:
        raise ValueError(f"request: unknown key {', '.join(sorted(unknown))}")
    given["subject"] = subject_of(values["subject"])
    given["members"] = tuple(map(subject_of, values.get("members", ())))
    given["related"] = tuple((role, subject_of(subject)) for role, subject in values.get("related", ()))
    if isinstance(values.get("as_of"), str):
        given["as_of"] = datetime.fromisoformat(values["as_of"])
    return CheckRequest(**given)
