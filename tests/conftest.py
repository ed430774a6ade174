"""What every test starts from: no settings of this machine, repeatable random data, a watch over identifiers."""

from __future__ import annotations

import os

from hypothesis import settings

from tests.leaks import no_identifier_comes_out, pytest_configure

__all__ = ["no_identifier_comes_out", "pytest_configure"]  # the watch over identifiers is part of every test

# The client reads CREDIT_* (CreditClient.from_env); a developer's own settings must not decide a test.
for _name in [name for name in os.environ if name.startswith("CREDIT_")]:
    del os.environ[_name]

# No deadline: a slow machine is no failure; the fuzz tests bound their own time. In CI the same examples every run,
# so that a red build is red again on a developer's machine.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
