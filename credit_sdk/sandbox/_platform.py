"""The contract's calls, under ``/v1``: a platform that does everything right. What goes wrong is switched on before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from credit_sdk.errors import InvalidSubject
from credit_sdk.formats.platform import MOST_SUBJECTS
from credit_sdk.formats.platform_requests import read_outcomes, read_query
from credit_sdk.model.moments import written
from credit_sdk.sandbox import NOTICE, _keys
from credit_sdk.sandbox._bodies import answer, json_of
from credit_sdk.sandbox._feed import BadCursor, CursorExpired
from credit_sdk.sandbox._intake import KeyReused
from credit_sdk.sandbox._paging import MOST, nothing_but, number_of
from credit_sdk.sandbox._problems import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from credit_sdk.sandbox._state import State

_KEY = re.compile(r"[!-~]{1,255}")
_PAGE = 100


class Platform:
    """The endpoints."""

    def __init__(self, state: State) -> None:
        """Answer from ``state``."""
        self._state = state

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/v1/records/query", self.query, methods=["POST"]),
            Route("/v1/lists", self.lists, methods=["GET"]),
            Route("/v1/changes", self.changes, methods=["GET"]),
            Route("/v1/outcomes", self.outcomes, methods=["POST"]),
            Route("/v1/health", self.health, methods=["GET"]),
        ]

    async def query(self, request: Request) -> Response:
        """Records, one answer a subject."""
        subjects = read_query(_bounded(await json_of(request), "subjects"))
        now = self._state.clock()
        holdings = self._state.holdings
        incomparable: dict[tuple[bool, bool], list[str]] = {}
        answers = []
        for place, asked in enumerate(subjects):
            shape = _keys.shape(asked)
            if shape not in incomparable:
                incomparable[shape] = holdings.incomparable(*shape)
            answers.append(self._answer(asked, place) | {"uncoded_lists": incomparable[shape]})
        coverage = [covered.line(now) for covered in holdings.covered()]
        return answer({"read_at": written(now), "fictional": True, "coverage": coverage, "answers": answers})

    def _answer(self, asked: Mapping[str, Any], place: int) -> dict[str, Any]:
        entries: dict[str, list[dict[str, Any]]] = {"listing": [], "violation": []}
        try:
            for type_, body in self._state.holdings.find(asked):
                entries[type_].append(body)
        except InvalidSubject as error:  # a name of which nothing can be seen
            raise Refused(422, "invalid_subject", error.zh, error.en, key=f"subjects[{place}].name") from None
        found = any(entries.values()) or self._state.holdings.knows(asked.get("code"))
        return {
            "subject": asked,
            "found": found,
            "listings": entries["listing"],
            "violations": entries["violation"],
        }

    async def lists(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """The list catalogue."""
        infos = self._state.lists.values()
        return answer(
            {
                "lists": [
                    {
                        "code": info.code,
                        "name": info.name,
                        "name_en": info.name_en,
                        "kind": info.kind,
                        "class": info.list_class,
                        "open_ended": info.open_ended,
                    }
                    for info in infos
                ]
            }
        )

    async def changes(self, request: Request) -> Response:
        """A page of changes."""
        nothing_but(request, "cursor", "limit")
        limit = number_of(request, "limit", _PAGE, 1, MOST)
        try:
            return answer(self._state.feed.page(request.query_params.get("cursor"), limit))
        except BadCursor:
            raise Refused(
                400,
                "bad_cursor",
                "不是本平台给出的游标; 不带 cursor 可从头读起",
                "not a cursor of this platform; without cursor reading begins anew",
                key="cursor",
            ) from None
        except CursorExpired:
            raise Refused(
                410,
                "cursor_expired",
                "游标已过期, 之间的变更可能已缺失; 请丢弃所保存的记录, 不带 cursor 从头读起",
                "the cursor is too old, changes in between may be missing; drop what is kept and begin without cursor",
                key="cursor",
            ) from None

    async def outcomes(self, request: Request) -> Response:
        """Outcomes in, receipts out."""
        key = request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise Refused(
                400,
                "bad_header",
                "缺少 Idempotency-Key, 或不是 1 至 255 个可见 ASCII 字符; 每次反馈取一个, 重发时不变",
                "Idempotency-Key is missing, or not 1 to 255 visible ASCII characters; choose one a report, keep it when"
                " sending again",
                key="Idempotency-Key",
            )
        outcomes = read_outcomes(_bounded(await json_of(request), "outcomes"))
        try:
            with self._state.transaction():
                taken = self._state.intake.take(key, outcomes, self._state.clock())
        except KeyReused as reused:
            raise Refused(
                422,
                "idempotency_key_reused",
                "该幂等键已用于另一内容; 新的反馈请换新键, 重发请保持内容不变",
                "this key came before with another content; take a new key for a new report, send the same content again",
                key="Idempotency-Key" if reused.place is None else f"outcomes[{reused.place}].key",
            ) from None
        return answer({"receipts": taken.receipts}, 200 if taken.repeated else 201)

    async def health(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """How the platform is, and how old its data are."""
        now = self._state.clock()
        covered = self._state.holdings.covered()
        dated = any(one.as_of is not None for one in covered)
        return answer(
            {
                "status": "degraded" if dated or not covered else "ok",
                "time": written(now),
                "lists": {one.list: one.as_of or written(now) for one in covered},
                "sandbox": True,
                "notice": NOTICE,
            }
        )


def _bounded(body: Any, key: str) -> Any:
    """``body``, unless it holds more than one call may."""
    several = body.get(key) if isinstance(body, dict) else None
    if isinstance(several, list) and len(several) > MOST_SUBJECTS:
        raise Refused(
            422,
            "too_many",
            f"一次最多 {MOST_SUBJECTS} 个, 收到 {len(several)} 个; 请分批",
            f"at most {MOST_SUBJECTS} in one call, got {len(several)}; send them in batches",
            key=key,
        )
    return body
