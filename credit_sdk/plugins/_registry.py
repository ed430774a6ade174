"""The registry: which domains there are, whose they are, and which adapters are broken. A value, not a global."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from credit_sdk.errors import AdapterFailed, InvalidSettings, UnknownDomain, quoted
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.plugins._clashes import refused
from credit_sdk.plugins._loading import AdapterInfo, load, of_entry_point
from credit_sdk.plugins._spec import PROJECT

if TYPE_CHECKING:
    from collections.abc import Collection

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.plugins._domain import Domain


class DomainRegistry:
    """The domains that can be asked about, and the adapters they come from. Immutable; share it freely.

    A broken adapter never stops the others. But no domain goes on with half of its measure lists: where one of a
    domain's adapters is broken, :meth:`measure_lists` raises, because the list that is missing might have been the one
    to decide.
    """

    __slots__ = ("_adapters", "_broken", "_domains", "_lists")

    def __init__(self, plugins: Mapping[str, object] | Iterable[object] = ()) -> None:
        """Ask ``plugins`` for their domains; what goes wrong stands under :attr:`problems`.

        :param plugins: modules or objects that implement the hook, or entry points of such; a mapping names them,
            otherwise each goes by its own name.
        """
        named = plugins.items() if isinstance(plugins, Mapping) else ((None, plugin) for plugin in plugins)
        loaded = sorted(
            (load(_described(name, plugin), partial(_opened, plugin)) for name, plugin in named),
            key=lambda one: (one.info.name, one.info.distribution or ""),
        )
        taken = refused(loaded)
        self._adapters = tuple(one.info for one in taken)
        self._broken = {_domain_of(info): info.problem for info in reversed(self._adapters) if info.problem}
        sound = [one.domain for one in taken if one.domain is not None and one.domain.name not in self._broken]
        self._domains = MappingProxyType(_merged(sound))
        local = [ml.local_lists for domain in self._domains.values() for ml in domain.measure_lists]
        self._lists = MappingProxyType({**CATALOGUE, **{code: lists[code] for lists in local for code in lists}})

    @classmethod
    def from_entry_points(cls, only: Iterable[str] | None = None, *, group: str = PROJECT) -> Self:
        """The installed adapters.

        :param only: names of the adapters to use; nothing of the others is loaded. Default: all.
        :param group: the entry point group.
        :raises InvalidSettings: ``only`` names an adapter that is not installed.
        """
        found: Collection[EntryPoint] = entry_points(group=group)
        if only is not None:
            wanted = {only} if isinstance(only, str) else set(only)
            known = {entry_point.name for entry_point in found}
            if unknown := ", ".join(sorted(wanted - known)):
                installed = ", ".join(sorted(known)) or "-"
                raise InvalidSettings(
                    f"没有安装适配器 {unknown}; 已安装: {installed}",
                    f"adapter {unknown} is not installed; installed: {installed}",
                    key="adapters",
                )
            found = [entry_point for entry_point in found if entry_point.name in wanted]
        return cls(found)

    @property
    def domains(self) -> Mapping[str, Domain]:
        """The domains that can be asked about, by name."""
        return self._domains

    @property
    def adapters(self) -> tuple[AdapterInfo, ...]:
        """Every adapter that was looked at, broken ones included, by name."""
        return self._adapters

    @property
    def problems(self) -> tuple[AdapterFailed, ...]:
        """What is wrong, one error for each broken adapter."""
        return tuple(info.problem for info in self._adapters if info.problem is not None)

    @property
    def lists(self) -> KnownLists:
        """Every list that may be named: the catalogue's and the measure lists' own."""
        return self._lists

    def measure_lists(self, domain: str) -> tuple[MeasureList, ...]:
        """The domain's measure lists, whatever their area and status, by id.

        :raises UnknownDomain: no adapter speaks for it; names the domains there are, and the broken adapters.
        :raises AdapterFailed: an adapter that speaks for it is broken.
        """
        known = self._domains.get(domain)
        if known is not None:
            return known.measure_lists
        problem = self._broken.get(domain)
        if problem is not None:
            # A copy: one exception raised by several threads would gather all their tracebacks.
            raise copy.copy(problem) from problem.__cause__
        names = ", ".join(self._domains) or "-"
        broken = ", ".join(info.name for info in self._adapters if info.problem)
        raise UnknownDomain(
            f"没有领域 {quoted(domain)}; 可用: {names}"
            + (f"; 不可用的适配器: {broken} (详见 credit doctor)" if broken else "; 其他领域请安装其适配器"),
            f"there is no domain {quoted(domain)}; known: {names}"
            + (f"; broken adapters: {broken} (see credit doctor)" if broken else "; install the adapter of another"),
            key="domain",
        )

    def __repr__(self) -> str:
        return f"DomainRegistry(domains={list(self._domains)}, problems={[p.adapter for p in self.problems]})"


def _described(name: str | None, plugin: object) -> AdapterInfo:
    if isinstance(plugin, EntryPoint):
        return of_entry_point(plugin, name)
    return AdapterInfo(name or str(getattr(plugin, "__name__", type(plugin).__name__)))


def _opened(plugin: object) -> object:
    return plugin.load() if isinstance(plugin, EntryPoint) else plugin


def _domain_of(info: AdapterInfo) -> str:
    """The domain a broken adapter concerns: the one it named, else the one it is named after."""
    return info.domain or info.name.partition(".")[0]


def _merged(domains: Iterable[Domain]) -> dict[str, Domain]:
    """One domain a name, with the measure lists of all its adapters; called what the first of them calls it."""
    merged: dict[str, Domain] = {}
    for domain in domains:
        first = merged.get(domain.name, domain)
        lists = {ml.id: ml for ml in (*first.measure_lists, *domain.measure_lists)}
        merged[domain.name] = replace(first, measure_lists=tuple(lists[id_] for id_ in sorted(lists)))
    return dict(sorted(merged.items()))
