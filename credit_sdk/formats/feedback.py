"""To whom outcomes are reported, and when (反馈规则), as TOML::

    [feedback.default]  # every domain without a table of its own
    receiver = "platform"

    [feedback.procurement]
    period = "monthly"
    by_day = 20
    basis = "…"

What the keys mean: :class:`credit_sdk.ledger.FeedbackRule`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter
from typing_extensions import TypedDict

from credit_sdk.errors import InvalidSettings
from credit_sdk.formats._toml_lines import line_of
from credit_sdk.formats._toml_settings import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

DEFAULT = "default"
"""The table for domains without one of their own."""

_CONFIG = ConfigDict(strict=True, extra="forbid")
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]


class FeedbackTable(TypedDict):
    """One table. What is left out is as :class:`credit_sdk.ledger.FeedbackRule` has it."""

    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    receiver: NotRequired[_Word]
    period: NotRequired[Literal["at_once", "monthly"]]
    by_day: NotRequired[Annotated[int, Field(ge=1, le=28)]]
    basis: NotRequired[Annotated[str, StringConstraints(min_length=1)]]


class _File(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    feedback: Annotated[dict[_Word, FeedbackTable], Field(min_length=1)]


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(_File)


def load(path: str | PathLike[str]) -> Mapping[str, FeedbackTable]:
    """Read feedback rules from a TOML file.

    :returns: the tables, by domain; :data:`DEFAULT` is one of them, if it is there.
    :raises InvalidSettings: the file cannot be read or used; names file, line and key.
    """
    file = str(path)
    tables, text = read(path, _adapter())
    for domain, table in tables["feedback"].items():
        if "by_day" in table and table.get("period") != "monthly":
            loc = ("feedback", domain, "by_day")
            raise InvalidSettings(
                'by_day 只用于 period = "monthly"',
                'by_day goes with period = "monthly" only',
                file=file,
                line=line_of(text, loc),
                key=".".join(loc),
            )
    result: Mapping[str, FeedbackTable] = tables["feedback"]
    return result
