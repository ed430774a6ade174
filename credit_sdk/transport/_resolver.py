"""Names to addresses, without waiting longer than the caller has time.

``getaddrinfo`` can neither be interrupted nor given a timeout, so it runs in a thread, and the caller stops waiting when
its time is over. The thread is a daemon: one that a dead name server holds back delays no interpreter's end, which the
threads of ``asyncio``'s and ``concurrent.futures``' executors do. Equal questions at the same time share one thread, so
that a thousand checks during a name server's failure hold one thread, not a thousand.
"""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Future
from ipaddress import ip_address
from typing import TypeAlias

Found: TypeAlias = "Future[tuple[str, ...]]"

_STUCK = 10.0
"""Seconds after which a question is asked anew beside one that is still open."""


class Resolver:
    """Resolves names, each in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], tuple[float, Found]] = {}

    def ask(self, host: str, port: int) -> Found:
        """The addresses of ``host``, in the order to be tried; at some time, or never.

        :raises OSError: no thread could be started.
        """
        key, now = (host, port), time.monotonic()
        with self._lock:
            asked, found = self._open.get(key, (0.0, None))
            if found is not None and now - asked < _STUCK:
                return found
            found = Future()
            # Several wait for it: none of them may cancel it for the others.
            found.set_running_or_notify_cancel()
            self._open[key] = now, found
        try:
            threading.Thread(target=self._resolve, args=(key, found), name="credit-sdk-dns", daemon=True).start()
        except RuntimeError as error:  # the interpreter is ending, or there are too many threads
            self._settle(key, found)
            raise OSError(str(error)) from None
        return found

    def _resolve(self, key: tuple[str, int], found: Found) -> None:
        try:
            infos = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            self._settle(key, found)
            # UnicodeError: a label too long for a host name.
            found.set_exception(error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, str(error)))
            return
        self._settle(key, found)
        found.set_result(tuple(dict.fromkeys(str(info[4][0]) for info in infos)))

    def _settle(self, key: tuple[str, int], found: Found) -> None:
        with self._lock:
            if self._open.get(key, (0.0, None))[1] is found:
                del self._open[key]


def literal(host: str) -> bool:
    """Whether ``host`` is an address already."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
