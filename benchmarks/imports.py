"""What `import credit_sdk` costs, against an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

from benchmarks._report import Goal, Report

_STATEMENTS = {
    "python -c pass": "pass",
    "import credit_sdk": "import credit_sdk",
    "from credit_sdk import CreditClient": "from credit_sdk import CreditClient",
    'CreditClient("demo"), 首次核查 · first check': (
        "from credit_sdk import CreditClient\n"
        'CreditClient("demo").check("91990100MA0000A019", domain="procurement", action="award")'
    ),
}
_HEAVY = ("asyncio", "click", "httpx", "opencc", "pluggy", "pydantic", "rich", "sqlite3")


def run(*, quick: bool) -> Report:
    bare, ours, *_ = _STATEMENTS.values()
    seconds: dict[str, list[float]] = {name: [] for name in _STATEMENTS}
    for _ in range(5 if quick else 31):  # in turns, as everywhere
        for name, statement in _STATEMENTS.items():
            start = perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            seconds[name].append(perf_counter() - start)
    base = seconds["python -c pass"]
    ratios = {name: median(a / b for a, b in zip(taken, base, strict=True)) for name, taken in seconds.items()}
    loaded = _heavy_after(ours) - _heavy_after(bare)
    return Report(
        "导入 · import",
        f"整个进程的时间, 与什么也不做的解释器轮流。`import credit_sdk` 另外加载的重型模块: {', '.join(sorted(loaded)) or '无'}。",
        ("进程", "p50 ms", "对空解释器"),
        [(name, f"{median(taken) * 1_000:.1f}", f"{ratios[name]:.2f}") for name, taken in seconds.items()],
        [
            Goal("import credit_sdk / 空解释器 · bare interpreter", 2.5, ratios["import credit_sdk"]),
            Goal("导入时加载的重型模块 · heavy modules loaded", 0, len(loaded), unit=""),
        ],
    )


def _heavy_after(statement: str) -> set[str]:
    script = f"{statement}\nimport sys\nprint(*sys.modules.keys() & set({_HEAVY!r}))"
    shown = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(shown.stdout.split())
