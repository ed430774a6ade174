"""Settings of a deployment: argument > environment > file > default. The one place that reads the environment."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.plugins import DomainRegistry

FILE_VARIABLE = "CREDIT_CONFIG"
"""Environment variable that names a TOML file with settings."""

NAMES = (
    "source",
    "api_key",
    "adapters",
    "ledger",
    "ledger_required",
    "feedback",
    "receipt_key",
    "service",
)
"""Every setting; the environment variable is ``CREDIT_`` and the name in capitals."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting's value and where it came from."""

    value: Any
    origin: str
    """``argument``, ``environment``, the file's name, or ``default``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings.

    ``source``: as for ``CreditClient``. ``api_key``: the platform's API key, where the source is a URL. ``adapters``: names
    of the adapters to use, as a list, or separated by commas; default: all that are installed. ``ledger``, ``feedback``,
    ``receipt_key``, ``service``: as for ``CreditClient``; ``ledger_required`` too, as ``true`` or ``false``.
    """

    source: Setting
    api_key: Setting
    adapters: Setting
    ledger: Setting
    ledger_required: Setting
    feedback: Setting
    receipt_key: Setting
    service: Setting

    @classmethod
    def collect(
        cls, arguments: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
    ) -> tuple[Settings, dict[str, Any]]:
        """The settings in effect, and the arguments that are none.

        :raises InvalidSettings: the file cannot be read, or holds a key that is no setting.
        """
        given = dict(arguments or {})
        environ = os.environ if environ is None else environ
        path = environ.get(FILE_VARIABLE)
        filed = _read(path) if path else {}
        found = {}
        for name in NAMES:
            variable = f"CREDIT_{name.upper()}"
            if given.get(name) is not None:
                found[name] = Setting(given[name], "argument")
            elif environ.get(variable):
                found[name] = Setting(environ[variable], "environment")
            elif name in filed:
                found[name] = Setting(filed[name], str(path))
            else:
                found[name] = Setting(None, "default")
        return cls(**found), {name: value for name, value in given.items() if name not in NAMES}

    def required_source(self) -> Any:
        """The source that is set.

        :raises InvalidSettings: no source is set.
        """
        if self.source.value is None:
            raise InvalidSettings(
                "未设置信用信息来源; 请用 --source (试用可写 --source demo)、环境变量 CREDIT_SOURCE 或配置文件指定",
                "no source is set; name one with --source (--source demo to try it out), the variable CREDIT_SOURCE or"
                " the settings file",
                key="source",
            )
        return self.source.value

    def key_for(self, source: Any) -> str | None:
        """The API key to go with ``source``; a source that is an object has its own."""
        key = self.api_key.value
        return str(key) if key is not None and isinstance(source, str) else None

    def ledger_options(self) -> dict[str, Any]:
        """What the settings say of the ledger, as arguments of ``CreditClient``; only what they do say.

        :raises InvalidSettings: ``ledger_required`` is neither true nor false.
        """
        options = {
            name: value
            for name in ("ledger", "feedback", "receipt_key", "service")
            if (value := getattr(self, name).value) is not None
        }
        if self.ledger_required.value is not None:
            options["ledger_required"] = _flag("ledger_required", self.ledger_required)
        return options

    def registry(self, domains: DomainRegistry | None = None) -> DomainRegistry | None:
        """``domains`` if given, else the adapters that are set; ``None`` for all that are installed."""
        if domains is not None or self.adapters.value is None:
            return domains
        from credit_sdk.plugins import DomainRegistry

        names = self.adapters.value
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",") if name.strip()]
        return DomainRegistry.from_entry_points(only=names)


_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _flag(name: str, setting: Setting) -> bool:
    known = _FLAGS.get(str(setting.value).strip().lower())
    if known is None:
        raise InvalidSettings(
            "应为 true 或 false",
            "must be true or false",
            file=None if setting.origin in {"argument", "environment", "default"} else setting.origin,
            key=name,
        )
    return known


def _read(path: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidSettings(
            f"配置文件读不了: {error.strerror}", f"the settings file cannot be read: {error.strerror}", file=path
        ) from error
    except (ValueError, RecursionError) as error:
        # Of other errors the message is not shown: it may hold a piece of the file.
        said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise InvalidSettings(
            f"配置文件不是有效的 TOML: {said}", f"the settings file is not valid TOML: {said}", file=path
        ) from None
    for key, value in values.items():
        if key not in NAMES:
            raise InvalidSettings(
                f"未知的设置; 可用: {', '.join(NAMES)}",
                f"unknown setting; known: {', '.join(NAMES)}",
                file=path,
                key=key,
            )
        strings = [value] if isinstance(value, str) else value
        if key == "ledger_required" and isinstance(value, bool):
            continue
        if not isinstance(strings, list) or not all(isinstance(one, str) for one in strings):
            raise InvalidSettings("应为字符串", "must be a string", file=path, key=key)
    return values
