"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from credit_sdk.cli.bilingual import option
from credit_sdk.cli.session import FORMATS, LANGUAGES

_F = TypeVar("_F", bound=Callable[..., Any])


def language(command: _F) -> _F:
    """``--lang``; its value is in the session already."""
    return option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        text=("输出语言，默认 zh", "Language of the output, zh by default"),
    )(command)


def layout(command: _F) -> _F:
    """``--format``; its value is in the session already."""
    return option(
        "--format",
        type=click.Choice(FORMATS),
        expose_value=False,
        text=(
            "输出格式；终端默认 table，其他默认 json",
            "Layout; table by default in a terminal, json elsewhere",
        ),
    )(command)
