"""Where processes are killed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["worker", "dispatcher", "platform"]
Kind: TypeAlias = Literal["sqlite", "postgres"]

ROLES: tuple[Role, ...] = ("worker", "dispatcher", "platform")
BOTH: tuple[Kind, ...] = ("sqlite", "postgres")
LIFE = 0.12
"""Seconds after its start within which a process is killed at a random moment."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a process announces when it comes by.

    :param where: who comes by.
    :param victim: who is killed when it does.
    :param kinds: of ledgers that have the place.
    """

    id: str
    zh: str
    en: str
    where: Role = "worker"
    victim: Role = "worker"
    kinds: tuple[Kind, ...] = BOTH
    waits: bool = True
    """Whether it stands still there until it is killed; else it goes on, and the kill comes while it does."""

    @property
    def text(self) -> str:
        return f"{self.zh} · {self.en}"


_SQLITE: tuple[Kind, ...] = ("sqlite",)
_POSTGRES: tuple[Kind, ...] = ("postgres",)

PLACES: tuple[Place, ...] = (
    Place("checked", "核查已返回, 尚未反馈", "checked, not yet reported"),
    Place("writing", "反馈即将写入台账", "report about to be written"),
    Place("committing", "正在写入并落盘", "being written and synced to the disk", kinds=_SQLITE, waits=False),
    Place("written", "已写入, report() 尚未返回", "written, report() has not returned"),
    Place("confirmed", "调用方事务中: 已复核, 尚未反馈", "caller's transaction: confirmed, not reported", kinds=_POSTGRES),
    Place("reported", "调用方事务中: 已反馈, 尚未提交", "caller's transaction: reported, not committed", kinds=_POSTGRES),
    Place("acknowledged", "report() 已返回", "report() has returned"),
    Place("projecting", "视图更新即将提交", "the views' transaction about to commit", kinds=_SQLITE),
    Place("claimed", "已领取, 尚未发送", "claimed, not sent"),
    Place("sending", "即将发送", "about to send"),
    Place("stored", "平台已存, 工作进程未收到应答", "stored by the platform, not heard by the worker", where="platform"),
    Place("received", "已收到回执, 尚未入账", "receipt received, not noted"),
    Place("noted", "回执已入账", "receipt noted"),
    Place("second-claimed", "第二个派送进程: 已领取", "second dispatcher: claimed", "dispatcher", "dispatcher"),
    Place("second-received", "第二个派送进程: 已收到回执, 尚未入账", "second dispatcher: received, not noted", "dispatcher", "dispatcher"),
    Place("platform-storing", "平台即将提交", "platform: about to commit", "platform", "platform"),
    Place("platform-stored", "平台已存, 尚未应答", "platform: stored, not answered", "platform", "platform"),
)  # fmt: skip
RANDOM: dict[Role, str] = {
    "worker": "随机时刻: 工作进程 · random moment: worker",
    "dispatcher": "随机时刻: 第二个派送进程 · random moment: second dispatcher",
    "platform": "随机时刻: 平台 · random moment: platform",
}
NUMBERS = {place.id: number for number, place in enumerate(PLACES, start=1)}
"""By the place's id, how it is written in shared memory."""


@dataclass(frozen=True, slots=True)
class Point:
    """One kill.

    :param place: ``None``: at a random moment.
    :param count: at which announcement of the place, from 1.
    :param delay: seconds after the victim's start, for a random moment; else how long a killed platform stays away.
    """

    victim: Role
    place: Place | None
    count: int
    delay: float

    @property
    def row(self) -> str:
        return RANDOM[self.victim] if self.place is None else self.place.text


def rows(kind: Kind) -> list[str]:
    """The table's rows, in their order."""
    return [place.text for place in PLACES if kind in place.kinds] + list(RANDOM.values())


def draw(points: int, seed: int, kind: Kind) -> list[Point]:
    """As many kills; the same for the same seed. Every second one is at a named place, each place in its turn."""
    random = Random(f"{seed}/{kind}")  # noqa: S311 - repeatable, not secret
    places = [place for place in PLACES if kind in place.kinds]
    drawn = []
    for number in range(points):
        delay = random.uniform(0, LIFE)
        if number % 2:
            place = places[number // 2 % len(places)]
            drawn.append(Point(place.victim, place, random.randint(1, 3), delay))
        else:
            drawn.append(Point(random.choices(ROLES, (6, 2, 2))[0], None, 1, delay))
    random.shuffle(drawn)
    return drawn
