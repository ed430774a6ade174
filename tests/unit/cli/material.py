"""Files that the tests of the command line feed it. All firms and authorities are fictional (虚构)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

A_RESTRICTED_FIRM = "91990100MA0000A019"
A_CLEAN_FIRM = "91990100MA0000A02C"


def measures_toml(**changes: str) -> str:
    """A measure list of the fictional domain ``fiction``; ``changes`` replace whole lines by their key."""
    lines = {
        "id": 'id = "cn.fiction"',
        "domain": 'domain = "fiction"',
        "version": 'version = "1"',
        "jurisdiction": 'jurisdiction = "CN"',
        "status": 'status = "in_force"',
        "policy": '[policy]\non_objection = "flag"',
        "actions": '[actions.award]\ntitle = "中标"',
        "measure": """[[measures]]
id = "fiction.refuse"
name = "不予参加"
effect = "restrict"
consequence = "refuse"
force = "mandatory"
actions = ["award"]
unit = "虚构采购人"
triggers = [{ list = "tax.major-violation" }]
basis = [{ title = "虚构信用条例", document = "虚构发〔2026〕1号", article = "第一条", verified = "text" }]
""",
    }
    return "\n".join((lines | changes).values()) + "\n"


def records_jsonl(*entries: dict[str, Any], as_of: datetime | None = None) -> str:
    """Records that speak for ``tax.major-violation``, up to now unless told."""
    moment = (as_of or datetime.now(UTC)).isoformat()
    coverage = {"type": "coverage", "list": "tax.major-violation", "as_of": moment}
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (coverage, *entries))


def listing(**changes: Any) -> dict[str, Any]:
    """A listing in force on ``tax.major-violation`` of a firm that does not exist."""
    whole = {
        "type": "listing",
        "id": "L-1",
        "list": "tax.major-violation",
        "subject": {"code": "91990100MA0000A019", "name": "虚构甲建筑工程有限公司"},
        "status": "active",
        "authority": "虚构市税务局",
        "document": "虚构文〔2025〕1号",
        "effective_from": "2025-03-01",
        "remedy": "向虚构市税务局提出异议",
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}
