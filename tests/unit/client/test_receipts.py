"""``decision.receipt()``: who signs, with which key, and that a key stays where it is."""

from __future__ import annotations

import copy
import pickle
import stat
from typing import TYPE_CHECKING

import pytest

from credit_sdk import CreditClient
from credit_sdk.client.receipts import ReceiptSigner, signer_of
from credit_sdk.errors import InvalidSettings
from credit_sdk.formats.receipt_check import verify_receipt
from credit_sdk.formats.receipt_key import SigningKey
from credit_sdk.testing.builders import MOMENT
from tests.unit.formats.issuing import RESTRICTED, REWARDED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from credit_sdk.decision.result import Decision


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def credit(key: SigningKey) -> Iterator[CreditClient]:
    with CreditClient("demo", clock=lambda: MOMENT, receipt_key=key, service="虚构评标系统") as client:
        yield client


def check(credit: CreditClient, *members: str) -> Decision:
    return credit.check(RESTRICTED, domain="procurement", action="award", members=members)


def test_a_clients_decision_gives_its_receipt(credit: CreditClient, key: SigningKey) -> None:
    decision = check(credit)
    receipt = decision.receipt()
    found = verify_receipt(receipt.json(), trusted=key.public)
    assert (found.ok, found.decision_id, found.issued_at) == (True, decision.decision_id, MOMENT)
    assert found.issued_by == "虚构评标系统"
    assert decision.receipt().id != receipt.id
    assert verify_receipt(decision.receipt(masked=True).json()).masked


def test_members_of_a_consortium_have_receipts_of_their_own(credit: CreditClient) -> None:
    decision = check(credit, REWARDED)
    assert verify_receipt(decision.receipt().json()).decision_id == decision.decision_id
    assert [verify_receipt(p.receipt().json()).decision_id for p in decision.parts] == [
        p.decision_id for p in decision.parts
    ]


def test_the_key_may_be_a_file_or_its_text(tmp_path: Path, key: SigningKey) -> None:
    path = tmp_path / "receipts.key"
    key.save(path)
    for given in (str(path), path, path.read_text()):
        with CreditClient("demo", receipt_key=given) as credit:
            assert check(credit).receipt().fingerprint == key.public.fingerprint


def test_without_a_key_the_way_out_is_named() -> None:
    with CreditClient("demo") as credit:
        decision = check(credit)
        with pytest.raises(InvalidSettings, match="credit receipt key") as caught:
            decision.receipt()
    assert caught.value.key == "receipt_key"


def test_beside_a_ledger_file_a_key_is_made_with_the_first_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    signer = ReceiptSigner(ledger="ledger.db", clock=lambda: MOMENT)
    path = tmp_path / "ledger.db.key"
    with CreditClient("demo") as credit:
        decision = check(credit)._replace(signer=signer)
    assert not path.exists()
    monkeypatch.chdir("/")
    first = decision.receipt()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = decision._replace(signer=ReceiptSigner(ledger=tmp_path / "ledger.db"))
    assert again.receipt().fingerprint == first.fingerprint


def test_a_database_has_no_place_beside_it() -> None:
    with pytest.raises(InvalidSettings, match="CREDIT_RECEIPT_KEY"):
        _ = signer_of("postgresql://localhost/credit").key


def test_a_decision_that_no_client_made_has_no_signer(credit: CreditClient) -> None:
    with pytest.raises(InvalidSettings, match=r"CheckReceipt\.issue"):
        check(credit)._replace(signer=None).receipt()


def test_who_signs_is_no_part_of_what_a_decision_says(credit: CreditClient) -> None:
    decision = check(credit, REWARDED)
    other = decision._replace(signer=None, parts=tuple(part._replace(signer=None) for part in decision.parts))
    assert decision == other
    assert not decision != other  # noqa: SIM202 - a tuple has an `!=` of its own
    assert hash(decision) == hash(other)
    assert decision.to_dict() == other.to_dict()
    assert "signer" not in decision.to_json()
    assert decision != decision._replace(blocking=False)


def test_a_key_stays_in_its_process(credit: CreditClient, key: SigningKey) -> None:
    decision = check(credit, REWARDED)
    decision.receipt()  # now it is loaded
    data = pickle.dumps(decision)
    assert key._key.private_bytes_raw() not in data
    again = pickle.loads(data)  # noqa: S301 - our own
    assert again.to_json() == decision.to_json()
    assert [one.signer for one in (again, *again.parts)] == [None, None, None]
    with pytest.raises(InvalidSettings, match="pickle") as caught:
        again.receipt()
    assert "pickled" in caught.value.en
    assert copy.deepcopy(decision.signer) is not decision.signer
    assert key.public.fingerprint[7:] not in repr(decision.signer)
