"""Faults of the data: what an answer looks like when the platform's data are not in order. Pure, body to body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from credit_sdk.model.moments import written

_DAYS = 30

Change = Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]]
"""From a body and the switch's options to the body with the fault in it."""


def _stale(body: dict[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The data's dates lie back; what was changed since is as it is, since only the dates are vouched for."""
    back = timedelta(days=options.get("days", _DAYS))

    def earlier(moment: str) -> str:
        return written(datetime.fromisoformat(moment) - back)

    if "coverage" in body:
        lines = [line | {"as_of": earlier(line["as_of"])} for line in body["coverage"]]
        return body | {"coverage": lines}
    if "time" in body and isinstance(body.get("lists"), dict):
        lists = {code: earlier(moment) for code, moment in body["lists"].items()}
        return body | {"status": "degraded", "lists": lists}
    return body


def _empty_list(body: dict[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """A list (or every one) failed to load: nothing is on it, and the platform does not speak for it."""
    only = options.get("list")

    def lost(code: object) -> bool:
        return only is None or code == only

    if "answers" in body:
        answers = [
            answer
            | {
                "listings": [listing for listing in answer["listings"] if not lost(listing["list"])],
                "violations": [] if lost("violations") else answer["violations"],
                "uncoded_lists": [code for code in answer["uncoded_lists"] if not lost(code)],
            }
            for answer in body["answers"]
        ]
        coverage = [line for line in body["coverage"] if not lost(line["list"])]
        return body | {"coverage": coverage, "answers": answers}
    if "time" in body and isinstance(body.get("lists"), dict):
        lists = {code: moment for code, moment in body["lists"].items() if not lost(code)}
        return body | {"status": "degraded", "lists": lists}
    if isinstance(body.get("lists"), list):
        return body | {"lists": [one for one in body["lists"] if not lost(one["code"])]}
    return body


def _missing_answer(body: dict[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    return body | {"answers": body["answers"][:-1]} if "answers" in body else body


def _repeated_answer(body: dict[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    """The first answer stands twice; with several subjects in place of the last."""
    if "answers" not in body:
        return body
    answers = body["answers"]
    return body | {"answers": [answers[0], answers[0]] if len(answers) == 1 else [*answers[:-1], answers[0]]}


def _wrong_subject(body: dict[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    """The first answer is about a firm that nobody asked about, and which does not exist."""
    if "answers" not in body:
        return body
    first = body["answers"][0] | {"subject": {"code": "91990100MA99999962", "name": "虚构无关有限公司"}}
    return body | {"answers": [first, *body["answers"][1:]]}


def wrong_schema(body: dict[str, Any]) -> dict[str, Any]:
    """The same in another shape, as after an upgrade that nobody announced."""
    return {"code": 0, "data": {"rows": list(body), "total": len(body)}}


CHANGES: Mapping[str, Change] = {
    "stale": _stale,
    "empty_list": _empty_list,
    "missing_answer": _missing_answer,
    "repeated_answer": _repeated_answer,
    "wrong_subject": _wrong_subject,
}
"""By kind of fault."""
