"""``credit doctor`` at a platform: is it there, does it know us, whose clock is wrong, and are the lists there and fresh.

It asks for the platform's health and its list catalogue, never about a subject.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

from credit_sdk.cli import holdings
from credit_sdk.errors import BadRecord, CreditError, IncompleteCoverage, InvalidSettings, NoDecision, StaleData
from credit_sdk.model.moments import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credit_sdk.cli.holdings import Holdings
    from credit_sdk.model.catalogue import KnownLists, ListInfo
    from credit_sdk.plugins import DomainRegistry
    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.platform import Health
    from credit_sdk.sources import HttpSource

_TIMEOUT = 5.0
_WORST_SKEW = timedelta(hours=1)


@dataclass(slots=True)
class PlatformFindings:
    """What was found."""

    seconds: float | None = None
    """How long an answer took; ``None``: there was none."""
    health: Health | None = None
    skew: timedelta | None = None
    """The platform's clock less ours; ``None``: it does not tell its time."""
    credentials: str | None = None
    """``accepted``, ``refused``, or ``None`` where nothing could be seen of it."""
    held: Holdings | None = None
    """Ages, and what the installed measure lists miss."""
    problems: list[CreditError] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; times in seconds."""
        health = self.health
        return {
            "reachable": self.seconds is not None,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "ok": None if health is None else health.ok,
            "time": None if health is None or health.time is None else written(health.time),
            "skew_seconds": None if self.skew is None else round(self.skew.total_seconds()),
            "credentials": self.credentials,
            **({"lists": [], "missing_for": {}} if self.held is None else self.held.to_dict()),
        }


def look_at(source: HttpSource, domains: DomainRegistry, clock: Clock) -> PlatformFindings:
    """Ask the platform; what is wrong becomes a problem, never an exception."""
    found = PlatformFindings()
    asked, started = clock(), perf_counter()
    try:
        health = source.health(timeout=_TIMEOUT)
    except CreditError as error:
        _refused(found, error, perf_counter() - started)
        return found
    found.seconds = perf_counter() - started
    found.health = health
    _compare_clocks(found, health, asked + (clock() - asked) / 2)
    if not health.ok:
        found.problems.append(_degraded(source.name))
    started = perf_counter()
    try:
        catalogue = source.catalogue(timeout=_TIMEOUT)
    except InvalidSettings:  # its profile has none: the health has shown all there is to see
        pass
    except CreditError as error:
        _refused(found, error, found.seconds)
    else:
        found.credentials = "accepted"
        found.seconds = min(found.seconds, perf_counter() - started)  # the first holds the library's loading
        found.problems += _unknown(catalogue, domains.lists)
    found.held = holdings.of_coverage(holdings.coverage_of(health), domains, clock())
    found.problems += _coverage_problems(found.held, source.name)
    return found


def _refused(found: PlatformFindings, error: CreditError, seconds: float) -> None:
    """It did not answer; if it refused to, it is there."""
    found.problems.append(error)
    if isinstance(error, NoDecision) and error.status is not None:
        found.seconds = seconds
        if error.fault == "credentials":
            found.credentials = "refused"


def _compare_clocks(found: PlatformFindings, health: Health, now: Any) -> None:
    if health.time is None:
        return
    found.skew = health.time - now
    if abs(found.skew) > _WORST_SKEW:
        found.problems.append(
            BadRecord(
                f"平台时间 {written(health.time)} 与本机时间 {written(now)} 相差超过一小时, 平台的应答不会被采用; 请校准本机时钟"
                " (NTP), 或请平台校准",
                f"the platform's time {written(health.time)} and this machine's {written(now)} are more than an hour apart, and"
                " no answer of the platform's is used; set this machine's clock (NTP), or ask the platform to set its own",
                fault="clock",
            )
        )


def _degraded(name: str) -> BadRecord:
    return BadRecord(
        f"平台 {name} 称自身运行不正常 (degraded), 可能缺少名单或数据较旧; 请联系平台",
        f"platform {name} says that it is degraded: a list may be missing or old; ask its operators",
    )


def _unknown(catalogue: Sequence[ListInfo], known: KnownLists) -> Iterable[CreditError]:
    """Lists that the platform's answers may name, and that are unknown here or understood otherwise."""
    strange = sorted(one.code for one in catalogue if one.code not in known)
    if strange:
        yield InvalidSettings(
            f"平台有本机未知的名单, 提到它们的应答不会被采用: {'、'.join(strange)}; 请安装声明这些名单的适配器, 或在措施清单的"
            " lists.local 中声明",
            "the platform has lists that are unknown here, and answers that name them are not used:"
            f" {', '.join(strange)}; install the adapter that declares them, or declare them under lists.local of a measure"
            " list",
            key="lists.local",
        )
    differing = sorted(
        one.code
        for one in catalogue
        if (info := known.get(one.code)) is not None and (info.kind, info.open_ended) != (one.kind, one.open_ended)
    )
    if differing:
        yield InvalidSettings(
            f"平台对名单类别 (红、黑、重点关注) 或有无期限的说法与本机不同: {'、'.join(differing)}; 请与平台核对",
            "the platform and this installation differ on the kind of these lists, or on whether they have terms:"
            f" {', '.join(differing)}; ask the platform",
            key="lists",
        )


def _coverage_problems(held: Holdings, name: str) -> Iterable[CreditError]:
    for measure_list, codes in held.missing_for.items():
        missing = IncompleteCoverage(
            f"平台 {name} 不提供措施清单 {measure_list} 必查的名单: {'、'.join(codes)}; 核查会没有结论; 请平台开通, 用分层来源"
            "补上, 或在措施清单的 lists.optional 中列明",
            f"platform {name} does not speak for lists that measure list {measure_list} requires: {', '.join(codes)}; checks"
            " will have no answer; ask the platform for them, add a source in a layered source, or name them under"
            " lists.optional of the measure list",
            key=measure_list,
        )
        missing.missing = codes
        yield missing
    stale: dict[str, list[str]] = {}
    for one in held.holdings:
        for measure_list in one.stale_for:
            stale.setdefault(measure_list, []).append(one.code)
    for measure_list, codes in sorted(stale.items()):
        old = StaleData(
            f"平台 {name} 的名单对措施清单 {measure_list} 已过期: {'、'.join(codes)}; 请平台更新数据, 或核对措施清单的 max_age",
            f"lists of platform {name} are too old for measure list {measure_list}: {', '.join(codes)}; ask the platform to"
            " update them, or check the measure list's max_age",
            key=measure_list,
        )
        old.stale = codes
        yield old
