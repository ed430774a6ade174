"""Clients over a URL: from one line of code, from the environment, and never a silent clear."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient, Decision, Effect
from credit_sdk.errors import BadRecord, InvalidSettings, SourceUnavailable
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sources import MemorySource
from credit_sdk.testing import coverage, fictional_code, listing, measure, measure_list
from tests.servers.platform import fresh, platform

if TYPE_CHECKING:
    from tests.integration.http.conftest import Shells
    from tests.servers.platform import Platform

LISTS = [measure_list()]
LISTED, CLEAR = fictional_code(1), fictional_code(2)
ASK: dict[str, Any] = {"domain": "test", "action": "award"}


def test_a_url_is_a_source(http: Shells, served: Platform) -> None:
    served.api_key = "k1"
    client = http.client(served.url, api_key="k1", measure_lists=LISTS)
    restricted = http.call(client, "check", LISTED, **ASK)
    assert (restricted.effect, restricted.blocking) == (Effect.RESTRICT, True)
    assert restricted.source.name == served.url.removesuffix("/api")
    assert http.call(client, "check", CLEAR, **ASK).effect is Effect.ALLOW


def test_many_subjects_are_one_request(http: Shells, served: Platform) -> None:
    client = http.client(served.url, measure_lists=LISTS)
    results = http.call(
        client,
        "check_many",
        [CheckRequest(subject=fictional_code(number), **ASK) for number in range(1, 101)],
        timeout=20,
    )
    assert all(isinstance(one, Decision) for one in results)
    assert len(served.queries) == 1


def test_a_timeout_is_passed_on(http: Shells, served: Platform) -> None:
    served.spoil = lambda _seen, _out: time.sleep(0.6)
    started = time.monotonic()
    with pytest.raises(SourceUnavailable):
        http.call(http.client(served.url, measure_lists=LISTS), "check", CLEAR, timeout=0.2, **ASK)
    assert time.monotonic() - started < 0.4


def test_a_closed_client_asks_nobody(http: Shells, served: Platform) -> None:
    client = http.client(served.url, measure_lists=LISTS)
    http.call(client, "check", CLEAR, **ASK)
    http.run(client.aclose(0.1) if http.kind == "async" else client.close(0.1))
    with pytest.raises(SourceUnavailable) as caught:
        http.call(client, "check", CLEAR, **ASK)
    assert (caught.value.fault, len(served.queries)) == ("closed", 1)


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"{}", b'{"code": 500, "data": null}'])
def test_no_answer_is_never_a_clear_one(http: Shells, served: Platform, body: bytes) -> None:
    served.spoil = lambda _seen, out: setattr(out, "body", body)
    with pytest.raises(BadRecord):
        http.call(http.client(served.url, measure_lists=LISTS), "check", CLEAR, **ASK)


def test_nobody_there(http: Shells) -> None:
    client = http.client("http://127.0.0.1:9", measure_lists=LISTS)
    with pytest.raises(SourceUnavailable) as caught:
        http.call(client, "check", CLEAR, **ASK)
    assert (caught.value.fault, caught.value.retryable) == ("connect", True)


@pytest.mark.parametrize("kind", [CreditClient, AsyncCreditClient])
def test_from_the_environment(kind: Any, served: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_SOURCE", served.url)
    monkeypatch.setenv("CREDIT_API_KEY", "k1")
    assert kind.from_env(measure_lists=LISTS).source.name == served.url.removesuffix("/api")
    # The key goes with a URL; a source that was made brings its own.
    assert kind.from_env(source=MemorySource.of([]), measure_lists=LISTS).source.name == "memory"


@pytest.mark.parametrize("kind", [CreditClient, AsyncCreditClient])
@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("http://credit.example.gov.cn/api", {}),
        ("https://user:pass@credit.example.gov.cn", {}),
        ("https://", {}),
        ("https://credit.example.gov.cn/?code=1", {}),
        ("ftp://credit.example.gov.cn", {}),
        (MemorySource.of([]), {"api_key": "k1"}),
    ],
    ids=["plain http elsewhere", "a password in the URL", "no host", "a query", "ftp", "a key for an object"],
)
def test_what_is_no_source(kind: Any, source: Any, more: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        kind(source, **more)
    assert "pass" not in str(caught.value)


def test_local_lists_may_be_named(http: Shells) -> None:
    local = measure_list(
        measure(triggers=[{"list": "x.local"}]),
        lists={"local": [{"code": "x.local", "name": "虚构地方名单", "kind": "black"}]},
    )
    records = [fresh(coverage("x.local")), listing("x.local", kind="black", subject=LISTED)]
    with platform(records, {**CATALOGUE, **local.local_lists}) as served:
        client = http.client(served.url, measure_lists=[local])
        assert http.call(client, "check", LISTED, **ASK).effect is Effect.RESTRICT
        plain = http.client(served.url, measure_lists=LISTS)
        with pytest.raises(BadRecord):
            http.call(plain, "check", LISTED, **ASK)
