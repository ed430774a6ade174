"""Rules that a deployment writes as TOML: read and validated, with file, line and key in every error."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import InvalidSettings
from credit_sdk.formats._problems import Problem, tried
from credit_sdk.formats._toml_lines import line_of

if TYPE_CHECKING:
    from os import PathLike

    from pydantic import TypeAdapter


class Read(NamedTuple):
    """What a file holds."""

    values: Any
    text: str
    """For the line of a key."""


def read(path: str | PathLike[str], adapter: TypeAdapter[Any]) -> Read:
    """Read a file.

    :raises InvalidSettings: the file cannot be read, or is not as ``adapter`` has it.
    """
    file = str(path)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InvalidSettings(
            f"文件读不了: {error.strerror}", f"the file cannot be read: {error.strerror}", file=file
        ) from error
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        whole = tomllib.loads(text)
    except UnicodeDecodeError:
        raise InvalidSettings("不是 UTF-8", "it is not UTF-8", file=file) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"不是有效的 TOML: {error}", f"not valid TOML: {error}", file=file) from None
    values = tried(adapter.validate_python, whole)
    if isinstance(values, Problem):
        raise InvalidSettings(values.zh, values.en, file=file, line=line_of(text, values.loc), key=values.key or None)
    return Read(values, text)
