"""When reports are sent: to whom and by which day (反馈规则), and when a failed one is tried again. Data and arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from credit_sdk.errors import InvalidSettings
from credit_sdk.model.moments import SHANGHAI, midnight, month_after, shanghai_day

if TYPE_CHECKING:
    import random
    from collections.abc import Collection
    from os import PathLike

    from credit_sdk.formats.feedback import FeedbackTable
    from credit_sdk.ports.sender import OutcomeSender

DAY = 86_400.0
"""Seconds of a day: the longest that a receiver's ``Retry-After`` is heeded."""
DEFAULT = "default"
"""The rule for domains without one of their own."""
PLATFORM = "platform"
"""The receiver that is meant where none is named: whoever answers the checks."""

_LAST_MOMENT = time(23, 59, 59, 999000)  # entries keep milliseconds
_MOST_OF_A_FLOOR = 0.1


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a report is tried again. It is tried for ever: a report that nobody took is not lost.

    :param waits: seconds after the first failure, the second, and so on; the last for every further one.
    """

    waits: tuple[float, ...] = (1, 5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200)

    def __post_init__(self) -> None:
        if not self.waits or min(self.waits) <= 0:
            raise InvalidSettings(
                "须至少有一个等待时间, 且都大于零",
                "needs at least one wait, each greater than zero",
                key="backoff.waits",
            )

    def wait(self, failures: int, dice: random.Random, retry_after: float | None = None) -> float:
        """Seconds to wait.

        :param failures: how often it has failed by now, from 1.
        :param dice: so that a thousand senders do not come back at once: the wait lies between half and all of its step.
        :param retry_after: what the receiver asked for; it is not tried sooner than that, up to a day.
        """
        step = self.waits[min(max(failures, 1), len(self.waits)) - 1]
        wait = step * (0.5 + dice.random() / 2)
        if retry_after is None:
            return wait
        # Who says "in 60 seconds" says it to everyone.
        floor = min(retry_after, DAY) * (1 + _MOST_OF_A_FLOOR * dice.random())
        return max(wait, floor)


class Window(NamedTuple):
    """When a report is to be sent."""

    send_from: datetime
    """Not before."""
    send_by: datetime | None
    """Late after; ``None``: no term is set."""


@dataclass(frozen=True, slots=True)
class FeedbackRule:
    """To whom a domain's outcomes are reported, and when. What is right is a matter of the jurisdiction's own instruments.

    :param receiver: name of the receiver.
    :param period: ``at_once``, or ``monthly``: a month's reports together, after its end.
    :param by_day: the day (1 to 28) of the following month by whose end a monthly report is there; ``None``: no term is set.
    :param basis: the instrument and article that ask for it, for who reads the rule.
    :raises InvalidSettings: they do not fit together.
    """

    receiver: str = PLATFORM
    period: Literal["at_once", "monthly"] = "at_once"
    by_day: int | None = None
    basis: str | None = None

    def __post_init__(self) -> None:
        if not self.receiver:
            raise InvalidSettings("缺少接收方", "the receiver is missing", key="feedback.receiver")
        if self.period not in {"at_once", "monthly"}:
            raise InvalidSettings("可用: at_once、monthly", "known: at_once, monthly", key="feedback.period")
        if self.by_day is not None and (self.period != "monthly" or not 1 <= self.by_day <= 28):
            raise InvalidSettings(
                "应为 1 至 28, 且只用于按月反馈", "must be 1 to 28, and goes with monthly only", key="feedback.by_day"
            )

    def window(self, reported_at: datetime) -> Window:
        """When a report made at this moment is to be sent; days are those of Asia/Shanghai."""
        if self.period == "at_once":
            return Window(reported_at, None)
        first = month_after(shanghai_day(reported_at))
        send_from = midnight(first)
        if self.by_day is None:
            return Window(send_from, None)
        return Window(send_from, datetime.combine(first.replace(day=self.by_day), _LAST_MOMENT, SHANGHAI))


_AT_ONCE = FeedbackRule()


def check_rules(rules: Any) -> dict[str, FeedbackRule]:
    """``rules`` by domain, if they are that.

    :raises InvalidSettings: they are not; names the domain.
    """
    if rules is None:
        return {}
    if not isinstance(rules, Mapping):
        raise InvalidSettings(
            "feedback 应为 TOML 文件的路径, 或领域到 FeedbackRule 的映射",
            "feedback must be a TOML file's path, or map domains to FeedbackRule",
            key="feedback",
        )
    for domain, rule in rules.items():
        if not isinstance(domain, str) or not isinstance(rule, FeedbackRule):
            raise InvalidSettings("应为 FeedbackRule", "must be a FeedbackRule", key=f"feedback.{domain}")
    return dict(rules)


def check_domains(
    rules: Mapping[str, FeedbackRule], known: Collection[str], file: str | PathLike[str] | None = None
) -> None:
    """Make sure that every rule is for a domain that is known: a misspelt one would send its reports elsewhere.

    :param file: where the rules were read from.
    :raises InvalidSettings: one is not; names file and key.
    """
    for domain in rules:
        if domain != DEFAULT and domain not in known:
            listed = ", ".join(sorted({*known, DEFAULT}))
            raise InvalidSettings(
                f"没有这一领域的适配器; 可用: {listed}",
                f"no adapter for this domain; known: {listed}",
                file=None if file is None else str(file),
                key=f"feedback.{domain}",
            )


def check_senders(senders: Any) -> dict[str, OutcomeSender]:
    """``senders`` by receiver, if they are that.

    :raises InvalidSettings: they are not; names the receiver, and what makes a sender of what was given.
    """
    if senders is None:
        return {}
    if not isinstance(senders, Mapping):
        raise InvalidSettings(
            '应为接收方名称到发送者的映射, 如 {"platform": HttpSource("https://…")}',
            'must map receivers\' names to senders, as in {"platform": HttpSource("https://…")}',
            key="receivers",
        )
    for receiver, sender in senders.items():
        if not isinstance(receiver, str) or not receiver:
            raise InvalidSettings("接收方名称应为非空文本", "a receiver's name must be text", key="receivers")
        if (wrong := _no_sender(sender)) is not None:
            raise InvalidSettings(*wrong, key=f"receivers.{receiver}")
    return dict(senders)


def _no_sender(sender: Any) -> tuple[str, str] | None:
    """Why nothing can be sent with it, and what can; ``None``: it can."""
    if isinstance(sender, str):
        return "是文本; 平台请写 HttpSource(地址)", "is text; for a platform give HttpSource(address)"
    if callable(getattr(sender, "send_async", None)) and not callable(getattr(sender, "send", None)):
        return (
            "是异步的; 请用 credit_sdk.ledger.Awaited(…) 包起来",
            "is awaited; wrap it in credit_sdk.ledger.Awaited(…)",
        )
    if isinstance(sender, type) or not callable(getattr(sender, "send", None)):
        return (
            "没有 send 方法; 平台请写 HttpSource(地址), 别的接收方见 credit_sdk.ports.OutcomeSender",
            "has no method send; for a platform give HttpSource(address), for others see credit_sdk.ports.OutcomeSender",
        )
    from inspect import iscoroutinefunction  # heavy, and for senders only

    if iscoroutinefunction(sender.send):
        return (
            "send 是 async def; 请改名为 send_async, 用 credit_sdk.ledger.Awaited(…) 包起来",
            "has an async def send; name it send_async, and wrap it in credit_sdk.ledger.Awaited(…)",
        )
    return None


def rule_for(rules: Mapping[str, FeedbackRule], domain: str) -> FeedbackRule:
    """The rule of a domain: its own, else :data:`DEFAULT`'s, else at once to the platform."""
    return rules.get(domain) or rules.get(DEFAULT) or _AT_ONCE


def feedback_rules(path: str | PathLike[str]) -> Mapping[str, FeedbackRule]:
    """Rules by domain from a TOML file (:mod:`credit_sdk.formats.feedback`).

    :raises InvalidSettings: the file cannot be read or used; names file, line and key.
    """
    from credit_sdk.formats import feedback

    return {domain: _rule(table) for domain, table in feedback.load(path).items()}


def _rule(table: FeedbackTable) -> FeedbackRule:
    return FeedbackRule(
        table.get("receiver", PLATFORM), table.get("period", "at_once"), table.get("by_day"), table.get("basis")
    )
