"""How long what the ledger holds is kept (保存期限), as TOML::

    otherwise = 15  # years, for every domain that is not named

    [years]
    procurement = 15
    subsidy = 10

What the keys mean: :class:`credit_sdk.ledger.retention.RetentionRules`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter
from typing_extensions import TypedDict

from credit_sdk.errors import InvalidSettings
from credit_sdk.formats._toml_lines import line_of
from credit_sdk.formats._toml_settings import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

_BELOW = ("otherwise 须写在 [years] 之前", "otherwise goes before [years]")
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]


class RetentionFile(TypedDict):
    """The file. What is left out is as :class:`credit_sdk.ledger.retention.RetentionRules` has it."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[misc]
    otherwise: NotRequired[int]
    years: NotRequired[dict[_Word, int]]


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[RetentionFile, Field(min_length=1)])


def load(path: str | PathLike[str], wrong: Callable[[str, int], tuple[str, str] | None]) -> RetentionFile:
    """Read terms from a TOML file.

    :param wrong: what is wrong with a domain's years (``*``: every other one's), in Chinese and English.
    :raises InvalidSettings: the file cannot be read or used; names file, line and key.
    """
    table, text = read(path, _adapter())
    terms: dict[tuple[str, ...], tuple[str, str] | None] = {
        ("years", domain): wrong(domain, years) for domain, years in table.get("years", {}).items()
    }
    if ("years", "otherwise") in terms:  # in TOML a key belongs to the table above it
        terms["years", "otherwise"] = _BELOW
    if "otherwise" in table:
        terms["otherwise",] = wrong("*", table["otherwise"])
    for loc, said in terms.items():
        if said is not None:
            raise InvalidSettings(*said, file=str(path), line=line_of(text, loc), key=".".join(loc))
    result: RetentionFile = table
    return result
