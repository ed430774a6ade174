"""Everything about the sandbox but its entries: data dates, faults, the clock, what was reported (``/admin/…``)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.routing import Route

from credit_sdk.errors import BadRecord, InvalidRequest, quoted
from credit_sdk.formats.records import parse
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.moments import written
from credit_sdk.sandbox import NOTICE
from credit_sdk.sandbox._bodies import answer, object_of
from credit_sdk.sandbox._clock import FURTHEST
from credit_sdk.sandbox._holdings import Covered
from credit_sdk.sandbox._paging import part_of
from credit_sdk.sandbox._problems import Refused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from credit_sdk.sandbox._state import State


class Controls:
    """The endpoints."""

    def __init__(self, state: State) -> None:
        """Control ``state``."""
        self._state = state

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/admin", self.overview, methods=["GET"]),
            Route("/admin/lists/{code}", self.cover, methods=["PUT"]),
            Route("/admin/lists/{code}", self.uncover, methods=["DELETE"]),
            Route("/admin/outcomes", self.outcomes, methods=["GET"]),
            Route("/admin/changes/forget", self.forget, methods=["POST"]),
            Route("/admin/faults", self.faults, methods=["GET"]),
            Route("/admin/faults", self.switch_on, methods=["POST"]),
            Route("/admin/faults", self.switch_off, methods=["DELETE"]),
            Route("/admin/faults/{id}", self.switch_off, methods=["DELETE"]),
            Route("/admin/clock", self.set_clock, methods=["PUT"]),
            Route("/admin/reset", self.reset, methods=["POST"]),
        ]

    async def overview(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """How things stand."""
        state = self._state
        now = state.clock()
        counts = state.holdings.count()
        return answer(
            {
                "notice": NOTICE,
                "data": state.seed,
                "time": written(now),
                "clock_offset_seconds": round(state.clock.offset.total_seconds()),
                "lists": {
                    one.list: one.line(now) | {"entries": counts.get(one.list, 0)} for one in state.holdings.covered()
                },
                "outcomes": state.intake.count(),
                "faults": [fault.to_dict() for fault in state.board.on],
            }
        )

    async def cover(self, request: Request) -> Response:
        """Speak for a list, or set its data's dates: ``as_of`` (absent: up to now, always), ``history_from``."""
        code = request.path_params["code"]
        given = await object_of(request, optional=True)
        if unknown := given.keys() - {"as_of", "history_from"}:
            raise InvalidRequest(
                "未知的键; 可用: as_of、history_from",
                "unknown key; known: as_of, history_from",
                key=quoted(min(unknown)),
            )
        now = self._state.clock()
        line = {"type": "coverage", "list": code, **given}
        if line.get("as_of") is None:
            line["as_of"] = written(now)
        try:
            coverage = parse([line], self._state.lists).coverage[code]
        except BadRecord as error:
            raise InvalidRequest(error.zh, error.en, key=error.key) from None
        history = None if coverage.history_from is None else coverage.history_from.isoformat()
        as_of = None if given.get("as_of") is None else written(coverage.as_of)
        covered = Covered(code, as_of, history)
        with self._state.transaction():
            self._state.holdings.cover(covered)
            self._state.feed.append(now, "list", code, code, None, None)
        return answer(covered.line(now))

    async def uncover(self, request: Request) -> Response:
        """Speak for a list no more; its entries stay."""
        code = request.path_params["code"]
        self._known(code)
        with self._state.transaction():
            self._state.holdings.uncover(code)
            self._state.feed.append(self._state.clock(), "list", code, code, None, None)
        return answer({"list": code, "covered": False})

    async def outcomes(self, request: Request) -> Response:
        """What was reported, the latest first."""
        return answer({"outcomes": self._state.intake.select(*part_of(request))})

    async def forget(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """Keep no change made so far: cursors given out before expire."""
        with self._state.transaction():
            return answer({"forgotten": self._state.feed.forget()})

    async def faults(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        """The switches that are on."""
        return answer({"faults": [fault.to_dict() for fault in self._state.board.on]})

    async def switch_on(self, request: Request) -> Response:
        """One more fault."""
        return answer(self._state.board.switch_on(await object_of(request)).to_dict(), 201)

    async def switch_off(self, request: Request) -> Response:
        """One fault less, or none any more."""
        return answer({"switched_off": self._state.board.switch_off(request.path_params.get("id"))})

    async def set_clock(self, request: Request) -> Response:
        """Set the clock off: ``offset_seconds``, beside this machine's."""
        given = await object_of(request)
        seconds = given.get("offset_seconds")
        most = FURTHEST.total_seconds()
        if given.keys() != {"offset_seconds"} or not isinstance(seconds, int) or isinstance(seconds, bool):
            raise InvalidRequest("应为整数秒", "must be whole seconds", key="offset_seconds")
        if not -most <= seconds <= most:
            raise InvalidRequest("最多偏移十年", "ten years at most", key="offset_seconds")
        self._state.clock.offset = timedelta(seconds=seconds)
        return answer({"offset_seconds": seconds, "time": written(self._state.clock())})

    async def reset(self, request: Request) -> Response:
        """Begin anew."""
        self._state.reset()
        return await self.overview(request)

    def _known(self, code: str) -> None:
        if code != VIOLATIONS and code not in self._state.lists:
            raise Refused(404, "not_found", "没有这份名单; 见 GET /v1/lists", "no such list; see GET /v1/lists")
