"""How cases written as data are compared with what the SDK answers: for decision vectors and golden cases alike."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from credit_sdk.model.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping


def matches(expected: Any, actual: Any, path: str = "") -> list[str]:
    """How ``actual`` differs from ``expected``; empty when it matches.

    An object matches by the keys it names, an array by position and length, a moment whatever its offset, everything else
    by value. ``notices`` may be written as their codes, whatever the order.

    :param expected: a case's ``expect``, or a part of it.
    :param actual: a decision's ``to_dict()``, or that part of it.
    :param path: where in the decision both stand.
    """
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [_difference(path, expected, actual)]
        return [line for key, value in expected.items() for line in _member(key, value, actual, path)]
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return [_difference(path, expected, actual)]
        return [
            line
            for place, (one, other) in enumerate(zip(expected, actual, strict=True))
            for line in matches(one, other, f"{path}[{place}]")
        ]
    return [] if expected == actual or _same_moment(expected, actual) else [_difference(path, expected, actual)]


def _member(key: str, expected: Any, actual: Mapping[str, Any], path: str) -> list[str]:
    inner = f"{path}.{key}" if path else key
    if key == "notices" and all(isinstance(code, str) for code in expected):
        return matches(sorted(expected), sorted(notice["code"] for notice in actual["notices"]), inner)
    if key == "notices_lists":
        return [
            line
            for code, lists in expected.items()
            for line in matches(
                sorted(lists), sorted(str(n["list"]) for n in actual["notices"] if n["code"] == code), f"{inner}.{code}"
            )
        ]
    if key not in actual:
        return [f"{inner}: missing, expected {_shown(expected)}"]
    if key in _SETS and isinstance(actual[key], list):
        return matches(sorted(expected), sorted(actual[key]), inner)
    return matches(expected, actual[key], inner)


_SETS = {"required", "missing", "stale"}


def _same_moment(expected: Any, actual: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(expected) == datetime.fromisoformat(actual)) and "T" in expected
    except (TypeError, ValueError):
        return False


def _difference(path: str, expected: Any, actual: Any) -> str:
    return f"{path or 'decision'}: expected {_shown(expected)}, got {_shown(actual)}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def subject_of(value: str | Mapping[str, Any]) -> str | Subject:
    """A subject as cases write it: a code, or an object of ``Subject``'s fields with days as strings."""
    if isinstance(value, str):
        return value
    fields = dict(value)
    if "established_on" in fields:
        fields["established_on"] = date.fromisoformat(fields["established_on"])
    if "former_names" in fields:
        fields["former_names"] = tuple(fields["former_names"])
    return Subject(fields.pop("code", None), **fields)
