"""The package's log (日志): one logger, silent until the application listens, and a failure that repeats is one line.

A failure is logged where somebody goes on without what failed (a layered source, a cache that serves what it kept), and
by the clients where a check ends without an answer; whoever only passes an error on does not log it. Lines are bilingual,
and hold no identifier, no query string and no secret (rule 9.4).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOGGER = logging.getLogger("credit_sdk")
"""The one logger of the package. Silent unless the application configures logging."""
LOGGER.addHandler(logging.NullHandler())

INTERVAL = 60.0
"""Seconds in which the same failure is logged once."""

_MOST_KINDS = 256


class FailureLog:
    """Logs each kind of failure once per interval; the next line says how many were held back.

    A platform that is down fails every check; a thousand equal lines a second would hide what else is wrong. Safe to
    share between threads.
    """

    def __init__(
        self,
        *,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
        logger: logging.Logger = LOGGER,
    ) -> None:
        """Keep count.

        :param interval: seconds in which the same failure is logged once.
        :param clock: seconds that only go forward.
        """
        self._interval = interval
        self._clock = clock
        self._logger = logger
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._since: dict[str, tuple[float, int]] = {}
        """By sentence: when it was last logged, and how often it has been held back since."""

    def failed(self, zh: str, en: str) -> None:
        """Log a failure as a warning; the same sentence again within the interval is only counted.

        :param zh: what failed, in Chinese; what varies from call to call (a request's id) does not belong in it.
        :param en: the same in English.
        """
        now = self._clock()
        if self._process != os.getpid():  # forked: the thread that may have held the lock is not here to let go of it
            self._process, self._lock = os.getpid(), threading.Lock()
        with self._lock:
            logged_at, held_back = self._since.get(en, (None, 0))
            if logged_at is not None and now - logged_at < self._interval:
                self._since[en] = logged_at, held_back + 1
                return
            if len(self._since) >= _MOST_KINDS:
                self._since.clear()  # a counter that could grow without end would be a fault of its own
            self._since[en] = now, 0
        if held_back:
            self._logger.warning(
                "%s (此前另有 %d 次未记) | %s (%d more before this, not logged)", zh, held_back, en, held_back
            )
        else:
            self._logger.warning("%s | %s", zh, en)
