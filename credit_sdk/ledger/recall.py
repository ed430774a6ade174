"""Recalling a decision to sign it: as it was kept, never as it would be made today."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import CreditError, InvalidRequest, UnknownDecision
from credit_sdk.formats import kept
from credit_sdk.ledger import replay as replaying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.decision.answering import Fetched
    from credit_sdk.decision.result import Decision
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.ports.ledger import LedgerStore


class Recalled(NamedTuple):
    """A decision that was kept."""

    decision: Decision | dict[str, Any]
    """The decision itself where replaying gives it byte for byte, as it can tell more than its JSON; else its JSON."""
    measure_list: MeasureList | None
    """The measure list it was made by, if this version can read it."""
    request: CheckRequest | None = None
    """With the JSON, what was asked, if this version can read it."""
    answers: Sequence[Fetched] | None = None
    """With the JSON, what the source answered; ``None`` where it was not kept, or this version cannot read it."""


def recall(store: LedgerStore, decision_id: str) -> Recalled:
    """The decision, whatever this version of the SDK would decide.

    :raises UnknownDecision: the ledger has no such decision.
    :raises LedgerDamaged: it is not as it was written.
    """
    try:
        body = replaying.body_of(store, decision_id)
    except UnknownDecision:
        raise
    except InvalidRequest:  # kept without what it stood on: its JSON is all there is
        stored = store.entry(decision_id)
        body = json.loads(stored.entry.body) if stored is not None else {}
    said = replaying.said_in(store, body)
    if said.get("decision_id") != decision_id:
        raise replaying.damaged(store)
    measure_list = request = answers = None
    with suppress(CreditError, LookupError, TypeError, ValueError):
        rules = replaying.rules_of(store, body)
        measure_list = rules.measure_list
        now = replaying.again(body, said, rules, decision_id)
        if now.to_json() == replaying.text_of(said):
            return Recalled(now, measure_list)
    with suppress(CreditError, LookupError):
        request = kept.read_request(body["request"])
    if body.get("answers") is not None:
        with suppress(CreditError):
            answers = kept.read_answers(body["answers"])
    return Recalled(said, measure_list, request, answers)
