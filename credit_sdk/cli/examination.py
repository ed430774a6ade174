"""What ``credit doctor`` looks at, as values."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, field, fields
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any

from credit_sdk.client.settings import Setting, Settings
from credit_sdk.errors import CreditError
from credit_sdk.plugins import DomainRegistry

if TYPE_CHECKING:
    from credit_sdk.cli.ledger_health import LedgerFindings
    from credit_sdk.cli.platform_check import PlatformFindings
    from credit_sdk.errors import Lang
    from credit_sdk.plugins import AdapterInfo

_DISTRIBUTION = "credit-sdk"
_SECRET = re.compile(r"key|secret|token|password")
_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


@dataclass(slots=True)
class Examination:
    """The findings."""

    versions: dict[str, str | None]
    """Python, this distribution and what it depends on; ``None``: not installed."""
    settings: dict[str, tuple[str | None, str]]
    """Value as shown (secrets masked) and origin, by setting."""
    adapters: tuple[AdapterInfo, ...] = ()
    source: str | None = None
    """Name of the source that is set, if it could be opened."""
    platform: PlatformFindings | None = None
    """What was seen of it, where the source is a platform's URL."""
    ledger: LedgerFindings | None = None
    """What was seen of the ledger, where one is set."""
    problems: list[CreditError] = field(default_factory=list)

    def to_dict(self, lang: Lang) -> dict[str, Any]:
        """As JSON values."""
        return {
            "ok": not self.problems,
            "versions": self.versions,
            "settings": {name: {"value": value, "origin": origin} for name, (value, origin) in self.settings.items()},
            "source": self.source,
            "platform": None if self.platform is None else self.platform.to_dict(),
            "ledger": None if self.ledger is None else self.ledger.to_dict(),
            "adapters": [
                {
                    "name": adapter.name,
                    "distribution": adapter.distribution,
                    "version": adapter.version,
                    "domain": adapter.domain,
                    "measure_lists": [
                        {
                            "id": ml.id,
                            "version": ml.version,
                            "jurisdiction": ml.jurisdiction,
                            "status": ml.status,
                            "measures": len(ml.measures),
                        }
                        for ml in adapter.measure_lists
                    ],
                    "problem": None if adapter.problem is None else adapter.problem.located(lang),
                }
                for adapter in self.adapters
            ],
            "problems": [{"error": problem.code, "message": problem.located(lang)} for problem in self.problems],
        }


def examine(source: str | None = None) -> Examination:
    """Look at everything; what is wrong becomes a problem, never an exception.

    :param source: ``--source``; ``None``: as set.
    """
    result = Examination(versions(), {})
    try:
        settings, _ = Settings.collect({"source": source})
    except CreditError as error:
        result.problems.append(error)
        settings = None
    domains = None
    if settings is not None:
        result.settings = {f.name: _shown(f.name, getattr(settings, f.name)) for f in fields(settings)}
        try:
            domains = settings.registry() or DomainRegistry.from_entry_points()
        except CreditError as error:
            result.problems.append(error)
    if domains is not None:
        result.adapters = domains.adapters
        result.problems += domains.problems
    if settings is not None and settings.source.value is not None:
        try:
            _try(settings, domains or DomainRegistry(), result)
        except CreditError as error:
            result.problems.append(error)
    if settings is not None:
        _look_at_ledger(settings, result)
    return result


def _look_at_ledger(settings: Settings, result: Examination) -> None:
    """The ledger, and the settings that go with it; each for itself."""
    from credit_sdk.cli import ledger_health
    from credit_sdk.ports import clock

    try:
        result.ledger = ledger_health.look_at(settings, clock.system_clock)
        if result.ledger is not None:
            result.problems += result.ledger.problems
    except CreditError as error:
        result.problems.append(error)
    for look in (ledger_health.look_at_feedback, ledger_health.look_at_key):
        try:
            look(settings)
        except CreditError as error:
            result.problems.append(error)


def _try(settings: Settings, domains: DomainRegistry, result: Examination) -> None:
    """Open the source; a platform is asked how it is."""
    from credit_sdk.client import CreditClient
    from credit_sdk.ports.clock import system_clock
    from credit_sdk.sources import HttpSource

    source = settings.source.value
    with CreditClient(source, api_key=settings.key_for(source), domains=domains) as client:
        result.source = client.source.name
        if isinstance(client.source, HttpSource):
            from credit_sdk.cli.platform_check import look_at

            result.platform = look_at(client.source, domains, system_clock)
            result.problems += result.platform.problems


def _shown(name: str, setting: Setting) -> tuple[str | None, str]:
    if setting.value is None:
        return None, setting.origin
    text = ", ".join(setting.value) if isinstance(setting.value, list) else str(setting.value)
    if _SECRET.search(name):
        return "********", setting.origin
    return _CREDENTIALS.sub("********@", text), setting.origin


def versions() -> dict[str, str | None]:
    """Python's version, ours, and those of the distributions that we depend on."""
    found: dict[str, str | None] = {"python": platform.python_version(), _DISTRIBUTION: _version(_DISTRIBUTION)}
    try:
        wanted = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        wanted = []
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        if name is not None and "extra ==" not in requirement:
            found[name[0]] = _version(name[0])
    return found


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
