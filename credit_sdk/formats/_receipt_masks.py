"""Masking a receipt for publication: no code and no full name of a subject stands in it, however it is written.

What is written as the subject's own record has it is masked in its place. Where a text holds it only once it is normalised
(rules 3.1, 3.6: half and full width, traditional characters, brackets, spaces), the whole text is masked: places in the one and
in the other do not answer to each other, and too much masked does less harm than too little.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from credit_sdk.decision.visible import visible
from credit_sdk.errors import InvalidSubject
from credit_sdk.model import names
from credit_sdk.model.identifiers import organisation_code, registration_number, uscc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from credit_sdk.model.subject import ListedSubject, Subject

WHOLE = "〔已遮蔽 masked〕"
"""What stands in place of a text that is masked whole."""

_CODE = re.compile(
    r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])", re.IGNORECASE | re.ASCII
)
"""What looks like a unified social credit code, wherever it stands."""
_ESCAPES = re.compile(r"\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")
"""As :func:`visible` writes what cannot be seen."""
_WORD = re.compile(r"[a-z_]+(?:[.-][a-z0-9_-]+)*")
"""Keys of the form itself, and codes of lists."""


class Masks(NamedTuple):
    """What must not stand in a receipt, and what does in its place."""

    codes: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]
    names: tuple[tuple[re.Pattern[str], str], ...]
    """As they are written, the longest first."""
    keys: tuple[re.Pattern[str], ...]
    """The same normalised."""

    @classmethod
    def of(cls, subjects: Iterable[Subject | ListedSubject]) -> Masks:
        """All that the subjects are called by."""
        codes: dict[str, Callable[[str], str]] = {}
        written: dict[str, str] = {}
        keys: set[str] = set()
        for subject in subjects:
            for value, mask in _codes(subject):
                codes[uscc.compact(value)] = mask
            for name in (subject.name, *subject.former_names):
                if name and len(name.strip()) > 1:
                    written[name.strip()] = written[visible(name.strip())] = names.mask(name)
                    keys |= _normalised(name)
        return cls(
            tuple((_spelled(code), codes[code]) for code in _longest_first(codes)),
            tuple((_whole_words(name), written[name]) for name in _longest_first(written)),
            tuple(_whole_words(key) for key in _longest_first(keys)),
        )

    def apply(self, value: Any) -> Any:
        """JSON values without any of it, keys of the terms included."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key if _WORD.fullmatch(key) else self._text(key): self.apply(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.apply(one) for one in value]
        return value

    def _text(self, text: str) -> str:
        for name, shown in self.names:
            text = name.sub(lambda _, shown=shown: shown, text)  # type: ignore[misc] # bound at once
        for code, mask in self.codes:
            text = code.sub(lambda found, mask=mask: mask(uscc.compact(found[0])), text)  # type: ignore[misc]
        text = _CODE.sub(lambda found: uscc.mask(found[0]), text)
        return WHOLE if self._still_names(text) else text

    def _still_names(self, text: str) -> bool:
        plain = normalize("NFKC", _ESCAPES.sub("", text))
        if _CODE.search(plain) or any(code.search(plain) for code, _ in self.codes):
            return True
        return any(key.search(one) for one in _normalised(plain) for key in self.keys)


def _codes(subject: Subject | ListedSubject) -> Iterable[tuple[str, Callable[[str], str]]]:
    if subject.code:
        yield subject.code, uscc.mask
        yield uscc.organisation_code(uscc.compact(subject.code)), organisation_code.mask
    if subject.organisation_code:
        yield subject.organisation_code, organisation_code.mask
    if subject.registration_number:
        yield subject.registration_number, registration_number.mask


def _spelled(code: str) -> re.Pattern[str]:
    """A code in whatever case, with spaces and hyphens in between; no part of a longer one."""
    spelled = r"\W{0,3}".join(map(re.escape, code))
    return re.compile(rf"(?<![0-9A-Za-z]){spelled}(?![0-9A-Za-z])", re.IGNORECASE)


def _whole_words(name: str) -> re.Pattern[str]:
    """A name; one in Latin letters not within a word, or it would be found in digests."""
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])" if name.isascii() else re.escape(name))


def _normalised(text: str) -> set[str]:
    """None, where there is nothing to compare."""
    try:
        return {names.normalise(text)}
    except InvalidSubject:
        return set()


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))
