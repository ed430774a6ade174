"""Every error this package raises, in one tree. Imports nothing of the package.

::

    CreditError                      code, message(lang), file, line, key, retryable
    ├── NoDecision                   no answer, never "not listed" (rule 8.1); fault, status, request_id, retry_after
    │   ├── SourceUnavailable        the source could not be asked, or refused to answer (retryable by fault)
    │   ├── IncompleteCoverage       a required list was not consulted (rule 7.2)
    │   ├── StaleData                a required list is older than its max_age (rule 7.3)
    │   └── BadRecord                the source answered with something unusable (rules 2.4, 7.4)
    ├── InvalidSubject               a code, name or type that cannot be checked (also ValueError)
    ├── InvalidRequest               another part of the request is unusable (also ValueError)
    │   ├── UnknownDomain            no adapter for this domain
    │   ├── UnknownAction            the measure list does not declare this action
    │   ├── NoMeasureList            no measure list, or more than one, fits the jurisdiction (rule 5.9)
    │   ├── UnknownDecision          the ledger has no such decision
    │   └── InvalidReport            what is reported does not fit the decision
    ├── MeasureListNotInForce        a draft, model or repealed list decides nothing
    ├── InvalidFile                  a file does not load; names file, line and key (also ValueError)
    │   ├── InvalidRecords           records as JSON Lines
    │   ├── InvalidMeasureList       a measure list as TOML
    │   └── InvalidReceipt           a check receipt (核查凭证) that is none, or was changed
    ├── InvalidSettings              a setting (argument, environment or file) is unusable (also ValueError)
    ├── AdapterFailed                an adapter raised, returned nonsense or brought no measure list
    ├── LedgerUnavailable            the ledger cannot be written or read now; nothing half is kept (retryable)
    ├── LedgerDamaged                something in the ledger is not as it was written
    └── Restricted                   raised for a decision, not in place of one

A caller usually needs three branches: ``NoDecision`` (do not act; ask again or ask a person), ``Restricted`` (a
decision that stops the action) and the rest (a mistake in the request or the installation).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.decision.result import Decision, SeenListing

Lang = Literal["zh", "en"]

_LONGEST_QUOTE = 60


def quoted(value: object) -> str:
    """Something that nobody knows, as it may stand in a message: one printable line, short, without an identifier.

    What is as long as a code, or may be a name, is starred: one in the wrong place is a common mistake (rule 9.4).
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = re.sub(r"[^\x00-\x7f]{5,}", "****", text)
    text = re.sub(r"[0-9A-Za-z]{9,}", lambda run: "****" if re.search(r"\d", run[0]) else run[0], text)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:_LONGEST_QUOTE])
    return text if len(text) < _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


_FIRM = re.compile(
    r"[^\x00-\x7f\u3000-\u303f\uff00-\uffef]{4,60}(?:公司|集团|合作社|事务所|商行|经营部|工厂|个体工商户)"
)


def masked(text: str, *hidden: str, longest: int = 300) -> str:
    """What somebody else says, as it may be kept and shown: one printable line, cut, without an identifier (rule 9.4).

    :param hidden: what must not stand in it, such as the name of the firm that it is about; beside these, what is as long
        as a code and what reads as a firm's name is starred.
    """
    for one in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(one, "****")
    text = _FIRM.sub("****", text[: 10 * longest])
    text = re.sub(r"[0-9A-Za-z]{9,}", lambda run: "****" if re.search(r"\d", run[0]) else run[0], text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class CreditError(Exception):
    """Root of the tree.

    Every error says what is wrong and the way out, in Chinese and in English: ``str(error)`` is Chinese,
    :meth:`message` gives either. No message contains an identifier (rule 9.4).

    :param zh: the sentence in Chinese.
    :param en: the same sentence in English.
    :param file: the file at fault, as the caller named it.
    :param line: the line at fault, from 1.
    :param key: the key, field or option at fault.
    """

    code: ClassVar[str] = "credit_error"
    """Stable name for programs: the class name in snake_case."""
    retryable: bool = False
    """Whether asking again, unchanged, may give an answer."""

    def __init__(
        self, zh: str, en: str, *, file: str | None = None, line: int | None = None, key: str | None = None
    ) -> None:
        super().__init__(zh)
        self.zh = zh
        self.en = en
        self.file = file
        self.line = line
        self.key = key

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def message(self, lang: Lang = "zh") -> str:
        """The sentence in ``lang``, without file, line and key."""
        return self.en if lang == "en" else self.zh

    def located(self, lang: Lang = "zh") -> str:
        """One line: ``file:line: key: sentence``, as far as they are known."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, self.key, self.message(lang)) if part)

    def __str__(self) -> str:
        return self.located("zh")

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not unpickle by themselves; process pools need them to.
        return _rebuild, (type(self), self.__dict__)


def _rebuild(cls: type[CreditError], state: dict[str, object]) -> CreditError:
    error = cls.__new__(cls)
    Exception.__init__(error, state.get("zh"))
    error.__dict__.update(state)
    return error


FAULTS: Mapping[str, tuple[str, str]] = {
    # SourceUnavailable: nobody answered, or the platform would not.
    "dns": ("域名解析失败或超时", "the host's name could not be resolved, or not in time"),
    "connect": ("连接不上", "no connection could be made"),
    "tls": ("TLS 握手失败: 证书不受信任、已过期、与域名不符, 或对方不接受本方证书", "TLS failed"),
    "timeout": ("在一个阶段的限时内没有进展", "no progress within a phase's timeout"),
    "reset": ("连接中途断开", "the connection broke"),
    "pool": ("在途请求过多, 没有空闲连接", "too many requests in flight, no connection free"),
    "deadline": ("超过总限时 (含重试)", "the total time, retries included, ran out"),
    "rate_limited": ("平台限流 (429)", "the platform limits the rate (429)"),
    "server_error": ("平台出错 (5xx)", "the platform failed (5xx)"),
    "credentials": ("凭据不被接受 (401、403)", "the credentials were not accepted (401, 403)"),
    "redirect": ("重定向到别处, 已拒绝", "a redirect elsewhere, refused"),
    "refused": ("平台拒绝了请求 (其他 4xx)", "the platform refused the request (other 4xx)"),
    "request": ("请求无法发出: 对接约定 (profile) 或设置有误", "the request could not be made: profile or settings"),
    "closed": ("客户端已关闭", "the client is closed"),
    # BadRecord: an answer came, and it is unusable.
    "protocol": ("应答不是 HTTP", "the answer is not HTTP"),
    "html": ("应答是网页", "the answer is a web page"),
    "truncated": ("应答不完整", "the answer is cut short"),
    "too_large": ("应答过大", "the answer is too large"),
    "encoding": ("应答的压缩或编码不能识别", "the answer's compression or encoding is unusable"),
    "version": ("接口版本不同", "another version of the API"),
    "schema": ("应答不符合接口约定", "the answer does not follow the contract"),
    "business": ("平台报告业务失败", "the platform reports a business failure"),
    "profile": ("对接约定 (profile) 未能读出应答", "the profile failed to read the answer"),
    "coverage": ("没有说明查询范围", "no coverage is stated"),
    "wrong_subject": ("应答是其他主体的", "the answer is about another subject"),
    "missing_subject": ("缺少所问主体的应答", "a subject that was asked about is missing"),
    "duplicate_subject": ("同一主体有多个应答", "one subject is answered for twice"),
    "contradiction": ("应答自相矛盾", "the answer contradicts itself"),
    "clock": ("双方时钟相差过大", "the clocks differ too much"),
}
"""The words of :attr:`NoDecision.fault`, in Chinese and in English. Stable; later versions may add words."""


class NoDecision(CreditError):
    """There is no answer. Silence never becomes ``allow``, and an outage never restricts anyone (rule 8.1).

    :param fault: see :attr:`fault`; likewise the others.
    """

    listings: Sequence[SeenListing] = ()
    """The listings that were found all the same (rule 7.2)."""
    fault: str | None = None
    """What went wrong with a platform, one of :data:`FAULTS`; ``None``: no platform was involved."""
    status: int | None = None
    """The HTTP status, if one came."""
    problem: str | None = None
    """The platform's own ``code`` for it (RFC 9457 problem details), if it is a plain word such as ``cursor_expired``."""
    words: str | None = None
    """The platform's own sentence for it (RFC 9457 ``detail``), masked and cut. For who mends it; it stands in no message."""
    request_id: str | None = None
    """The ``X-Request-Id`` that was sent: what to tell the platform's operators."""
    retry_after: float | None = None
    """Seconds after which the platform wants to be asked again, if it said so."""

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        file: str | None = None,
        line: int | None = None,
        key: str | None = None,
        fault: str | None = None,
        status: int | None = None,
        problem: str | None = None,
        words: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(zh, en, file=file, line=line, key=key)
        self.fault = fault
        self.status = status
        self.problem = problem
        self.words = words
        self.request_id = request_id
        self.retry_after = retry_after
        if retryable is not None:
            self.retryable = retryable


class SourceUnavailable(NoDecision):
    """The source could not be asked, did not answer, or refused to.

    ``retryable`` is true of an outage, and false of what stays until somebody mends it: the certificate, the
    credentials, the address.
    """

    retryable = True


class IncompleteCoverage(NoDecision):
    """A required list was not consulted (rule 7.2)."""

    missing: Sequence[str] = ()
    """Codes of the required lists that were not consulted, sorted."""
    stale: Sequence[str] = ()
    """Codes of the required lists that are too old, sorted."""


class StaleData(NoDecision):
    """A required list is older than the measure list's ``max_age``, and that is the only fault (rule 7.3)."""

    retryable = True
    stale: Sequence[str] = ()
    """Codes of the required lists that are too old, sorted."""


class BadRecord(NoDecision):
    """The source answered with something unusable; nothing of it is used (rules 2.4, 7.4)."""


class InvalidSubject(CreditError, ValueError):
    """A code, name or type that cannot be checked. The message never repeats the input (rules 3.1, 9.2)."""


class InvalidRequest(CreditError, ValueError):
    """A part of the request other than the subject is unusable."""


class UnknownDomain(InvalidRequest):
    """No installed adapter speaks for this domain."""


class UnknownAction(InvalidRequest):
    """The measure list does not declare this action."""


class NoMeasureList(InvalidRequest):
    """No measure list, or more than one, fits the jurisdiction asked for (rule 5.9)."""


class UnknownDecision(InvalidRequest):
    """The ledger has no decision with this id."""


class InvalidReport(InvalidRequest):
    """What is reported does not fit the decision: a measure it does not name, a refusal without a reason."""


class MeasureListNotInForce(CreditError):
    """A draft, model or repealed measure list serves reading, linting and comparing; it decides nothing."""


class InvalidFile(CreditError, ValueError):
    """A file does not load. Nothing of it is used."""


class InvalidRecords(InvalidFile):
    """A file of records (JSON Lines) does not load."""


class InvalidMeasureList(InvalidFile):
    """A measure list (TOML) does not load."""


class InvalidReceipt(InvalidFile):
    """A check receipt (核查凭证) that is none, or that was changed after it was signed."""


class InvalidSettings(CreditError, ValueError):
    """A setting is unusable."""


class AdapterFailed(CreditError):
    """An adapter raised, returned nonsense or brought no measure list. Only its own domain is affected."""

    adapter: str = ""
    """The entry point's name."""


class LedgerUnavailable(CreditError):
    """The ledger cannot be written or read: locked, full, read-only, out of reach. Of what was to be written, nothing is there."""

    retryable = True


class LedgerDamaged(CreditError):
    """Something in the ledger is not as it was written. Everything else in it can still be read."""


class Restricted(CreditError):
    """The decision stops the action. Carries it."""

    decision: Decision
