"""Floor 9, the sandbox: a platform to develop against (模拟平台), implementing ``platform.openapi.json``.

It is no product: no registry stands behind its data, anyone on this machine may change them, and every answer says so
(header ``Credit-Sandbox: true``, ``fictional`` in the answers to queries). Start it with ``credit sandbox``; in tests
with :class:`credit_sdk.testing.Sandbox`. Needs ``pip install credit-sdk[sandbox]``.

================= ==================================================================================
``server``        listening, starting, stopping
``app``           the whole application: which path leads where
``_platform``     the contract's calls, under ``/v1``
``_admin``        listing, objecting, repairing, removing; faults; the clock, under ``/admin``
``_envelope``     what every answer has: request id, version, problem details
``_fault_*``      the fault switches, which stand before the platform and know nothing of it
``_holdings``     the records, ``_feed`` the change feed, ``_intake`` the outcomes: one SQLite file
``_edits``        what an objection, a repair, … makes of an entry
``_seed``         what a new database holds
================= ==================================================================================
"""

from __future__ import annotations

NOTICE = {
    "zh": "沙盒：供开发对接的模拟平台，数据可随意改动，不得用于真实决定",
    "en": "Sandbox: a platform to develop against; its data are changed at will, decide nothing real from them",
}
"""What it says of itself, wherever it can, by language."""
