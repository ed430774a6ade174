"""Changing entries: listing somebody, an objection, a repair, a removal, a revocation (``/admin/listings``, ``…/violations``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from starlette.routing import Route

from credit_sdk.errors import BadRecord, InvalidRequest, quoted
from credit_sdk.formats.records import parse
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.listing import VIOLATIONS, Listing, Violation
from credit_sdk.model.moments import shanghai_day
from credit_sdk.sandbox._bodies import answer, object_of
from credit_sdk.sandbox._edits import EDITS
from credit_sdk.sandbox._paging import nothing_but, part_of
from credit_sdk.sandbox._problems import Refused
from credit_sdk.sandbox._seed import as_answered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from credit_sdk.sandbox._state import State

_AUTHORITY = "虚构认定单位（沙盒）"


class Entries:
    """The endpoints for listings, or for violations."""

    def __init__(self, state: State, type_: Literal["listing", "violation"]) -> None:
        """Change ``state``'s entries of ``type_``."""
        self._state = state
        self._type = type_

    @property
    def routes(self) -> list[Route]:
        """Where they are; an id may hold a slash."""
        path = f"/admin/{self._type}s"
        return [
            Route(path, self.select, methods=["GET"]),
            Route(path, self.enter, methods=["POST"]),
            Route(path + "/{id:path}/{edit}", self.edit, methods=["POST"]),
            Route(path + "/{id:path}", self.get, methods=["GET"]),
        ]

    async def select(self, request: Request) -> Response:
        """Entries, by list and status if asked."""
        nothing_but(request, "list", "status", "limit", "offset")
        code, status = request.query_params.get("list"), request.query_params.get("status")
        entries = self._state.holdings.select(self._type, code, status, *part_of(request))
        return answer({f"{self._type}s": entries})

    async def get(self, request: Request) -> Response:
        """One entry."""
        return answer(self._known(request.path_params["id"]))

    async def enter(self, request: Request) -> Response:
        """A new entry: what is not said is filled in, as far as it is harmless to make up."""
        body = self._filled(await object_of(request))
        if isinstance(body["id"], str) and self._state.holdings.get(self._type, body["id"]) is not None:
            raise Refused(
                409,
                "exists",
                "该编号已有记录; 请换编号, 或用 object、repair 等改变原记录",
                "there is an entry of this id; take another, or change that one with object, repair, …",
                key="id",
            )
        entry = self._read(body)
        code = entry.list if isinstance(entry, Listing) else VIOLATIONS
        if code not in {covered.list for covered in self._state.holdings.covered()}:
            raise Refused(
                409,
                "not_covered",
                f"平台目前不提供 {code}; 请先 PUT /admin/lists/{code}",
                f"the platform does not speak for {code}; PUT /admin/lists/{code} first",
                key="list",
            )
        return answer(self._keep(entry, body), 201)

    async def edit(self, request: Request) -> Response:
        """An entry becomes another: objected, repaired, removed, revoked, restored."""
        name = request.path_params["edit"]
        edit, keys, types = EDITS.get(name, (None, frozenset(), frozenset()))
        if edit is None or self._type not in types:
            known = [one for one, (_, _, for_types) in EDITS.items() if self._type in for_types]
            raise Refused(
                404, "not_found", f"没有这个操作; 可用: {'、'.join(known)}", f"no such call; known: {', '.join(known)}"
            )
        entry = self._known(request.path_params["id"])
        given = await object_of(request, optional=True)
        for key in given:
            if key not in keys:
                known = sorted(keys)
                raise InvalidRequest(
                    f"未知的键; 可用: {'、'.join(known) or '无'}",
                    f"unknown key; known: {', '.join(known) or 'none'}",
                    key=quoted(key),
                )
        changed = edit(entry, given, shanghai_day(self._state.clock()))
        return answer(self._keep(self._read(changed), changed))

    def _filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        today = shanghai_day(self._state.clock()).isoformat()
        start = "effective_from" if self._type == "listing" else "decided_on"
        made_up: dict[str, Any] = {
            "id": self._state.holdings.next_id(self._type),
            "status": "active",
            "authority": _AUTHORITY,
            start: today,
        }
        info = CATALOGUE.get(str(given.get("list")))
        if info is not None and self._type == "listing":
            made_up["kind"] = info.kind.value
        return {"type": self._type, **made_up, **given}

    def _known(self, id_: str) -> dict[str, Any]:
        entry = self._state.holdings.get(self._type, id_)
        if entry is None:
            raise Refused(
                404,
                "not_found",
                f"没有这个编号的记录; 编号见 GET /admin/{self._type}s",
                f"no entry of this id; see GET /admin/{self._type}s for ids",
            )
        return entry

    def _read(self, body: Mapping[str, Any]) -> Listing | Violation:
        if body.get("type") != self._type:
            raise InvalidRequest(f"应为 {self._type}", f"must be {self._type}", key="type")
        try:
            records = parse([body], self._state.lists)
        except BadRecord as error:
            raise InvalidRequest(error.zh, error.en, key=error.key) from None
        several: list[Listing | Violation] = [*records.listings, *records.violations]
        return several[0]

    def _keep(self, entry: Listing | Violation, body: Mapping[str, Any]) -> dict[str, Any]:
        plain = as_answered(body, entry)
        code = entry.list if isinstance(entry, Listing) else VIOLATIONS
        with self._state.transaction():
            self._state.holdings.put(entry, plain)
            self._state.feed.append(self._state.clock(), self._type, entry.id, code, entry.status, plain["subject"])
        return plain
