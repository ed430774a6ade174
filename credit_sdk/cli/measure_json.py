"""A measure list as JSON values, in the words of its TOML (interfaces section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.decision.compiled import CompiledList
from credit_sdk.formats.measure_lint import known_lists
from credit_sdk.model.measure import CleanYearsTrigger, KindTrigger, ListTrigger

if TYPE_CHECKING:
    from datetime import date, timedelta

    from credit_sdk.model.measure import Measure, MeasureList, Policy, Trigger


def to_dict(measure_list: MeasureList) -> dict[str, Any]:
    """The whole list, with the lists it requires (rule 7.1) and the file's digest."""
    return {
        "id": measure_list.id,
        "domain": measure_list.domain,
        "title": measure_list.title,
        "version": measure_list.version,
        "jurisdiction": measure_list.jurisdiction,
        "status": measure_list.status,
        "issued_by": measure_list.issued_by,
        "reviewed_on": _iso(measure_list.reviewed_on),
        "file": measure_list.file,
        "digest": measure_list.digest,
        "policy": _policy(measure_list.policy),
        "lists": {
            "required": required(measure_list),
            "optional": sorted(measure_list.optional_lists),
            "local": [
                {"code": x.code, "name": x.name, "kind": x.kind, "class": x.list_class, "open_ended": x.open_ended}
                for x in measure_list.local_lists.values()
            ],
        },
        "actions": {
            action.name: {
                "title": action.title,
                "must_check": action.must_check,
                "on_unavailable": "allow" if action.allow_when_unavailable else "raise",
            }
            for action in measure_list.actions.values()
        },
        "measures": [_measure(measure) for measure in measure_list.measures],
    }


def required(measure_list: MeasureList) -> list[str]:
    """The lists that must be consulted, sorted (rule 7.1)."""
    return list(CompiledList(measure_list, known_lists(measure_list)).required)


def _policy(policy: Policy) -> dict[str, Any]:
    rule = policy.on_objection
    return {
        "on_objection": rule if rule is None or isinstance(rule, str) else dict(rule),
        "recommended": "apply" if policy.apply_recommended else "advise",
        "third_party": "apply" if policy.apply_third_party else "advise",
        "match_by_name": policy.match_by_name,
        "max_age": {
            **({"default": duration(policy.max_age)} if policy.max_age is not None else {}),
            **{code: duration(age) for code, age in policy.max_age_by_list.items()},
        },
        "unknown_term_years": policy.unknown_term_years,
    }


def duration(age: timedelta) -> str:
    """As TOML writes it: ``24h``, ``400d``."""
    seconds = int(age.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0 and (unit != "d" or seconds > 172800):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "id": measure.id,
        "name": measure.name,
        "name_en": measure.name_en,
        "effect": measure.effect,
        "consequence": measure.consequence,
        "type": measure.type,
        "force": measure.force,
        "actions": list(measure.actions),
        "applies_to": sorted(measure.applies_to),
        "reaches": list(measure.reaches),
        "reached_by": list(measure.reached_by),
        "unit": measure.unit,
        "valid_from": _iso(measure.valid_from),
        "valid_until": _iso(measure.valid_until),
        "triggers": [_trigger(trigger) for trigger in measure.triggers],
        "basis": [basis.to_dict() for basis in measure.basis],
        "terms": dict(measure.terms),
    }


def _trigger(trigger: Trigger) -> dict[str, Any]:
    match trigger:
        case ListTrigger(lists, min_severity):
            return {"list": list(lists)} | ({"min_severity": min_severity} if min_severity else {})
        case KindTrigger(kind):
            return {"kind": kind}
        case CleanYearsTrigger(years):
            return {"clean_years": years}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
