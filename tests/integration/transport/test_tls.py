"""TLS is verified, with a private CA and a client certificate where there are any, and cannot be switched off."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidSettings, NoDecision, SourceUnavailable
from credit_sdk.transport import Channel, Tls
from tests.integration.transport.conftest import GET
from tests.servers import certificates
from tests.servers.scripted import ScriptedServer, greeting_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.transport.conftest import Awaited, Blocking

    Connect = Callable[..., Blocking | Awaited]


@pytest.fixture
def trusting(tmp_path: Path) -> Tls:
    return Tls(ca_file=certificates.ca_file(tmp_path))


def test_a_private_ca(connect: Connect, trusting: Tls) -> None:
    with ScriptedServer(tls=certificates.good(), name="localhost") as server:
        channel = connect(server.url, tls=trusting)
        assert [channel.send().status for _ in range(3)] == [200] * 3
    assert server.connections == 1


@pytest.mark.parametrize("name", certificates.BAD)
def test_a_bad_certificate_is_refused(connect: Connect, trusting: Tls, name: str) -> None:
    with ScriptedServer(tls=certificates.BAD[name](), name="localhost") as server, pytest.raises(NoDecision) as caught:
        connect(server.url, tls=trusting).send()
    found = caught.value
    assert (type(found), found.fault, found.retryable) == (SourceUnavailable, "tls", False)
    assert not server.requests
    assert server.connections == 1, "asking again changes nothing"
    reason = {
        "expired": "certificate has expired",
        "of another host": "Hostname mismatch",
        "of a stranger": "unable to get local issuer certificate",
        "self-signed": "self-signed certificate",
    }[name]
    assert reason in found.message("en")


def test_a_failed_handshake_leaves_nothing_behind(trusting: Tls) -> None:
    with (
        ScriptedServer(tls=certificates.expired(), name="localhost") as server,
        Channel(server.url, tls=trusting) as channel,
    ):
        for _ in range(3):
            with pytest.raises(NoDecision):
                channel.send(GET)
        assert not channel._line()._network.alive


def test_the_public_cas_do_not_know_a_private_one(connect: Connect) -> None:
    with ScriptedServer(tls=certificates.good(), name="localhost") as server, pytest.raises(NoDecision) as caught:
        connect(server.url).send()
    assert caught.value.fault == "tls"


def test_no_tls_at_the_other_end(connect: Connect) -> None:
    with greeting_url(b"HTTP/1.1 400 Bad Request\r\n\r\n", "https") as url, pytest.raises(NoDecision) as caught:
        connect(url).send()
    assert (caught.value.fault, caught.value.retryable) == ("tls", False)


def test_a_client_certificate(connect: Connect, tmp_path: Path) -> None:
    certificate, key = certificates.client_files(tmp_path)
    ca_file = certificates.ca_file(tmp_path)
    with ScriptedServer(tls=certificates.asking_for_a_client_certificate(), name="localhost") as server:
        assert (
            connect(server.url, tls=Tls(ca_file=ca_file, client_cert=certificate, client_key=key)).send().status == 200
        )
        with pytest.raises(NoDecision) as caught:
            connect(server.url, tls=Tls(ca_file=ca_file)).send()
    assert (caught.value.fault, caught.value.retryable) == ("tls", False)


def test_a_context_of_ones_own(connect: Connect) -> None:
    context = ssl.create_default_context()
    certificates.authority().configure_trust(context)
    with ScriptedServer(tls=certificates.good(), name="localhost") as server:
        assert connect(server.url, tls=Tls(context=context)).send().status == 200


@pytest.mark.parametrize("broken", ["missing", "nonsense"])
@pytest.mark.parametrize("which", ["ca_file", "client_cert"])
def test_an_unusable_file_is_told_at_once(tmp_path: Path, which: str, broken: str) -> None:
    file = tmp_path / "some.pem"
    if broken == "nonsense":
        file.write_text("no certificate")
    with pytest.raises(InvalidSettings) as caught:
        Channel("https://credit.example.gov.cn", tls=Tls(**{which: file}))  # type: ignore[arg-type]
    assert (caught.value.file, caught.value.key) == (str(file), f"tls.{which}")


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(Tls(client_cert="a.pem", key_password="geheim"))  # noqa: S106
