"""Under what an entry is found, and what a question looks for: the port's contract, as keys.

A key is a kind and a text: ``code:…``, ``organisation:…``, ``tail:…`` (characters 9 to 17 of a code), ``number:…``,
``name:…`` (normalised, rule 3.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.model import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.model.subject import ListedSubject


def of_entry(subject: ListedSubject) -> set[str]:
    """Under what an entry of this subject is found."""
    keys = set()
    if subject.code is not None:
        keys |= {f"code:{subject.code}", f"tail:{subject.code[8:17]}"}
    if subject.organisation_code is not None:
        keys.add(f"organisation:{subject.organisation_code}")
    if subject.registration_number is not None:
        keys.add(f"number:{subject.registration_number}")
    borne = (subject.name, *subject.former_names) if subject.name else subject.former_names
    return keys | {f"name:{names.normalise(name)}" for name in borne}


def of_question(asked: Mapping[str, Any]) -> list[str]:
    """What a question about this subject looks for.

    :param asked: a subject as the contract has it.
    :raises InvalidSubject: a name of which nothing can be seen.
    """
    keys = []
    code, organisation = asked.get("code"), asked.get("organisation_code")
    if code is not None:
        keys += [f"code:{code}", f"organisation:{code[8:17]}"]
    elif organisation is not None:
        keys += [f"organisation:{organisation}", f"tail:{organisation}"]
    if number := asked.get("registration_number"):
        keys.append(f"number:{number}")
    if name := asked.get("name"):
        keys += [f"name:{names.normalise(one)}" for one in (name, *asked.get("former_names", ()))]
    return keys


def shape(asked: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether the question is asked with a code, and with a registration number (rule 3.7)."""
    return "code" in asked or "organisation_code" in asked, "registration_number" in asked
