"""One adapter at a time: asked for its domain, and whatever goes wrong turned into a problem that names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

from credit_sdk.errors import AdapterFailed, CreditError
from credit_sdk.plugins import _spec
from credit_sdk.plugins._domain import Domain

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from credit_sdk.model.measure import MeasureList

HOOK = _spec.credit_sdk_domain.__name__

_LONGEST = 300  # characters of somebody else's message


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """One adapter (适配器), sound or not, as ``credit doctor`` shows it."""

    name: str
    """The entry point's name; for a plugin handed over, its key or import name."""
    distribution: str | None = None
    """The distribution that declares it; ``None`` for a plugin handed over."""
    version: str | None = None
    """The distribution's version."""
    domain: str | None = None
    """The domain it speaks for, if it came to saying so."""
    measure_lists: tuple[MeasureList, ...] = ()
    """What it brings, whether used or not."""
    problem: AdapterFailed | None = None
    """Why nothing of it is used; ``None`` if it is sound."""

    @property
    def label(self) -> str:
        """Name, distribution and version, for messages: ``procurement (credit-sdk-procurement 0.1.0)``."""
        if self.distribution is None:
            return self.name
        return f"{self.name} ({' '.join(part for part in (self.distribution, self.version) if part)})"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An adapter and, if it is sound, its domain."""

    info: AdapterInfo
    domain: Domain | None = None


def of_entry_point(entry_point: EntryPoint, name: str | None = None) -> AdapterInfo:
    """Who an entry point says it is; nothing of it is loaded."""
    try:
        dist = entry_point.dist
        distribution, version = (dist.name, dist.version) if dist else (None, None)
    except Exception:  # noqa: BLE001 - damaged metadata are no reason to refuse an adapter that loads
        distribution, version = None, None
    return AdapterInfo(name or entry_point.name, distribution, version)


def load(info: AdapterInfo, get: Callable[[], object]) -> Loaded:
    """Get a plugin and ask it for its domain. Never raises: a fault of the adapter's becomes its ``problem``."""
    try:
        domain = _ask(get())
    except CreditError as error:
        return _failed(info, error.zh, error.en, error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code; the others go on without it
        said = " ".join((str(error).strip().splitlines() or ["-"])[0][:_LONGEST].split())
        what = f"{type(error).__name__}: {said}"
        return _failed(info, what, what, error)
    return Loaded(AdapterInfo(info.name, info.distribution, info.version, domain.name, domain.measure_lists), domain)


def problem_of(info: AdapterInfo, zh: str, en: str, *, cause: BaseException | None = None) -> AdapterFailed:
    """What is wrong with an adapter: who it is, what happened, and the way out, in one line."""
    at = cause if isinstance(cause, CreditError) else None
    error = AdapterFailed(
        f"适配器 {info.label} 不可用: {zh}; 请修复、升级或卸载它, 或用 CREDIT_ADAPTERS 只启用其他适配器",
        f"adapter {info.label} cannot be used: {en}; repair, upgrade or uninstall it, or name the others in CREDIT_ADAPTERS",
        file=at.file if at else None,
        line=at.line if at else None,
        key=at.key if at else None,
    )
    error.adapter = info.name
    error.__cause__ = cause
    return error


def _failed(info: AdapterInfo, zh: str, en: str, cause: BaseException) -> Loaded:
    problem = problem_of(info, zh, en, cause=cause)
    return Loaded(AdapterInfo(info.name, info.distribution, info.version, problem=problem))


def _ask(plugin: object) -> Domain:
    """Call the plugin's hook.

    :raises AdapterFailed: the plugin does not implement it, or returns something else than a domain.
    """
    # A manager of its own for each plugin: one that raises must not keep pluggy from calling the others.
    manager = pluggy.PluginManager(_spec.PROJECT)
    manager.add_hookspecs(_spec)
    try:
        manager.register(plugin)
    except pluggy.PluginValidationError as error:
        raise AdapterFailed(f"{HOOK} 不应有参数", f"{HOOK} takes no arguments") from error
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        unknown = ", ".join(sorted(name for name, hook in vars(manager.hook).items() if not _is_specified(hook)))
        raise AdapterFailed(
            f"不存在挂钩 {unknown}; 唯一的挂钩是 {HOOK}, 请检查拼写",
            f"there is no hook {unknown}; the only hook is {HOOK}, check the spelling",
        ) from error
    if not manager.hook.credit_sdk_domain.get_hookimpls():
        raise AdapterFailed(
            f"没有实现挂钩 {HOOK}; 请定义该函数并用 @hookimpl 标记",
            f"it does not implement the hook {HOOK}; define the function and mark it with @hookimpl",
        )
    # pluggy drops a returned None from its results.
    returned = next(iter(manager.hook.credit_sdk_domain()), None)
    if not isinstance(returned, Domain):
        raise AdapterFailed(
            f"{HOOK} 返回了 {type(returned).__name__}, 应返回 Domain",
            f"{HOOK} returned {type(returned).__name__}, not a Domain",
        )
    return returned


def _is_specified(hook: object) -> bool:
    return not isinstance(hook, pluggy.HookCaller) or hook.has_spec()
