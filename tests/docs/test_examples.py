"""The examples run and print something worth reading."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SAYS = {
    "quickstart.py": ["拒绝参与政府采购活动", "该事项不得继续", "演示数据"],
    "quickstart_async.py": ["restrict 不得继续", "allow    可以继续", "priority 可以继续", "没有结论 invalid_subject"],
    "procurement_award.py": ["投标三（联合体，成员之一在名单上）: 拒绝其参与", "已存入案卷 3 份"],
    "custom_source.py": ["restrict, blocking=False", "没有结论 source_unavailable", "异步"],
    "http_platform.py": [
        "修复之前: restrict",
        "变化: restrict → allow",
        "没有结论 source_unavailable（rate_limited，可重试）",
    ],
    "guarded_award.py": [
        "不得定标: 拒绝参与政府采购活动",
        "核查凭证: 未经改动",
        "已定标给 9199…A02C",
        "restrict procurement/award",
    ],
    "own_measure_list/run.py": ["restrict，不得签约", "暂停: 不予出租公有房屋（XG-2）", "应当执行: 同等条件下优先承租"],
}


def test_every_example_is_listed_here() -> None:
    found = {str(path.relative_to(ROOT / "examples")) for path in (ROOT / "examples").glob("**/*.py")}
    assert found == set(SAYS)


@pytest.mark.parametrize("example", SAYS)
def test_the_example_runs(example: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / example],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    for words in SAYS[example]:
        assert words in ran.stdout
