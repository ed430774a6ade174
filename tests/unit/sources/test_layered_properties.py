"""Whatever the layers hold and whoever prevails: one layer speaks for a list, and nobody else's entries of it are used."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from credit_sdk import Subject
from credit_sdk.errors import NoDecision, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.sources import LayerPolicy, MemorySource
from credit_sdk.testing import MOMENT, FailingSource, coverage, fictional_code, listing, violation
from tests.unit.sources.both import FORMS, fetched, layered

LISTS = ("tax.major-violation", "court.judgment-defaulter", "tax.a-rated", "violations")
NAMES = ("a", "b", "c")
FIRM = Subject(fictional_code(1), name="虚构一号有限公司")

holdings = st.fixed_dictionaries(
    {
        "covered": st.sets(st.sampled_from(LISTS)),
        "listed": st.lists(st.sampled_from(LISTS), max_size=4),
        "down": st.booleans(),
    }
)
policies = st.builds(
    LayerPolicy,
    lists=st.dictionaries(
        st.sampled_from(LISTS), st.one_of(st.sampled_from(NAMES), st.permutations(NAMES), st.just(("b", "a")))
    ),
    on_outage=st.sampled_from(("next", "fail")),
)


def source_of(name: str, held: dict[str, Any]) -> Any:
    """A layer whose entries bear its name."""
    if held["down"]:
        return FailingSource(SourceUnavailable("不可用", "down"))
    records: list[dict[str, Any]] = [coverage(code) for code in held["covered"]]
    for number, code in enumerate(held["listed"]):
        id_ = f"{name}-{number}"
        records.append(violation(id=id_) if code == "violations" else listing(code, id=id_))
    return MemorySource.of(records, read_at=MOMENT, name=name)


@given(form=st.sampled_from(FORMS), held=st.fixed_dictionaries(dict.fromkeys(NAMES, holdings)), policy=policies)
def test_one_layer_speaks_for_a_list(form: str, held: dict[str, dict[str, Any]], policy: LayerPolicy) -> None:
    layers = {name: source_of(name, held[name]) for name in NAMES}
    [answer] = fetched(layered(form, layers, policy=policy), [FIRM])

    up = [name for name in NAMES if not held[name]["down"]]
    if not up or (policy.on_outage == "fail" and len(up) < len(NAMES)):
        assert isinstance(answer, NoDecision)
        return
    assert isinstance(answer, CreditRecord)

    def may_speak(code: str) -> tuple[str, ...]:
        named = policy.lists.get(code, NAMES)
        return (named,) if isinstance(named, str) else tuple(named)

    # Every list is spoken for by the first of those who may, who is up, and who covers it; by nobody, if there is none.
    speakers = {}
    for code in LISTS:
        for name in may_speak(code):
            if name in up and code in held[name]["covered"]:
                speakers[code] = name
                break
    assert answer.origins == speakers
    assert set(answer.coverage) == set(speakers)

    # No entry of a list from a layer that does not speak for it, and every one from the layer that does.
    taken = [(entry.list, entry.id) for entry in answer.listings] + [("violations", v.id) for v in answer.violations]
    for code in LISTS:
        by = {id_.partition("-")[0] for taken_code, id_ in taken if taken_code == code}
        heard = {speakers[code]} if code in speakers else {name for name in may_speak(code) if name in up}
        assert by == {name for name in heard if code in held[name]["listed"]}
    assert (answer.outage is not None) == (len(up) < len(NAMES))
    assert answer.disputed <= set(speakers)
