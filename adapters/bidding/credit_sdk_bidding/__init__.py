"""招标投标 for credit_sdk: the measure lists beside this file, and nothing else."""

from __future__ import annotations

from credit_sdk.plugins import Domain, hookimpl


@hookimpl
def credit_sdk_domain() -> Domain:
    """The domain ``bidding`` (招标投标, bidding and tendering)."""
    return Domain.from_package(__name__, name="bidding", title="招标投标", title_en="Bidding and tendering")
