"""财政资金补贴 for credit_sdk: the measure lists beside this file, and nothing else."""

from __future__ import annotations

from credit_sdk.plugins import Domain, hookimpl


@hookimpl
def credit_sdk_domain() -> Domain:
    """The domain ``subsidy`` (财政资金补贴, subsidies and fiscal funds)."""
    return Domain.from_package(__name__, name="subsidy", title="财政资金补贴", title_en="Fiscal subsidies")
