"""What holds of every decision, whatever the record: properties over generated worlds, each citing its rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from credit_sdk.decision import words
from credit_sdk.decision.result import Decision, Obligation
from credit_sdk.errors import IncompleteCoverage, NoDecision, Restricted, StaleData
from credit_sdk.model.moments import years_after
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Effect, Identity
from tests.unit.decision.worlds import (
    CODE,
    DAY,
    MEASURES,
    NAME,
    OFFICIAL_BLACK,
    OTHER,
    PARENT,
    PARENT_NAME,
    RATED,
    RED,
    REFUSED,
    REQUIRED,
    WHO,
    World,
    coverage,
    decide,
    listing,
    worlds,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

some = settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
STRICTNESS = {Effect.PRIORITY: 0, Effect.ALLOW: 1, Effect.RESTRICT: 2}
MEASURE = {measure["id"]: measure for measure in MEASURES}


def decided(world: World, **options: Any) -> Decision:
    """The decision; a world without one says nothing to the property at hand."""
    decision = decide(world, **options)
    assume(isinstance(decision, Decision))
    assert isinstance(decision, Decision)
    event(decision.effect)
    return decision


def measured(*groups: tuple[Obligation, ...]) -> Iterator[Obligation]:
    """Of obligations, those of a measure: not the rules' own advice."""
    for group in groups:
        yield from (one for one in group if one.measure is not None)


def everything(decision: Decision) -> Iterator[Obligation]:
    return measured(decision.obligations, decision.advice, decision.suspended, decision.withheld)


def penalties(decision: Decision) -> list[Obligation]:
    return [one for one in decision.obligations if one.measure is not None and one.measure.is_penalty]


def expected_standing(line: dict[str, Any], world: World) -> str:
    """Rules 2.1, 2.3 and 2.5, said once more and otherwise than the engine says them."""
    if line["status"] not in {"active", "objected"}:
        return str(line["status"])
    start = date.fromisoformat(line["effective_from"])
    if start > DAY:
        return "not_yet"
    if line["effective_until"] is not None:
        return "in_force" if date.fromisoformat(line["effective_until"]) >= DAY else "expired"
    if line["list"] in OFFICIAL_BLACK - {"court.judgment-defaulter"} | {RATED}:  # black, and not open-ended
        return "in_force" if years_after(start, world.policy["unknown_term_years"]) > DAY else "term_unknown"
    return "in_force"


def same(one: Decision, other: Decision) -> bool:
    def bare(decision: Decision) -> dict[str, Any]:
        whole = decision.to_dict()
        whole["parts"] = [{k: v for k, v in part.items() if k not in STAMP} for part in whole["parts"]]
        return {key: value for key, value in whole.items() if key not in STAMP}

    return repr(bare(one)) == repr(bare(other))


STAMP = {"decision_id", "decided_at"}


# -------------------------------------------------------------------------------------------------- 2: what counts


@some
@given(world=worlds())
def test_every_listing_seen_has_the_standing_of_the_rules(world: World) -> None:
    """2.1, 2.3, 2.5, 6."""
    answer = decide(world)
    seen = answer.listings
    for one in seen:
        assert one.standing == expected_standing(world.listing(one.id), world)
    if isinstance(answer, Decision):
        assert [one.id for one in seen] == sorted(one.id for one in seen)
        assert {one.id for one in answer.not_counted} == {one.id for one in seen if one.standing != "in_force"}


@some
@given(world=worlds(whole=True), years=st.integers(1, 6), days=st.integers(-2, 2))
def test_an_unknown_term_runs_out_on_its_anniversary(world: World, years: int, days: int) -> None:
    """2.5: it counts on every day before the one that many years after its start."""
    start = years_after(DAY, -years) + timedelta(days=days)
    line = {**REFUSED, "list": "tax.major-violation", "id": "L-9", "effective_from": start.isoformat()}
    alone = {"entries": (line,), "subject": Subject(CODE), "policy": {**world.policy, "unknown_term_years": years}}
    decision = decide(World(**{**_fields(world), **alone}))
    assert isinstance(decision, Decision)
    assert decision.blocking == (days > 0)
    assert [one.standing for one in decision.listings] == ["in_force" if days > 0 else "term_unknown"]
    assert [one.id for one in decision.advice if one.id == "ask_authority"] == ([] if days > 0 else ["ask_authority"])
    assert "term_unknown" in {notice.code for notice in decision.notices}


@some
@given(world=worlds())
def test_what_does_not_count_stands_behind_nothing(world: World) -> None:
    """2.3: repaired, removed, revoked, draft, publicised, expired, not yet in force, term unknown."""
    decision = decided(world)
    uncounted = {one.id for one in decision.not_counted}
    for one in everything(decision):
        assert uncounted.isdisjoint(one.because)
    assert all(uncounted.isdisjoint({pair.red, pair.black}) for pair in decision.conflicts)


@some
@given(world=worlds())
def test_a_suspended_listing_restricts_nobody_alone(world: World) -> None:
    """2.2."""
    decision = decided(world)
    policy = world.policy["on_objection"]
    for one in penalties(decision):
        for id_ in one.because:
            line = world.listing(id_)
            if line["status"] == "objected":
                effect = policy if isinstance(policy, str) else policy.get(line["objection"], "suspend")
                assert effect != "suspend"
    for one in decision.suspended:
        assert one.reason == "objected"
        assert {world.listing(id_)["status"] for id_ in one.because} == {"objected"}


@some
@given(world=worlds())
def test_flagged_listings_ask_for_a_person(world: World) -> None:
    """2.2."""
    decision = decided(world)
    reviewed = {id_ for one in decision.advice if one.id == "human_review" for id_ in one.because}
    policy = world.policy["on_objection"]
    for one in measured(decision.obligations, decision.advice):
        assert one.measure is not None
        if one.measure.is_penalty:
            for id_ in one.because:
                line = world.listing(id_)
                if line["status"] == "objected":
                    effect = policy if isinstance(policy, str) else policy[line["objection"]]
                    assert (id_ in reviewed) == (effect == "flag")


@some
@given(world=worlds())
def test_third_party_lists_only_advise_unless_the_policy_applies_them(world: World) -> None:
    """2.8."""
    decision = decided(world)
    if world.policy["third_party"] == "advise":
        for one in decision.obligations:
            assert all(world.listing(id_)["list"] != RATED for id_ in one.because)


@some
@given(world=worlds())
def test_severity_is_met_or_unknown(world: World) -> None:
    """2.7: a missing severity meets no `min_severity`, and is noticed."""
    decision = decided(world)
    for one in everything(decision):
        if one.id == "limit":
            assert {world.listing(id_)["severity"] for id_ in one.because} <= {"serious", "severe"}
        if one.id == "withdraw":
            assert {world.listing(id_)["severity"] for id_ in one.because} <= {"severe"}
    for notice in decision.notices:
        if notice.code == "severity_unknown":
            assert world.listing(notice.listing or "")["severity"] is None


@some
@given(world=worlds())
def test_entries_of_another_area_trigger_nothing(world: World) -> None:
    """2.9."""
    decision = decided(world)
    for one in everything(decision):
        for id_ in one.because:
            area = world.listing(id_).get("jurisdiction")
            assert area is None or world.jurisdiction == "CN" or world.jurisdiction.startswith(area)


# ------------------------------------------------------------------------------------------------------ 3: who matched


@some
@given(world=worlds())
def test_a_candidate_stands_behind_no_measure_and_a_name_only_by_policy(world: World) -> None:
    """3.5."""
    decision = decided(world)
    identity = {one.id: one.identity for one in decision.listings}
    for one in everything(decision):
        for id_ in one.because:
            assert identity[id_] is not Identity.CANDIDATE
            assert identity[id_] is Identity.CODE or world.policy["match_by_name"]


@some
@given(world=worlds())
def test_unverified_listings_in_force_ask_to_be_verified(world: World) -> None:
    """3.5."""
    decision = decided(world)
    unverified = {
        one.id
        for one in decision.listings
        if one.standing == "in_force"
        and (
            one.identity is Identity.CANDIDATE or (one.identity is Identity.NAME and not world.policy["match_by_name"])
        )
    }
    verified = [set(one.because) for one in decision.advice if one.id == "verify_identity"]
    assert verified == ([unverified] if unverified else [])


@some
@given(world=worlds())
def test_another_codes_entry_is_another_subjects(world: World) -> None:
    """3.3: only a USCC contradicts a USCC."""
    answer = decide(world)
    if world.subject.code is not None:
        assert all(one.listing.subject.code in {None, CODE} for one in answer.listings)


@some
@given(world=worlds())
def test_two_bearers_of_a_name_make_candidates(world: World) -> None:
    """3.2, 3.4: asked by name alone, coded and uncoded entries are two subjects."""
    world = World(**{**_fields(world), "subject": Subject(name=NAME)})
    answer = decide(world)
    bearers = {entry["subject"].get("code") for entry in world.entries if entry["subject"].get("name") == NAME}
    for one in answer.listings:
        if one.listing.subject.name == NAME:
            assert one.identity is (Identity.NAME if len(bearers) == 1 else Identity.CANDIDATE)
        else:
            assert one.identity is Identity.CANDIDATE


# -------------------------------------------------------------------------------------------------- 5: put together


@some
@given(world=worlds())
def test_the_effect_is_what_the_obligations_say(world: World) -> None:
    """5.1, 5.2, 5.6, 5.7."""
    decision = decided(world)
    incentives = [
        one for one in measured(decision.obligations, decision.advice) if one.measure and not one.measure.is_penalty
    ]
    if penalties(decision):
        assert decision.effect is Effect.RESTRICT
        assert not [one for one in incentives if one in decision.obligations]
    else:
        assert decision.effect is not Effect.RESTRICT
        official = [one for one in incentives if not any(world.listing(id_)["list"] == RATED for id_ in one.because)]
        assert decision.effect is (Effect.PRIORITY if official else Effect.ALLOW)
    assert decision.blocking == any(one.consequence == "refuse" for one in penalties(decision))


@some
@given(world=worlds())
def test_only_what_binds_is_an_obligation(world: World) -> None:
    """5.1, 5.2."""
    decision = decided(world)
    for one in decision.obligations:
        assert one.measure is not None
        applied = one.measure.is_penalty and world.policy["recommended"] == "apply"
        assert one.measure.is_mandatory or applied
    for group in (decision.obligations, decision.suspended, decision.withheld, tuple(measured(decision.advice))):
        assert len({one.id for one in group}) == len(group)


@some
@given(world=worlds())
def test_measures_apply_by_their_triggers_only(world: World) -> None:
    """4.1, 4.2: no measure of another action, another time, or another list."""
    decision = decided(world)
    for one in everything(decision):
        assert one.id not in {"past", "elsewhere"}
        named: set[str] = set()
        for trigger in MEASURE[one.id]["triggers"]:
            lists = trigger.get("list", [])
            named |= {lists} if isinstance(lists, str) else set(lists)
        assert {world.listing(id_)["list"] for id_ in one.because} <= named
        assert one.because or one.id == "clean"
        assert list(one.because) == sorted(set(one.because))


@some
@given(world=worlds(whole=True))
def test_a_mandatory_penalty_is_found(world: World) -> None:
    """5.1, said from the record's side: a tax listing in force by code, not suspended, blocks."""
    policy = world.policy["on_objection"]
    hits = [
        line["id"]
        for line in world.listings
        if line["list"] in {"tax.major-violation", "court.judgment-defaulter"}
        and line["subject"].get("code") == CODE
        and expected_standing(line, world) == "in_force"
        and (
            line["status"] == "active"
            or (policy if isinstance(policy, str) else policy.get(line["objection"], "suspend")) != "suspend"
        )
    ]
    world = World(**{**_fields(world), "subject": Subject(CODE)})
    decision = decided(world)
    refused = [set(one.because) for one in decision.obligations if one.id == "refuse"]
    assert decision.blocking == bool(refused)
    if hits:
        assert refused
        assert set(hits) <= refused[0]


@some
@given(world=worlds() | worlds(whole=True, rewarded=True))
def test_no_incentive_beside_a_black_listing_in_force(world: World) -> None:
    """5.3, 5.4, 3.5: by code or by name; objected, suspended, stale and uncovered ones included."""
    decision = decided(world)
    applied = world.policy["third_party"] == "apply"
    black = [
        one
        for one in decision.listings
        if one.standing == "in_force"
        and one.identity is not Identity.CANDIDATE
        and (one.listing.list in OFFICIAL_BLACK or (applied and one.listing.list == RATED))
    ]
    if black:
        assert decision.effect is not Effect.PRIORITY
        assert all(one.measure is None or one.measure.is_penalty for one in (*decision.obligations, *decision.advice))
    for one in decision.withheld:
        assert one.reason in {"restricted", "black_listed", "identity_unverified"}
        assert black or decision.effect is Effect.RESTRICT or one.reason == "identity_unverified"


@some
@given(world=worlds() | worlds(whole=True, rewarded=True))
def test_conflicts_pair_every_red_with_every_black(world: World) -> None:
    """5.4."""
    decision = decided(world)
    by_name = world.policy["match_by_name"]
    sure = [
        one
        for one in decision.listings
        if one.standing == "in_force"
        and (one.identity is Identity.CODE or (by_name and one.identity is Identity.NAME))
        and (one.list_class == "official" or world.policy["third_party"] == "apply")
    ]
    pairs = {
        (red.id, black.id)
        for red in sure
        for black in sure
        if red.listing.kind == "red" and black.listing.kind == "black"
    }
    assert {(pair.red, pair.black) for pair in decision.conflicts} == pairs


@some
@given(
    world=worlds() | worlds(whole=True, rewarded=True),
    types=st.frozensets(st.sampled_from(("refuse", "limit", "scrutinise", "prefer", "fast-track", "bonus"))),
)
def test_what_a_caller_handles_never_makes_a_restriction(world: World, types: frozenset[str]) -> None:
    """5.5."""
    free = decided(world)
    handled = World(**{**_fields(world), "handles": types})
    if any(one.type not in types for one in penalties(free)):
        with pytest.raises(Restricted):
            decide(handled)
        return
    decision = decided(handled)
    assert (decision.effect is Effect.RESTRICT) == (free.effect is Effect.RESTRICT)
    assert decision.blocking == free.blocking
    if free.effect is not Effect.PRIORITY:
        assert decision.effect is free.effect
    for one in measured(decision.obligations, decision.advice):
        if one.measure and not one.measure.is_penalty:
            assert one.type in types
    for one in decision.withheld:
        assert one.reason != "unhandled" or one.type not in types


# --------------------------------------------------------------------------------------------------- 6: same again


@some
@given(world=worlds())
def test_the_same_again_and_backwards(world: World) -> None:
    """6: the same bytes but for id and time, whatever the order of the records."""
    first = decided(world)
    again, backwards = decide(world, number=1), decide(world, number=2, backwards=True)
    assert isinstance(again, Decision)
    assert isinstance(backwards, Decision)
    assert again.decision_id != first.decision_id
    assert same(first, again)
    assert same(first, backwards)


@some
@given(world=worlds())
def test_no_answer_is_the_same_backwards(world: World) -> None:
    """6, 7.2."""
    first, backwards = decide(world), decide(world, backwards=True)
    assume(isinstance(first, NoDecision))
    assert isinstance(first, NoDecision)
    assert isinstance(backwards, NoDecision)
    assert (type(first), first.zh, first.en) == (type(backwards), backwards.zh, backwards.en)
    assert list(first.listings) == list(backwards.listings)


@some
@given(world=worlds())
def test_every_decision_can_be_explained(world: World) -> None:
    """6: to a person, in Chinese and in English; every notice has its words."""
    decision = decided(world)
    for lang in ("zh", "en"):
        said = decision.explain(lang)
        assert decision.decision_id in said
        for one in everything(decision):
            assert all(id_ in said for id_ in one.because)
    for notice in decision.notices:
        assert notice.code in words.NOTICES
        assert "{" not in notice.text("zh") + notice.text("en")


# -------------------------------------------------------------------------------------------------------- 7: coverage


@some
@given(world=worlds())
def test_on_no_list_is_earned(world: World) -> None:
    """7.1 to 7.3: with a required list missing or stale there is only a blocking decision, or the fitting error."""
    answer = decide(world)
    missing = {code for code in REQUIRED if code not in world.coverage}
    stale = {code for code in REQUIRED - missing if not world.usable(code)}
    if isinstance(answer, Decision):
        assert answer.blocking or not (missing | stale)
        assert set(answer.coverage.required) == REQUIRED
        assert set(answer.coverage.missing) == missing
        assert stale <= set(answer.coverage.stale)
        assert set(answer.coverage.consulted) == set(world.coverage)
    elif missing:
        assert isinstance(answer, IncompleteCoverage)
        assert (set(answer.missing), set(answer.stale)) == (missing, stale)
    else:
        assert isinstance(answer, StaleData)
        assert set(answer.stale) == stale


@some
@given(world=worlds())
def test_stale_and_uncovered_lists_decide_nothing(world: World) -> None:
    """7.3, 7.5."""
    decision = decided(world)
    for one in everything(decision):
        assert all(world.usable(world.listing(id_)["list"]) for id_ in one.because)


@some
@given(world=worlds(blocked=True), data=st.data())
def test_more_coverage_never_undoes_a_blocking_decision(world: World, data: st.DataObject) -> None:
    """7.2: more data cannot undo that."""
    before = decided(world)
    assert before.blocking
    more = data.draw(coverage(world.as_of, whole=True))
    fresh = {code: line for code, line in world.coverage.items() if world.usable(code)}
    after = decide(World(**{**_fields(world), "coverage": {**more, **fresh}}))
    assert isinstance(after, Decision)
    assert after.blocking


@some
@given(world=worlds(), data=st.data())
def test_one_more_black_listing_never_frees_anybody(world: World, data: st.DataObject) -> None:
    """5.1, 5.3, 5.4."""
    before = decided(world)
    line = data.draw(listing(list_=st.sampled_from(sorted(OFFICIAL_BLACK)), id_="L-9"))
    # Whose it is must not change who bears the name (3.4).
    line["subject"] = WHO["name"] if world.subject.code is None else WHO["code"]
    after = decide(world.with_(line))
    assert isinstance(after, Decision)  # the lists and their coverage are the same
    if world.subject.code is None and any(e["subject"] in (WHO["code and name"], WHO["other"]) for e in world.entries):
        return  # an uncoded bearer more turns a name borne by one into one borne by two
    assert STRICTNESS[after.effect] >= STRICTNESS[before.effect]
    assert after.blocking >= before.blocking


@some
@given(world=worlds(blocked=True), data=st.data())
def test_a_red_listing_never_lifts_a_restriction(world: World, data: st.DataObject) -> None:
    """5.3."""
    before = decided(world)
    line = data.draw(listing(list_=st.just(RED), id_="L-9"))
    line["subject"] = WHO["name"] if world.subject.code is None else WHO["code"]
    after = decide(world.with_(line))
    assert isinstance(after, Decision)
    assert after.effect is before.effect is Effect.RESTRICT
    assert after.blocking


# ----------------------------------------------------------------------------------------------------- 5.8: consortia


@some
@given(world=worlds(), whole=worlds(whole=True), pick=st.booleans())
def test_a_consortium_is_as_strict_as_its_strictest_member(world: World, whole: World, pick: bool) -> None:
    """5.8."""
    world = whole if pick else world
    # The name would make the other member's entries candidates; a code keeps the members apart.
    alone = [decide(World(**{**_fields(world), "subject": Subject(code)})) for code in (CODE, OTHER, PARENT)]
    together = decide(
        World(
            **{**_fields(world), "subject": Subject(CODE), "members": (Subject(OTHER), Subject(PARENT), Subject(CODE))}
        )
    )
    known = [one for one in alone if isinstance(one, Decision)]
    if isinstance(together, NoDecision):
        assert len(known) < 3
        assert not any(one.blocking for one in known)
        return
    assert len(known) == 3 or any(one.blocking for one in known)
    assert all(STRICTNESS[together.effect] >= STRICTNESS[one.effect] for one in known)
    assert together.blocking == any(one.blocking for one in known)
    assert (together.effect is Effect.RESTRICT) == any(one.effect is Effect.RESTRICT for one in known)
    assert [part.subject.code for part in together.parts] == [one.subject.code for one in known]
    for part, one in zip(together.parts, known, strict=True):
        assert {**part.to_dict(), **dict.fromkeys(STAMP)}["effect"] == one.effect
        assert part.blocking == one.blocking
    given_to_all = set.intersection(
        *(
            {o.id for o in measured(one.obligations, one.advice) if o.measure and not o.measure.is_penalty}
            for one in known
        )
    )
    for held in measured(together.obligations, together.advice):
        if held.measure and not held.measure.is_penalty:
            assert held.id in given_to_all
    for held in together.withheld:
        assert held.reason in {"restricted", "black_listed", "identity_unverified", "not_every_member"}
    if together.effect is Effect.PRIORITY:
        assert given_to_all


# ------------------------------------------------------------------------------------------------ 4.5: related persons


@some
@given(world=worlds(whole=True), role=st.sampled_from(("parent", "principal")))
def test_a_related_subjects_listing_reaches_only_by_the_measures_power(world: World, role: str) -> None:
    """4.5: `reached_by` is empty by default, and names the role."""
    world = World(**{**_fields(world), "subject": Subject(CODE)})
    alone = decided(world)
    decision = decided(World(**{**_fields(world), "related": ((role, Subject(PARENT, name=PARENT_NAME)),)}))
    own = {one.id for one in alone.listings}
    for one in everything(decision):
        if not own.issuperset(one.because):
            assert role in MEASURE[one.id].get("reached_by", [])
    assert STRICTNESS[decision.effect] >= STRICTNESS[alone.effect]
    if role != "parent":
        assert decision.effect is alone.effect


# ---------------------------------------------------------------------------------------------------------- 9: rights


@some
@given(world=worlds())
def test_no_restriction_without_its_grounds(world: World) -> None:
    """9.1: a listing in force, its authority, a measure with a legal basis and an executing unit."""
    decision = decided(world)
    seen = {one.id: one for one in decision.listings}
    if decision.effect is Effect.RESTRICT:
        assert penalties(decision)
    for one in penalties(decision):
        assert one.because
        for id_ in one.because:
            assert seen[id_].standing == "in_force"
            assert seen[id_].listing.authority.strip()
        assert one.basis
        assert one.unit


@some
@given(world=worlds())
def test_clean_years_are_clean(world: World) -> None:
    """4.4: no violation, no black listing in force in the window, and a history that reaches back."""
    decision = decided(world)
    if not any(one.id == "clean" for one in (*decision.obligations, *decision.advice)):
        return
    first = years_after(DAY, -2)
    own = [entry for entry in world.entries if entry["subject"].get("code") == CODE]
    if world.subject.code is not None:
        for entry in own:
            if entry["type"] == "violation":
                assert entry["status"] == "revoked" or date.fromisoformat(entry["decided_on"]) < first
            elif entry["list"] in OFFICIAL_BLACK and entry["status"] in {"active", "objected"}:
                start, end = entry["effective_from"], entry["effective_until"]
                assert date.fromisoformat(start) > DAY or _ended_before(entry, first, world), end
    for code in (*(REQUIRED & {*OFFICIAL_BLACK}), "violations"):
        line = world.coverage[code]
        assert world.usable(code)
        assert line["history_from"] is not None
        assert date.fromisoformat(line["history_from"]) <= first


def _ended_before(entry: dict[str, Any], first: date, world: World) -> bool:
    if entry["effective_until"] is not None:
        return date.fromisoformat(entry["effective_until"]) < first
    if entry["list"] == "court.judgment-defaulter":
        return False
    end = years_after(date.fromisoformat(entry["effective_from"]), world.policy["unknown_term_years"])
    return end - timedelta(days=1) < first


def _fields(world: World) -> dict[str, Any]:
    return {
        name: getattr(world, name)
        for name in (
            "policy",
            "jurisdiction",
            "coverage",
            "entries",
            "subject",
            "as_of",
            "members",
            "related",
            "handles",
        )
    }
