"""What only shows between adapters: names, measure lists and local lists that two of them claim. Neither wins."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from credit_sdk.plugins._loading import AdapterInfo, Loaded, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk.model.catalogue import ListInfo


class Clash(NamedTuple):
    """Something claimed more than once."""

    claimants: tuple[int, ...]
    """Places of the adapters concerned; the same one twice where it contradicts itself."""
    zh: str
    en: str


Claims: TypeAlias = "dict[str, list[tuple[int, ListInfo]]]"


def refused(adapters: Sequence[Loaded]) -> list[Loaded]:
    """The adapters, those that claim the same thing refused, each naming the others."""
    taken = list(adapters)
    infos = [one.info for one in adapters]
    for clash in (*_names(infos), *_measure_lists(infos), *_local_lists(infos)):
        labels = [infos[place].label for place in dict.fromkeys(clash.claimants)]
        for place in clash.claimants:
            info = taken[place].info
            if info.problem is None:  # the first clash found is the one reported
                among_zh = "、".join(labels) if len(labels) > 1 else "它自己的两份清单"
                among_en = " and ".join(labels) if len(labels) > 1 else "two lists of its own"
                problem = problem_of(info, f"{clash.zh} ({among_zh})", f"{clash.en} ({among_en})")
                taken[place] = Loaded(replace(info, problem=problem))
    return taken


def _names(infos: Sequence[AdapterInfo]) -> Iterator[Clash]:
    """Two adapters under one name: whoever restricts a host to that name means one of them."""
    places = defaultdict(list)
    for place, info in enumerate(infos):
        places[info.name].append(place)
    for name, several in places.items():
        if len(several) > 1:
            yield Clash(tuple(several), f"适配器名称 {name} 重复", f"the adapter name {name} is used twice")


def _measure_lists(infos: Sequence[AdapterInfo]) -> Iterator[Clash]:
    """Two measure lists under one id: a decision names its list by id, so it must be one list's."""
    places = defaultdict(list)
    for place, info in enumerate(infos):
        for measure_list in info.measure_lists:
            places[measure_list.id].append(place)
    for id_, several in places.items():
        if len(several) > 1:
            yield Clash(tuple(several), f"措施清单编号 {id_} 重复", f"the measure list id {id_} is used twice")


def _local_lists(infos: Sequence[AdapterInfo]) -> Iterator[Clash]:
    """Two local lists under one code: records that speak for the one would be taken to speak for the other."""
    claims: Claims = defaultdict(list)
    for place, info in enumerate(infos):
        for measure_list in info.measure_lists:
            for code, local in measure_list.local_lists.items():
                claims[code].append((place, local))
    for code, several in claims.items():
        if len({local.meaning for _, local in several}) > 1:
            places = tuple(dict.fromkeys(place for place, _ in several))
            yield Clash(places, f"地方名单 {code} 的定义不一致", f"the local list {code} is defined differently")
