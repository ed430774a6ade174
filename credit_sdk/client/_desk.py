"""The ledger behind a client: opened from what the client was given, and who delivers its reports."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.client._confirming import check_validity
from credit_sdk.client.receipts import ReceiptSigner
from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.ports.log import FailureLog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from credit_sdk.formats.receipt_key import SigningKey
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.ledger.schedule import FeedbackRule
    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.ledger import Duty, LedgerStore
    from credit_sdk.ports.observer import Observer
    from credit_sdk.ports.sender import OutcomeSender

_FAULTS = FailureLog()
_DEEPEST = 8
"""Sources behind sources (a cache over a platform); deeper is a circle."""


def open_desk(
    given: str | PathLike[str] | LedgerStore | Ledger | None,
    source: Any,
    *,
    required: bool,
    feedback: str | PathLike[str] | Mapping[str, FeedbackRule] | None,
    receivers: Mapping[str, OutcomeSender],
    service: str | None,
    on_release: Callable[[Duty], None] | None,
    clock: Clock,
    observer: Observer,
    domains: Callable[[], Collection[str]],
) -> tuple[Ledger | None, bool]:
    """The ledger to use, and whether the client opened it (and so has to close it).

    :param domains: gives the domains at hand; asked only where there are feedback rules.
    :raises InvalidSettings: nothing that can be used.
    """
    if given is None:
        if feedback is not None or receivers or on_release is not None:
            raise InvalidSettings(
                "feedback、receivers、on_release 只与 ledger 同用; 请给出 ledger=",
                "feedback, receivers and on_release go with a ledger; give ledger=",
                key="ledger",
            )
        return None, False
    from credit_sdk.ledger.desk import Ledger

    if isinstance(given, Ledger):
        if feedback is not None or receivers or on_release is not None or service is not None:
            raise InvalidSettings(
                "给出的 ledger 已是 Ledger 对象; feedback、receivers、on_release、service 请在构造它时给出",
                "ledger is a Ledger already; give it feedback, receivers, on_release and service where you make it",
                key="ledger",
            )
        return given, False
    from credit_sdk.ledger.schedule import PLATFORM, check_domains, check_rules, feedback_rules

    sender = None if PLATFORM in receivers else sender_of(source)
    senders = dict(receivers) if sender is None else {PLATFORM: sender, **receivers}
    if PLATFORM not in senders and _wraps_several(source):
        _FAULTS.failed(
            "来源由几个来源合成, 没有送反馈的接收方, 也没有变更流, 反馈将等在台账里; "
            '请写明 receivers={"platform": HttpSource(...)}',
            "the source is made of several, so that there is no receiver for reports and no change feed, and reports wait "
            'in the ledger; name receivers={"platform": HttpSource(...)}',
        )
    file = feedback if isinstance(feedback, str | PathLike) else None
    rules = check_rules(feedback if file is None else feedback_rules(file))
    if rules:
        check_domains(rules, domains(), file)
    options: dict[str, Any] = {
        "senders": senders,
        "rules": rules,
        "clock": clock,
        "observer": observer,
        "service": service,
        "on_release": on_release,
        "required": required,
    }
    return Ledger.open(given, **options), True


def signer(key: str | Path | SigningKey | None, ledger: object, service: str | None, clock: Clock) -> ReceiptSigner:
    """Who signs a client's receipts; without a key, one is kept beside a ledger that is a file."""
    service = service or getattr(ledger, "service", None)
    ledger = getattr(ledger, "file", ledger)  # of a Ledger
    file = ledger if isinstance(ledger, str | Path) and "://" not in str(ledger) else None
    return ReceiptSigner(key, ledger=file, service=service, clock=clock)


def sender_of(source: Any) -> OutcomeSender | None:
    """Who takes outcomes in, behind ``source``; ``None``: there is no intake, and reports wait for whoever has one."""
    sender: OutcomeSender | None = _behind(source, "send")
    if sender is None:
        awaited = _behind(source, "send_async")
        if awaited is not None:
            from credit_sdk.ledger import Awaited

            sender = Awaited(awaited)
    return sender


def feed_of(source: Any, method: str) -> Any:
    """The change feed behind ``source``, by the method that is to be called; ``None``: there is none."""
    return _behind(source, method)


def forget(source: Any, subjects: Collection[Any]) -> None:
    """Have caches ask anew: what is about to be acted upon is not to rest on a record kept from before."""
    caching = _behind(source, "forget")
    if caching is not None:
        caching.forget(*subjects)


def check_shadow(shadow: Any) -> frozenset[str]:
    """The actions whose guards only watch.

    :raises InvalidSettings: one is not written as ``domain/action``.
    """
    words = [shadow] if isinstance(shadow, str) else list(shadow)
    if isinstance(shadow, str) or not all(isinstance(one, str) and one.count("/") == 1 for one in words):
        raise InvalidSettings(
            'shadow 应为若干 "领域/办理事项", 如 {"subsidy/grant"}',
            'shadow must be several "domain/action", such as {"subsidy/grant"}',
            key="shadow",
        )
    return frozenset(words)


def check_guard(mode: Any, override: Any, executed: Any, validity: Any) -> None:
    """Refuse what Python would take for something else.

    :raises InvalidRequest: names the parameter.
    """
    if mode not in {None, "enforce", "shadow"}:
        raise InvalidRequest("mode 可用: enforce、shadow", "mode is enforce or shadow", key="mode")
    if override is not None:
        from credit_sdk.ledger.values import Override

        if not isinstance(override, Override):
            raise InvalidRequest(
                "override 应为 Override(reason, approver, legal_basis)",
                "override must be an Override(reason, approver, legal_basis)",
                key="override",
            )
    if isinstance(executed, str):
        raise InvalidRequest("executed 应为措施编号的列表", "executed must be a list of measure ids", key="executed")
    check_validity(validity)


def needed(ledger: Ledger | None) -> Ledger:
    """``ledger``, where one is needed.

    :raises InvalidSettings: there is none.
    """
    if ledger is None:
        raise InvalidSettings(
            '没有台账; 请给出 ledger=, 如 CreditClient(source, ledger="credit-ledger.db"), 或设置 CREDIT_LEDGER',
            'there is no ledger; give ledger=, as in CreditClient(source, ledger="credit-ledger.db"), or set CREDIT_LEDGER',
            key="ledger",
        )
    return ledger


def _wraps_several(source: Any) -> bool:
    """Whether ``source`` asks several others (a layered source, or a cache over one): none of them is the platform."""
    for _ in range(_DEEPEST):
        if source is None:
            return False
        if isinstance(several := getattr(source, "sources", None), tuple | list) and several:
            return True
        source = getattr(source, "source", None)
    return False


def _behind(source: Any, method: str) -> Any:
    for _ in range(_DEEPEST):
        if source is None or callable(getattr(source, method, None)):
            return source
        source = getattr(source, "source", None)
    return None
