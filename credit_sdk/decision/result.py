"""Section 6 of the decision rules: what every decision carries.

A decision and its parts are named tuples: as unchangeable as a frozen dataclass, and built in a third of its time, a dozen
to a check. Use them by their fields' names; a later version may add fields.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from credit_sdk.decision import as_text, words
from credit_sdk.errors import InvalidSettings, Lang, Restricted
from credit_sdk.model.moments import written
from credit_sdk.model.terms import Effect, Identity, ListClass, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from credit_sdk.decision.coverage import CoverageReport
    from credit_sdk.formats.receipt import CheckReceipt
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.measure import Basis, Measure, MeasureList
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.model.subject import Subject
    from credit_sdk.model.terms import Consequence, Force, Role

SCHEMA = as_text.SCHEMA
"""Name and version of :meth:`Decision.to_dict`'s form."""

build = tuple.__new__
"""``build(Obligation, fields)``: what a named tuple's constructor does, all fields given in their order, in half its time.
For the two parts that a warm check makes by the handful; anything else calls the class."""

AdviceType = Literal["verify_identity", "human_review", "ask_authority"]
"""Advice that comes from the rules themselves, not from a measure."""


class SeenListing(NamedTuple):
    """A listing that was seen, whether it counted, and how surely it is the subject's."""

    listing: Listing
    list_class: ListClass
    standing: Standing
    identity: Identity
    """How surely it is the subject's, or the related subject's whose it is."""
    role: Role | None = None
    """The role towards the subject of the related subject whose listing it is (rule 4.5); ``None``: the subject's own."""

    @property
    def id(self) -> str:
        """The listing's id."""
        return self.listing.id

    def to_dict(self) -> dict[str, Any]:
        """As under ``listings`` of the decision's JSON."""
        listing = self.listing
        return {
            "id": listing.id,
            "list": listing.list,
            "kind": listing.kind,
            "class": self.list_class,
            "status": listing.status,
            "standing": self.standing,
            "identity": self.identity,
            "authority": listing.authority,
            "document": listing.document,
            "reason": listing.reason,
            "severity": listing.severity,
            "effective_from": listing.effective_from.isoformat(),
            "effective_until": _iso(listing.effective_until),
            "remedy": listing.remedy,
        }


class Obligation(NamedTuple):
    """One thing to do, in AuthZEN's shape (rule 5.5): an obligation, an advice, or one suspended or withheld.

    ``listings`` are those behind it, sorted by id. ``measure`` is ``None`` only for advice that comes from the rules.
    """

    measure: Measure | None
    listings: tuple[Listing, ...] = ()
    reason: str | None = None
    """Why it is suspended or withheld: ``objected``, ``restricted``, ``black_listed``, ``identity_unverified``,
    ``unhandled`` or ``not_every_member``."""
    context: Mapping[str, Any] | None = None
    advice: AdviceType | None = None

    @property
    def id(self) -> str:
        """The measure's id, or the advice's type."""
        return self.measure.id if self.measure is not None else str(self.advice)

    @property
    def type(self) -> str:
        """What the caller has to be able to do: ``refuse``, ``fast-track``, … (obligation type)."""
        return self.measure.type if self.measure is not None else str(self.advice)

    @property
    def name(self) -> str | None:
        """The measure's name (措施名称)."""
        return self.measure.name if self.measure is not None else None

    @property
    def force(self) -> Force | None:
        """Mandatory or recommended (强制性、推荐性)."""
        return self.measure.force if self.measure is not None else None

    @property
    def consequence(self) -> Consequence | None:
        """What a penalty comes to; ``None`` for an incentive."""
        return self.measure.consequence if self.measure is not None else None

    @property
    def basis(self) -> tuple[Basis, ...]:
        """The legal bases (实施依据)."""
        return self.measure.basis if self.measure is not None else ()

    @property
    def unit(self) -> str | None:
        """实施单位."""
        return self.measure.unit if self.measure is not None else None

    @property
    def because(self) -> tuple[str, ...]:
        """Ids of the listings behind it, sorted."""
        return tuple(listing.id for listing in self.listings)

    @property
    def until(self) -> date | None:
        """Latest end of the listings; ``None`` if one is open, or there is none."""
        ends = [listing.effective_until for listing in self.listings]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None

    @property
    def remedy(self) -> str | None:
        """How to object to or be removed from the listings (救济途径)."""
        return "；".join(dict.fromkeys(x.remedy for x in self.listings if x.remedy)) or None

    @property
    def terms(self) -> dict[str, Any]:
        """The measure's terms, the roles it ``reaches``, and what the context gives of what it ``needs``."""
        if self.measure is None:
            return {}
        terms = dict(self.measure.terms)
        if self.measure.reaches:
            terms["reaches"] = [role.value for role in self.measure.reaches]
        for key in terms.get("needs", ()):
            if self.context is not None and key in self.context:
                terms[key] = self.context[key]
        return terms

    def to_dict(self) -> dict[str, Any]:
        """As under ``obligations``, ``advice``, ``suspended`` and ``withheld`` of the decision's JSON."""
        whole: dict[str, Any] = {
            "id": self.id,
            "type": self.type,
            "measure": self.measure.id if self.measure is not None else None,
            "name": self.name,
            "force": self.force,
            "because": list(self.because),
            "basis": [basis.to_dict() for basis in self.basis],
            "properties": {
                "consequence": self.consequence,
                "terms": self.terms,
                "unit": self.unit,
                "until": _iso(self.until),
                "remedy": self.remedy,
            },
        }
        if self.reason is not None:
            whole["reason"] = self.reason
        return whole


class Conflict(NamedTuple):
    """A red and a black listing in force at once; the red list's authority must be told (红黑名单交叉比对, rule 5.4)."""

    red: str
    black: str

    def to_dict(self) -> dict[str, str]:
        """``red`` and ``black``: listing ids."""
        return {"red": self.red, "black": self.black}


class Notice(NamedTuple):
    """Something the reader must know. A code stands nowhere unless it holds."""

    code: str
    listing: str | None = None
    """Id of the listing concerned."""
    list: str | None = None
    """Code of the list concerned."""

    def text(self, lang: Lang = "zh") -> str:
        """In words."""
        return words.notice(self.code, lang, list_code=self.list, listing=self.listing)

    def to_dict(self, lang: Lang = "zh") -> dict[str, str | None]:
        """``code``, ``listing``, ``list``, ``text``."""
        return {"code": self.code, "listing": self.listing, "list": self.list, "text": self.text(lang)}


class SourceReport(NamedTuple):
    """Who answered (信用信息来源)."""

    name: str
    read_at: datetime | None = None
    """When the data were read; ``None`` where the source could not be asked."""
    found: bool | None = None
    """Whether the source knows the subject at all (rule 7.6); ``None`` where it could not be asked."""
    stale: bool = False
    """Whether something stood in for a source that was down: a record kept from before, or another layer (rule 8.2)."""
    origins: Mapping[str, str] | None = None
    """Who answered for which list, by list code, where several sources stand behind this one; ``name`` says it too."""

    def to_dict(self) -> dict[str, Any]:
        """``name``, ``read_at``, ``found``, ``stale``."""
        return {
            "name": self.name,
            "read_at": None if self.read_at is None else written(self.read_at),
            "found": self.found,
            "stale": self.stale,
        }


class Degraded(NamedTuple):
    """That the answer is a fallback, due for re-check (rule 8.3)."""

    reason: str
    """Code of the error it stands in for: ``source_unavailable``."""
    fallback: str = "allow"

    def to_dict(self) -> dict[str, str]:
        """``reason`` and ``fallback``."""
        return {"reason": self.reason, "fallback": self.fallback}


class Signer(Protocol):
    """Who signs a decision's receipt: the deployment, with its key. The rules know nothing else of it."""

    def __call__(self, decision: Decision, *, masked: bool = False) -> CheckReceipt:
        """The receipt; see :meth:`Decision.receipt`."""
        ...


class Decision(NamedTuple):
    """The answer to a check (核查结论): the effect, and everything that led to it.

    ``to_dict()`` is the JSON of schema ``credit.decision/1``; ``explain()`` says the same to a person. The same record,
    measure list, request and ``as_of`` give the same but for ``decision_id`` and ``decided_at``.

    Decisions are equal if they say the same, whoever signs for them. A pickled one leaves its signer behind: a key stays in
    the process that holds it.
    """

    decision_id: str
    """UUIDv7."""
    decided_at: datetime
    request: CheckRequest
    subject: Subject
    as_of: datetime
    """The moment decided for."""
    effect: Effect
    blocking: bool
    """Whether the action may not go on: an applied obligation's consequence is ``refuse`` (rule 5.6)."""
    measure_list: MeasureList
    coverage: CoverageReport
    source: SourceReport
    obligations: tuple[Obligation, ...] = ()
    """What must be done (应当执行)."""
    advice: tuple[Obligation, ...] = ()
    """What may be done (建议执行)."""
    suspended: tuple[Obligation, ...] = ()
    """Penalties suspended while an objection is looked into (rule 2.2)."""
    withheld: tuple[Obligation, ...] = ()
    """Incentives withheld, each with its reason (rules 5.3, 5.4)."""
    listings: tuple[SeenListing, ...] = ()
    """Every listing seen, sorted by id."""
    conflicts: tuple[Conflict, ...] = ()
    notices: tuple[Notice, ...] = ()
    degraded: Degraded | None = None
    parts: tuple[Decision, ...] = ()
    """The decisions on a consortium's members (rule 5.8), in the order of the request."""
    signer: Signer | None = None
    """Who signs the receipt: set by the client. No part of what the decision says."""

    @property
    def domain(self) -> str:
        """As asked."""
        return self.request.domain

    @property
    def action(self) -> str:
        """As asked."""
        return self.request.action

    @property
    def jurisdiction(self) -> str | None:
        """As asked."""
        return self.request.jurisdiction

    @property
    def is_part(self) -> bool:
        """Whether it is the decision on one member of a consortium (rule 5.8), and none to act upon by itself."""
        return bool(self.request.members) and not self.parts

    @property
    def not_counted(self) -> tuple[SeenListing, ...]:
        """The listings that do not count; ``standing`` is the reason (rule 2.3)."""
        return tuple(seen for seen in self.listings if seen.standing is not Standing.IN_FORCE)

    @property
    def origins(self) -> Mapping[str, str]:
        """Who answered for which list: the source's name by list code, for every list that was consulted."""
        if self.source.origins is not None:
            return self.source.origins
        return dict.fromkeys(self.coverage.consulted, self.source.name)

    def explain(self, lang: Lang = "zh") -> str:
        """The decision in words, ready for the case file; several lines, in Chinese or English."""
        from credit_sdk.decision.explanation import explain

        return explain(self, lang)

    def raise_for_restriction(self) -> None:
        """Stop here unless the action may go on.

        :raises Restricted: when the decision is ``blocking``.
        """
        if self.blocking:
            raise restricted(self)

    def receipt(self, *, masked: bool = False) -> CheckReceipt:
        """The check receipt (核查凭证) for the case file: this decision, signed with the deployment's key, and its page.

        Needs the extra ``receipts``. Every call makes a receipt of its own, with its own number and time.

        :param masked: whether codes and names are masked, for publication.
        :raises InvalidSettings: no key is set (``receipt_key``) and the client keeps no ledger file beside which it could
            make one; or the decision does not come from a client, or was pickled since.
        """
        if self.signer is None:
            raise InvalidSettings(
                "该结论没有随带签发者 (不是由客户端作出, 或经 pickle 传来, 密钥不随之传递); 请在作出结论的进程中签发, 或用"
                " credit_sdk.formats.receipt.CheckReceipt.issue(decision, key)",
                "this decision has no signer with it (no client made it, or it was pickled, which leaves the key behind); issue it in"
                " the process that decided, or use credit_sdk.formats.receipt.CheckReceipt.issue(decision, key)",
                key="receipt_key",
            )
        return self.signer(self, masked=masked)

    def to_dict(self, lang: Lang = "zh") -> dict[str, Any]:
        """The decision as JSON values, identifiers whole; ``lang`` is that of the notices' text."""
        return {
            "schema": SCHEMA,
            "decision_id": self.decision_id,
            "decided_at": written(self.decided_at),
            "effect": self.effect,
            "blocking": self.blocking,
            "subject": self.subject.to_dict(),
            "domain": self.domain,
            "action": self.action,
            "jurisdiction": self.jurisdiction,
            "as_of": written(self.as_of),
            "obligations": [obligation.to_dict() for obligation in self.obligations],
            "advice": [obligation.to_dict() for obligation in self.advice],
            "suspended": [obligation.to_dict() for obligation in self.suspended],
            "withheld": [obligation.to_dict() for obligation in self.withheld],
            "listings": [seen.to_dict() for seen in self.listings],
            "not_counted": [{"listing": seen.id, "reason": seen.standing} for seen in self.not_counted],
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "coverage": self.coverage.to_dict(),
            "notices": [notice.to_dict(lang) for notice in self.notices],
            "measure_list": {
                "id": self.measure_list.id,
                "version": self.measure_list.version,
                "digest": self.measure_list.digest,
            },
            "source": self.source.to_dict(),
            "degraded": None if self.degraded is None else self.degraded.to_dict(),
            "parts": [part.to_dict(lang) for part in self.parts],
        }

    def to_json(self, lang: Lang = "zh", *, indent: int | None = None) -> str:
        """:meth:`to_dict` as JSON text."""
        if indent is None:
            return as_text.decision_text(self, lang)
        return json.dumps(self.to_dict(lang), ensure_ascii=False, indent=indent)

    def __eq__(self, other: object) -> bool:
        return self[:-1] == other[:-1] if isinstance(other, Decision) else NotImplemented

    def __ne__(self, other: object) -> bool:  # a tuple brings its own, which would see the signer
        return self[:-1] != other[:-1] if isinstance(other, Decision) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.decision_id)

    def __reduce__(self) -> tuple[Any, ...]:
        return Decision, self[:-1]

    def __repr__(self) -> str:
        return (
            f"<Decision {self.effect.value}{' blocking' if self.blocking else ''} {self.subject!r}"
            f" {self.domain}/{self.action} {self.decision_id}>"
        )


def restricted(decision: Decision, unhandled: Sequence[str] = ()) -> Restricted:
    """The error that stops the action, carrying ``decision``.

    :param unhandled: obligation types that the caller has said it cannot carry out (rule 5.5).
    """
    if unhandled:
        types = ", ".join(unhandled)
        error = Restricted(
            f"应当执行的惩戒措施超出调用方声明的 handles: {types}; 请转由能够执行的单位办理",
            f"penalties must be carried out that the caller does not handle: {types}; pass the matter to who does",
            key="handles",
        )
        error.decision = decision
        return error
    names_zh = "、".join(x.name or x.id for x in decision.obligations if x.measure and x.measure.is_penalty)
    ids = ", ".join(x.id for x in decision.obligations if x.measure and x.measure.is_penalty)
    error = Restricted(
        f"该事项受限制: {names_zh}; 依据见 decision.explain()",
        f"the action is restricted: {ids}; see decision.explain() for the grounds",
    )
    error.decision = decision
    return error


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
