"""What the ledger's own words are called on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Pair: TypeAlias = tuple[str, str]

STATES: Mapping[str, Pair] = {
    "due": ("待执行", "due"),
    "executed": ("已执行", "executed"),
    "declined": ("未执行", "not executed"),
    "discharged": ("已履行", "fulfilled"),
    "release_due": ("待解除", "to be released"),
    "released": ("已解除", "released"),
}

COLOURS: Mapping[str, str] = {
    "due": "yellow",
    "executed": "green",
    "declined": "magenta",
    "discharged": "green",
    "release_due": "red",
    "released": "green",
}

DELIVERIES: Mapping[str, Pair] = {
    "waiting": ("待送达", "waiting"),
    "delivered": ("已送达", "delivered"),
    "refused": ("被拒收", "refused"),
}

ENDS: Mapping[str, Pair] = {
    "expired": ("期限届满", "expired"),
    "repaired": ("信用修复", "repaired"),
    "removed": ("移出名单", "removed"),
    "revoked": ("列入被撤销", "revoked: listed in error"),
    "gone": ("来源不再显示", "no longer shown by the source"),
}

REPORTS: Mapping[str, Pair] = {
    "outcome": ("执行反馈", "Outcome reported"),
    "override": ("紧急放行", "Override reported"),
    "release": ("解除", "Release reported"),
    "discharge": ("履行", "Fulfilment reported"),
}

EVENTS: Mapping[str, Pair] = {
    "checked": ("核查", "Checked"),
    "delivered": ("送达", "Delivered"),
    "refused": ("被拒收（死信）", "Refused (dead letter)"),
    "waiting": ("等待送达，下次尝试", "Waiting; tried next"),
    "confirmed": ("复核", "Checked again"),
    "discharged": ("履行入账", "Fulfilled"),
    "settled": ("期限确定（放假安排已公布）", "Due day settled (the days off are announced)"),
    "release_due": ("应当解除", "Due for release"),
    "release_void": ("重新适用，不再待解除", "Applies again, no longer due for release"),
}

WHYS: Mapping[str, Pair] = {
    "valid": ("仍在有效期内，无变更", "young enough, and nothing has changed"),
    "old": ("超过有效期，重新核查", "too old, checked anew"),
    "feed": ("名单有变更，重新核查", "the lists changed, checked anew"),
    "unknown": ("变更情况不明，重新核查", "changes are not known, checked anew"),
    "recheck": ("例行复核", "asked again"),
}

CHANGED: Mapping[str, Pair] = {
    "effect": ("结论", "effect"),
    "blocking": ("是否不得继续", "blocking"),
    "degraded": ("降级", "fallback"),
    "obligations": ("应当执行", "obligations"),
    "advice": ("建议", "advice"),
    "suspended": ("暂缓", "suspended"),
    "withheld": ("不予适用", "withheld"),
}
