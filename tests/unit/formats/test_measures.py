"""Measure lists as TOML: interfaces section 3. Every refusal names file, line and key, with the measure's id."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidMeasureList
from credit_sdk.formats import measures
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.measure import Basis, CleanYearsTrigger, KindTrigger, ListTrigger
from credit_sdk.model.terms import (
    Consequence,
    Effect,
    Force,
    ListClass,
    ListKind,
    MeasureListStatus,
    Objection,
    ObjectionEffect,
    Role,
    Severity,
    SubjectType,
    Verified,
)

if TYPE_CHECKING:
    from pathlib import Path

    from credit_sdk.model.measure import Measure, MeasureList

WHOLE = """\
id = "fictional.procurement"
domain = "procurement"
title = "虚构市政府采购信用奖惩措施清单"
version = "2026.1"
jurisdiction = "9901"
status = "in_force"
issued_by = "虚构市财政局"
reviewed_on = 2026-11-21

[policy]
on_objection = "flag"
max_age = "24h"

[lists]
optional = ["safety.model"]
[[lists.local]]
code = "fictional.models"
name = "虚构市诚信典型名单"
kind = "red"
class = "official"
open_ended = false

[actions.award]
title = "中标、成交"
must_check = true
[actions.qualify]
title = "资格审查"

[[measures]]
id = "fictional.refuse"
name = "拒绝参与"
effect = "restrict"
consequence = "refuse"
force = "mandatory"
actions = ["qualify", "award"]
unit = "采购人"
valid_from = 2016-08-01
valid_until = 2030-12-31
triggers = [{ list = ["court.judgment-defaulter", "tax.major-violation"], min_severity = "serious" }]
basis = [{ title = "虚构通知", document = "虚财〔2016〕1号", article = "二", verified = "quoted" }]
[measures.terms]
deadline_days = 7
note = "虚构"

[[measures]]
id = "fictional.prefer"
name = "同等条件下优先"
name_en = "Prefer"
effect = "priority"
type = "prefer"
force = "recommended"
actions = ["award"]
applies_to = ["sole_trader"]
reaches = ["legal_representative"]
reached_by = ["parent"]
triggers = [{ kind = "red" }, { clean_years = 3 }]
[measures.terms]
needs = ["bonus_rule"]
"""
PENALTY, INCENTIVE = "measures[fictional.refuse]", "measures[fictional.prefer]"


def loads(text: str = WHOLE) -> MeasureList:
    return measures.loads(text, file="measures.toml")


def replaced(old: str, new: str, text: str = WHOLE) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def refusal(text: str | bytes) -> InvalidMeasureList:
    """The error with which the list does not load: one line, in both languages."""
    with pytest.raises(InvalidMeasureList) as caught:
        measures.loads(text, file="measures.toml")
    error = caught.value
    assert error.file == "measures.toml"
    for sentence in (error.located("zh"), error.located("en")):
        assert len(sentence.splitlines()) == 1
        assert sentence.startswith("measures.toml")
        sentence.encode()
    assert any("\u4e00" <= c <= "\u9fff" for c in error.zh)
    assert error.zh != error.en
    return error


def line_of(text: str, wanted: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if wanted in line)


# ------------------------------------------------------------------------------------------------------- what is read


def test_a_list_is_read_whole() -> None:
    whole = loads()
    assert (whole.id, whole.domain, whole.title, whole.version) == (
        "fictional.procurement",
        "procurement",
        "虚构市政府采购信用奖惩措施清单",
        "2026.1",
    )
    assert (whole.jurisdiction, whole.status, whole.issued_by) == ("9901", MeasureListStatus.IN_FORCE, "虚构市财政局")
    assert (whole.reviewed_on, whole.file) == (date(2026, 11, 21), "measures.toml")
    assert whole.optional_lists == {"safety.model"}
    local = whole.local_lists["fictional.models"]
    assert (local.name, local.kind, local.list_class, local.open_ended) == (
        "虚构市诚信典型名单",
        ListKind.RED,
        ListClass.OFFICIAL,
        False,
    )
    award = whole.actions["award"]
    assert (award.name, award.title, award.must_check, award.allow_when_unavailable) == (
        "award",
        "中标、成交",
        True,
        False,
    )
    assert [measure.id for measure in whole.measures] == ["fictional.refuse", "fictional.prefer"]


def measure(id_: str, text: str = WHOLE) -> Measure:
    return next(one for one in loads(text).measures if one.id == id_)


def test_a_penalty_is_read_whole() -> None:
    refuse = measure("fictional.refuse")
    assert (refuse.effect, refuse.consequence, refuse.force) == (Effect.RESTRICT, Consequence.REFUSE, Force.MANDATORY)
    assert (refuse.actions, refuse.unit) == (("qualify", "award"), "采购人")
    assert (refuse.valid_from, refuse.valid_until) == (date(2016, 8, 1), date(2030, 12, 31))
    assert refuse.triggers == (ListTrigger(("court.judgment-defaulter", "tax.major-violation"), Severity.SERIOUS),)
    assert refuse.basis == (Basis("虚构通知", "虚财〔2016〕1号", "二", Verified.QUOTED),)
    assert refuse.terms == {"deadline_days": 7, "note": "虚构"}
    assert (refuse.is_penalty, refuse.is_mandatory) == (True, True)


def test_an_incentive_is_read_whole() -> None:
    prefer = measure("fictional.prefer")
    assert (prefer.effect, prefer.consequence, prefer.type) == (Effect.PRIORITY, None, "prefer")
    assert (prefer.name, prefer.name_en) == ("同等条件下优先", "Prefer")
    assert prefer.applies_to == {SubjectType.SOLE_TRADER}
    assert (prefer.reaches, prefer.reached_by) == ((Role.LEGAL_REPRESENTATIVE,), (Role.PARENT,))
    assert prefer.triggers == (KindTrigger(ListKind.RED), CleanYearsTrigger(3))
    assert (prefer.is_penalty, prefer.is_mandatory) == (False, False)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "measures.toml"
    path.write_bytes(WHOLE.encode())
    loaded = measures.load(path)
    assert loaded.digest == f"sha256:{hashlib.sha256(WHOLE.encode()).hexdigest()}"
    assert loaded.file == str(path)


def test_a_byte_order_mark_and_crlf_do_not_matter() -> None:
    marked = measures.loads(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert marked.measures == loads().measures


def test_decoded_values_are_read_alike() -> None:
    values = tomllib.loads(WHOLE)
    dated = {**values, "reviewed_on": "2026-11-21"}
    assert measures.from_dict(values).measures == loads().measures
    assert measures.from_dict(dated).reviewed_on == date(2026, 11, 21)


def test_the_digest_of_decoded_values_does_not_ask_for_their_order() -> None:
    values = tomllib.loads(WHOLE)
    assert measures.from_dict(values).digest == measures.from_dict(dict(reversed(values.items()))).digest


# ------------------------------------------------------------------------------------------------------------ defaults


def test_the_policys_defaults() -> None:
    policy = loads(replaced('max_age = "24h"\n', "")).policy
    assert policy.on_objection is ObjectionEffect.FLAG
    assert (policy.apply_recommended, policy.apply_third_party, policy.match_by_name) == (False, False, False)
    assert (policy.max_age, policy.max_age_by_list, policy.unknown_term_years) == (timedelta(hours=24), {}, 5)


def test_a_policy_of_its_own() -> None:
    own = 'on_objection = "suspend"\nrecommended = "apply"\nthird_party = "apply"\nmatch_by_name = true\nunknown_term_years = 3'
    policy = loads(replaced('on_objection = "flag"', own)).policy
    assert policy.on_objection is ObjectionEffect.SUSPEND
    assert (policy.apply_recommended, policy.apply_third_party, policy.match_by_name) == (True, True, True)
    assert policy.unknown_term_years == 3


def test_objections_by_kind() -> None:
    table = 'on_objection = { recognition = "suspend", information = "continue", self_detected = "flag" }'
    assert loads(replaced('on_objection = "flag"', table)).policy.on_objection == {
        Objection.RECOGNITION: ObjectionEffect.SUSPEND,
        Objection.INFORMATION: ObjectionEffect.CONTINUE,
        Objection.SELF_DETECTED: ObjectionEffect.FLAG,
    }


def test_no_objection_policy_without_a_penalty() -> None:
    start, end = WHOLE.index("[[measures]]"), WHOLE.rindex("[[measures]]")
    assert loads(replaced('on_objection = "flag"\n', "", WHOLE[:start] + WHOLE[end:])).policy.on_objection is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(hours=24)),
        ("400d", timedelta(days=400)),
        ("999999d", timedelta(days=999_999)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert loads(replaced('"24h"', f'"{text}"')).policy.max_age == length


def test_durations_by_list() -> None:
    table = '{ default = "12h", "tax.a-rated" = "400d", "fictional.models" = "30d", violations = "2d" }'
    policy = loads(replaced('"24h"', table)).policy
    assert policy.max_age == timedelta(hours=12)
    assert policy.max_age_by_list == {
        "tax.a-rated": timedelta(days=400),
        "fictional.models": timedelta(days=30),
        "violations": timedelta(days=2),
    }


def test_durations_by_list_without_a_default_fall_back_to_a_day() -> None:
    policy = loads(replaced('"24h"', '{ "tax.a-rated" = "400d" }')).policy
    assert policy.max_age in (None, timedelta(hours=24))


def test_a_measures_defaults() -> None:
    bare = WHOLE[: WHOLE.rindex("[[measures]]")] + (
        '[[measures]]\nid = "m"\nname = "虚构"\neffect = "priority"\nforce = "recommended"\nactions = ["award"]\n'
        'triggers = [{ list = "tax.a-rated" }]\n'
    )
    one = measure("m", bare)
    assert one.type == "favour"
    assert one.applies_to == {SubjectType.LEGAL_ENTITY, SubjectType.OTHER_ORGANISATION, SubjectType.SOLE_TRADER}
    assert (one.reaches, one.reached_by, one.basis, one.terms, one.unit) == ((), (), (), {}, None)
    assert one.triggers == (ListTrigger(("tax.a-rated",)),)


@pytest.mark.parametrize("consequence", list(Consequence))
def test_a_penaltys_type_is_its_consequence(consequence: Consequence) -> None:
    text = replaced('consequence = "refuse"', f'consequence = "{consequence}"')
    assert measure("fictional.refuse", text).type == consequence


def test_an_action_without_a_title_goes_by_its_name() -> None:
    assert loads(replaced('title = "资格审查"\n', "")).actions["qualify"].title == "qualify"


def test_an_action_may_allow_when_unavailable() -> None:
    text = replaced('title = "资格审查"', 'title = "资格审查"\non_unavailable = "allow"')
    assert loads(text).actions["qualify"].allow_when_unavailable


@pytest.mark.parametrize("area", ["CN", "44", "4418", "441802"])
def test_areas(area: str) -> None:
    assert loads(replaced('"9901"', f'"{area}"')).jurisdiction == area


@pytest.mark.parametrize("status", list(MeasureListStatus))
def test_a_list_in_any_status_can_be_read(status: MeasureListStatus) -> None:
    assert loads(replaced('"in_force"', f'"{status}"')).status is status


@pytest.mark.parametrize("verified", list(Verified))
def test_verified_never_changes_the_force(verified: Verified) -> None:
    text = replaced('verified = "quoted"', f'verified = "{verified}"')
    assert measure("fictional.refuse", text).force is Force.MANDATORY


def test_a_local_list_may_be_third_party_and_open_ended() -> None:
    text = replaced('class = "official"\nopen_ended = false', 'class = "third_party"\nopen_ended = true')
    local = loads(text).local_lists["fictional.models"]
    assert (local.list_class, local.open_ended) == (ListClass.THIRD_PARTY, True)


def test_dates_in_terms_become_text() -> None:
    assert (
        measure("fictional.refuse", replaced("deadline_days = 7", "since = 2026-11-21")).terms["since"] == "2026-11-21"
    )


# ------------------------------------------------------------------------------------------------------------ refusals

REFUSALS = [
    # id, what is replaced, by what, key, where the error points to
    ("no basis of a penalty", 'basis = [{ title = "虚构通知", document = "虚财〔2016〕1号", article = "二", verified = "quoted" }]\n', "", f"{PENALTY}.basis", "[[measures]]"),
    ("empty basis of a penalty", 'basis = [{ title = "虚构通知", document = "虚财〔2016〕1号", article = "二", verified = "quoted" }]', "basis = []", f"{PENALTY}.basis", "basis = []"),
    ("a basis without title", 'basis = [{ title = "虚构通知", ', "basis = [{ ", f"{PENALTY}.basis[0].title", "basis = "),
    ("no unit of a penalty", 'unit = "采购人"\n', "", f"{PENALTY}.unit", "[[measures]]"),
    ("blank unit of a penalty", 'unit = "采购人"', 'unit = " "', f"{PENALTY}.unit", "unit ="),
    ("no on_objection", 'on_objection = "flag"\n', "", "policy.on_objection", "[policy]"),
    ("on_objection nobody knows", '"flag"', '"ignore"', "policy.on_objection", "on_objection"),
    ("on_objection a number", '"flag"', "3", "policy.on_objection", "on_objection"),
    ("on_objection for two kinds of three", '"flag"', '{ recognition = "flag", information = "flag" }', "policy.on_objection.self_detected", "on_objection"),
    ("on_objection for a kind nobody knows", '"flag"', '{ recognition = "flag", information = "flag", self_detected = "flag", loud = "flag" }', "policy.on_objection.loud", "on_objection"),
    ("unknown key of the list", 'issued_by = "虚构市财政局"', 'issuer = "虚构市财政局"', "issuer", "issuer ="),
    ("unknown key of the policy", 'max_age = "24h"', 'max_days = "24h"', "policy.max_days", "max_days ="),
    ("unknown key of an action", "must_check = true", "must = true", "actions.award.must", "must ="),
    ("unknown key of a measure", 'unit = "采购人"', 'units = "采购人"', f"{PENALTY}.units", "units ="),
    ("unknown key of a trigger", "min_severity", "minimum", f"{PENALTY}.triggers[0].minimum", "triggers = [{ list"),
    ("unknown key of a basis", 'article = "二"', 'clause = "二"', f"{PENALTY}.basis[0].clause", "basis ="),
    ("unknown key of a local list", "open_ended = false", "endless = false", "lists.local[0].endless", "endless ="),
    ("unknown table", "[policy]", "[extras]\nx = 1\n[policy]", "extras", "[extras]"),
    ("a key of two lines", "[policy]", '"a\\nb" = 1\n[policy]', '"a\\nb"', None),
    ("unknown list in a trigger", '"tax.major-violation"', '"tax.unknown"', f"{PENALTY}.triggers[0].list", "triggers = [{ list"),
    ("unknown list in optional", '["safety.model"]', '["safety.model", "safety.unknown"]', "lists.optional[1]", "optional ="),
    ("unknown list in max_age", '"24h"', '{ "tax.unknown" = "1d" }', "policy.max_age.tax.unknown", "max_age"),
    ("violations as a trigger's list", '"tax.major-violation"', '"violations"', f"{PENALTY}.triggers[0].list", "triggers = [{ list"),
    ("unknown role in reaches", '["legal_representative"]', '["boss"]', f"{INCENTIVE}.reaches[0]", "reaches ="),
    ("unknown role in reached_by", '["parent"]', '["uncle"]', f"{INCENTIVE}.reached_by[0]", "reached_by ="),
    ("action not declared", '["qualify", "award"]', '["qualify", "sign"]', f"{PENALTY}.actions[1]", 'actions = ["qualify"'),
    ("no action", '["qualify", "award"]', "[]", f"{PENALTY}.actions", "actions = []"),
    ("an action's name in capitals", "[actions.qualify]", "[actions.Qualify]", "actions.Qualify", "[actions.Qualify]"),
    ("two measures with one id", '"fictional.prefer"', '"fictional.refuse"', f"{PENALTY}.id", None),
    ("allow though must_check", "must_check = true", 'must_check = true\non_unavailable = "allow"', "actions.award.on_unavailable", "on_unavailable"),
    ("on_unavailable nobody knows", "must_check = true", 'on_unavailable = "deny"', "actions.award.on_unavailable", "on_unavailable"),
    ("must_check as text", "must_check = true", 'must_check = "yes"', "actions.award.must_check", "must_check"),
    ("no consequence of a penalty", 'consequence = "refuse"\n', "", f"{PENALTY}.consequence", "[[measures]]"),
    ("consequence nobody knows", '"refuse"', '"punish"', f"{PENALTY}.consequence", "consequence"),
    ("consequence of an incentive", 'type = "prefer"', 'consequence = "limit"', f"{INCENTIVE}.consequence", 'consequence = "limit"'),
    ("effect allow", 'effect = "priority"', 'effect = "allow"', f"{INCENTIVE}.effect", 'effect = "allow"'),
    ("force nobody knows", '"recommended"', '"optional"', f"{INCENTIVE}.force", 'force = "optional"'),
    ("no force", 'force = "recommended"\n', "", f"{INCENTIVE}.force", None),
    ("type in capitals", 'type = "prefer"', 'type = "Prefer"', f"{INCENTIVE}.type", "type ="),
    ("applies to nobody", '["sole_trader"]', "[]", f"{INCENTIVE}.applies_to", "applies_to"),
    ("applies to a type nobody knows", '["sole_trader"]', '["company"]', f"{INCENTIVE}.applies_to[0]", "applies_to"),
    ("no trigger", '[{ kind = "red" }, { clean_years = 3 }]', "[]", f"{INCENTIVE}.triggers", "triggers = []"),
    ("an empty trigger", '{ kind = "red" }', "{}", f"{INCENTIVE}.triggers[0]", "triggers = [{}"),
    ("a trigger on no list", '{ kind = "red" }', "{ list = [] }", f"{INCENTIVE}.triggers[0]", "triggers = [{ list = []"),
    ("two triggers in one", '{ kind = "red" }', '{ kind = "red", clean_years = 3 }', f"{INCENTIVE}.triggers[0]", "triggers = [{ kind"),
    ("min_severity of a kind", '{ kind = "red" }', '{ kind = "red", min_severity = "minor" }', f"{INCENTIVE}.triggers[0]", "triggers = [{ kind"),
    ("a kind nobody knows", '{ kind = "red" }', '{ kind = "grey" }', f"{INCENTIVE}.triggers[0].kind", "triggers = [{ kind"),
    ("a severity nobody knows", '"serious"', '"deadly"', f"{PENALTY}.triggers[0].min_severity", "triggers = [{ list"),
    ("no clean years", "clean_years = 3", "clean_years = 0", f"{INCENTIVE}.triggers[1].clean_years", "triggers = [{ kind"),
    ("half a clean year", "clean_years = 3", "clean_years = 0.5", f"{INCENTIVE}.triggers[1].clean_years", "triggers = [{ kind"),
    ("a penalty for a clean record (9.1)", '{ list = ["court.judgment-defaulter", "tax.major-violation"], min_severity = "serious" }', "{ clean_years = 3 }", f"{PENALTY}.triggers[0].clean_years", "triggers = [{ clean"),
    ("a day that does not exist", "2016-08-01", "2016-02-30", None, "valid_from"),
    ("a day that does not exist, as text", "2016-08-01", '"2016-02-30"', f"{PENALTY}.valid_from", "valid_from"),
    ("a week", "2016-08-01", '"2016-W01-1"', f"{PENALTY}.valid_from", "valid_from"),
    ("a naive datetime for a day", "2016-08-01", "2016-08-01T00:00:00", f"{PENALTY}.valid_from", "valid_from"),
    ("a datetime for a day", "2030-12-31", "2030-12-31T00:00:00+08:00", f"{PENALTY}.valid_until", "valid_until"),
    ("reviewed on a number", "reviewed_on = 2026-11-21", "reviewed_on = 20261121", "reviewed_on", "reviewed_on"),
    ("validity ends before it starts", "2030-12-31", "2015-12-31", f"{PENALTY}.valid_until", "valid_until"),
    ("a float in terms", "deadline_days = 7", "amount = 0.1", f"{PENALTY}.terms", "[measures.terms]"),
    ("a float deep in terms", "deadline_days = 7", "tiers = [{ amount = 1e6 }]", f"{PENALTY}.terms", "[measures.terms]"),
    ("infinity in terms", "deadline_days = 7", "amount = inf", f"{PENALTY}.terms", "[measures.terms]"),
    ("an integer that JSON cannot carry", "deadline_days = 7", "amount = 0x20000000000001", f"{PENALTY}.terms", "[measures.terms]"),
    ("terms nested too deep", "deadline_days = 7", f"x = {'[' * 40}{']' * 40}", f"{PENALTY}.terms", "[measures.terms]"),
    ("needs that are text", 'needs = ["bonus_rule"]', 'needs = "bonus_rule"', f"{INCENTIVE}.terms", None),
    ("needs of numbers", 'needs = ["bonus_rule"]', "needs = [1]", f"{INCENTIVE}.terms", None),
    ("reaches among the terms", 'needs = ["bonus_rule"]', 'reaches = ["parent"]', f"{INCENTIVE}.terms", None),
    ("a duration of nothing", '"24h"', '"0h"', "policy.max_age", "max_age"),
    ("a duration without unit", '"24h"', '"24"', "policy.max_age", "max_age"),
    ("a duration as a number", '"24h"', "24", "policy.max_age", "max_age"),
    ("a duration in weeks", '"24h"', '{ default = "2w" }', "policy.max_age", "max_age"),
    ("no years for an unknown term", 'max_age = "24h"', "unknown_term_years = 0", "policy.unknown_term_years", "unknown_term_years"),
    ("match_by_name as text", 'max_age = "24h"', 'match_by_name = "no"', "policy.match_by_name", "match_by_name"),
    ("recommended nobody knows", 'max_age = "24h"', 'recommended = "ignore"', "policy.recommended", "recommended ="),
    ("area of three digits", '"9901"', '"990"', "jurisdiction", "jurisdiction"),
    ("area in full-width digits", '"9901"', '"９９０１"', "jurisdiction", "jurisdiction"),
    ("area as a number", '"9901"', "9901", "jurisdiction", "jurisdiction"),
    ("status nobody knows", '"in_force"', '"active"', "status", "status ="),
    ("no domain", 'domain = "procurement"\n', "", "domain", None),
    ("domain in Chinese", '"procurement"', '"政府采购"', "domain", "domain ="),
    ("blank id", '"fictional.procurement"', '" "', "id", "id ="),
    ("id of two lines", '"fictional.procurement"', '"a\\nb"', "id", "id ="),
    ("a measure's id of two lines", '"fictional.prefer"', '"a\\nb"', "measures[1].id", 'id = "a'),
    ("a measure's id a number", '"fictional.prefer"', "7", "measures[1].id", "id = 7"),
    ("version as a number", '"2026.1"', "2026.1", "version", "version ="),
    ("a local list of the catalogue", '"fictional.models"', '"tax.a-rated"', "lists.local[0].code", "code ="),
    ("a local list named violations", '"fictional.models"', '"violations"', "lists.local[0].code", "code ="),
    ("two local lists of one code", "[actions.award]", '[[lists.local]]\ncode = "fictional.models"\nname = "虚构"\nkind = "red"\n[actions.award]', "lists.local[1].code", None),
    ("a local list's code in Chinese", '"fictional.models"', '"虚构名单"', "lists.local[0].code", "code ="),
    ("a local list without kind", 'kind = "red"\nclass', "class", "lists.local[0].kind", "[[lists.local]]"),
    ("a local list of a class nobody knows", '"official"', '"private"', "lists.local[0].class", "class ="),
    ("an action that is no table", "[actions.qualify]", "[actions]\nqualify = 1\n[extra]", None, None),
    ("measures that are no array", "[[measures]]", "[measures]", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key", "pointed"), [pytest.param(o, n, k, p, id=i) for i, o, n, k, p in REFUSALS]
)
def test_an_unusable_list_is_refused(old: str, new: str, key: str | None, pointed: str | None) -> None:
    text = replaced(old, new)
    error = refusal(text)
    if key is not None:
        assert error.key == key
    if pointed is not None:
        assert error.line == line_of(text, pointed)


def test_the_line_is_that_of_the_measure_at_fault() -> None:
    """The second measure's terms, not the first's."""
    text = replaced('needs = ["bonus_rule"]', "amount = 0.5")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line == "[measures.terms]"]
    assert refusal(text).line == lines[1]


def test_the_first_fault_of_a_repeated_id_is_the_repeat() -> None:
    text = replaced('"fictional.prefer"', '"fictional.refuse"')
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line == 'id = "fictional.refuse"']
    assert refusal(text).line == lines[1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("id = ", 1, id="no value"),
        pytest.param('id = "x"\nid = "y"', 2, id="a key twice"),
        pytest.param('id = "x"\ntitle = "y', 2, id="an open string"),
        pytest.param('id = """x\n', 1, id="an open string of several lines"),
        pytest.param("[policy\n", 1, id="an open header"),
        pytest.param("x = 2026-02-30", 1, id="a day that does not exist"),
        pytest.param("x = 25:00:00", 1, id="an hour that does not exist"),
        pytest.param("{}", 1, id="JSON"),
        pytest.param("\x00", 1, id="a NUL"),
        pytest.param("id: x", 1, id="YAML"),
    ],
)
def test_malformed_toml_is_refused(text: str, line: int) -> None:
    assert refusal(text).line == line


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"# nothing here\n", id="a comment alone"),
        pytest.param("x = [" * 3000, id="nested 3000 deep"),
        pytest.param("x = " + "[" * 3000 + "]" * 3000, id="brackets 3000 deep"),
        pytest.param(f"x = {'1' * 5000}", id="a number of 5000 digits"),
        pytest.param("\ud800", id="half a surrogate pair"),
    ],
)
def test_what_is_no_measure_list_is_refused(content: str | bytes) -> None:
    refusal(content)


def test_what_is_not_utf_8_is_refused() -> None:
    error = refusal(WHOLE.encode("gbk"))
    assert error.line == 3  # the first line with Chinese in it
    assert "UTF-8" in error.en


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidMeasureList) as caught:
        measures.load(tmp_path / "none.toml")
    assert caught.value.file == str(tmp_path / "none.toml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMeasureList):
        measures.load(tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="empty"),
        pytest.param({1: 2, "a": 3}, id="keys of two kinds"),
        pytest.param({"id": "\ud800"}, id="half a surrogate pair"),
        pytest.param({"id": 10**5000}, id="a number of 5000 digits"),
    ],
)
def test_decoded_values_that_are_no_list_are_refused(values: dict[Any, Any]) -> None:
    with pytest.raises(InvalidMeasureList):
        measures.from_dict(values)


def test_every_list_of_the_catalogue_can_be_named() -> None:
    codes = ", ".join(f'"{code}"' for code in CATALOGUE)
    text = replaced('"court.judgment-defaulter", "tax.major-violation"', codes)
    assert measure("fictional.refuse", text).triggers == (ListTrigger(tuple(CATALOGUE), Severity.SERIOUS),)
