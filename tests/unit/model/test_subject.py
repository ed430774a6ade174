"""Subject: rules 3.1, 3.8, 9.2, 9.4. Every firm and code is fictional (虚构)."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from typing import Any

import pytest

from credit_sdk import Subject, SubjectType
from credit_sdk.errors import InvalidSubject
from credit_sdk.model.subject import ORGANISATIONS, ListedSubject

CODE, FAILING, SOLE = "91990100MA0000A019", "91990100MA0000A018", "92990100MA0000C01H"
ID_NUMBER, BOTH = "11990019491231002X", "519900194912310067"
NAME = "虚构甲建筑有限公司"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"code": CODE}, id="code"),
        pytest.param({"name": NAME}, id="name"),
        pytest.param({"organisation_code": "FICT00003"}, id="organisation code"),
        pytest.param({"registration_number": "990100000000013"}, id="registration number"),
    ],
)
def test_one_of_four_is_enough(given: dict[str, Any]) -> None:
    assert Subject(**given).to_dict().items() >= given.items()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param({}, "subject", id="nothing"),
        pytest.param({"type": "legal_entity"}, "subject", id="a type alone"),
        pytest.param({"former_names": (NAME,)}, "subject", id="a former name alone"),
        pytest.param({"code": ""}, "code", id="an empty code"),
        pytest.param({"code": "", "name": NAME}, "code", id="an empty code with a name"),
        pytest.param({"code": CODE[:17]}, "code", id="a code too short"),
        pytest.param({"code": FAILING}, "code", id="a failing 18th character"),
        pytest.param({"code": 91990100}, "code", id="a number"),
        pytest.param({"code": ID_NUMBER}, "code", id="an ID number"),
        pytest.param({"code": ID_NUMBER, "issued": True}, "code", id="an ID number, called issued"),
        pytest.param({"code": BOTH}, "code", id="a code that is also an ID number"),
        pytest.param({"name": ""}, "name", id="an empty name"),
        pytest.param({"name": " \u200b"}, "name", id="a name of which nothing shows"),
        pytest.param({"name": "\ud800"}, "name", id="a name that is no text"),
        pytest.param({"name": 7}, "name", id="a name that is a number"),
        pytest.param({"organisation_code": "MA0000A0"}, "organisation_code", id="an organisation code too short"),
        pytest.param({"organisation_code": "FICT00001"}, "organisation_code", id="an organisation code that fails"),
        pytest.param({"registration_number": "123"}, "registration_number", id="a registration number too short"),
        pytest.param({"registration_number": ID_NUMBER}, "registration_number", id="an ID number as registration"),
        pytest.param({"code": CODE, "type": "company"}, "type", id="a type nobody knows"),
        pytest.param({"code": CODE, "type": "natural_person"}, "type", id="a natural person (9.2)"),
        pytest.param({"name": "虚某某", "type": SubjectType.NATURAL_PERSON}, "type", id="a natural person by name"),
    ],
)
def test_an_unusable_subject_is_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        Subject(**given)
    error = caught.value
    assert error.key == key
    assert isinstance(error, ValueError)
    said = f"{error}{error!r}{error.en}"
    for name, value in given.items():
        if name != "type" and isinstance(value, str) and value.strip():
            assert value not in said


def test_codes_are_compacted() -> None:
    subject = Subject(" 91990100-ma0000a019", organisation_code="fict0000-3", registration_number="990100 000000013")
    assert (subject.code, subject.organisation_code, subject.registration_number) == (
        CODE,
        "FICT00003",
        "990100000000013",
    )


def test_a_code_that_a_registry_did_issue() -> None:
    """3.1."""
    subject = Subject(FAILING, issued=True)
    assert subject.check_digit_failed
    assert not Subject(CODE, issued=True).check_digit_failed
    assert not Subject(CODE).check_digit_failed
    assert not Subject(name=NAME, issued=True).check_digit_failed


@pytest.mark.parametrize("type_", sorted(ORGANISATIONS))
def test_a_code_that_is_also_an_id_number_needs_a_type(type_: SubjectType) -> None:
    """3.1."""
    assert Subject(BOTH, type=type_).code == BOTH


@pytest.mark.parametrize(
    ("given", "type_"),
    [
        ({"code": CODE}, SubjectType.LEGAL_ENTITY),
        ({"code": SOLE}, SubjectType.SOLE_TRADER),
        ({"name": NAME}, SubjectType.LEGAL_ENTITY),
        ({"code": SOLE, "type": "legal_entity"}, SubjectType.LEGAL_ENTITY),
        ({"code": CODE, "type": SubjectType.OTHER_ORGANISATION}, SubjectType.OTHER_ORGANISATION),
    ],
    ids=["91", "92", "name", "92 and a type", "91 and a type"],
)
def test_the_type_as_asked_or_by_the_code(given: dict[str, Any], type_: SubjectType) -> None:
    """3.8."""
    assert Subject(**given).default_type is type_


def test_types_are_taken_as_words() -> None:
    word: Any = "sole_trader"
    assert Subject(CODE, type=word).type is SubjectType.SOLE_TRADER


def test_the_name_key_is_the_normalised_name() -> None:
    """3.6."""
    assert Subject(name="虛構（甲）建築 有限公司").name_key == Subject(name="虚构(甲)建筑有限公司").name_key
    assert Subject(CODE).name_key is None


def test_to_dict_is_whole() -> None:
    """9.4: masked in `repr`, whole in `to_dict()`."""
    assert Subject(CODE, name=f" {NAME} ", type=SubjectType.LEGAL_ENTITY).to_dict() == {
        "code": CODE,
        "name": NAME,
        "type": "legal_entity",
    }
    assert Subject(organisation_code="FICT00003").to_dict() == {
        "code": None,
        "name": None,
        "type": None,
        "organisation_code": "FICT00003",
    }


SECRETS = (CODE, NAME, "FICT00003", "990100000000013")


def test_repr_shows_nobody() -> None:
    """9.4."""
    whole = Subject(
        CODE, name=NAME, organisation_code="FICT00003", registration_number="990100000000013", former_names=(NAME,)
    )
    assert f"{whole!r}".startswith("Subject('9199**********A019'")
    listed = ListedSubject(CODE, "FICT00003", "990100000000013", NAME, None, (NAME,))
    for shown in (repr(whole), str(whole), f"{whole}", repr(listed), str(listed), repr(ListedSubject(name=NAME))):
        assert not any(secret in shown for secret in SECRETS)


def test_subjects_are_values() -> None:
    one, other = Subject(CODE, name=NAME), Subject(CODE.lower(), name=NAME)
    assert one == other
    assert len({one, other, Subject(CODE)}) == 2
    with pytest.raises(AttributeError):
        one.code = "x"  # type: ignore[misc]


def test_subjects_can_be_copied_and_pickled() -> None:
    subject = Subject(CODE, name=NAME, established_on=date(2001, 2, 3), former_names=("虚构旧名",))
    for twin in (copy.deepcopy(subject), pickle.loads(pickle.dumps(subject))):  # noqa: S301
        assert twin == subject
        assert twin.name_key == subject.name_key


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        pytest.param({"name": "11010519491231002X"}, "name", id="an ID number as a name"),
        pytest.param({"name": "-"}, "name", id="a name without a letter"),
        pytest.param(
            {"name": "虚构甲有限公司", "former_names": "虚构乙有限公司"}, "former_names", id="former names as text"
        ),
        pytest.param({"name": "虚构甲有限公司", "established_on": "2020-01-01"}, "established_on", id="a day as text"),
    ],
)
def test_what_would_be_mistaken_is_refused(fields: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidSubject) as caught:
        Subject(**fields)
    assert caught.value.key == key
    assert str(fields["name"]) not in str(caught.value) or fields["name"] == "-"
