"""Certificates, good and bad, for servers on this machine. All of them are made anew in each run."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "localhost"


@cache
def authority() -> trustme.CA:
    """The CA that the tests trust."""
    return trustme.CA(organization_name="虚构测试 CA")


@cache
def stranger() -> trustme.CA:
    """A CA that nobody trusts."""
    return trustme.CA(organization_name="虚构陌生 CA")


def _serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def good() -> ssl.SSLContext:
    return _serving(authority().issue_cert(NAME))


def expired() -> ssl.SSLContext:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf = authority().issue_cert(NAME, not_before=yesterday - timedelta(days=30), not_after=yesterday)
    return _serving(leaf)


def of_another_host() -> ssl.SSLContext:
    return _serving(authority().issue_cert("elsewhere.example"))


def of_a_stranger() -> ssl.SSLContext:
    return _serving(stranger().issue_cert(NAME))


def self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with stranger().cert_pem.tempfile() as certificate, stranger().private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    return context


def asking_for_a_client_certificate() -> ssl.SSLContext:
    context = good()
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    return context


BAD: dict[str, Callable[[], ssl.SSLContext]] = {
    "expired": expired,
    "of another host": of_another_host,
    "of a stranger": of_a_stranger,
    "self-signed": self_signed,
}
"""Server contexts that a client must refuse."""


def ca_file(folder: Path) -> Path:
    """The trusted CA's certificate, as a file."""
    path = folder / "ca.pem"
    authority().cert_pem.write_to_path(path)
    return path


def client_files(folder: Path) -> tuple[Path, Path]:
    """A client's certificate and key, as files."""
    leaf = authority().issue_cert("client.example")
    certificate, key = folder / "client.pem", folder / "client.key"
    certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(key)
    return certificate, key
