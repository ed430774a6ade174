"""What an adapter brings: a domain (领域) with its measure lists."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from importlib import import_module, resources
from types import ModuleType
from typing import TYPE_CHECKING

from credit_sdk.errors import AdapterFailed
from credit_sdk.model.measure import MeasureList

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain (领域), such as government procurement, and the measure lists an adapter has for it.

    :param name: what requests call it: ``procurement``; matches ``[a-z][a-z0-9-]*``.
    :param title: what people call it, in Chinese: 政府采购.
    :param title_en: the same in English.
    :param measure_lists: at least one, each of this domain, ids unique.
    :raises AdapterFailed: one of these does not hold.
    """

    name: str
    title: str
    title_en: str | None = None
    measure_lists: tuple[MeasureList, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "measure_lists", tuple(self.measure_lists))
        if not _is_name(self.name):
            raise AdapterFailed(
                "领域名称应由小写字母开头, 只含小写字母、数字和连字符, 如 procurement",
                "a domain's name begins with a lower-case letter and holds lower-case letters, digits and hyphens only,"
                " such as procurement",
                key="name",
            )
        if not _is_text(self.title):
            raise AdapterFailed("领域没有中文名称 (title)", "the domain has no title", key="title")
        if not self.measure_lists:
            raise AdapterFailed(
                f"领域 {self.name} 没有措施清单; 至少需要一份",
                f"domain {self.name} has no measure list; it needs at least one",
                key="measure_lists",
            )
        _check_lists(self.name, self.measure_lists)

    @classmethod
    def from_package(cls, package: str | ModuleType, *, name: str, title: str, title_en: str | None = None) -> Domain:
        """The domain whose measure lists are the ``*.toml`` files beside a package's ``__init__.py``, by file name.

        :param package: the package or its import name, usually ``__name__``.
        :raises AdapterFailed: ``package`` is no package, holds no ``*.toml``, or a list in it is of another domain.
        :raises InvalidMeasureList: a file does not load; the error names file, line and key.
        """
        # Reading TOML brings pydantic; whoever only imports an adapter does not need it.
        from credit_sdk.formats import measures

        module = package if isinstance(package, ModuleType) else import_module(package)
        if not hasattr(module, "__path__"):
            raise AdapterFailed(
                f"{module.__name__} 是单个模块, 不是包; 措施清单应放在包的 __init__.py 旁边",
                f"{module.__name__} is a module, not a package; measure lists lie beside a package's __init__.py",
            )
        folder = module.__name__.replace(".", "/")
        files = sorted(
            (file for file in resources.files(module).iterdir() if file.name.endswith(".toml") and file.is_file()),
            key=lambda file: file.name,
        )
        if not files:
            raise AdapterFailed(
                "包内没有措施清单; 请在 __init__.py 旁边放置 measures.toml, 并确认它已打进发行包",
                "the package has no measure list; put a measures.toml beside __init__.py, and see that the wheel holds it",
                file=folder,
            )
        lists = (measures.loads(file.read_bytes(), file=f"{folder}/{file.name}") for file in files)
        return cls(name, title, title_en, tuple(lists))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _check_lists(domain: str, measure_lists: Iterable[object]) -> None:
    ids: Counter[str] = Counter()
    for one in measure_lists:
        if not isinstance(one, MeasureList):
            raise AdapterFailed(
                f"measure_lists 中有 {type(one).__name__}, 应为 MeasureList; 请用 Domain.from_package 读取",
                f"measure_lists holds a {type(one).__name__} where a MeasureList belongs; read them with"
                " Domain.from_package",
                key="measure_lists",
            )
        if one.domain != domain:
            raise AdapterFailed(
                f"措施清单 {one.id} 属于领域 {one.domain}, 适配器的领域是 {domain}; 请改正其一",
                f"measure list {one.id} is of domain {one.domain}, the adapter of {domain}; correct one of them",
                file=one.file,
                key="domain",
            )
        ids[one.id] += 1
        if ids[one.id] > 1:
            raise AdapterFailed(
                f"两份措施清单的编号都是 {one.id}; 请改用不同编号",
                f"two measure lists have the id {one.id}; give them different ids",
                file=one.file,
                key="id",
            )
