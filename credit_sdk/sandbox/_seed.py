"""What a new database holds: the demonstration's lists, or a file's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidRequest
from credit_sdk.formats.records import Records, parse, read
from credit_sdk.model.listing import VIOLATIONS, Listing, Violation
from credit_sdk.sandbox._database import clear, transaction
from credit_sdk.sandbox._feed import Feed
from credit_sdk.sandbox._holdings import Covered, Holdings
from credit_sdk.sources.demo import FIRMS, demo_records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from credit_sdk.model.catalogue import KnownLists


def seed(
    connection: sqlite3.Connection, lists: KnownLists, now: datetime, *, data: str | None = None, anew: bool = False
) -> str:
    """Fill the database, unless it is filled.

    :param data: a JSON Lines file; default: the demonstration's fictional lists.
    :param anew: throw away what is there.
    :return: what the database holds: ``demo`` or the file's name, as when it was filled.
    :raises InvalidRecords: the file does not load; the database stays as it was.
    :raises InvalidRequest: the database is filled already, and a file is named.
    """
    held = connection.execute("SELECT value FROM about WHERE key = 'seed'").fetchone()
    if held is not None and not anew:
        if data is not None:
            raise InvalidRequest(
                "数据库里已有记录, 不会再读数据文件; 请去掉其中一个, 或先删除该数据库",
                "the database holds records already, no file is read into it; leave one of the two out, or delete the database",
                key="--data",
            )
        return str(held[0])
    if data is None:
        objects: Iterable[Mapping[str, Any]] = demo_records(now)
        records = parse(objects, lists)
        name, known = "demo", list(FIRMS)
    else:
        records = read([data], lists)
        objects, name, known = _objects(data), Path(data).name, []
    with transaction(connection):
        clear(connection)
        _fill(connection, records, objects, known, now)
        connection.execute("INSERT INTO about VALUES ('seed', ?)", (name,))
    return name


def _fill(
    connection: sqlite3.Connection,
    records: Records,
    objects: Iterable[Mapping[str, Any]],
    known: Iterable[str],
    now: datetime,
) -> None:
    holdings, feed = Holdings(connection), Feed(connection)
    for code, coverage in records.coverage.items():
        # The sandbox is these lists' keeper from now on, and vouches for them up to the present: `as_of` is not kept.
        history = coverage.history_from
        holdings.cover(Covered(code, None, None if history is None else history.isoformat()))
    holdings.know(known)
    listings = {entry.id: entry for entry in records.listings}
    violations = {entry.id: entry for entry in records.violations}
    for body in objects:
        if body["type"] == "coverage":
            continue
        # An entry that stands in the file twice is one entry.
        id_ = str(body["id"]).strip()
        entry: Listing | Violation | None = (listings if body["type"] == "listing" else violations).pop(id_, None)
        if entry is None:
            continue
        plain = as_answered(body, entry)
        holdings.put(entry, plain)
        feed.append(now, body["type"], entry.id, getattr(entry, "list", VIOLATIONS), entry.status, plain["subject"])


def as_answered(body: Mapping[str, Any], entry: Listing | Violation) -> dict[str, Any]:
    """A record object as answers have it: without empty keys, codes compacted.

    :param entry: what was read from it.
    """
    plain = _without_blanks(body)
    for key in ("code", "organisation_code", "registration_number"):
        if key in plain["subject"]:
            plain["subject"][key] = getattr(entry.subject, key)
    return plain


def _without_blanks(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in values.items():
        if key == "subject":
            plain[key] = _without_blanks(value)
        elif isinstance(value, str):
            if stripped := value.strip():
                plain[key] = stripped
        elif value is not None:
            plain[key] = value
    return plain


def _objects(path: str) -> Iterable[dict[str, Any]]:
    """The same lines that :func:`read` has found in order."""
    with Path(path).open(encoding="utf-8-sig") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
