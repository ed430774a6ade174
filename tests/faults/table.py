"""The faults and what came of them, as a table: ``uv run python -m tests.faults.table [zh|en]`` acts them out and prints it.

``docs/_generated/faults.md`` is its output; a test holds the two together. What is printed is what was seen: the program
ends with 1 where that is not what the rows expect, or the two shells differ.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from credit_sdk import Decision
from credit_sdk.errors import NoDecision
from tests.faults.lives import LIVES, Ended, Life
from tests.faults.rows import ROWS, Row
from tests.faults.stage import KINDS, act

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.stage import Kind

    Lang = Literal["zh", "en"]

HEADS: dict[Lang, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "zh": (
        ("编号", "平台或网络出了什么事", "核查的结果", "`fault`", "可重试", "自动重试", "退出码", '事项写明 `on_unavailable = "allow"` 时'),
        ("编号", "客户端遇到了什么事", "结果", "错误", "`fault`", "退出码"),
    ),
    "en": (
        ("id", "What befalls platform or network", "The check", "`fault`", "retryable", "retries", "exit code", 'With `on_unavailable = "allow"`'),
        ("id", "What befalls the client", "Result", "error", "`fault`", "exit code"),
    ),
}  # fmt: skip
WORDS: dict[Lang, dict[Any, str]] = {
    "zh": {True: "是", False: "否", "decided": "正确的结论", "degraded": "放行, 标明 `degraded`", "same": "同左"},
    "en": {True: "yes", False: "no", "decided": "the right decision", "degraded": "`allow`, marked `degraded`", "same": "the same"},
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """A row's cells, but for the words."""

    error: str | None
    fault: str | None
    retryable: bool
    retries: int
    exit_code: int
    bridged: bool
    """Whether the action's fallback answers in its place."""


def expected(row: Row) -> Result:
    """What the row says."""
    name = None if row.error is None else row.error.__name__
    return Result(name, row.fault, row.retryable, row.retries, 3 if row.error is None else 4, row.is_outage)


def seen(row: Row) -> list[Result]:
    """What came of it in each shell."""
    return [_result(row, kind) for kind in KINDS]


def _result(row: Row, kind: Kind) -> Result:
    shown, going_on = act(row, kind), act(row, kind, "fallback").answer
    answer, exit_code = shown.answer, shown.exit_code
    bridged = isinstance(going_on, Decision) and going_on.degraded is not None
    if isinstance(answer, Decision):
        return Result(None, None, False, shown.retries, exit_code, bridged)
    fault = answer.fault if isinstance(answer, NoDecision) else None
    return Result(type(answer).__name__, fault, answer.retryable, shown.retries, exit_code, bridged)


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _code(word: str | None) -> str:
    return "—" if word is None else f"`{word}`"


def wire_line(row: Row, result: Result, lang: Lang) -> str:
    """A row of the first table."""
    words = WORDS[lang]
    return _line(
        f"`{row.id}`",
        row.zh if lang == "zh" else row.en,
        words["decided"] if result.error is None else f"`{result.error}`",
        _code(result.fault),
        "—" if result.error is None else words[result.retryable],
        result.retries,
        result.exit_code,
        words["degraded"] if result.bridged else words["same"],
    )


def life_line(life: Life, lang: Lang) -> str:
    """A row of the second one."""
    return _line(
        f"`{life.id}`",
        life.zh if lang == "zh" else life.en,
        life.zh_result if lang == "zh" else life.en_result,
        _code(None if life.error is None else life.error.__name__),
        _code(life.fault),
        "—" if life.exit_code is None else life.exit_code,
    )


def _table(heads: tuple[str, ...], lines: list[str]) -> list[str]:
    return [_line(*heads), _line(*("---" for _ in heads)), *lines]


def render(wire: dict[str, Result], lang: Lang = "zh") -> str:
    """Both tables.

    :param wire: what came of each row.
    """
    first, second = HEADS[lang]
    lines = [
        *_table(first, [wire_line(row, wire[row.id], lang) for row in ROWS]),
        "",
        *_table(second, [life_line(life, lang) for life in LIVES]),
    ]
    return "\n".join(lines) + "\n"


def document() -> str:
    """What the committed file holds."""
    return render({row.id: expected(row) for row in ROWS})


def _strange(life: Life) -> Iterator[str]:
    for kind in life.kinds:
        ended: Ended = life.scene(kind)
        is_so = (
            (ended.said, ended.error, ended.fault, ended.retryable, ended.exit_code)
            == (life.said, life.error, life.fault, life.retryable, life.exit_code)
        ) and ended.took <= life.at_most
        if not is_so:
            yield f"{life.id} ({kind}): {ended}"


def main(lang: Lang) -> int:
    """Act everything out and print the tables; what is not as expected stands on stderr."""
    wire, strange = {}, []
    for row in ROWS:
        sync, awaited = seen(row)
        wire[row.id] = sync
        if not sync == awaited == expected(row):
            strange.append(f"{row.id}: {sync}, {awaited}")
    for life in LIVES:
        strange += _strange(life)
    sys.stdout.write(render(wire, lang))
    sys.stderr.writelines(f"{line}\n" for line in strange)
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main("en" if sys.argv[1:] == ["en"] else "zh"))
