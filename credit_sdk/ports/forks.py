"""Objects with locks, in a forked child (gunicorn's preload, multiprocessing).

A child inherits locks as they were, perhaps held by a thread that it does not have, and data perhaps half changed. What
must not be inherited at all, such as an open database file, is put down before the fork.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """What can begin anew in a child."""

    def begin_anew(self) -> None:
        """Make locks and shared data afresh. Called in the child, before its code runs."""
        ...


class Pausable(Protocol):
    """What puts something down before a fork, and takes it up again in the parent."""

    def before_fork(self) -> None:
        """Called in the parent, by the thread that forks. To be quick, and never to wait for ever."""
        ...

    def after_fork(self) -> None:
        """Called in the parent when the child is there."""
        ...


_ALIVE: WeakSet[Renewable] = WeakSet()
_PAUSED: WeakSet[Pausable] = WeakSet()


def renew_in_children(thing: Renewable) -> None:
    """Call ``thing.begin_anew()`` in every process forked from this one, as long as somebody holds ``thing``."""
    _ALIVE.add(thing)


def pause_while_forking(thing: Pausable) -> None:
    """Call ``thing.before_fork()`` and ``thing.after_fork()`` around every fork of this process, while somebody holds it."""
    _PAUSED.add(thing)


def _before() -> None:
    for thing in list(_PAUSED):
        thing.before_fork()


def _in_parent() -> None:
    for thing in list(_PAUSED):
        thing.after_fork()


def _in_child() -> None:
    for thing in list(_ALIVE):
        thing.begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
