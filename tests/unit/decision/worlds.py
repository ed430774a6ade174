"""Strategies for everything a decision depends on: records, coverage, policies, requests. All fictional (虚构).

A world is small on purpose: few lists, few measures, one subject, so that rules meet often.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from credit_sdk.decision import planning
from credit_sdk.decision.answering import Fetched, answer
from credit_sdk.decision.combining import enforce_handles
from credit_sdk.decision.compiled import CompiledList
from credit_sdk.decision.planning import Plan, Stamp
from credit_sdk.errors import NoDecision
from credit_sdk.formats import measures
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.moments import SHANGHAI, written, years_after
from credit_sdk.model.request import CheckRequest
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import ObjectionEffect
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision

CODE, OTHER, PARENT = "91990100MA0000A019", "91990100MA0000A02C", "91990100MA0000A03F"
NAME, PARENT_NAME = "虚构甲建筑有限公司", "虚构丙园林绿化有限公司"
DAY = date(2026, 11, 21)
MOMENTS = (
    datetime(2026, 11, 21, 12, tzinfo=SHANGHAI),
    datetime(2026, 11, 21, tzinfo=SHANGHAI),
    datetime.fromisoformat("2026-11-21T15:59:59+00:00"),  # the day's last second in Asia/Shanghai
)

TAX, SAFETY, WAGES, COURT = (
    "tax.major-violation",
    "safety.serious-violation",
    "labour.wage-arrears",
    "court.judgment-defaulter",
)
RED, MODEL, WATCH, RATED = "tax.a-rated", "local.integrity-model", "local.watch", "fictional.rated"
LISTS = (TAX, SAFETY, WAGES, COURT, RED, MODEL, WATCH, RATED)
OFFICIAL_BLACK = frozenset({TAX, SAFETY, WAGES, COURT})
OPTIONAL = frozenset({MODEL})
TRIGGERING = (TAX, SAFETY, WAGES, COURT, RED, MODEL, WATCH, RATED)
REQUIRED = frozenset(TRIGGERING) - OPTIONAL


def _measure(id_: str, effect: str, force: str, triggers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    penalty = {"consequence": "limit", "unit": "虚构单位", "basis": [{"title": "虚构依据", "verified": "text"}]}
    return {
        "id": id_,
        "name": id_,
        "effect": effect,
        "force": force,
        "actions": ["award"],
        "triggers": triggers,
        **(penalty if effect == "restrict" else {}),
        **more,
    }


MEASURES = [
    _measure("refuse", "restrict", "mandatory", [{"list": [TAX, COURT]}], consequence="refuse", reached_by=["parent"]),
    _measure("limit", "restrict", "mandatory", [{"list": SAFETY, "min_severity": "serious"}]),
    _measure("scrutinise", "restrict", "recommended", [{"list": WAGES}, {"list": WATCH}], consequence="scrutinise"),
    _measure("rated", "restrict", "mandatory", [{"list": RATED}]),
    _measure("withdraw", "restrict", "mandatory", [{"list": WAGES, "min_severity": "severe"}], consequence="withdraw"),
    _measure("prefer", "priority", "mandatory", [{"list": RED}], type="prefer"),
    _measure("fast", "priority", "recommended", [{"list": [MODEL, RED]}], type="fast-track"),
    _measure("clean", "priority", "mandatory", [{"clean_years": 2}], type="bonus"),
    _measure("past", "restrict", "mandatory", [{"list": TAX}], valid_until="2020-12-31"),
    _measure("elsewhere", "restrict", "mandatory", [{"list": TAX}], actions=["qualify"]),
]


@cache
def measure_list(policy: str, jurisdiction: str) -> CompiledList:
    """The world's measures under a policy, given as JSON."""
    values = {
        "id": "fictional.world",
        "domain": "world",
        "version": "1",
        "jurisdiction": jurisdiction,
        "status": "in_force",
        "policy": json.loads(policy),
        "lists": {
            "optional": sorted(OPTIONAL),
            "local": [{"code": RATED, "name": "虚构评级", "kind": "black", "class": "third_party"}],
        },
        "actions": {"award": {}, "qualify": {}},
        "measures": MEASURES,
    }
    loaded = measures.from_dict(values)
    return CompiledList(loaded, {**CATALOGUE, **loaded.local_lists})


@dataclass(frozen=True)
class World:
    """All that a decision on one subject depends on."""

    policy: dict[str, Any]
    jurisdiction: str
    coverage: dict[str, dict[str, Any]]
    entries: tuple[dict[str, Any], ...]
    subject: Subject
    as_of: datetime
    members: tuple[Subject, ...] = ()
    related: tuple[tuple[str, Subject], ...] = ()
    handles: frozenset[str] | None = None
    compiled: CompiledList = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", measure_list(json.dumps(self.policy), self.jurisdiction))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [*self.coverage.values(), *self.entries]

    @property
    def listings(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["type"] == "listing"]

    def listing(self, id_: str) -> dict[str, Any]:
        return next(entry for entry in self.listings if entry["id"] == id_)

    def usable(self, list_: str) -> bool:
        """Whether the list was consulted and is not stale (7.3, 7.5): at most a day old."""
        line = self.coverage.get(list_)
        return line is not None and self.as_of - datetime.fromisoformat(line["as_of"]) <= timedelta(days=1)

    def with_(self, *entries: dict[str, Any], **changes: Any) -> World:
        return replace(self, entries=(*self.entries, *entries), **changes)


def prepared(world: World, *, backwards: bool = False) -> tuple[Plan, list[Fetched]]:
    """The request made ready, and what a source answers to it."""
    lines = world.lines[::-1] if backwards else world.lines
    source = MemorySource.of(lines, lists=world.compiled.lists, read_at=world.as_of)
    request = CheckRequest(
        subject=world.subject,
        domain="world",
        action="award",
        members=world.members,
        related=world.related,
        handles=world.handles,
        as_of=world.as_of,
    )
    plan = planning.plan(request, world.compiled)
    return plan, list(source.fetch(plan.wanted))


def decide(world: World, *, number: int = 0, backwards: bool = False) -> Decision | NoDecision:
    """The decision, or why there is none.

    :raises Restricted: the caller does not handle a penalty's obligation (5.5).
    """
    plan, fetched = prepared(world, backwards=backwards)
    stamp = Stamp(f"00000000-0000-7000-8000-{number:012d}", world.as_of + timedelta(seconds=number))
    try:
        return enforce_handles(answer(plan, fetched, "memory", as_of=world.as_of, stamp=lambda: stamp))
    except NoDecision as error:
        return error


# --------------------------------------------------------------------------------------------------------- strategies

effects = st.sampled_from(list(ObjectionEffect))
policies = st.fixed_dictionaries(
    {
        "on_objection": effects
        | st.fixed_dictionaries({"recognition": effects, "information": effects, "self_detected": effects}),
        "recommended": st.sampled_from(["advise", "apply"]),
        "third_party": st.sampled_from(["advise", "apply"]),
        "match_by_name": st.booleans(),
        "unknown_term_years": st.integers(1, 6),
    }
)
WHO: dict[str, dict[str, Any]] = {
    "code": {"code": CODE},
    "code and name": {"code": CODE, "name": NAME},
    "name": {"name": NAME},
    "former": {"name": "虚构旧名有限公司", "former_names": [NAME]},
    "other": {"code": OTHER, "name": NAME},
    "parent": {"code": PARENT, "name": PARENT_NAME},
    "nobody": {"code": "91990100MA0000A04J", "name": "虚构丁劳务服务有限公司"},
}
REFUSED: dict[str, Any] = {
    "type": "listing",
    "list": COURT,
    "subject": WHO["code"],
    "status": "active",
    "severity": None,
    "authority": "虚构市中级人民法院",
    "effective_from": "2026-01-01",
    "effective_until": None,
}
REFUSED_COVERAGE: dict[str, Any] = {"type": "coverage", "list": COURT, "history_from": "2000-01-01"}
REWARDED: dict[str, Any] = {**REFUSED, "list": RED, "authority": "虚构市税务局"}
ANNIVERSARIES = tuple((years_after(DAY, -years) - DAY).days for years in range(1, 7))
SUBJECTS = (
    Subject(CODE),
    Subject(CODE, name=NAME),
    Subject(name=NAME),
    Subject(CODE, name=NAME, established_on=date(2001, 1, 1)),
)


@st.composite
def listing(draw: st.DrawFn, *, list_: st.SearchStrategy[str] | None = None, id_: str = "X") -> dict[str, Any]:
    """One listing, mostly the subject's, mostly in force; some began this day some years ago."""
    code = draw(st.sampled_from(LISTS) if list_ is None else list_)
    start = DAY + timedelta(
        days=draw(st.sampled_from((0, 1, -1, -400, -3000, *ANNIVERSARIES)) | st.integers(-4000, 30))
    )
    end = draw(
        st.none()
        | st.just(DAY)
        | st.just(DAY - timedelta(days=1))
        | st.integers(0, 4000).map(lambda days: start + timedelta(days=days))
    )
    status = draw(
        st.sampled_from(
            (
                "active",
                "active",
                "active",
                "objected",
                "objected",
                "repaired",
                "removed",
                "revoked",
                "draft",
                "publicised",
            )
        )
    )
    line: dict[str, Any] = {
        "type": "listing",
        "id": id_,
        "list": code,
        "subject": WHO[draw(st.sampled_from(("code", "code", "code and name", "name", *WHO)))],
        "status": status,
        "severity": draw(st.none() | st.sampled_from(("minor", "general", "serious", "severe"))),
        "authority": "虚构市主管局",
        "effective_from": start.isoformat(),
        "effective_until": None if end is None or end < start else end.isoformat(),
    }
    if status == "objected":
        line["objection"] = draw(st.none() | st.sampled_from(("recognition", "information", "self_detected")))
    if status in {"repaired", "removed"}:
        line["ended_on"] = draw(
            st.none() | st.integers(-900, 0).map(lambda days: (DAY + timedelta(days=days)).isoformat())
        )
    if code.startswith("local."):
        line["jurisdiction"] = draw(st.none() | st.sampled_from(("44", "4418", "41")))
    return line


@st.composite
def violation(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "type": "violation",
        "id": "V",
        "subject": WHO[draw(st.sampled_from(tuple(WHO)))],
        "status": draw(st.sampled_from(("active", "objected", "repaired", "revoked"))),
        "authority": "虚构市主管局",
        "decided_on": (DAY - timedelta(days=draw(st.integers(0, 1500)))).isoformat(),
    }


@st.composite
def coverage(draw: st.DrawFn, as_of: datetime, *, whole: bool = False) -> dict[str, dict[str, Any]]:
    """Coverage of all lists, fresh, but for some faults; none, if ``whole``."""
    faults = st.dictionaries(
        st.sampled_from((*LISTS, "violations")), st.sampled_from((0, 24, 25, 2000, -1, None)), max_size=3
    )
    hours = {} if whole else draw(st.just({}) | faults)
    history = draw(st.sampled_from(("2000-01-01", "2000-01-01", "2026-01-01", None)))
    return {
        code: {
            "type": "coverage",
            "list": code,
            "as_of": written(as_of - timedelta(hours=age)),
            "history_from": history,
        }
        for code in (*LISTS, "violations")
        if (age := hours.get(code, 1)) is not None
    }


@st.composite
def worlds(draw: st.DrawFn, *, whole: bool = False, blocked: bool = False, rewarded: bool = False) -> World:
    """
    :param whole: every list covered and fresh.
    :param blocked: with an active listing that refuses the subject.
    :param rewarded: with an active listing on a red list.
    """
    as_of = draw(st.sampled_from(MOMENTS))
    entries = [{**entry, "id": f"L-{number}"} for number, entry in enumerate(draw(st.lists(listing(), max_size=5)))]
    entries += [{**entry, "id": f"V-{number}"} for number, entry in enumerate(draw(st.lists(violation(), max_size=1)))]
    covered = draw(coverage(as_of, whole=whole))
    subject = draw(st.sampled_from(SUBJECTS))
    if blocked or rewarded:
        subject = subject if subject.code else SUBJECTS[0]
    if rewarded:
        entries.append({**REWARDED, "id": "L-7"})
    if blocked:
        entries.append({**REFUSED, "id": "L-8"})
        covered[COURT] = {**REFUSED_COVERAGE, "as_of": written(as_of)}
    return World(
        policy=draw(policies),
        jurisdiction=draw(st.sampled_from(("CN", "CN", "44", "41"))),
        coverage=covered,
        entries=tuple(entries),
        subject=subject,
        as_of=as_of,
    )
