"""What a replay came to, for a person or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.cli.failures import FINDINGS

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session
    from credit_sdk.ledger.replay import Difference, Replay

_LONGEST = 300
"""Characters of a value that are shown; a whole obligation is a few thousand."""


def report(replay: Replay, session: Session) -> int:
    """Print what came of ``replay``.

    :returns: the exit code: 0, or 1 where something differs.
    """
    if session.format == "json":
        session.write_json(replay.to_dict())
    else:
        _draw(replay, session)
    return 0 if replay.same else FINDINGS


def _draw(replay: Replay, session: Session) -> None:
    screen, pick = session.screen(), session.pick
    title = pick("复算", "Replay")
    if replay.same:
        verdict = pick("与留存的结论逐字节一致", "the same as was kept, byte for byte")
    elif replay.error is not None:
        verdict = pick("现在不能得出结论", "there is no decision now")
    else:
        verdict = pick(
            f"与留存的结论有 {len(replay.differences)} 处不同", f"differs in {len(replay.differences)} places"
        )
    screen.panel(
        title,
        [(verdict, "bold"), (f"{pick('编号', 'Id')} {replay.decision_id}", "")],
        "green" if replay.same else "red",
    )
    screen.facts(
        [
            (pick("作出结论的 SDK", "SDK then"), replay.sdk_then),
            (pick("现在的 SDK", "SDK now"), replay.sdk_now),
        ],
        indent=2,
    )
    if replay.error is not None:
        screen.heading(pick("原因", "Why"))
        screen.paragraph(replay.error.located(session.lang), indent=2)
    elif replay.differences:
        screen.heading(pick("不同之处", "Differences"))
        for one in replay.differences:
            _draw_difference(one, session)
    if not replay.same and replay.sdk_then != replay.sdk_now:
        screen.note(
            pick(
                "SDK 版本不同：差异可能来自规则或文字的更新；留存的结论不受影响",
                "Another version of the SDK: rules or wording may have changed since. What was decided stands.",
            ),
            "yellow",
        )


def _draw_difference(one: Difference, session: Session) -> None:
    screen, pick = session.screen(), session.pick
    screen.entry(one.path or pick("各部分的顺序", "the parts' order"))
    screen.facts([(pick("当时", "then"), _shown(one.kept)), (pick("现在", "now"), _shown(one.now))])


def _shown(value: str | None) -> str:
    if value is None:
        return "-"
    return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
