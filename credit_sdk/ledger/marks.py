"""By what a subject is found again in the ledger: one mark for each of its identifiers.

>>> from credit_sdk.model.subject import Subject
>>> marks_of(Subject("91990100MA0000015X"))
('code:91990100MA0000015X', 'org:MA0000015')

A change, or a question of a person's, may know another identifier than the check did: whatever mark they share, they meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from credit_sdk.errors import InvalidSubject
from credit_sdk.model.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from credit_sdk.model.request import CheckRequest
    from credit_sdk.model.subject import ListedSubject

Marks: TypeAlias = tuple[str, ...]


def marks_of(subject: Subject | ListedSubject) -> Marks:
    """The marks of one subject; its former names' as well, as entries stand under them (曾用名, rule 3.7)."""
    found = []
    code, own = subject.code, subject.organisation_code
    if code is not None:
        found.append(f"code:{code}")
        if len(code) == 18:
            found.append(f"org:{code[8:17]}")
    if own is not None and own != (code or "")[8:17]:
        found.append(f"org:{own}")
    if subject.registration_number is not None:
        found.append(f"reg:{subject.registration_number}")
    if subject.name is not None or subject.former_names:
        found += _by_name(subject)
    return tuple(found)


def marks_of_all(subjects: Iterable[Subject | ListedSubject]) -> Marks:
    """The marks of several, each once."""
    return tuple(dict.fromkeys(mark for subject in subjects for mark in marks_of(subject)))


def marks_of_request(request: CheckRequest) -> Marks:
    """The marks of everyone that a check asks for, related subjects included: what moves for them may change the answer."""
    asked = [request.subject, *request.members, *(subject for _, subject in request.related)]
    return marks_of_all(subject if isinstance(subject, Subject) else Subject(subject) for subject in asked)


def _by_name(subject: Subject | ListedSubject) -> list[str]:
    from credit_sdk.model.names import normalise

    key = getattr(subject, "name_key", None)  # a subject that was asked for has been normalised already
    found: dict[str, None] = {} if key is None else {f"name:{key}": None}
    for name in (None if key is not None else subject.name, *subject.former_names):
        if name is None:
            continue
        try:
            found[f"name:{normalise(name)}"] = None
        except InvalidSubject:  # an entry's name may be blank; then it finds nobody
            continue
    return list(found)
