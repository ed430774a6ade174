"""What travels to prove who is asking, and that it shows nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import CreditError, NoDecision
from credit_sdk.transport import ApiKey, Call, ClientCredentials, HmacSigner, Outgoing, Retries
from tests.integration.transport.conftest import GET, QUERY
from tests.servers import scripted
from tests.servers.scripted import ScriptedServer, json_answer, status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tests.integration.transport.conftest import Awaited, Blocking

    Connect = Callable[..., Blocking | Awaited]

SECRET = "s3cr3t/not+to=be-seen"  # noqa: S105
NO_PAUSE = Retries(first=0.001, longest=0.001)


def token(value: str, **more: object) -> scripted.Behaviour:
    return json_answer({"access_token": value, "token_type": "Bearer", "expires_in": 3600, **more})


def test_an_api_key(connect: Connect) -> None:
    with ScriptedServer() as server:
        connect(server.url, auth=ApiKey(SECRET)).send()
        connect(server.url, auth=ApiKey(f"Bearer {SECRET}", header="Authorization")).send()
    assert server.requests[0].headers["x-api-key"] == SECRET
    assert server.requests[1].headers["authorization"] == f"Bearer {SECRET}"


def test_a_signature(connect: Connect) -> None:
    """Made again by hand, from what arrived."""
    with ScriptedServer(status(500), json_answer({})) as server:
        call = Call("POST", "/v1/records/query", json={"subjects": []}, query={"x": "a b"}, safe=True)
        connect(f"{server.url}/api", auth=HmacSigner("k1", SECRET), retries=NO_PAUSE).send(call)
    nonces = set()
    for request in server.requests:
        headers = request.headers
        digest = "sha-256=:" + base64.b64encode(hashlib.sha256(request.content).digest()).decode() + ":"
        assert headers["content-digest"] == digest
        assert headers["x-credit-key"] == "k1"
        lines = [
            "CREDIT-HMAC-SHA256",
            "POST",
            headers["host"],
            "/api/v1/records/query?x=a%20b",
            headers["x-credit-timestamp"],
            headers["x-credit-nonce"],
            digest,
        ]
        assert request.target == lines[3]
        signature = hmac.new(SECRET.encode(), "\n".join(lines).encode(), "sha256").hexdigest()
        assert headers["x-credit-signature"] == signature
        nonces.add(headers["x-credit-nonce"])
    assert len(nonces) == 2, "new at every attempt"


class TestTokens:
    """OAuth 2.0 client credentials."""

    @pytest.mark.parametrize("secret_in", ["header", "body"])
    def test_a_token_is_asked_for_once(self, connect: Connect, secret_in: str) -> None:
        with ScriptedServer(token("t1")) as tokens, ScriptedServer() as server:
            auth = ClientCredentials(f"{tokens.url}/token", "id", "a b", scope="read", secret_in=secret_in)  # type: ignore[arg-type]
            channel = connect(server.url, auth=auth)
            for _ in range(3):
                channel.send()
        assert [one.headers["authorization"] for one in server.requests] == ["Bearer t1"] * 3
        [asked] = tokens.requests
        assert (asked.method, asked.target) == ("POST", "/token")
        if secret_in == "header":  # noqa: S105
            assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"id:a+b").decode()
            assert asked.content == b"grant_type=client_credentials&scope=read"
        else:
            assert asked.content == b"grant_type=client_credentials&scope=read&client_id=id&client_secret=a+b"

    def test_many_at_once_ask_once(self, connect: Connect) -> None:
        with ScriptedServer(token("t1")) as tokens, ScriptedServer() as server:
            channel = connect(server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", SECRET))
            waiting = [channel.begin() for _ in range(20)]
            assert {one.result(10).status for one in waiting} == {200}
        assert len(tokens.requests) == 1

    def test_a_refused_token_is_renewed_once(self, connect: Connect) -> None:
        with (
            ScriptedServer(token("old"), token("new")) as tokens,
            ScriptedServer(json_answer({}), status(401), json_answer({})) as server,
        ):
            channel = connect(server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", SECRET))
            channel.send()
            channel.send(Call("POST", "/v1/outcomes", json={}))  # unsafe too: what was refused was not carried out
        assert [one.headers["authorization"] for one in server.requests] == ["Bearer old", "Bearer old", "Bearer new"]
        assert len(tokens.requests) == 2

    def test_a_new_token_refused_too_is_the_end(self, connect: Connect) -> None:
        with ScriptedServer(token("old"), token("new")) as tokens, ScriptedServer(status(401)) as server:
            channel = connect(server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", SECRET))
            with pytest.raises(NoDecision) as caught:
                channel.send()
        assert (caught.value.fault, caught.value.status, caught.value.retryable) == ("credentials", 401, False)
        assert (len(server.requests), len(tokens.requests)) == (2, 2)

    def test_a_token_about_to_end_is_renewed(self, connect: Connect) -> None:
        with ScriptedServer(token("t1", expires_in=1e-9), token("t2")) as tokens, ScriptedServer() as server:
            channel = connect(server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", SECRET))
            channel.send()
            channel.send()
        assert [one.headers["authorization"] for one in server.requests] == ["Bearer t1", "Bearer t2"]

    @pytest.mark.parametrize(
        ("behaviour", "fault", "retryable"),
        [
            (status(401), "credentials", False),
            (json_answer({"error": "invalid_client"}, status=400), "credentials", False),
            (scripted.html, "credentials", False),
            (json_answer({"access_token": "a\nb"}), "credentials", False),
            (json_answer({"access_token": "x", "token_type": "mac"}), "credentials", False),
            (json_answer([]), "credentials", False),
            (status(500), "server_error", True),
            (scripted.reset, "reset", True),
            (scripted.redirect("https://elsewhere.example/"), "redirect", False),
        ],
        ids=["401", "400", "html", "line break", "other kind", "no object", "500", "reset", "redirect"],
    )
    def test_no_token(self, connect: Connect, behaviour: scripted.Behaviour, fault: str, retryable: bool) -> None:
        with ScriptedServer(behaviour) as tokens, ScriptedServer() as server:
            channel = connect(
                server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", SECRET), retries=Retries(attempts=0)
            )
            with pytest.raises(NoDecision) as caught:
                channel.send()
        assert (caught.value.fault, caught.value.retryable) == (fault, retryable)
        assert SECRET not in repr(caught.value) + caught.value.message("en")
        assert not server.requests

    def test_a_failure_is_shared_by_those_who_waited(self, connect: Connect) -> None:
        everybody = threading.Event()

        def refuse_late(peer: scripted.Peer) -> None:
            everybody.wait(5)
            status(403)(peer)

        with ScriptedServer(refuse_late) as tokens, ScriptedServer() as server:
            channel = connect(server.url, auth=ClientCredentials(f"{tokens.url}/token", "id", SECRET))
            waiting = [channel.begin() for _ in range(8)]
            tokens.asked.acquire(timeout=5)
            threading.Timer(0.1, everybody.set).start()
            faults = {one.exception(10).fault for one in waiting}  # type: ignore[union-attr]
        assert faults == {"credentials"}
        assert len(tokens.requests) < 8


class Faulty:
    """A signer of somebody else's."""

    def headers(self, outgoing: Outgoing, now: datetime) -> Mapping[str, str]:
        raise OSError(f"vault: {SECRET} {outgoing.method} {now}")


class Broken:
    """One that gives what no header can carry."""

    def headers(self, outgoing: Outgoing, now: datetime) -> Mapping[str, str]:
        return {"X-Key": f"{SECRET}\n{outgoing.method}{now.year}"}


@pytest.mark.parametrize("signer", [Faulty(), Broken()], ids=["raises", "line break"])
def test_a_signer_that_fails_is_an_error_of_ours_without_its_text(connect: Connect, signer: Faulty | Broken) -> None:
    with ScriptedServer() as server, pytest.raises(CreditError) as caught:
        connect(server.url, auth=signer).send(GET)
    assert SECRET not in caught.value.message("zh") + str(caught.value) + repr(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_secrets_are_in_no_log(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    with ScriptedServer(status(500)) as server:
        for auth in (ApiKey(SECRET), HmacSigner("k", SECRET), ClientCredentials(f"{server.url}/token", "id", SECRET)):
            with pytest.raises(NoDecision):
                connect(server.url, auth=auth, retries=NO_PAUSE).send(QUERY)
    assert SECRET not in caplog.text
