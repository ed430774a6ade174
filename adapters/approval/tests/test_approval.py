from __future__ import annotations

from pathlib import Path

import credit_sdk_approval
from credit_sdk.testing import AdapterContract


class TestApproval(AdapterContract):
    module = credit_sdk_approval
    golden = Path(__file__).with_name("golden.json")
