"""Guards as decorators, used again, nested, shared, cancelled."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.errors import (
    InvalidRequest,
    InvalidSettings,
    Restricted,
)
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing import (
    FixedClock,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk.ports.ledger import Entry
    from tests.unit.client.conftest import Way
from tests.unit.client.guarding import CLEAN, LISTED, REFUSE, guarding, memory

# ------------------------------------------------------------------------------------------------- decorators and reuse


def test_a_decorated_function_is_a_case_for_each_call(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    guard: Any = client.client.guard(lambda code, **_: code, domain="test", action="award")
    done: list[str] = []
    if way.is_async:

        @guard  # type: ignore[untyped-decorator]
        async def act(code: str, *, amount: int) -> int:
            done.append(code)
            return amount

        def run(code: str) -> Any:
            return asyncio.run(act(code, amount=3))

    else:

        @guard  # type: ignore[untyped-decorator]
        def act_now(code: str, *, amount: int) -> int:
            done.append(code)
            return amount

        def run(code: str) -> Any:
            return act_now(code, amount=3)

    assert run(CLEAN) == 3
    with pytest.raises(Restricted):
        run(LISTED)
    assert run(CLEAN) == 3
    assert done == [CLEAN, CLEAN]
    assert len(client.reports) == 3


def test_a_decorated_function_may_call_itself(tmp_path: Path) -> None:
    client = CreditClient(memory(), measure_lists=[REFUSE], clock=FixedClock(), ledger=tmp_path / "credit.db")

    @client.guard(CLEAN, domain="test", action="award")
    def act(depth: int) -> int:
        """Words."""
        return depth if depth == 0 else act(depth - 1)

    assert act(2) == 0
    assert (act.__name__, act.__doc__) == ("act", "Words.")
    assert client.ledger is not None
    assert len(client.ledger.store.deliveries()) == 3


def plain() -> None: ...
async def awaited() -> None: ...
def generator() -> Any:
    yield


async def async_generator() -> Any:
    yield


@pytest.mark.parametrize("function", [plain, awaited, generator, async_generator, 3])
def test_a_function_whose_body_would_run_outside_is_refused(way: Way, tmp_path: Path, function: Any) -> None:
    guard: Any = guarding(way, tmp_path).client.guard(CLEAN, domain="test", action="award")
    if function is (awaited if way.is_async else plain):
        guard(function)
        return
    with pytest.raises(InvalidRequest):
        guard(function)


def test_a_guard_with_a_function_for_subject_is_a_decorator(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    with pytest.raises(InvalidRequest):
        client.guard(lambda code: code)


def test_one_guard_holds_one_case_at_a_time(tmp_path: Path) -> None:
    client = CreditClient(memory(), measure_lists=[REFUSE], clock=FixedClock(), ledger=tmp_path / "credit.db")
    guard = client.guard(CLEAN, domain="test", action="award")
    with guard, pytest.raises(InvalidRequest), guard:
        pass
    with guard as first:
        pass
    with guard as second:
        pass
    assert first is not second
    with (
        client.guard(CLEAN, domain="test", action="award") as outer,
        client.guard(LISTED, domain="test", action="pay") as inner,
    ):
        assert outer.decision != inner.decision
    assert client.ledger is not None
    assert len(client.ledger.store.deliveries()) == 5


def test_a_guard_that_refused_may_be_used_again(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    guard: Any = client.client.guard(LISTED, domain="test", action="award")

    async def enter_async() -> None:
        async with guard:
            pass

    def enter() -> None:
        if way.is_async:
            asyncio.run(enter_async())
        else:
            with guard:
                pass

    for _ in range(2):
        with pytest.raises(Restricted):
            enter()


@pytest.mark.parametrize(
    "options", [{"mode": "off"}, {"override": "x"}, {"executed": "test.limit"}, {"validity": 15}], ids=str
)
def test_unusable_options_are_said_at_once(way: Way, tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        guarding(way, tmp_path).client.guard(CLEAN, domain="test", action="award", **options)


def test_a_ledger_without_transactions_says_so_before_the_action(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    done: list[Any] = []
    with pytest.raises(InvalidRequest) as raised:
        client.guard(CLEAN, done.append, connection=object())
    assert raised.value.key == "connection"
    assert (done, client.entries) == ([], [])


def test_a_guard_needs_a_ledger(way: Way) -> None:
    with pytest.raises(InvalidSettings, match="ledger="):
        way.client(memory(), REFUSE).client.guard(CLEAN, domain="test", action="award")


def test_nothing_of_a_case_shows_who_it_is_about(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    shown = client.guard(LISTED, repr, action="pay")
    assert LISTED not in shown
    assert LISTED not in repr(client.client.guard(LISTED, domain="test", action="pay"))


# --------------------------------------------------------------------------------------------------------- cancellation


def test_a_task_cancelled_while_it_reports_has_reported(tmp_path: Path) -> None:
    import threading

    begun, go_on = threading.Event(), threading.Event()

    class Slow(SqliteLedger):
        def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Any:
            if entries[0].kind == "reported":
                begun.set()
                go_on.wait(5)
            return super().append(entries, connection=connection)

    store = Slow(tmp_path / "credit.db")
    client = AsyncCreditClient(memory(), measure_lists=[REFUSE], clock=FixedClock(), ledger=store)

    async def act() -> None:
        async with client.guard(CLEAN, domain="test", action="award"):
            pass

    async def main() -> None:
        task = asyncio.ensure_future(act())
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert [one.state.value for one in store.deliveries()] == ["waiting"]


def test_threads_each_have_their_case(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = CreditClient(memory(), measure_lists=[REFUSE], clock=FixedClock(), ledger=tmp_path / "credit.db")

    def act(number: int) -> str:
        with client.guard(LISTED, domain="test", action="pay") as case:
            case.note(str(number))
            assert case.decision is not None
            return case.decision.decision_id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(act, range(40)))
    assert client.ledger is not None
    notes = {one.decision_id: json.loads(one.outcome)["note"] for one in client.ledger.store.deliveries()}
    assert notes == {id_: str(number) for number, id_ in enumerate(ids)}
    client.close()
