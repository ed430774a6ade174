from __future__ import annotations

from pathlib import Path

import credit_sdk_procurement
from credit_sdk.testing import AdapterContract


class TestProcurement(AdapterContract):
    module = credit_sdk_procurement
    golden = Path(__file__).with_name("golden.json")
