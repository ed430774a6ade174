"""What a command works with: the settings' adapters and source, and what the command line gives in their place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from credit_sdk.client import CreditClient
from credit_sdk.client.settings import Settings
from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.plugins import DomainRegistry
from credit_sdk.ports.observer import LedgerFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk.cli.session import Session
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.ports.observer import Event


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
    ledger: str | Ledger | None = None,
) -> CreditClient:
    """The client that the command line and the settings ask for.

    :param source: ``--source``; ``None``: as set.
    :param files: ``--lists``.
    :param measures: ``--measures``.
    :param domains: the adapters; default: those that the settings allow.
    :param ledger: where checks are kept; ``None``: nowhere, whatever is set.
    :raises CreditError: a file, a setting or an adapter is unusable.
    """
    settings, _ = Settings.collect({"source": source})
    options = settings.ledger_options() | {"ledger": ledger}
    if not isinstance(ledger, str):  # a ledger that is open has its own, and without one they mean nothing
        known = {"ledger", "receipt_key"} if ledger is not None else {"receipt_key", "service"}
        options = {name: value for name, value in options.items() if name in known}
    domains = registry(settings) if domains is None else domains
    measure_lists = [] if measures is None else [_measure_list(measures, domain)]
    if files:
        from credit_sdk.sources import FilesSource

        lists = known_lists(domains, measure_lists)
        return CreditClient(FilesSource(files, lists=lists), domains=domains, measure_lists=measure_lists, **options)
    if settings.source.value is None:
        raise InvalidSettings(
            "没有信用信息来源；试用请加 --source demo，自有名单数据请用 --lists FILE.jsonl，长期使用请设置 CREDIT_SOURCE",
            "there is no source of credit information; to try it out add --source demo, for data of your own --lists"
            " FILE.jsonl, for good set CREDIT_SOURCE",
            key="source",
        )
    source = settings.source.value
    return CreditClient(
        source, api_key=settings.key_for(source), domains=domains, measure_lists=measure_lists, **options
    )


@contextmanager
def keeping(target: str | None, session: Session) -> Iterator[Ledger | None]:
    """The ledger that checks of this run are kept in. It delivers nothing: one check must not wait for a platform's intake.

    What could not be kept, and need not be (``ledger_required``), is warned of.

    :param target: ``--ledger``; ``None``: as set.
    :raises InvalidSettings: it names no ledger.
    """
    settings, _ = Settings.collect({"ledger": target})
    options = settings.ledger_options()
    if "ledger" not in options:
        yield None
        return
    from credit_sdk.ledger.desk import Ledger

    lost = _Lost()
    ledger = Ledger.open(
        options["ledger"],
        service=options.get("service"),
        required=options.get("ledger_required", True),
        observer=lost,
    )
    try:
        yield ledger
    finally:
        ledger.close()
        lost.tell(session, ledger.name)


class _Lost:
    """An observer of what could not be kept."""

    def __init__(self) -> None:
        self._errors: list[str] = []

    def observe(self, event: Event) -> None:
        if isinstance(event, LedgerFailed):
            self._errors.append(event.error)

    def tell(self, session: Session, name: str) -> None:
        if not self._errors:
            return
        from credit_sdk.cli.warnings import warn

        warn(
            session,
            "not_kept",
            f"台账写不了（{self._errors[0]}），这次核查没有入账；原因见 credit doctor",
            f"the ledger cannot be written ({self._errors[0]}), and this check was not kept; see credit doctor for why",
            file=name,
            key="ledger",
        )


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
