"""Rule 9.4: identifiers never stand in errors, `repr` or logs, whatever fails. All of them are fictional (虚构)."""

from __future__ import annotations

import json
import logging
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CheckRequest, CreditClient, Subject
from credit_sdk.errors import BadRecord, CreditError, InvalidSubject, NoDecision
from credit_sdk.formats import measures, records
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.identifiers import organisation_code, registration_number, uscc
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import FilesSource, MemorySource
from credit_sdk.testing import MOMENT, FailingSource, FixedClock, coverage, listing, measure_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CODE = "91990100MA0000A019"
FAILING = "91990100MA0000A018"
ID_NUMBER = "11990019491231002X"
BOTH = "519900194912310067"
ORGANISATION = "FICT00003"
REGISTRATION = "990100000000013"
NAME = "虚构甲建筑有限公司"
SECRETS = (CODE, FAILING, ID_NUMBER, BOTH, ORGANISATION, REGISTRATION, NAME, "MA0000A01", "19491231")


def quiet(text: str) -> None:
    """Nothing of any identifier stands in ``text``, in whatever case and spacing."""
    plain = text.upper().replace(" ", "").replace("-", "")
    found = [secret for secret in SECRETS if secret in plain]
    assert not found, found


def of_error(error: CreditError) -> str:
    return f"{error}{error!r}{error.zh}{error.en}{error.key}{error.args}{error.located('en')}"


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does, nothing that is logged on the way names anybody."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
    quiet(caplog.text)
    quiet("".join(str(warning.message) for warning in warned))


@pytest.mark.parametrize(
    "validate",
    [uscc.validate, organisation_code.validate, registration_number.validate],
    ids=["uscc", "organisation_code", "registration_number"],
)
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("spoilt", ["{}", "{}0", "?{}", "{} x", "０{}", "{}\n", "{0}{0}"], ids=repr)
def test_no_identifier_module_says_its_input(validate: Callable[[str], str], secret: str, spoilt: str) -> None:
    try:
        validate(spoilt.format(secret))
    except InvalidSubject as error:
        quiet(of_error(error))


@pytest.mark.parametrize("field", ["code", "name", "organisation_code", "registration_number", "type"])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_subject_says_its_input(field: str, secret: str) -> None:
    given: dict[str, Any] = {field: secret, **({"code": CODE} if field == "type" else {})}
    try:
        subject = Subject(**given)
    except InvalidSubject as error:
        quiet(of_error(error))
    else:
        quiet(f"{subject}{subject!r}{[subject]!r}")


@pytest.mark.parametrize("secret", SECRETS)
def test_no_masked_form_gives_the_whole_away(secret: str) -> None:
    quiet(uscc.mask(secret) + organisation_code.mask(secret) + registration_number.mask(secret))


LINE = listing(subject={"code": CODE, "name": NAME, "organisation_code": ORGANISATION})


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({**LINE, "status": None}, id="no status"),
        pytest.param({**LINE, "authority": " "}, id="no authority"),
        pytest.param({**LINE, "effective_from": "2025-02-30"}, id="no such day"),
        pytest.param({**LINE, "kind": "red"}, id="another kind"),
        pytest.param({**LINE, "status": NAME}, id="a name for a status"),
        pytest.param({**LINE, "severity": CODE}, id="a code for a severity"),
        pytest.param({**LINE, "effective_from": CODE}, id="a code for a day"),
        pytest.param({**LINE, "jurisdiction": ID_NUMBER}, id="an ID number for an area"),
        pytest.param({**LINE, "subject": {"code": ID_NUMBER}}, id="an ID number for a code"),
        pytest.param({**LINE, "subject": {"code": BOTH}}, id="an ID number that is a code too"),
        pytest.param({**LINE, "subject": {"code": CODE[:-1]}}, id="a code cut short"),
        pytest.param({**LINE, "subject": {"organisation_code": CODE}}, id="a code for an organisation code"),
        pytest.param({**LINE, "subject": {"registration_number": ID_NUMBER}}, id="an ID number for a registration"),
        pytest.param({**LINE, "subject": NAME}, id="a name for a subject"),
        pytest.param({**LINE, "subject": {"code": {CODE: NAME}}}, id="an object for a code"),
        pytest.param({**LINE, "subject": {"name": [NAME]}}, id="an array for a name"),
        pytest.param({**LINE, "subject": {"code": CODE, "type": NAME}}, id="a name for a type"),
    ],
)
def test_no_bad_line_says_whom_it_names(tmp_path: Path, line: dict[str, Any]) -> None:
    path = tmp_path / "lists.jsonl"
    path.write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(CreditError) as of_file:
        FilesSource(path)
    quiet(of_error(of_file.value).replace(str(tmp_path), ""))
    with pytest.raises(BadRecord) as of_object:
        MemorySource.of([line])
    quiet(of_error(of_object.value))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(LINE, ensure_ascii=False)[:-1], id="cut short"),
        pytest.param(json.dumps(LINE, ensure_ascii=False).replace(":", "", 1), id="no colon"),
        pytest.param(f"{CODE},{NAME}", id="CSV"),
        pytest.param(f'["{CODE}"]', id="an array"),
        pytest.param(json.dumps(LINE, ensure_ascii=False).replace("虚构", "\ud800", 1), id="half a surrogate pair"),
    ],
)
def test_no_broken_file_says_what_stands_in_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lists.jsonl"
    for encoding in ("utf-8", "gbk", "utf-16"):
        path.write_bytes(text.encode(encoding, errors="surrogatepass" if encoding != "gbk" else "replace"))
        with pytest.raises(CreditError) as caught:
            records.read([path], CATALOGUE)
        quiet(of_error(caught.value).replace(str(tmp_path), ""))


def test_two_listings_of_one_id_are_not_told_apart_by_name() -> None:
    with pytest.raises(BadRecord) as caught:
        MemorySource.of([LINE, {**LINE, "subject": {"code": "91990100MA0000A02C"}}])
    quiet(of_error(caught.value))


def client(source: Any, **changes: Any) -> CreditClient:
    return CreditClient(source, domains=DomainRegistry(), measure_lists=[measure_list(**changes)], clock=FixedClock())


SUBJECT = Subject(CODE, name=NAME, organisation_code=ORGANISATION, registration_number=REGISTRATION)


@pytest.mark.parametrize(
    "raised",
    [OSError(f"no route: ?code={CODE}"), KeyError(CODE), ValueError(f"{NAME}?"), TimeoutError(ID_NUMBER)],
    ids=lambda error: type(error).__name__,
)
def test_no_failing_source_says_who_was_asked(raised: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NoDecision) as caught:
        client(FailingSource(raised)).check(SUBJECT, domain="test", action="award")
    quiet(of_error(caught.value))


def test_no_answer_says_who_was_asked() -> None:
    for lines in ([], [coverage(), {**LINE, "list": "safety.serious-violation", "kind": "black"}], [LINE]):
        source = MemorySource.of(lines, read_at=MOMENT)
        for lenient in (client(source), client(source, actions={"award": {"on_unavailable": "allow"}})):
            try:
                decision = lenient.check(SUBJECT, domain="test", action="award")
            except NoDecision as error:
                quiet(of_error(error) + repr(error.listings))
            else:
                quiet(repr(decision) + repr(decision.subject))


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "space"},
        {"action": "launch"},
        {"jurisdiction": "4"},
        {"related": [("uncle", CODE)]},
        {"members": [FAILING]},
        {"members": [ID_NUMBER]},
        {"as_of": "now"},
        {"handles": "refuse"},
    ],
    ids=lambda wrong: next(iter(wrong)) + str(next(iter(wrong.values())))[:12],
)
def test_no_unusable_request_says_who_was_asked(wrong: dict[str, Any]) -> None:
    with pytest.raises(CreditError) as caught:
        client(MemorySource.of([])).check(SUBJECT, **{"domain": "test", "action": "award", **wrong})
    quiet(of_error(caught.value))


def test_no_value_on_the_way_shows_whom_it_is_about() -> None:
    """What a debugger, a log line or a failed assertion would print."""
    source = MemorySource.of([coverage(), LINE], read_at=MOMENT)
    (record,) = source.fetch([SUBJECT])
    request = CheckRequest(
        subject=SUBJECT,
        domain="test",
        action="award",
        members=[CODE],
        related=[("parent", CODE)],
        purpose=CODE,
        authorization=NAME,
        context={"firm": NAME},
    )
    decision = client(source).check(SUBJECT, domain="test", action="award")
    read = records.parse([coverage(), LINE], CATALOGUE)
    for shown in (SUBJECT, source, record, request, decision, decision.listings, decision.obligations, read, [request]):
        quiet(repr(shown) + str(shown))


def test_a_measure_list_shows_no_one() -> None:
    loaded = measure_list()
    quiet(repr(loaded) + repr(measures.from_dict))
