"""行政审批 for credit_sdk: the measure lists beside this file, and nothing else.

The nationwide list, the list of 河南省 (41) and, as a model that decides nothing, that of 清城区 (441802).
"""

from __future__ import annotations

from credit_sdk.plugins import Domain, hookimpl


@hookimpl
def credit_sdk_domain() -> Domain:
    """The domain ``approval`` (行政审批, administrative approval)."""
    return Domain.from_package(__name__, name="approval", title="行政审批", title_en="Administrative approval")
