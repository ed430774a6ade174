"""Who is asked about (信用主体), and who an entry names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from credit_sdk.errors import InvalidSubject
from credit_sdk.model import names
from credit_sdk.model.identifiers import id_number, uscc
from credit_sdk.model.identifiers import organisation_code as organisation_codes
from credit_sdk.model.identifiers import registration_number as registration_numbers
from credit_sdk.model.terms import SubjectType

ORGANISATIONS = frozenset({SubjectType.LEGAL_ENTITY, SubjectType.OTHER_ORGANISATION, SubjectType.SOLE_TRADER})
"""The types that are checked by default; a sole trader is handled as an organisation (rule 3.8)."""


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """Who is checked: at least one of ``code``, ``organisation_code``, ``registration_number``, ``name``.

    :param code: 统一社会信用代码, 18 characters (GB 32100-2015); compacted here.
    :param name: full name as registered (全称), needed where a list holds entries without a code (rule 3.7).
    :param type: type of subject, if known; without it, codes beginning 92 are ``sole_trader``, all others
        ``legal_entity`` (rule 3.8).
    :param organisation_code: 组织机构代码, 9 characters (GB 11714-1997).
    :param registration_number: 15-digit registration number of old (工商注册号).
    :param issued: the registry did issue this code although its 18th character fails the check (rule 3.1).
    :param former_names: names borne before (曾用名); they find candidates only.
    :param established_on: day of establishment (成立日期), used by ``clean_years`` (rule 4.4).
    :raises InvalidSubject: nothing to look for, a malformed code, a natural person. The message never repeats
        the input.
    """

    code: str | None = None
    name: str | None = field(default=None, kw_only=True)
    type: SubjectType | None = field(default=None, kw_only=True)
    organisation_code: str | None = field(default=None, kw_only=True)
    registration_number: str | None = field(default=None, kw_only=True)
    issued: bool = field(default=False, kw_only=True)
    former_names: tuple[str, ...] = field(default=(), kw_only=True)
    established_on: date | None = field(default=None, kw_only=True)
    name_key: str | None = field(init=False, default=None, compare=False)
    """The normalised full name (rule 3.6)."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        if self.type is not None:
            put(self, "type", _subject_type(self.type))
        if self.former_names or self.established_on is not None:
            _check_details(self.former_names, self.established_on)
        at = "code"
        try:
            if self.code is not None:
                put(self, at, uscc.validate(self.code, issued=self.issued, organisation=self.type is not None))
            if self.organisation_code is not None:
                at = "organisation_code"
                put(self, at, organisation_codes.validate(self.organisation_code, issued=self.issued))
            if self.registration_number is not None:
                at = "registration_number"
                put(self, at, registration_numbers.validate(self.registration_number))
            if self.name is not None:
                at = "name"
                put(self, "name_key", names.normalise(self.name))
                put(self, at, self.name.strip())
                _refuse_id_number(self.name)
        except InvalidSubject as error:
            error.key = at
            raise
        if (
            self.name is None
            and self.code is None
            and self.organisation_code is None
            and self.registration_number is None
        ):
            raise InvalidSubject(
                "没有可核查的主体: 请给出统一社会信用代码或全称",
                "no subject to check: give a unified social credit code or a full name",
                key="subject",
            )

    @property
    def check_digit_failed(self) -> bool:
        """Whether the code's 18th character fails the check; possible with ``issued=True`` only."""
        return self.issued and self.code is not None and not uscc.check_digit_matches(self.code)

    @property
    def default_type(self) -> SubjectType:
        """The type as asked, else as the code's first two characters say (rule 3.8)."""
        if self.type is not None:
            return self.type
        if self.code is not None and self.code.startswith("92"):
            return SubjectType.SOLE_TRADER
        return SubjectType.LEGAL_ENTITY

    def to_dict(self) -> dict[str, str | None]:
        """As asked, whole: ``code``, ``name``, ``type``, and the other identifiers where given."""
        whole: dict[str, str | None] = {"code": self.code, "name": self.name, "type": self.type}
        if self.organisation_code is not None:
            whole["organisation_code"] = self.organisation_code
        if self.registration_number is not None:
            whole["registration_number"] = self.registration_number
        return whole

    def __repr__(self) -> str:
        # Identifiers never stand in repr (rule 9.4): the code is masked, the name only said to be there.
        parts = [repr(uscc.mask(self.code))] if self.code else []
        parts += [f"{key}=…" for key in ("name", "organisation_code", "registration_number") if getattr(self, key)]
        parts += [f"type={self.type.value!r}"] if self.type else []
        return f"Subject({', '.join(parts)})"


@dataclass(slots=True, repr=False)
class ListedSubject:
    """Who an entry names, as its list has it. Built by readers that have validated it.

    Not frozen: a million of them are built when a file is read, and freezing doubles the price of each.
    """

    code: str | None = None
    organisation_code: str | None = None
    registration_number: str | None = None
    name: str | None = None
    type: SubjectType | None = None
    former_names: tuple[str, ...] = ()
    established_on: date | None = None

    def __repr__(self) -> str:
        return f"ListedSubject({uscc.mask(self.code)!r})" if self.code else "ListedSubject(…)"


def _check_details(former_names: object, established_on: object) -> None:
    if isinstance(former_names, str) or not isinstance(former_names, tuple):
        raise InvalidSubject(
            "former_names 应为若干名称组成的元组", "former_names must be a tuple of names", key="former_names"
        )
    if established_on is not None and type(established_on) is not date:
        raise InvalidSubject(
            "established_on 应为 datetime.date", "established_on must be a datetime.date", key="established_on"
        )


def _refuse_id_number(name: str) -> None:
    """Rule 9.2: a number in the name's place is looked up as little as in the code's."""
    if id_number.is_valid(uscc.compact(name)):
        raise InvalidSubject(
            "名称是公民身份号码, 未予核查: 不核查自然人; 请给出组织的全称",
            "the name is a citizen's ID number and was not checked: natural persons are not; give the organisation's name",
        )


def _subject_type(value: str) -> SubjectType:
    try:
        type_ = SubjectType(value)
    except ValueError:
        raise InvalidSubject(
            f"不认识的主体类型; 可用: {'、'.join(ORGANISATIONS)}",
            f"unknown subject type; known: {', '.join(sorted(ORGANISATIONS))}",
            key="type",
        ) from None
    if type_ is SubjectType.NATURAL_PERSON:
        raise InvalidSubject(
            "不核查自然人: 本软件只核查组织(含个体工商户)",
            "natural persons are not checked: this software checks organisations, sole traders included",
            key="type",
        )
    return type_
