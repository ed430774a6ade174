"""Killing at a thousand points: ``uv run python -m benchmarks.faults [--points 1000] [--seed N] [--only sqlite|postgres]``.

Real processes, ended by SIGKILL: one that checks, reports and delivers (``worker``), a second one that only delivers
(``dispatcher``), and the platform (``platform``, the sandbox with a database file of its own). Half of the points are named
places between check, report, commit, send, receive and acknowledge; the other half are moments drawn by the seed.

What has to hold at the end, when a last dispatcher has delivered the rest:

- every report that was acknowledged is in the ledger, and at the platform, which drops repeats by key, exactly once;
- nothing is at the platform that the ledger does not know;
- the ledger is whole, and its views are what follows from its entries.
"""
