"""Base URLs that are safe to talk to, paths that hold nobody's code, redirects that stay."""

from __future__ import annotations

import pytest

from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.testing import fictional_code
from credit_sdk.transport import Call, Channel, ClientCredentials
from credit_sdk.transport._address import Address, is_loopback, parse, redirected

CODE = fictional_code(1)


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://credit.example.gov.cn", "https://credit.example.gov.cn", ""),
        ("https://credit.example.gov.cn/", "https://credit.example.gov.cn", ""),
        ("https://credit.example.gov.cn/api/", "https://credit.example.gov.cn", "/api"),
        ("https://Credit.Example.GOV.cn./api/v2", "https://credit.example.gov.cn", "/api/v2"),
        ("https://credit.example.gov.cn:443", "https://credit.example.gov.cn", ""),
        ("https://credit.example.gov.cn:8443/a", "https://credit.example.gov.cn:8443", "/a"),
        ("https://10.1.2.3/a", "https://10.1.2.3", "/a"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443", "/a"),
        ("https://信用.example/a", "https://xn--vuqs22g.example", "/a"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ""),
        ("http://127.8.9.10", "http://127.8.9.10", ""),
        ("http://[::1]:80/a", "http://[::1]", "/a"),
        ("http://localhost:8000", "http://localhost:8000", ""),
        ("http://sandbox.localhost:8000", "http://sandbox.localhost:8000", ""),
    ],
)
def test_a_good_base_url(url: str, origin: str, path: str) -> None:
    address = parse(url, key="source")
    assert (address.origin, address.path) == (origin, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "credit.example.gov.cn",
        "ftp://credit.example.gov.cn",
        "file:///etc/passwd",
        "https://",
        "https:///api",
        "https://user@credit.example.gov.cn",
        "https://user:geheim@credit.example.gov.cn",
        "https://:geheim@credit.example.gov.cn",
        "https://credit.example.gov.cn?key=geheim",
        "https://credit.example.gov.cn/api?",
        "https://credit.example.gov.cn/api#geheim",
        "https://credit.example.gov.cn:port",
        "https://credit.example.gov.cn:99999",
        "https://credit.example.gov.cn/a b",
        "https://credit.example.gov.cn/a\nb",
        "https://credit.example\t.gov.cn/",
        " https://credit.example.gov.cn",
        "https://credit.example.gov.cn\\@elsewhere.example/",
        "https://credit.example.gov.cn/%2e%2e/admin",
        "https://credit.example.gov.cn/api/../admin",
        "https://credit.example.gov.cn/./api",
        "https://credit_example!/",
        "https://[2001:db8::zz]/",
        "https://[::1",
        "https://信用.example/信用",
        "http://credit.example.gov.cn",
        "http://10.1.2.3",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://0.0.0.0:8000",
        None,
        b"https://credit.example.gov.cn",
    ],
)
def test_a_bad_base_url(url: object) -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse(url, key="source")
    error = caught.value
    assert error.key == "source"
    assert "geheim" not in error.message("zh") + error.message("en") + str(error)
    assert error.zh != error.en
    assert error.__context__ is None or error.__suppress_context__


def test_plain_http_is_asked_for_by_name() -> None:
    with pytest.raises(InvalidSettings, match="allow_plain_http"):
        Channel("http://credit.example.gov.cn")
    assert Channel("http://credit.example.gov.cn", allow_plain_http=True).name == "http://credit.example.gov.cn"


def test_tokens_travel_no_less_safely() -> None:
    auth = ClientCredentials("http://auth.example.gov.cn/token", "id", "geheim")
    with pytest.raises(InvalidSettings) as caught:
        Channel("https://credit.example.gov.cn", auth=auth)
    assert caught.value.key == "oauth.token_url"


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.0.3", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("2130706433", False),  # 127.0.0.1 in another writing: refused, which is the safe side
    ],
)
def test_this_machine(host: str, is_one: bool) -> None:
    assert is_loopback(host) is is_one


@pytest.mark.parametrize(
    "path",
    ["/v1/records/query", "/v1/lists", "/", "/service/getRedBlackPage.do", "/v1/changes;v=2", "/a/b-c_d~e", "/v1/sm3"],
)
def test_a_good_path(path: str) -> None:
    assert Call("GET", path).path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "v1/lists",
        "https://elsewhere.example/",
        "/v1/lists?x=1",
        "/v1/lists#x",
        "/v1/../admin",
        "/v1/ lists",
        "/v1/lists\r\nX-Evil: 1",
        "/v1/名单",
        "/v1/%E5%90%8D",
        f"/v1/subjects/{CODE}",
        f"/v1/subjects/{CODE.lower()}/listings",
        "/v1/orgs/MA0000015",
        "/v1/registrations/110000000000001",
    ],
)
def test_a_bad_path(path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Call("GET", path)
    assert caught.value.key == "path"
    assert CODE not in caught.value.message("en")


@pytest.mark.parametrize("value", ["", "1000", "eyJzIjoxMjM0NTY3ODkwMTIzfQ==", "2026-11-21T00:00:00+08:00", "a b"])
def test_a_good_query(value: str) -> None:
    assert Call("GET", "/v1/changes", query={"cursor": value}).query == {"cursor": value}


@pytest.mark.parametrize("value", [CODE, "虚构一号有限公司", "a\r\nb"])
def test_a_bad_query(value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Call("GET", "/v1/changes", query={"cursor": value})
    assert caught.value.key == "cursor"
    assert value not in caught.value.message("en")


def test_the_target_is_encoded() -> None:
    address = Address("https", "credit.example.gov.cn", 443, "/api")
    assert address.target("/v1/changes", {"cursor": "a+b/c=", "limit": "10"}) == (
        "/api/v1/changes?cursor=a%2Bb%2Fc%3D&limit=10"
    )


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/v2/query", "/v2/query"),
        ("query2", "/api/v1/query2"),
        ("?page=2", "/api/v1/query?page=2"),
        ("//credit.example.gov.cn/x", "/x"),
        ("https://credit.example.gov.cn/x?y=z", "/x?y=z"),
        ("https://CREDIT.example.gov.cn:443/x", "/x"),
        ("http://credit.example.gov.cn/x", None),
        ("https://credit.example.gov.cn:8443/x", None),
        ("https://credit.example.gov.cn.evil.example/x", None),
        ("//elsewhere.example/x", None),
        ("https://user@credit.example.gov.cn/x", None),
        ("https://credit.example.gov.cn@elsewhere.example/x", None),
        ("javascript:alert(1)", None),
        ("https://[::1/x", None),
        ("/名单", None),
    ],
)
def test_where_a_redirect_leads(location: str, target: str | None) -> None:
    address = Address("https", "credit.example.gov.cn", 443, "/api")
    assert redirected(location, "/api/v1/query", address) == target
