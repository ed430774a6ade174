"""What a benchmark says: rows of figures, and goals met or missed."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio or amount that must not be exceeded, or must be reached."""

    text: str
    """What is compared, in Chinese and English."""
    limit: float
    measured: float
    unit: str = "×"
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def cells(self) -> tuple[str, ...]:
        sign = "≥" if self.at_least else "≤"
        return (
            self.text,
            f"{sign} {self.limit:g} {self.unit}".rstrip(),
            f"{self.measured:.2f} {self.unit}".rstrip(),
            "达到" if self.met else "**未达到**",
        )


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's results."""

    title: str
    note: str
    """What was compared with what; one or two sentences."""
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    goals: Sequence[Goal] = ()


def micros(value: float) -> str:
    return f"{value:.2f}"


def show(report: Report, console: Console) -> None:
    """Print it, with its goals."""
    figures = Table(*report.columns, title=report.title, title_justify="left")
    for row in report.rows:
        figures.add_row(*row)
    goals = Table("", "目标", "测得", "", show_header=False, box=None)
    for goal in report.goals:
        goals.add_row(*goal.cells())
    console.print(figures, goals, "")


def markdown(reports: Sequence[Report]) -> str:
    """All of it as one page to include in the docs."""
    machine = (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}, {os.cpu_count()} CPU"
    )
    parts = [
        "<!-- written by `uv run poe bench`; do not edit -->",
        f"每个比值的两边出自同一次运行, 参与比较者轮流计时 ({machine})。只有比值有意义: 同一台机器在不同时刻的绝对数字可相差一半。",
        "## 目标",
        _table(("比较 · goal", "目标", "测得", ""), [goal.cells() for report in reports for goal in report.goals]),
    ]
    for report in reports:
        parts += [f"## {report.title}", report.note, _table(report.columns, report.rows)]
    return "\n\n".join(parts) + "\n"


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [columns, ("---", *("---:" for _ in columns[1:])), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
