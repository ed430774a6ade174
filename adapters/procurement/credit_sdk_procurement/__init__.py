"""政府采购 for credit_sdk: the measure lists beside this file, and nothing else."""

from __future__ import annotations

from credit_sdk.plugins import Domain, hookimpl


@hookimpl
def credit_sdk_domain() -> Domain:
    """The domain ``procurement`` (政府采购, government procurement)."""
    return Domain.from_package(__name__, name="procurement", title="政府采购", title_en="Government procurement")
