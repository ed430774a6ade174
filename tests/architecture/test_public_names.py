"""The root's `__all__` is the public surface: sorted, complete, documented."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import credit_sdk


def test_all_is_sorted_and_without_repeats() -> None:
    assert list(credit_sdk.__all__) == sorted(set(credit_sdk.__all__))


@pytest.mark.parametrize("name", sorted(credit_sdk.__all__))
def test_every_name_can_be_got_and_says_what_it_is(name: str) -> None:
    value = getattr(credit_sdk, name)
    if name.startswith("__"):  # `__version__` is a string, not something with a docstring
        return
    assert inspect.getdoc(value)


def test_dir_shows_every_name() -> None:
    assert set(credit_sdk.__all__) <= set(dir(credit_sdk))


def test_nothing_of_ours_is_public_by_accident() -> None:
    code = """
import credit_sdk
for name in credit_sdk.__all__:
    getattr(credit_sdk, name)
for name, value in vars(credit_sdk).items():
    ours = str(getattr(value, "__module__", "")).partition(".")[0] == "credit_sdk"
    if ours and not name.startswith("_") and name not in credit_sdk.__all__:
        print(name)
"""
    # In a process of its own: other tests may have put something into the package.
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not shown.stdout


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = credit_sdk.no_such_name


def test_the_names_of_the_interfaces_are_exported() -> None:
    """The names of interfaces section 1."""
    assert {"AsyncCreditClient", "CheckRequest", "CreditClient", "Effect", "Override", "Receipt", "Subject"} <= set(
        credit_sdk.__all__
    )
