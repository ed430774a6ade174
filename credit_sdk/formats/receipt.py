"""Check receipts (核查凭证): what a tender file keeps of a check, for fifteen years and longer.

A receipt is one JSON object, ``credit.receipt/1``, and comes as a file of it (``.json``) or as a page that embeds it
(``.html``). Either is verified on its own, offline, without adapters, by :mod:`credit_sdk.formats.receipt_check`, or by anyone
with a JSON reader and Ed25519:

``schema``
    ``credit.receipt/1``.
``issued``
    ``id`` (UUID), ``at`` (RFC 3339, +08:00), ``by`` (the service, or null), ``sdk`` (version), ``masked`` (whether codes and
    names are masked), ``decision`` (digest of the canonical decision; it stands on the page, and ties paper to file).
``decision``
    The whole decision, ``credit.decision/1``: result, obligations with their legal bases, listings, coverage (which list is
    vouched for up to when), source, measure list.
``told``
    The same in words, ``zh`` and ``en``: what the page shows.
``page``
    ``template`` (version of the layout), ``zh`` and ``en``: the digest of each page, see below.
``key``
    ``algorithm`` (``Ed25519``), ``public`` (base64 of its 32 bytes), ``fingerprint`` (``sha256:`` of its DER form; one that is
    another key's is a forger's).
``parts``
    By part: ``digest`` (``sha256:`` of the part's canonical JSON) and ``seal`` (base64: signature over the four lines schema,
    receipt number, part, digest, each ended by a line feed). Which keys make up a part: :mod:`._receipt_seals`.
``signature``
    base64: Ed25519 signature over the canonical JSON (RFC 8785) of everything but ``signature``.

Read strictly (no key twice, no NaN), white space and the order of keys do not matter: a receipt that an editor has
indented is still genuine.

**The page.** Its digest is that of the whole HTML text, the characters between
``<script type="application/json" id="credit-receipt">`` and ``</script>`` taken out, among which there is no ``<`` (or a
browser might end the data elsewhere, and show what follows); UTF-8, without byte order mark, line
ends as LF, none at the end. So text, layout and style are under the signature, and a page is verified without being rendered
again: no later version of the template, or of the words, can make an old one fail. Rendering anew and comparing would tie
verification to the very version that issued; hence the digest.

The page is printed from a browser; a PDF (:mod:`credit_sdk.formats.receipt_pdf`) is for reading and carries no signature.
"""

from __future__ import annotations

import json
import os
import uuid
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.decision.result import Decision
from credit_sdk.decision.visible import visible
from credit_sdk.decision.words import check_language
from credit_sdk.errors import CreditError, InvalidFile, InvalidReceipt, InvalidRequest
from credit_sdk.formats import (
    _receipt_files,
    _receipt_reading,
    _receipt_records,
    _receipt_seals,
    _receipt_told,
    decisions,
)
from credit_sdk.formats._canonical import NotCanonicalError, canonical, digest
from credit_sdk.formats._receipt_masks import Masks
from credit_sdk.formats.receipt_page import TEMPLATE, embed, render
from credit_sdk.model.moments import written
from credit_sdk.model.version import sdk_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credit_sdk.decision.answering import Fetched
    from credit_sdk.errors import Lang
    from credit_sdk.formats.receipt_key import SigningKey
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.request import CheckRequest

SCHEMA = _receipt_seals.SCHEMA
LANGUAGES: tuple[Lang, ...] = ("zh", "en")


class CheckReceipt:
    """One receipt (核查凭证). Made by :meth:`issue` or ``decision.receipt()``, read by :meth:`read`; not changed once made.

    Reading does not verify: that is :func:`credit_sdk.formats.receipt_check.verify_receipt`'s.
    """

    __slots__ = ("_document",)

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    @classmethod
    def issue(
        cls,
        decision: Decision | Mapping[str, Any],
        key: SigningKey,
        *,
        id: str | None = None,
        issued_at: datetime | None = None,
        issued_by: str | None = None,
        masked: bool = False,
        measure_list: MeasureList | None = None,
        request: CheckRequest | None = None,
        answers: Sequence[Fetched] | None = None,
    ) -> CheckReceipt:
        """Sign a decision.

        :param decision: the decision, or its JSON as a ledger keeps it.
        :param key: the deployment's.
        :param id: the receipt's number, a UUID; default: a new one.
        :param issued_at: default: now.
        :param issued_by: the service that issues.
        :param masked: whether codes and names are masked, for publication.
        :param measure_list: with a decision as JSON, the measure list it was made by, if it is at hand: it has the titles.
        :param request: with a decision as JSON, the request that was kept beside it: it has who was checked along.
        :param answers: with a decision as JSON, the records that were kept beside it: they have whose each listing is.
        :raises InvalidFile: ``decision`` is JSON that no decision has.
        :raises InvalidRequest: something in the decision cannot be written as canonical JSON; or it is JSON and to be masked,
            and ``request`` and ``answers`` are not at hand, or not what it was made from: whom it names is not known.
        """
        whole = isinstance(decision, Decision)
        if isinstance(decision, Decision):
            told_by, value = decision, decision.to_dict()
        else:
            told_by, value = decisions.read(decision, measure_list=measure_list), dict(decision)
            if request is not None and answers is not None:
                with suppress(CreditError, LookupError, ValueError):  # they may be damaged, or of a later version
                    told_by, whole = _receipt_records.completed(told_by, request, answers), True
            if request is not None and not whole:
                told_by = told_by._replace(request=request)
        if masked and not whole:
            raise InvalidRequest(
                "没有这一结论所依据的信用记录, 不知道其中提到哪些主体, 不能遮蔽; 请由作出结论的客户端签发, 或签发不遮蔽的",
                "the records that this decision rests on are not at hand, so that whom it names is not known and cannot be masked;"
                " have it issued by the client that decided, or unmasked",
                key="masked",
            )
        whose_known = whole or not (request is None or request.related)
        told: Any = {lang: _receipt_told.tell(told_by, lang, whose_known=whose_known) for lang in LANGUAGES}
        try:
            # Through JSON once: enumerations become the strings that they are.
            content = json.loads(json.dumps({"decision": value, "told": told}, ensure_ascii=False))
            if masked:
                named = (*_receipt_told.subjects_of(told_by), *_receipt_records.named_in(answers or ()))
                content = Masks.of(named).apply(content)
            decision_digest = digest(canonical(content["decision"]))
        except (NotCanonicalError, TypeError, ValueError, RecursionError) as error:
            raise InvalidRequest(
                f"结论含有不能写成规范 JSON 的值 ({type(error).__name__}), 不能签发; context 的整数不得超过 2^53, 文本须为有效 Unicode",
                f"the decision holds what canonical JSON cannot say ({type(error).__name__}) and cannot be signed; whole numbers"
                " in the context must not exceed 2^53, text must be valid Unicode",
                key="context",
            ) from None
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "issued": {
                "id": id or str(uuid.uuid4()),
                "at": written(issued_at or datetime.now(UTC)),
                "by": None if issued_by is None else visible(issued_by),
                "sdk": sdk_version(),
                "masked": masked,
                "decision": decision_digest,
            },
            **content,
            "key": {
                "algorithm": "Ed25519",
                "public": b64encode(key.public.raw).decode("ascii"),
                "fingerprint": key.public.fingerprint,
            },
        }
        pages = {lang: digest(render(document, lang, TEMPLATE).encode()) for lang in LANGUAGES}
        document["page"] = {"template": TEMPLATE, **pages}
        _receipt_seals.sign(document, key)
        return cls(document)

    @classmethod
    def read(cls, source: str | Path | bytes) -> CheckReceipt:
        """A receipt from a file (``.json`` or ``.html``) or its bytes. It may have been changed: verify it.

        :raises InvalidReceipt: it is none; says why, and the way out.
        """
        return cls(_receipt_reading.read(source).document)

    @property
    def id(self) -> str:
        """The receipt's number (凭证编号)."""
        return str(self._document["issued"]["id"])

    @property
    def decision_id(self) -> str:
        """The decision's number (结论编号)."""
        return str(self._document["decision"]["decision_id"])

    @property
    def issued_at(self) -> datetime:
        """When it was issued, to the second."""
        return datetime.fromisoformat(self._document["issued"]["at"])

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the key that signed, taken from the key itself.

        :raises InvalidReceipt: what the receipt names is no key.
        """
        key = _receipt_seals.key_of(self._document)
        if key is None:
            raise InvalidReceipt("凭证中没有公钥", "there is no public key in the receipt", key="key")
        return key.fingerprint

    @property
    def decision(self) -> dict[str, Any]:
        """The decision's JSON, a copy."""
        copy: dict[str, Any] = json.loads(json.dumps(self._document["decision"]))
        return copy

    def json(self) -> bytes:
        """The receipt as a file: canonical JSON, UTF-8."""
        return canonical(dict(self._document))

    def html(self, lang: Lang = "zh") -> str:
        """The receipt as a page: one file, nothing from outside, the signed JSON within.

        :raises InvalidReceipt: the page is not the one that was signed: the receipt was changed, or laid out by a version of
            the SDK that this one does not have.
        """
        check_language(lang)
        page = self._document.get("page")
        try:
            shell = render(self._document, lang, page["template"])  # type: ignore[index] # caught below
            as_signed = page[lang] == digest(shell.encode())  # type: ignore[index]
        except (InvalidReceipt, LookupError, TypeError, ValueError, AttributeError):
            shell, as_signed = "", False
        if not as_signed:
            raise InvalidReceipt(
                "排出的页面与签发时的不同: 凭证被改动过, 或由本版本没有的版式签发; 请使用签发时的 HTML 文件",
                "the page would not be the one that was signed: the receipt was changed, or laid out in a way that this version"
                " does not have; use the HTML file as it was issued",
                key="page",
            )
        return embed(shell, self.json())

    def write(self, path: str | Path, *, lang: Lang = "zh") -> Path:
        """Write it; whole or not at all. The suffix decides: ``.json``, ``.html`` or ``.pdf``.

        :param lang: of the page.
        :returns: ``path``.
        :raises InvalidRequest: another suffix.
        :raises InvalidFile: the file cannot be written, or something else than a receipt or a PDF is there.
        :raises InvalidSettings: there is no browser to print a PDF with.
        """
        suffix, written_to = suffix_of(path), Path(path)
        if wrong := _in_the_way(written_to):
            raise _unwritten(*wrong, written_to)
        match suffix:
            case ".json":
                data = self.json()
            case ".pdf":
                from credit_sdk.formats.receipt_pdf import printed

                data = printed(self.html(lang))
            case _:
                data = self.html(lang).encode()
        _write(written_to, data)
        return written_to

    def __repr__(self) -> str:
        issued = self._document.get("issued")
        return f"<CheckReceipt {issued.get('id') if isinstance(issued, dict) else '?'}>"


def suffix_of(path: str | Path) -> str:
    """The suffix by which a receipt is written.

    :raises InvalidRequest: another one.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in {".json", ".html", ".htm", ".pdf"}:
        raise InvalidRequest(
            "凭证文件的后缀应为 .html、.json 或 .pdf", "a receipt's file ends in .html, .json or .pdf", key="receipt"
        )
    return suffix


def check_target(path: str | Path, *, spared: Iterable[str | Path] = ()) -> None:
    """Refuse early what a receipt could not, or must not, be written to: before anything is asked or signed.

    :param spared: files that no receipt may take the place of: the ledger's, the key.
    :raises InvalidRequest: another suffix.
    :raises InvalidFile: the folder is not there or may not be written in, or the path is a folder's; it is one of ``spared``, by
        whatever links; something else than a receipt or a PDF is there.
    :raises InvalidSettings: there is no browser to print a PDF with.
    """
    suffix, target = suffix_of(path), Path(path)
    folder = Path(os.path.realpath(target)).parent
    if not folder.is_dir():
        wrong: tuple[str, str] | None = ("所在文件夹不存在, 请先建好", "its folder does not exist, make it first")
    elif any(_receipt_files.is_same(target, one) for one in spared):
        wrong = (
            "这是台账或密钥的文件, 写入会毁掉它; 请换一个文件名",
            "it is the ledger's or the key's file, which would be lost; name another",
        )
    elif not os.access(folder, os.W_OK | os.X_OK):
        wrong = ("所在文件夹不可写", "its folder may not be written in")
    else:
        wrong = _in_the_way(target)
    if wrong:
        raise _unwritten(*wrong, target)
    if suffix == ".pdf":
        from credit_sdk.formats.receipt_pdf import browser

        browser()


def _in_the_way(target: Path) -> tuple[str, str] | None:
    """What is there already, if a receipt must not take its place."""
    if target.is_dir():
        return "这是文件夹, 请给出文件名", "it is a folder, name a file"
    if target.exists() and not (target.is_file() and _receipt_reading.is_receipt(target)):
        return (
            "这里已有别的文件, 不是凭证也不是 PDF, 未作改动; 请换一个文件名, 或先移走它",
            "something else than a receipt or a PDF is there, and was left as it is; name another file, or move it away first",
        )
    return None


def _write(target: Path, data: bytes) -> None:
    try:
        _receipt_files.put(target, data)
    except OSError as error:
        raise _unwritten(str(error.strerror), str(error.strerror), target) from None


def _unwritten(zh: str, en: str, target: Path) -> InvalidFile:
    return InvalidFile(f"凭证文件写不了: {zh}", f"the receipt cannot be written: {en}", file=str(target), key="receipt")
