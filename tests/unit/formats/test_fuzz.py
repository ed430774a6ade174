"""Both parsers under fire: any bytes either load or are refused in our words, and no identifier leaks (rule 9.4).

Each test is bounded by its number of examples; together they take some seconds.
"""

from __future__ import annotations

import copy
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sdk.errors import BadRecord, CreditError, InvalidMeasureList, InvalidRecords
from credit_sdk.formats import measures, records
from credit_sdk.model.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE, ID_NUMBER, NAME = "91990100MA0000A019", "11990019491231002X", "虚构甲建筑有限公司"
SECRETS = (CODE, ID_NUMBER, NAME, "MA0000A01")
LINES: list[dict[str, Any]] = [
    {
        "type": "coverage",
        "list": "tax.major-violation",
        "as_of": "2026-11-20T00:00:00+08:00",
        "history_from": "2015-01-01",
    },
    {
        "type": "listing",
        "id": "L-1",
        "list": "tax.major-violation",
        "kind": "black",
        "subject": {
            "code": CODE,
            "organisation_code": "MA0000A01",
            "name": NAME,
            "type": "legal_entity",
            "former_names": [NAME],
            "established_on": "2001-02-03",
        },
        "status": "objected",
        "objection": "recognition",
        "severity": "severe",
        "authority": "虚构市税务局",
        "effective_from": "2025-03-01",
        "effective_until": "2028-02-29",
        "jurisdiction": "44",
        "extra": {"a": [1, None]},
    },
    {"type": "violation", "id": "V-1", "subject": {"code": CODE}, "authority": "虚构市局", "decided_on": "2024-05-06"},
]
MEASURES = """\
id = "fictional.x"
domain = "x"
version = "1"
jurisdiction = "CN"
status = "in_force"
[policy]
on_objection = "flag"
max_age = { default = "24h", "tax.a-rated" = "400d" }
[lists]
optional = ["safety.model"]
[[lists.local]]
code = "fictional.models"
name = "虚构名单"
kind = "red"
[actions.award]
must_check = true
[[measures]]
id = "m"
name = "虚构"
effect = "restrict"
consequence = "refuse"
force = "mandatory"
actions = ["award"]
unit = "虚构"
valid_from = 2016-08-01
triggers = [{ list = ["tax.major-violation"], min_severity = "minor" }]
basis = [{ title = "虚构", verified = "text" }]
[measures.terms]
days = 7
"""

FEW, MANY = settings(max_examples=150), settings(max_examples=400)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["", " ", "\u200b", "\ud800", "2025-02-30", "9999-12-31", "0001-01-01", "24:00", CODE, ID_NUMBER, "44", "０"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def in_order(error: CreditError) -> None:
    """One line in both languages that can be printed, and is not endless."""
    for sentence in (error.located("zh"), error.located("en")):
        assert len(sentence.splitlines()) == 1
        assert len(sentence) < 2000
        sentence.encode()


def read(folder: Path, content: bytes) -> InvalidRecords | None:
    path = folder / "lists.jsonl"
    path.write_bytes(content)
    try:
        records.read([path], CATALOGUE)
    except InvalidRecords as error:
        in_order(error)
        return error
    return None


def load(content: bytes | str) -> InvalidMeasureList | None:
    try:
        measures.loads(content, file="measures.toml")
    except InvalidMeasureList as error:
        in_order(error)
        return error
    return None


def paths_of(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in nested objects and arrays."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return (
        [at, *(path for key, item in inner for path in paths_of(item, (*at, key)))]
        if at
        else [path for key, item in inner for path in paths_of(item, (key,))]
    )


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy with ``new`` at ``path``."""
    changed = copy.deepcopy(value)
    holder = changed
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = new
    return changed


def test_what_the_mutations_start_from_loads(folder: Path) -> None:
    assert read(folder, "\n".join(map(json.dumps, LINES)).encode()) is None
    assert load(MEASURES) is None


# --------------------------------------------------------------------------------------------------------- JSON Lines


@FEW
@given(content=st.binary(max_size=300))
def test_any_bytes_load_or_are_refused_as_records(folder: Path, content: bytes) -> None:
    read(folder, content)


@FEW
@given(value=values)
def test_any_json_loads_or_is_refused_as_records(folder: Path, value: Any) -> None:
    read(folder, json.dumps(value).encode())


@MANY
@given(data=st.data())
def test_a_line_with_one_value_changed_loads_or_is_refused(folder: Path, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(LINES))
    path = data.draw(st.sampled_from(paths_of(line)))
    read(folder, json.dumps(put(line, path, data.draw(values))).encode())


@MANY
@given(data=st.data())
def test_lines_with_bytes_changed_load_or_are_refused(folder: Path, data: st.DataObject) -> None:
    content = bytearray("\n".join(json.dumps(line, ensure_ascii=False) for line in LINES).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            del content[at : at + data.draw(st.integers(1, 30))]
            if not content:
                break
    read(folder, bytes(content))


@FEW
@given(data=st.data())
def test_a_value_changed_in_an_object_gives_records_or_a_bad_record(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(LINES))
    path = data.draw(st.sampled_from(paths_of(line)))
    with suppress(BadRecord):
        records.parse([put(line, path, data.draw(values | st.dates() | st.binary()))], CATALOGUE)


@MANY
@given(data=st.data())
def test_no_refusal_of_a_line_shows_whom_it_names(folder: Path, data: st.DataObject) -> None:
    """Whatever else is wrong with an entry, its subject is not repeated, nor an identifier put where none belongs."""
    line = data.draw(st.sampled_from(LINES[1:]))
    # What an unknown type, list or repeated id says is quoted by design: they name no subject.
    places = [path for path in paths_of(line) if path not in {("type",), ("list",), ("id",)}]
    path = data.draw(st.sampled_from(places))
    secret = data.draw(st.sampled_from(SECRETS))
    new = data.draw(
        st.sampled_from([secret, [secret], {secret: secret}, f"{secret}x", {"code": f"{secret}0", "name": secret}])
    )
    error = read(folder, json.dumps(put(line, path, new)).encode())
    if error is not None:
        said = repr(error) + str(error) + error.en + str(error.key)
        assert not any(one in said for one in SECRETS)


# --------------------------------------------------------------------------------------------------------------- TOML


@FEW
@given(content=st.binary(max_size=300) | st.text(max_size=300))
def test_anything_loads_or_is_refused_as_a_measure_list(content: bytes | str) -> None:
    load(content)


@MANY
@given(data=st.data())
def test_a_measure_list_with_bytes_changed_loads_or_is_refused(data: st.DataObject) -> None:
    content = bytearray(MEASURES.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(
            st.binary(max_size=2) | st.sampled_from([b'"', b"[", b"]]", b"=", b"\n", b".", b"#", b"'''", b"{"])
        )
        content[at : at + data.draw(st.integers(0, 20))] = piece
        if not content:
            break
    load(bytes(content))


@MANY
@given(data=st.data())
def test_a_measure_list_with_one_value_changed_loads_or_is_refused(data: st.DataObject) -> None:
    import tomllib

    whole = tomllib.loads(MEASURES)
    path = data.draw(st.sampled_from(paths_of(whole)))
    changed = put(whole, path, data.draw(values | st.dates() | st.datetimes()))
    try:
        loaded = measures.from_dict(changed, file="measures.toml")
    except InvalidMeasureList as error:
        in_order(error)
    else:
        json.dumps([measure.terms for measure in loaded.measures])  # what loads can be written


@FEW
@given(key=st.text(min_size=1, max_size=12), value=values)
def test_a_measure_list_with_a_key_more_is_refused(key: str, value: Any) -> None:
    import tomllib

    whole = tomllib.loads(MEASURES)
    for table in (whole, whole["policy"], whole["actions"]["award"], whole["measures"][0]):
        if key not in {*whole, *whole["policy"], *whole["measures"][0], "title", "on_unavailable"} and key.isascii():
            table[key] = value
            with pytest.raises(InvalidMeasureList) as caught:
                measures.from_dict(whole, file="measures.toml")
            in_order(caught.value)
            del table[key]
