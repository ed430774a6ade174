"""What a receipt needs beyond the SDK, and what to say where it is not installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISTRIBUTIONS = ("cryptography", "jinja2", "markupsafe", "rfc8785")


@contextmanager
def needing_extra() -> Iterator[None]:
    """Stands around the imports.

    :raises InvalidSettings: one of them is not installed; names the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _DISTRIBUTIONS:
            raise
        raise InvalidSettings(
            "核查凭证所需的组件没有安装; 请运行 pip install 'credit-sdk[receipts]'",
            "what receipts need is not installed; run pip install 'credit-sdk[receipts]'",
            key="receipts",
        ) from None
