"""Who needs a double needs no pytest."""

from __future__ import annotations

import subprocess
import sys

import pytest

import credit_sdk.testing


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    shown = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(shown.stdout.split())


def test_builders_and_doubles_load_no_pytest() -> None:
    assert "pytest" not in loaded_by("from credit_sdk.testing import FailingSource, FixedClock, listing, measure_list")


def test_an_adapter_loads_no_pydantic() -> None:
    assert loaded_by("import credit_sdk_procurement").isdisjoint({"pydantic", "credit_sdk.client", "pytest"})


@pytest.mark.parametrize("name", credit_sdk.testing.__all__)
def test_every_name_can_be_got(name: str) -> None:
    assert getattr(credit_sdk.testing, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = credit_sdk.testing.no_such_name
