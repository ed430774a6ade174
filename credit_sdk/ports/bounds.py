"""What callers give as seconds."""

from __future__ import annotations

from math import isfinite
from typing import Any

from credit_sdk.errors import InvalidRequest


def check_seconds(seconds: Any, key: str = "timeout") -> float:
    """``seconds``, if they are a time to wait: a finite number of zero or more.

    :param key: what the error calls them.
    :raises InvalidRequest: they are not.
    """
    known = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not known or not isfinite(seconds) or seconds < 0:
        raise InvalidRequest(f"{key} 应为不小于零的秒数", f"{key} must be a number of seconds, zero or more", key=key)
    return float(seconds)
