"""``credit ledger``: what was checked, what was done, what is still to be reported (核查台账).

Exit codes: 0; 1 where somebody has to act (``dead``, ``waiting`` and ``obligations`` too late, ``releases``, ``recheck``, ``replay``,
``send``, ``repair``); 2 bad input; 4 where the ledger or the source is not available.
"""

from __future__ import annotations

import click

from credit_sdk.cli import ledger_act, ledger_again, ledger_look, ledger_outstanding, ledger_upkeep
from credit_sdk.cli.bilingual import Group
from credit_sdk.cli.options import language

__all__ = ["ledger"]


@click.group(
    "ledger",
    cls=Group,
    text=(
        "台账：查过什么、做了什么、还有什么要报",
        "The ledger: what was checked, what was done, what is still to be reported",
    ),
)
@language
def ledger() -> None:
    """The group."""


for _command in (
    ledger_look.list_,
    ledger_look.show,
    ledger_look.stats,
    ledger_outstanding.obligations,
    ledger_act.discharge,
    ledger_outstanding.releases,
    ledger_act.release,
    ledger_again.recheck,
    ledger_look.affected,
    ledger_again.replay,
    ledger_outstanding.waiting,
    ledger_outstanding.dead,
    ledger_act.retry,
    ledger_act.send,
    ledger_again.close,
    ledger_upkeep.retention,
    ledger_upkeep.repair,
    ledger_upkeep.migrate,
):
    ledger.add_command(_command)
