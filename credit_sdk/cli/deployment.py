"""What a command works with: the settings' adapters and source, and what the command line gives in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.client import CreditClient
from credit_sdk.client.settings import Settings
from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.plugins import DomainRegistry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import MeasureList


def registry(settings: Settings | None = None) -> DomainRegistry:
    """The adapters that the settings allow.

    :raises InvalidSettings: they name an adapter that is not installed.
    """
    if settings is None:
        settings, _ = Settings.collect()
    return settings.registry() or DomainRegistry.from_entry_points()


def known_lists(domains: DomainRegistry, measure_lists: Sequence[MeasureList] = ()) -> KnownLists:
    """Every list that a file of records may name."""
    known = dict(domains.lists)
    for measure_list in measure_lists:
        known.update(measure_list.local_lists)
    return known


def client(
    source: str | None,
    files: Sequence[str],
    measures: str | None,
    domain: str,
    *,
    domains: DomainRegistry | None = None,
) -> CreditClient:
    """The client that the command line and the settings ask for.

    :param source: ``--source``; ``None``: as set.
    :param files: ``--lists``.
    :param measures: ``--measures``.
    :param domains: the adapters; default: those that the settings allow.
    :raises CreditError: a file, a setting or an adapter is unusable.
    """
    settings, _ = Settings.collect({"source": source})
    domains = registry(settings) if domains is None else domains
    measure_lists = [] if measures is None else [_measure_list(measures, domain)]
    if files:
        from credit_sdk.sources import FilesSource

        lists = known_lists(domains, measure_lists)
        return CreditClient(FilesSource(files, lists=lists), domains=domains, measure_lists=measure_lists)
    if settings.source.value is None:
        raise InvalidSettings(
            "没有信用信息来源；试用请加 --source demo，自有名单数据请用 --lists FILE.jsonl，长期使用请设置 CREDIT_SOURCE",
            "there is no source of credit information; to try it out add --source demo, for data of your own --lists"
            " FILE.jsonl, for good set CREDIT_SOURCE",
            key="source",
        )
    source = settings.source.value
    return CreditClient(source, api_key=settings.key_for(source), domains=domains, measure_lists=measure_lists)


def _measure_list(path: str, domain: str) -> MeasureList:
    from credit_sdk.formats.measures import load

    measure_list = load(path)
    if measure_list.domain != domain:
        raise InvalidRequest(
            f"该措施清单属于领域 {measure_list.domain}；请把 --domain 写成 {measure_list.domain} 或换用清单",
            f"this measure list is of domain {measure_list.domain}; pass --domain {measure_list.domain} or use another list",
            file=path,
            key="domain",
        )
    return measure_list
