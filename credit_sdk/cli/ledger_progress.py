"""A bar on stderr for what takes a while, where a person watches."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from credit_sdk.cli.session import Session


@contextmanager
def progress(session: Session, zh: str, en: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr, where a person watches; nothing elsewhere."""
    if not session.err.is_terminal:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(file=cast("TextIO", session.err))
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(session.pick(zh, en), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
