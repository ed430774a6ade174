"""Floor 2, the rules: pure functions from a record, a measure list and a moment to a decision.

One module a section of the decision rules: :mod:`~credit_sdk.decision.standing` (2), ``identity`` (3), ``triggers`` (4),
``combining`` and ``consortium`` (5), ``result`` (6), ``coverage`` (7). ``as_of`` is passed in; nothing here reads a clock.
"""
