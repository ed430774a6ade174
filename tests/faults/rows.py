"""The faults of networks and platforms, one row each: what happens, and what must come of it.

``uv run python -m tests.faults.table`` prints them with what came of them.
"""

from __future__ import annotations

import functools
import json
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest import mock

from credit_sdk.errors import BadRecord, IncompleteCoverage, NoDecision, SourceUnavailable, StaleData
from credit_sdk.model.moments import written
from credit_sdk.sources.profiles import RedBlackXmlProfile, StandardProfile
from credit_sdk.testing import MOMENT, coverage, fictional_code
from credit_sdk.transport import Retries, Timeouts, Tls
from tests.faults.stage import POISON, RECORDS, SUBJECTS, Place
from tests.servers import certificates, scripted
from tests.servers.platform import Platform, Seen, Served
from tests.servers.redblack import RedBlackPlatform
from tests.servers.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack

    from tests.servers.scripted import Behaviour, Peer

    Placing: TypeAlias = Callable[[ExitStack], Place]
    Spoil: TypeAlias = Callable[[Served], None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault.

    :param error: what the check ends with; ``None``: the right decision, after all.
    :param retries: how often the client asks again.
    :param requests: how many requests the server sees; default: one, and one for each retry.
    :param batch: three are asked about, and the first one has the fault; the others have their decisions.
    :param at_least: seconds that it takes, such as those of ``Retry-After``.
    :param at_most: seconds; default: the total deadline and one for a busy machine.
    :param slow: not acted out behind every source.
    :param quoting: on the way an error is made that has the data behind it (``formats.records``); it is dropped again.
    """

    id: str
    zh: str
    en: str
    place: Placing
    error: type[NoDecision] | None
    fault: str | None = None
    retryable: bool = False
    retries: int = 0
    requests: int | None = None
    status: int | None = None
    retry_after: float | None = None
    batch: bool = False
    profile: Callable[[], Any] = StandardProfile
    timeouts: Timeouts = Timeouts(connect=3, read=3, write=3, pool=3, total=5)  # noqa: RUF009 - frozen
    retrying: Retries = Retries(first=0.01, longest=0.02)  # noqa: RUF009 - frozen
    max_body: int = 1_000_000
    at_least: float = 0.0
    at_most: float | None = None
    slow: bool = False
    quoting: bool = False

    @property
    def is_outage(self) -> bool:
        """Whether nobody could be asked, for the time being: what a cache, a second layer and a fallback may bridge."""
        return self.error is SourceUnavailable and self.retryable

    @property
    def limit(self) -> float:
        return self.timeouts.total + 1.0 if self.at_most is None else self.at_most


# -------------------------------------------------------------------------------------------------- what goes right


def good(spoil: Spoil = lambda _: None, records: Sequence[Any] = RECORDS) -> Behaviour:
    """What a platform of the standard contract answers, spoilt as told."""
    platform = Platform(records)
    platform.clock = lambda: MOMENT
    return _behave(platform.serve, spoil)


def xml(spoil: Spoil = lambda _: None) -> Behaviour:
    """What the platform of the worked example answers."""
    return _behave(RedBlackPlatform(RECORDS).serve, spoil)


def _behave(serve: Callable[[Seen], Served], spoil: Spoil) -> Behaviour:
    def behave(peer: Peer) -> None:
        asked = peer.request
        served = serve(Seen(asked.method, asked.target, dict(asked.headers), asked.content))
        spoil(served)
        headers = dict(served.headers)
        scripted.answer(served.body, status=served.status, kind=headers.pop("Content-Type"), headers=headers)(peer)

    return behave


def but(change: Callable[[Any], None]) -> Behaviour:
    """The good answer, with something in its JSON changed."""

    def spoil(served: Served) -> None:
        value = served.json
        change(value)
        served.json = value

    return good(spoil)


def body(content: bytes, kind: str = "application/json") -> Behaviour:
    return scripted.answer(content, kind=kind)


def xml_but(old: bytes, new: bytes) -> Behaviour:
    def spoil(served: Served) -> None:
        assert old in served.body
        served.body = served.body.replace(old, new)

    return xml(spoil)


# ---------------------------------------------------------------------------------------------------------- places


def serving(*script: Behaviour | Callable[[], Behaviour], tls: Callable[[], Any] | None = None) -> Placing:
    """A server with this script."""

    def place(stack: ExitStack) -> Place:
        context = tls() if tls is not None else None
        name = certificates.NAME if context is not None else "127.0.0.1"
        server = stack.enter_context(ScriptedServer(*script, tls=context, name=name))  # type: ignore[arg-type]
        trusted = None
        if context is not None:
            import ssl

            ours = ssl.create_default_context()
            certificates.authority().configure_trust(ours)
            trusted = Tls(context=ours)
        return Place(server.url, lambda: server.requests, tls=trusted)

    return place


def elsewhere(stack: ExitStack) -> Place:
    """Two servers; the first one leads to the second, with an identifier in the address."""
    other = stack.enter_context(ScriptedServer(good()))
    location = f"http://localhost:{other.port}/v1/records/{fictional_code(1)}?name=x"
    server = stack.enter_context(ScriptedServer(scripted.redirect(location, 308)))
    return Place(server.url, lambda: server.requests, lambda: other.connections)


def refusing(_: ExitStack) -> Place:
    return Place(scripted.refusing_url())


def black_hole(stack: ExitStack) -> Place:
    return Place(stack.enter_context(scripted.black_hole_url()))


def handshake(stack: ExitStack) -> Place:
    return Place(stack.enter_context(scripted.silent_url("https")))


def _names(answer: Callable[[], Any]) -> Placing:
    def place(stack: ExitStack) -> Place:
        real = socket.getaddrinfo

        def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
            return answer() if host == "credit.example" else real(host, *rest, **more)

        stack.enter_context(mock.patch.object(socket, "getaddrinfo", getaddrinfo))
        return Place("https://credit.example")

    return place


def unknown_name() -> Any:
    raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {POISON}")


def hanging_names(stack: ExitStack) -> Place:
    over = threading.Event()

    def hang() -> Any:
        over.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    place = _names(hang)(stack)
    stack.callback(over.set)
    return place


# ------------------------------------------------------------------------------------------------------- behaviours


def in_a_second(peer: Peer) -> None:
    """429 until a date a second away, by the platform's own clock, which is years off."""
    now = datetime(2019, 3, 1, 12, tzinfo=UTC)
    scripted.too_many(format_datetime(now + timedelta(seconds=1), usegmt=True), format_datetime(now, usegmt=True))(peer)


def reset_in_a_good_body(peer: Peer) -> None:
    """A body that begins well: half an answer must not be half believed."""
    peer.send(scripted.head(headers={"Content-Type": "application/json"}, length=5000), b'{"read_at":"')
    peer.reset()


def dated(apart: timedelta) -> Behaviour:
    return good(
        lambda served: served.headers.update({"Date": format_datetime(MOMENT.astimezone(UTC) + apart, usegmt=True)})
    )


def of_another(value: Any) -> None:
    value["answers"][0]["subject"]["code"] = fictional_code(77)


def with_anothers_entry(value: Any) -> None:
    value["answers"][0]["listings"][0]["subject"] = {"code": fictional_code(77)}


def twice(value: Any) -> None:
    clear = {**value["answers"][0], "listings": [], "found": False}
    value["answers"].append(clear)


def without_fields(value: Any) -> None:
    del value["answers"][0]["listings"]


def with_unknown_list(value: Any) -> None:
    value["answers"][0]["listings"][0]["list"] = SUBJECTS[0].code


def with_a_name_for_a_list(value: Any) -> None:
    value["answers"][0]["listings"][0]["list"] = SUBJECTS[0].name


def with_a_code_for_a_date(value: Any) -> None:
    value["answers"][0]["listings"][0]["effective_from"] = POISON


def with_unknown_key(value: Any) -> None:
    value["answers"][0] = {POISON: POISON}


def without_coverage(value: Any) -> None:
    value["coverage"] = []
    value["answers"] = [{**one, "listings": []} for one in value["answers"]]


def without_the_list(value: Any) -> None:
    value["coverage"] = [line for line in value["coverage"] if line["list"] != "tax.major-violation"]
    value["answers"] = [{**one, "listings": []} for one in value["answers"]]


def of_last_year(value: Any) -> None:
    for line in value["coverage"]:
        line["as_of"] = written(MOMENT - timedelta(days=400))
    value["answers"] = [{**one, "listings": []} for one in value["answers"]]


def of_tomorrow(value: Any) -> None:
    for line in value["coverage"]:
        line["as_of"] = written(MOMENT + timedelta(days=1))


def unknown_with_entries(value: Any) -> None:
    value["answers"][0]["found"] = False


@functools.cache
def _bomb() -> Behaviour:
    return scripted.gzip_bomb(64 * 1024 * 1024)


def bomb(peer: Peer) -> None:
    _bomb()(peer)


PAGE = f"<!DOCTYPE html><html><body>请登录 {POISON}</body></html>".encode()
CUT = json.dumps({"read_at": written(MOMENT), "coverage": [coverage("tax.major-violation")], "answers": []}).encode()[
    :-9
]
FAILED = f"<response><code>E0042</code><message>{POISON}</message></response>".encode()
BRIEF = Timeouts(connect=0.1, read=0.1, write=0.1, pool=0.1, total=3)
DEADLINE = Timeouts(connect=3, read=3, write=3, pool=3, total=0.2)

OUT, BAD = SourceUnavailable, BadRecord

# fmt: off
ROWS: tuple[Row, ...] = (
    # -------------------------------------------------------------------------------------- nobody could be asked
    Row(id="dns-hang", zh="DNS 不应答", en="the name server hangs", place=hanging_names, error=OUT, fault="dns", retryable=True, requests=0, timeouts=DEADLINE),
    Row(id="dns-unknown", zh="域名不存在", en="no such name", place=_names(unknown_name), error=OUT, fault="dns", retryable=True, retries=2, requests=0),
    Row(id="refused", zh="连接被拒绝", en="connection refused", place=refusing, error=OUT, fault="connect", retryable=True, retries=2, requests=0),
    Row(id="black-hole", zh="连接请求石沉大海", en="packets vanish", place=black_hole, error=OUT, fault="timeout", retryable=True, retries=2, requests=0, slow=True, timeouts=BRIEF),
    Row(id="tls-hang", zh="TLS 握手不应答", en="the TLS handshake hangs", place=handshake, error=OUT, fault="deadline", retryable=True, requests=0, slow=True, timeouts=DEADLINE),
    Row(id="tls-stranger", zh="TLS 证书由不受信任的 CA 签发", en="a certificate of an unknown CA", place=serving(good(), tls=certificates.of_a_stranger), error=OUT, fault="tls", requests=0),
    Row(id="tls-expired", zh="TLS 证书已过期", en="an expired certificate", place=serving(good(), tls=certificates.expired), error=OUT, fault="tls", requests=0),
    Row(id="tls-other-host", zh="TLS 证书是别的域名的", en="another host's certificate", place=serving(good(), tls=certificates.of_another_host), error=OUT, fault="tls", requests=0),
    # ------------------------------------------------------------------------------------------------ on the way
    Row(id="hang", zh="收下请求, 不应答", en="the request is read and never answered", place=serving(scripted.hang), error=OUT, fault="timeout", retryable=True, retries=2, timeouts=BRIEF),
    Row(id="drip-headers", zh="应答头一秒若干字节地滴出", en="headers drip in", place=serving(scripted.drip_headers()), error=OUT, fault="deadline", retryable=True, slow=True, timeouts=DEADLINE),
    Row(id="drip-body", zh="应答体一秒若干字节地滴出", en="the body drips in", place=serving(scripted.drip_body()), error=OUT, fault="deadline", retryable=True, timeouts=DEADLINE),
    Row(id="hang-up", zh="收下请求, 关闭连接", en="the request is read, the connection closed", place=serving(scripted.hang_up), error=OUT, fault="reset", retryable=True, retries=2),
    Row(id="reset-in-body", zh="应答体中途连接被重置", en="a reset in the body", place=serving(reset_in_a_good_body), error=OUT, fault="reset", retryable=True, retries=2),
    Row(id="reset-then-good", zh="连接被重置一次, 再问正常", en="a reset, then a good answer", place=serving(reset_in_a_good_body, good()), error=None, retries=1),
    # ----------------------------------------------------------------------------------------- the platform refuses
    Row(id="429-seconds", zh="429, Retry-After 为秒数; 等后再问正常", en="429 with Retry-After in seconds, then a good answer", place=serving(scripted.too_many("1"), good()), error=None, retries=1, at_least=1.0, slow=True),
    Row(id="429-date", zh="429, Retry-After 为日期; 等后再问正常", en="429 with Retry-After as a date, then a good answer", place=serving(in_a_second, good()), error=None, retries=1, at_least=1.0, slow=True),
    Row(id="429-past-date", zh="429, Retry-After 为过去的日期; 立即再问正常", en="429 with a date in the past, then a good answer", place=serving(scripted.too_many("Fri, 01 Mar 2019 12:00:00 GMT"), good()), error=None, retries=1, at_most=2.0),
    Row(id="429-absurd", zh="429, 要求等一天", en="429, come back tomorrow", place=serving(scripted.too_many("86400")), error=OUT, fault="rate_limited", retryable=True, status=429, retry_after=86400, at_most=2.0),
    Row(id="429-nonsense", zh="429, Retry-After 无法识别", en="429 with a Retry-After that means nothing", place=serving(scripted.too_many(POISON.encode().hex())), error=OUT, fault="rate_limited", retryable=True, status=429, retries=2),
    Row(id="429-for-ever", zh="一直 429", en="429 again and again", place=serving(scripted.too_many("0")), error=OUT, fault="rate_limited", retryable=True, status=429, retries=2, retry_after=0),
    Row(id="500-then-good", zh="500 一次, 再问正常", en="500, then a good answer", place=serving(scripted.status(500), good()), error=None, retries=1),
    Row(id="500", zh="一直 500", en="500 again and again", place=serving(scripted.problem(500, "internal", detail=POISON, title=POISON)), error=OUT, fault="server_error", retryable=True, status=500, retries=2),
    Row(id="502-html", zh="网关 502, 附网页", en="a gateway's 502 with a page", place=serving(scripted.answer(PAGE, status=502, kind="text/html")), error=OUT, fault="server_error", retryable=True, status=502, retries=2),
    Row(id="401", zh="凭据不被接受", en="the credentials are not accepted", place=serving(scripted.problem(401, "unauthorised", detail=POISON)), error=OUT, fault="credentials", status=401),
    Row(id="404", zh="地址有误 (404)", en="a wrong address (404)", place=serving(scripted.status(404, content=PAGE)), error=OUT, fault="refused", status=404),
    Row(id="redirect-elsewhere", zh="重定向到另一主机", en="a redirect to another host", place=elsewhere, error=OUT, fault="redirect", status=308),
    # ------------------------------------------------------------------------------------------ an unusable answer
    Row(id="html", zh="200, 内容是登录网页", en="200 with a login page", place=serving(body(PAGE, "text/html; charset=utf-8")), error=BAD, fault="html", status=200),
    Row(id="html-as-json", zh="200, 网页冒称 JSON", en="200 with a page that is called JSON", place=serving(body(PAGE)), error=BAD, fault="html", status=200),
    Row(id="empty", zh="200, 内容为空", en="200 with nothing in it", place=serving(body(b"")), error=BAD, fault="truncated", retryable=True, status=200),
    Row(id="truncated-json", zh="JSON 截断", en="JSON cut short", place=serving(body(CUT)), error=BAD, fault="truncated", retryable=True, status=200),
    Row(id="truncated-body", zh="应答体短于所称长度", en="a body shorter than it says", place=serving(scripted.truncated), error=BAD, fault="truncated", retryable=True, retries=2),
    Row(id="business-in-json", zh='200, 内容是 {"code": 500}', en='200 with {"code": 500}', place=serving(body(json.dumps({"code": 500, "message": POISON, "data": None}).encode())), error=BAD, fault="schema", status=200),
    Row(id="wrong-schema", zh="缺少必有字段", en="a field is missing", place=serving(but(without_fields)), error=BAD, fault="schema", status=200),
    Row(id="unknown-key", zh="字段名不识", en="a key that nobody knows", place=serving(but(with_unknown_key)), error=BAD, fault="schema", status=200),
    Row(id="unknown-list", zh="条目属于未知名单", en="an entry of a list that nobody knows", place=serving(but(with_unknown_list)), error=BAD, fault="schema", status=200),
    Row(id="unknown-list-name", zh="名单代码处是单位名称", en="a name where a list's code should be", place=serving(but(with_a_name_for_a_list)), error=BAD, fault="schema", status=200),
    Row(id="no-date", zh="日期不是日期", en="a date that is none", place=serving(but(with_a_code_for_a_date)), error=BAD, fault="schema", status=200, quoting=True),
    Row(id="null", zh="200, 内容是 null", en="200 with null", place=serving(body(b"null")), error=BAD, fault="schema", status=200),
    Row(id="other-version", zh="接口版本不同", en="another version of the API", place=serving(good(lambda out: out.headers.update({"Credit-Api-Version": "2"}))), error=BAD, fault="version", status=200),
    Row(id="wrong-subject", zh="应答是另一主体的", en="the answer is about another subject", place=serving(but(of_another)), error=BAD, fault="wrong_subject", status=200),
    Row(id="wrong-entry", zh="应答中有另一主体的条目", en="an entry of another subject", place=serving(but(with_anothers_entry)), error=BAD, fault="wrong_subject", status=200),
    Row(id="missing-subject", zh="批量中缺一个主体", en="one subject is missing from a batch", place=serving(but(lambda value: value["answers"].pop(0))), error=BAD, fault="missing_subject", status=200, batch=True),
    Row(id="swapped-subject", zh="批量中一个主体换成了别人", en="one subject of a batch is somebody else", place=serving(but(of_another)), error=BAD, fault="wrong_subject", status=200, batch=True),
    Row(id="duplicate-subject", zh="同一主体答复两次, 第二次为空", en="one subject twice, the second time without entries", place=serving(but(twice)), error=BAD, fault="duplicate_subject", status=200, batch=True),
    Row(id="contradiction", zh="称不掌握该主体, 却给出条目", en="unknown, and yet with entries", place=serving(but(unknown_with_entries)), error=BAD, fault="contradiction", status=200),
    Row(id="no-coverage", zh="没有说明查询范围", en="no coverage stated", place=serving(but(without_coverage)), error=BAD, fault="coverage", status=200),
    Row(id="list-not-consulted", zh="必查名单不在查询范围内", en="a required list was not consulted", place=serving(but(without_the_list)), error=IncompleteCoverage),
    Row(id="stale-data", zh="必查名单的数据过期", en="a required list is too old", place=serving(but(of_last_year)), error=StaleData, retryable=True),
    Row(id="oversized", zh="应答超过上限 (长度已声明)", en="an oversized body, stated", place=serving(scripted.oversized(2_000_000)), error=BAD, fault="too_large"),
    Row(id="oversized-unstated", zh="应答超过上限 (长度未声明)", en="an oversized body, unstated", place=serving(scripted.oversized(2_000_000, stated=False)), error=BAD, fault="too_large"),
    Row(id="gzip-bomb", zh="gzip 炸弹", en="a gzip bomb", place=serving(bomb), error=BAD, fault="too_large", at_most=3.0),
    Row(id="gzip-broken", zh="冒称 gzip", en="not gzip, though it says so", place=serving(scripted.answer(headers={"Content-Encoding": "gzip"})), error=BAD, fault="encoding"),
    Row(id="not-http", zh="端口上是别的服务", en="another service at this port", place=serving(scripted.not_http), error=BAD, fault="protocol"),
    Row(id="clock-ahead", zh="平台时钟快一天", en="the platform's clock is a day ahead", place=serving(dated(timedelta(days=1))), error=BAD, fault="clock", status=200),
    Row(id="clock-behind", zh="平台时钟慢一天", en="the platform's clock is a day behind", place=serving(dated(timedelta(days=-1))), error=BAD, fault="clock", status=200),
    Row(id="data-of-tomorrow", zh="名单数据来自明天", en="data of tomorrow", place=serving(but(of_tomorrow)), error=BAD, fault="clock", status=200),
    # --------------------------------------------------------------------------- the XML profile (worked example)
    Row(id="business-failure", zh="200, 业务码表示失败 (XML)", en="200 with a business failure (XML)", place=serving(body(FAILED, "application/xml")), error=BAD, fault="business", status=200, profile=RedBlackXmlProfile),
    Row(id="business-failure-late", zh="200, 查条目时业务失败 (XML)", en="200 with a business failure at the entries (XML)", place=serving(xml(), body(FAILED, "application/xml")), error=BAD, fault="business", status=200, requests=2, profile=RedBlackXmlProfile),
    Row(id="xml-truncated", zh="XML 截断", en="XML cut short", place=serving(xml(), xml(lambda out: setattr(out, "body", out.body[:-30]))), error=BAD, fault="truncated", retryable=True, status=200, requests=2, profile=RedBlackXmlProfile),
    Row(id="xml-wrong-subject", zh="应答是另一主体的 (XML)", en="the answer is about another subject (XML)", place=serving(xml(), xml_but(str(SUBJECTS[0].code).encode(), fictional_code(77).encode())), error=BAD, fault="wrong_subject", status=200, requests=2, profile=RedBlackXmlProfile),
    Row(id="xml-page-missing", zh="分页条目数与总数不符 (XML)", en="fewer entries than stated (XML)", place=serving(xml(), xml_but(b"<total>1</total>", b"<total>2</total>")), error=BAD, fault="contradiction", status=200, requests=2, profile=RedBlackXmlProfile),
    Row(id="xml-500-then-good", zh="500 一次, 再问正常 (XML)", en="500, then a good answer (XML)", place=serving(xml(), scripted.status(500), xml()), error=None, retries=1, requests=3, profile=RedBlackXmlProfile),
)
# fmt: on
