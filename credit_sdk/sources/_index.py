"""Finding entries: by any code at once, by name once somebody asks by name."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from credit_sdk.model import names
from credit_sdk.model.listing import Listing, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from credit_sdk.model.subject import ListedSubject, Subject

Entry = TypeVar("Entry", bound=Listing | Violation)


class Index(Generic[Entry]):
    """Entries by code. The indexes that few questions need are made by the first that does."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._by_code: dict[str, tuple[Entry, ...]] = {}
        self._by_organisation: dict[str, tuple[Entry, ...]] = {}
        self._by_registration: dict[str, tuple[Entry, ...]] = {}
        for entry in entries:
            subject = entry.subject
            if subject.code is not None:
                _add(self._by_code, subject.code, entry)
            if subject.organisation_code is not None:
                _add(self._by_organisation, subject.organisation_code, entry)
            if subject.registration_number is not None:
                _add(self._by_registration, subject.registration_number, entry)
        self._by_name: dict[str, tuple[Entry, ...]] | None = None
        self._by_tail: dict[str, tuple[Entry, ...]] | None = None
        self._making = threading.Lock()

    def find(self, asked: Subject) -> tuple[Entry, ...]:
        """Every entry that may be ``asked``'s, as the source port's contract has it; each once."""
        code = asked.code
        found: tuple[Entry, ...] = ()
        if code is not None:
            found = self._by_code.get(code, ())
            if self._by_organisation:
                found += self._by_organisation.get(code[8:17], ())
        elif asked.organisation_code is not None:
            found = self._by_organisation.get(asked.organisation_code, ())
            found += self._tails().get(asked.organisation_code, ())
        if asked.registration_number is not None:
            found += self._by_registration.get(asked.registration_number, ())
        if asked.name_key is not None and self._entries:
            by_name = self._names()
            found += by_name.get(asked.name_key, ())
            for name in asked.former_names:
                found += by_name.get(names.normalise(name), ())
        return tuple({entry.id: entry for entry in found}.values()) if len(found) > 1 else found

    def _names(self) -> dict[str, tuple[Entry, ...]]:
        if self._by_name is None:
            with self._making:
                if self._by_name is None:
                    self._by_name = _index(self._entries, _name_keys)
        return self._by_name

    def _tails(self) -> dict[str, tuple[Entry, ...]]:
        if self._by_tail is None:
            with self._making:
                if self._by_tail is None:
                    self._by_tail = _index(self._entries, lambda s: (s.code[8:17],) if s.code else ())
        return self._by_tail


def _index(entries: Sequence[Entry], keys: Callable[[ListedSubject], Iterable[str]]) -> dict[str, tuple[Entry, ...]]:
    index: dict[str, tuple[Entry, ...]] = {}
    for entry in entries:
        for key in keys(entry.subject):
            _add(index, key, entry)
    return index


def _name_keys(subject: ListedSubject) -> Iterable[str]:
    borne = (subject.name, *subject.former_names) if subject.name else subject.former_names
    return {names.normalise(name) for name in borne}


def _add(index: dict[str, tuple[Entry, ...]], key: str, entry: Entry) -> None:
    index[key] = (*index.get(key, ()), entry)
