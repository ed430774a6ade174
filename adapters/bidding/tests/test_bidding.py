from __future__ import annotations

from pathlib import Path

import credit_sdk_bidding
from credit_sdk.testing import AdapterContract


class TestBidding(AdapterContract):
    module = credit_sdk_bidding
    golden = Path(__file__).with_name("golden.json")
