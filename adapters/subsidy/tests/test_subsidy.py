from __future__ import annotations

from pathlib import Path

import credit_sdk_subsidy
from credit_sdk.testing import AdapterContract


class TestSubsidy(AdapterContract):
    module = credit_sdk_subsidy
    golden = Path(__file__).with_name("golden.json")
