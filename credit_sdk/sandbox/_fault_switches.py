"""The fault switches: what can go wrong with a platform, and which of it does at present."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidRequest, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STATUS = re.compile(r"[45][0-9]{2}")


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable() and value.isascii()


def _yes_or_no(value: Any) -> bool:
    return isinstance(value, bool)


_ENDING = {"after": _yes_or_no}
_STATUSES = {**_ENDING, "retry_after": lambda value: _text(value) or _seconds(value)}

KINDS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "delay": {"seconds": _seconds},
    "drop": _ENDING,
    "reset": {},
    "drip": {"seconds": _seconds},
    "429": _STATUSES,
    "500": _STATUSES,
    "503": _STATUSES,
    "redirect": {**_ENDING, "location": _text},
    "html": _ENDING,
    "business_failure": _ENDING,
    "truncated": {},
    "wrong_schema": {},
    "oversized": {"megabytes": _count},
    "stale": {"days": _count},
    "empty_list": {"list": _text},
    "missing_answer": {},
    "repeated_answer": {},
    "wrong_subject": {},
}
"""The kinds of fault, and what each may be told. Any other status from 400 to 599 is a kind too.

``delay`` and those that change the data (``stale``, ``empty_list``, ``missing_answer``, ``repeated_answer``,
``wrong_subject``) go together with others; of the rest the first that fits ends the call. ``after``: the call is carried
out first, so that only its answer is lost.
"""

TOGETHER = frozenset({"delay", "stale", "empty_list", "missing_answer", "repeated_answer", "wrong_subject"})
"""The kinds that do not end a call."""


@dataclass(slots=True)
class Fault:
    """A switch that is on."""

    id: str
    kind: str
    path: str = "/v1/"
    """Calls whose path begins so are hit."""
    times: int | None = None
    """How many calls are still hit; ``None``: all, until it is switched off."""
    hits: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As the admin API shows it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "path": self.path,
            "times": self.times,
            "hits": self.hits,
            **self.options,
        }


class Switchboard:
    """The switches that are on, in the order in which they were switched on."""

    def __init__(self) -> None:
        self._on: dict[str, Fault] = {}
        self._number = 0

    @property
    def on(self) -> list[Fault]:
        """Those that are on."""
        return list(self._on.values())

    def switch_on(self, given: Mapping[str, Any]) -> Fault:
        """Switch one on.

        :param given: ``kind``, ``path``, ``times``, and what the kind may be told.
        :raises InvalidRequest: there is no such fault.
        """
        options = dict(given)
        kind, path, times = options.pop("kind", None), options.pop("path", "/v1/"), options.pop("times", None)
        kind = str(kind) if isinstance(kind, int) else kind
        known = _options_of(kind)
        if not (_text(path) and path.startswith("/v1/")):
            raise InvalidRequest("应以 /v1/ 开头", "must begin with /v1/", key="path")
        if times is not None and not _count(times):
            raise InvalidRequest("应为正整数", "must be a positive integer", key="times")
        for key, value in options.items():
            if key not in known:
                raise InvalidRequest(
                    f"{kind} 没有这个键; 可用: {'、'.join(['path', 'times', *known])}",
                    f"{kind} has no such key; known: {', '.join(['path', 'times', *known])}",
                    key=quoted(key),
                )
            if not known[key](value):
                raise InvalidRequest("取值无效", "not a valid value", key=key)
        self._number += 1
        fault = Fault(f"F{self._number}", str(kind), path, times, 0, options)
        self._on[fault.id] = fault
        return fault

    def switch_off(self, id_: str | None = None) -> int:
        """Switch off one, or all; gives how many were on."""
        if id_ is not None:
            return 0 if self._on.pop(id_, None) is None else 1
        number = len(self._on)
        self._on.clear()
        return number

    def reset(self) -> None:
        """Begin anew: all are off, and the next one is the first."""
        self.switch_off()
        self._number = 0

    def hit(self, path: str) -> list[Fault]:
        """The faults that a call to ``path`` meets; counted."""
        met: list[Fault] = []
        ended = False
        for fault in self.on:
            ends = fault.kind not in TOGETHER
            if not path.startswith(fault.path) or (ends and ended):
                continue
            ended = ended or ends
            met.append(fault)
            fault.hits += 1
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    del self._on[fault.id]
        return met


def _options_of(kind: object) -> Mapping[str, Callable[[Any], bool]]:
    if isinstance(kind, str):
        if kind in KINDS:
            return KINDS[kind]
        if _STATUS.fullmatch(kind):
            return _STATUSES
    raise InvalidRequest(
        f"没有这种故障; 可用: {'、'.join(KINDS)}, 以及 400 至 599 的其他状态码",
        f"no such fault; known: {', '.join(KINDS)}, and any other status from 400 to 599",
        key="kind",
    )
