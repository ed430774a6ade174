"""What a run says on stderr although it goes on: something that whoever reads its answer has to know.

For a program one JSON object a line, ``{"warning": …, "message": …, "file": …, "key": …}``; for a person a sentence. The exit
code is the answer's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import TextIO

    from credit_sdk.cli.session import Session


def warn(session: Session, warning: str, zh: str, en: str, *, file: str | None = None, key: str | None = None) -> None:
    """Say it.

    :param warning: one stable word.
    :param file: what it is about.
    :param key: the setting or option behind it.
    """
    session.out.flush()
    message = " ".join(session.pick(zh, en).split())
    if session.error_format == "json":
        value = {"warning": warning, "message": message, "file": file, "key": key}
        session.err.write(json.dumps(value, ensure_ascii=False) + "\n")
        session.err.flush()
        return
    from credit_sdk.cli.screen import Screen

    screen = Screen(cast("TextIO", session.err))
    place = [(session.pick("：", ": "), ""), (file, "bold")] if file is not None else []
    screen.spans((session.pick("警告", "Warning"), "bold yellow"), *place, (f" [{warning}]", "dim"))
    screen.paragraph(message, indent=2)
