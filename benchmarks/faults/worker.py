"""Who checks, reports and delivers until killed; and who only delivers."""

from __future__ import annotations

import threading
import time
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.faults import stores
from benchmarks.faults.aim import Aim, Teller
from benchmarks.faults.platform import FIRMS
from benchmarks.faults.processes import say
from credit_sdk import CreditClient
from credit_sdk.errors import LedgerUnavailable, NoDecision, Restricted
from credit_sdk.ledger.desk import Ledger
from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.ledger.schedule import Backoff
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import HttpSource
from credit_sdk.testing import fictional_code, measure_list
from credit_sdk.transport import Retries, Timeouts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.faults.places import Kind
    from credit_sdk.ports.platform import Outcome, PlatformReceipt

THREADS = 2
BUSY = 40
"""So many reports a thread makes in one life as fast as it can; then slowly."""
_SLOWLY = 0.02
_PAUSE = 0.003
QUICK = Backoff((0.05, 0.2))
"""So that what a killed platform did not take comes again while the run lasts."""
_ASK: dict[str, Any] = {"domain": "test", "action": "award"}
_TIMEOUTS = Timeouts(connect=2, read=5, write=5, pool=5, total=10)
_KEYS_A_LINE = 50  # a line that is longer than a pipe takes at once could be cut in two by another thread's


class Sender:
    """The platform as a receiver, announcing what goes out and what has come back."""

    def __init__(self, source: HttpSource, tell: Teller) -> None:
        self._source, self._tell = source, tell

    def send(
        self, outcomes: Sequence[Outcome], *, timeout: float | None = None
    ) -> Sequence[PlatformReceipt | NoDecision]:
        for start in range(0, len(outcomes), _KEYS_A_LINE):
            keys = [outcome.key or "" for outcome in outcomes[start : start + _KEYS_A_LINE]]
            say(self._tell.pipe, f"sent {' '.join(keys)}")
        self._tell("sending")
        receipts = self._source.send(outcomes, timeout=timeout)
        self._tell("received")
        return receipts


def open_source(url: str) -> HttpSource:
    """The platform, asked once and without patience."""
    return HttpSource(url, timeouts=_TIMEOUTS, retries=Retries(attempts=0))


def work(pipe: int, kind: Kind, address: str, url: str, aim: Aim, number: int, *, lives: bool = True) -> None:
    """Check, report and deliver, until killed.

    :param number: of this life; another one asks about other firms.
    :param lives: until it is killed; else it ends by itself after a report of each thread.
    """
    tell = Teller(aim, pipe)
    store, source = stores.told(kind, address, tell), open_source(url)
    ledger = Ledger(store, senders={"platform": Sender(source, tell)}, backoff=QUICK)
    client = CreditClient(source, domains=DomainRegistry(), measure_lists=[measure_list()], ledger=ledger)
    awards = Awards(address, client, tell) if kind == "postgres" else None
    say(pipe, "ready")
    threads = [
        threading.Thread(target=_report, args=(client, tell, f"{number}/{one}", None if one else awards, lives))
        for one in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    ledger.close()


def _report(client: CreditClient, tell: Teller, seed: str, awards: Awards | None, lives: bool) -> None:
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    for done in count(1):
        try:
            decision = client.check(fictional_code(random.randrange(FIRMS)), **_ASK)
            tell("checked")
            executed = [one.id for one in decision.obligations]
            if awards is not None:
                key = awards.make(decision, executed)
            else:
                key = client.report(decision, executed=executed).key
        except NoDecision:
            time.sleep(0.005)  # the platform is being killed as well
        except LedgerUnavailable as error:
            say(tell.pipe, f"unavailable {error}")
        else:
            say(tell.pipe, f"ack {key}")
            tell("acknowledged")
            if not lives:
                return
            if done > BUSY:
                time.sleep(_SLOWLY)


class Awards:
    """The caller's own table, in the database where the ledger is: award and report commit together, or neither does."""

    def __init__(self, address: str, client: CreditClient, tell: Teller) -> None:
        from sqlalchemy import create_engine

        self._engine = create_engine(address, hide_parameters=True)
        self._client, self._tell = client, tell

    def make(self, decision: Any, executed: list[str]) -> str:
        from sqlalchemy import text

        with self._engine.begin() as connection:
            try:
                confirmed = self._client.confirm(decision, connection=connection).decision
            except Restricted as stopped:  # nothing is awarded, and that is what is reported
                confirmed = stopped.decision
            self._tell("confirmed")
            connection.execute(text("INSERT INTO awards VALUES (:id)"), {"id": confirmed.decision_id})
            receipt = self._client.report(confirmed, executed=executed, connection=connection)
            self._tell("reported")
        return receipt.key


def deliver(pipe: int, kind: Kind, address: str, url: str, aim: Aim) -> None:
    """Deliver what others report, until killed."""
    tell = Teller(aim, pipe, "second-")
    store = stores.told(kind, address, tell)
    dispatcher = Dispatcher(store, {"platform": Sender(open_source(url), tell)}, backoff=QUICK)
    say(pipe, "ready")
    while True:
        if aim.victim != "worker":  # else the worker would have nothing to deliver
            dispatcher.run_once()
        time.sleep(_PAUSE)
