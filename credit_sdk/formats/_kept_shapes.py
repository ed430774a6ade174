"""How an object is kept as JSON: a table of its members, read in both directions."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from credit_sdk.decision.fragments import compact_text, quote
from credit_sdk.errors import CreditError, LedgerDamaged, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from enum import StrEnum

T = TypeVar("T")


class Form(NamedTuple):
    """How one kind of value is kept."""

    write: Callable[[Any], str]
    """The value as JSON text."""
    read: Callable[[Any], Any]
    """What was read from JSON as the value; raises whatever it likes where it is none."""


class Shape(Generic[T]):
    """How the objects of one class are kept: an object with the class's fields as members, defaults left out."""

    def __init__(self, kind: type[T], /, **members: Form) -> None:
        """Keep objects of ``kind``.

        :param members: its fields, in the order in which they are written.
        """
        self._kind = kind
        self._members = members
        self._defaults = _defaults(kind)
        self.write: Callable[[T], str] = _writer(members, self._defaults)
        """An object as JSON text."""

    @property
    def form(self) -> Form:
        """The form of one such object."""
        return Form(self.write, self.read)

    def read(self, values: Any) -> T:
        """What was written.

        :raises LedgerDamaged: it was written otherwise.
        """
        return self._kind(**self.members(values))

    def members(self, values: Any) -> dict[str, Any]:
        """The members by name, each read.

        :raises LedgerDamaged: one of them is unknown or not what it must be.
        """
        what = self._kind.__name__
        if not isinstance(values, dict):
            raise damaged(what)
        given = {}
        for name, value in values.items():
            form = self._members.get(name)
            if form is None:
                raise damaged(f"{what}.{quoted(name)[1:-1]}")
            given[name] = reading(form, value, f"{what}.{name}")
        for name in self._members:
            if name not in given and name not in self._defaults:
                raise damaged(f"{what}.{name}")
        return given


def _writer(members: Mapping[str, Form], defaults: Mapping[str, Any]) -> Callable[[Any], str]:
    """The function that writes an object's members, in the manner of ``dataclasses``: made of text, once for each class.

    Every kept check writes a request and a record; going through the table each time took twice as long.
    """
    names: dict[str, Any] = {}
    lines = ["def write(one):", "    text = ''"]
    for name, form in members.items():
        names[f"write_{name}"] = form.write
        add = f"""text += ',"{name}":' + write_{name}(one.{name})"""
        if name in defaults:
            names[f"default_{name}"] = defaults[name]
            lines.append(f"    if one.{name} is not default_{name}:")
            lines.append(f"        {add}")
        else:
            lines.append(f"    {add}")
    lines.append("    return '{' + text[1:] + '}'")
    exec("\n".join(lines), names)  # noqa: S102 - our own field names, nothing from outside
    written: Callable[[Any], str] = names["write"]
    return written


def _defaults(kind: type[Any]) -> dict[str, Any]:
    if dataclasses.is_dataclass(kind):
        return {one.name: one.default for one in dataclasses.fields(kind) if one.default is not dataclasses.MISSING}
    named: dict[str, Any] = kind._field_defaults  # a named tuple
    return named


def reading(form: Form, value: Any, key: str) -> Any:
    """``value`` read by ``form``.

    :raises LedgerDamaged: it is not what it must be.
    :raises CreditError: it is, but this version does not take it any more.
    """
    try:
        return form.read(value)
    except CreditError:
        raise
    except (TypeError, ValueError, KeyError, OverflowError, AttributeError):
        fault = damaged(key)
    raise fault  # outside `except`: what was read may name a firm, and would go along as the context


def damaged(key: str) -> LedgerDamaged:
    """The error for what cannot have been written so by this version or one before it."""
    return LedgerDamaged(
        "留存内容与写入时不符, 或由更新版本的 SDK 写入; 请升级 SDK 后再试, 仍不行请用备份核对",
        "what was kept is not as it was written, or was written by a newer SDK; upgrade and try again, else compare it with"
        " a backup",
        key=key,
    )


# ------------------------------------------------------------------------------------------------------------- forms


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _sequence(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _day_text(day: date) -> str:
    return f'"{day.isoformat()}"'


def _moment_text(moment: datetime) -> str:
    return f'"{moment.isoformat()}"'


_compact_anything = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode

TEXT = Form(quote, _text)
FLAG = Form(lambda value: "true" if value else "false", _flag)
DAY = Form(_day_text, date.fromisoformat)
MOMENT = Form(_moment_text, datetime.fromisoformat)
"""Whole: to the microsecond, in its own offset."""
NUMBER = Form(compact_text, lambda value: None if value is None else value + 0)
MAPPING = Form(lambda value: compact_text(dict(value)), _mapping)
EXTRA = Form(lambda value: _compact_anything(dict(value)), _mapping)
"""Keys of a record that this version does not know, and so does not judge: what is no JSON is kept as its text."""


def word(kind: type[StrEnum]) -> Form:
    """A word of a closed set."""
    return Form(quote, kind)


def several(form: Form, kind: Callable[[list[Any]], Any] = tuple) -> Form:
    """Any number of values; of a set, in order."""

    def write(values: Collection[Any]) -> str:
        if not values:  # as nearly always
            return "[]"
        return f"[{','.join(map(form.write, sorted(values) if isinstance(values, set | frozenset) else values))}]"

    return Form(write, lambda values: kind([form.read(one) for one in _sequence(values)]))


def or_none(form: Form) -> Form:
    """A value that may be ``None`` though that is not its default."""
    return Form(
        lambda value: "null" if value is None else form.write(value),
        lambda value: None if value is None else form.read(value),
    )
