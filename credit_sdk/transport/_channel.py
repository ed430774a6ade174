"""The channel: one platform, one pooled client, one total deadline. Twins, side by side.

A channel is settings and nothing more until its first call; then it has a line (``_line``) for the process, or for the
event loop, that calls. The HTTP library is loaded by the first call too.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import wait
from typing import TYPE_CHECKING, Self

from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.observer import SILENT
from credit_sdk.transport._settings import Retries, Timeouts, Tls
from credit_sdk.transport._setup import MAX_BODY, Setup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.observer import Observer
    from credit_sdk.transport._auth import Authenticator
    from credit_sdk.transport._line import AsyncLine, Line
    from credit_sdk.transport._messages import Call, Reply


_LATE = 1.08
"""A close waits so much longer for other event loops than each of them may take (``_line``), and returns within a tenth."""


class _Settled:
    """What both channels are told, and can tell."""

    def __init__(
        self,
        base_url: str,
        *,
        auth: Authenticator | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        tls: Tls | None = None,
        allow_plain_http: bool = False,
        max_body: int = MAX_BODY,
        headers: Mapping[str, str] | None = None,
        observer: Observer | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """Take the settings; nothing is connected yet.

        :param base_url: ``https://host[:port][/path]``, without userinfo, query and fragment; ``http`` to this machine.
        :param auth: who is asking.
        :param timeouts: see :class:`Timeouts`; the total is 2 seconds by default.
        :param retries: see :class:`Retries`; two by default.
        :param tls: see :class:`Tls`; verified against the public CAs by default.
        :param allow_plain_http: accept ``http`` to other machines: whoever listens on the way reads and alters everything.
        :param max_body: bytes of an answer, before and after decompression.
        :param headers: further headers for every call.
        :param observer: is told of every attempt and every retry.
        :param clock: the time of day, for signatures and dates.
        :raises InvalidSettings: something is unusable; no message repeats a URL or a secret.
        """
        self._setup = Setup.of(
            base_url,
            auth=auth,
            timeouts=timeouts or Timeouts(),
            retries=retries or Retries(),
            tls=tls or Tls(),
            allow_plain_http=allow_plain_http,
            max_body=max_body,
            headers=headers,
            observer=observer or SILENT,
            clock=clock,
        )
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        """Prepare for lines; none is laid yet."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """``https://host`` or ``https://host:port``: without path, userinfo or secrets."""
        return self._setup.address.origin

    @property
    def timeouts(self) -> Timeouts:
        """The timeouts in force."""
        return self._setup.timeouts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Channel(_Settled):
    """Sends calls to one platform. Threads may share it, and a forked child may go on using it."""

    def _begin(self) -> None:
        self._lines: dict[int, Line] = {}

    def send(self, call: Call) -> Reply:
        """Send ``call``; what comes back has a status from 200 to 299.

        :raises SourceUnavailable: no answer could be got, or the platform refused to give one; see ``fault``.
        :raises BadRecord: an answer came that is not whole, too large or not HTTP.
        :raises InvalidRequest: the call's body cannot be written.
        """
        from credit_sdk.transport._exchange import Exchange

        exchange = Exchange(self._setup, call)
        if self._closed:
            raise exchange.closed()
        return self._line().send(exchange)

    def _line(self) -> Line:
        # By process, and without a lock: a lock that another thread holds at a fork stays locked in the child for ever.
        process = os.getpid()
        line = self._lines.get(process)
        if line is None:
            from credit_sdk.transport._line import Line

            line = self._lines.setdefault(process, Line(self._setup))
            if self._closed:  # meanwhile, by another thread, which did not see this line
                line.close(0)
            for other in [pid for pid in self._lines if pid != process]:
                self._lines.pop(other).forget()
        return line

    def close(self, timeout: float = 5.0) -> None:
        """Take no new calls, wait for those in flight, and cut off what is left. May be called twice.

        :param timeout: seconds to wait at most; 0: cut off at once.
        """
        self._closed = True
        line = self._lines.pop(os.getpid(), None)
        if line is not None:
            line.close(max(timeout, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncChannel(_Settled):
    """The same, awaited: ``send``, ``aclose``, ``async with``. Each event loop that uses it has a pooled client of its own."""

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lines: dict[asyncio.AbstractEventLoop, AsyncLine] = {}

    async def send(self, call: Call) -> Reply:
        """As :meth:`Channel.send`. A cancelled task cancels its request, whose connection is closed."""
        from credit_sdk.transport._exchange import Exchange

        exchange = Exchange(self._setup, call)
        if self._closed:
            raise exchange.closed()
        return await self._line().send(exchange)

    def _line(self) -> AsyncLine:
        from credit_sdk.transport._line import AsyncLine

        if self._process != os.getpid():
            self._process, self._lines = os.getpid(), {}
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            # Not by weak reference: a line knows its loop. Connections of a loop that ended without closing end with it.
            for gone in [one for one in tuple(self._lines) if one.is_closed()]:
                self._lines.pop(gone, None)
            line = self._lines[loop] = AsyncLine(self._setup)
        return line

    async def release(self) -> None:
        """Close the running event loop's connections, as it is about to end; the channel stays open."""
        line = self._lines.pop(asyncio.get_running_loop(), None) if self._process == os.getpid() else None
        if line is not None:
            await line.close(0)

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - the port's name for it
        """As :meth:`Channel.close`. What belongs to another event loop is closed there, if that is still running."""
        self._closed = True
        lines, self._lines = self._lines, {}
        timeout = max(timeout, 0)
        begun, here = time.monotonic(), lines.pop(asyncio.get_running_loop(), None)
        elsewhere = [
            asyncio.run_coroutine_threadsafe(line.close(timeout), loop)
            for loop, line in lines.items()
            if loop.is_running()
        ]
        if here is not None:
            await here.close(timeout)
        if elsewhere:
            # All at the same time, and not cancelled when late: what they do last is to cut off what is left.
            left = begun + timeout * _LATE - time.monotonic()
            await asyncio.to_thread(wait, elsewhere, max(left, 0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
