"""What every test starts from: no settings of this machine, repeatable random data, a watch over identifiers."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.leaks import no_identifier_comes_out, pytest_configure
from tests.servers.postgres import bare_postgres, migrated_postgres, postgres, postgres_server

__all__ = [
    # One PostgreSQL for all tests that ask for it.
    "bare_postgres",
    "migrated_postgres",
    # The watch over identifiers is part of every test.
    "no_identifier_comes_out",
    "postgres",
    "postgres_server",
    "pytest_configure",
]

# The client reads CREDIT_* (CreditClient.from_env); a developer's own settings must not decide a test.
for _name in [name for name in os.environ if name.startswith("CREDIT_")]:
    del os.environ[_name]

# No deadline: a slow machine is no failure; the fuzz tests bound their own time. In CI the same examples every run,
# so that a red build is red again on a developer's machine.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs on all cores, and one more, as many tests wait for a server or a process.

    A few files named on the command line run here, where a debugger works.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min((os.cpu_count() or 1) + 1, 4) if whole else 0
