"""The sandbox keeps the contract, whatever it is asked: schemathesis makes up the calls, right and wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from credit_sdk.sandbox.app import contract

if TYPE_CHECKING:
    from credit_sdk.testing import Sandbox

schema = schemathesis.openapi.from_dict(contract())

# What a schema cannot say: a name of which nothing can be seen, a cursor that was never given out, a key that came before.
SAYS_MORE_THAN_THE_SCHEMA = frozenset({"invalid_subject", "bad_cursor", "cursor_expired", "idempotency_key_reused"})


FOUND = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
OPERATIONS = {operation.label: operation for operation in FOUND}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_every_call_is_answered_as_the_contract_has_it(operation: Any, sandbox: Sandbox) -> None:
    # The calls share one sandbox, which holds what earlier ones reported: that is what is to be tested.
    @settings(max_examples=60, deadline=None)
    @given(case=operation.as_strategy())
    def every_call(case: Any) -> None:
        response = case.call(base_url=sandbox.url)
        refused = response.status_code >= 400 and response.json()["code"] in SAYS_MORE_THAN_THE_SCHEMA
        case.validate_response(response, excluded_checks=[positive_data_acceptance] if refused else [])

    every_call()
