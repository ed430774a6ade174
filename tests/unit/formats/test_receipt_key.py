"""The signing key: where it is kept, who may read it, and what mix-ups are said to be."""

from __future__ import annotations

import os
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from credit_sdk.errors import InvalidFile, InvalidSettings
from credit_sdk.formats._canonical import digest
from credit_sdk.formats.receipt_key import PublicKey, SigningKey, check_public_target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


def test_a_key_is_written_for_its_owner_alone_and_read_again(tmp_path: Path, key: SigningKey) -> None:
    path = tmp_path / "receipts.key"
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["receipts.key"]
    again = SigningKey.load(path)
    assert again.public == key.public
    assert again.sign(b"x") == key.sign(b"x")
    assert SigningKey.load(path.read_text()).public == key.public  # the text itself, as an environment variable has it


def test_a_key_is_never_overwritten(tmp_path: Path, key: SigningKey) -> None:
    path = tmp_path / "receipts.key"
    key.save(path)
    with pytest.raises(FileExistsError):
        SigningKey.generate().save(path)
    assert SigningKey.load(path).public == key.public
    assert [one.name for one in tmp_path.iterdir()] == ["receipts.key"]


def test_all_who_come_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db.key"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(SigningKey.kept_at, [path] * 16))
    assert len({key.public for key in keys}) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["ledger.db.key"]


def test_the_fingerprint_is_the_one_that_openssl_gives(key: SigningKey) -> None:
    public = load_pem_public_key(key.public.pem)
    assert key.public.fingerprint == digest(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert PublicKey.load(key.public.pem) == key.public
    assert len({key.public, PublicKey(key.public.raw)}) == 1


def test_a_signature_holds_for_its_message_alone(key: SigningKey) -> None:
    signature = key.sign(b"message")
    assert key.public.holds(signature, b"message")
    assert not key.public.holds(signature, b"another")
    assert not key.public.holds(b"", b"message")
    assert not SigningKey.generate().public.holds(signature, b"message")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o777])
def test_a_key_that_everybody_may_touch_is_refused(tmp_path: Path, key: SigningKey, mode: int) -> None:
    path = tmp_path / "receipts.key"
    key.save(path)
    path.chmod(mode)
    with pytest.raises(InvalidSettings, match="chmod 600") as caught:
        SigningKey.load(path)
    assert f"{mode:04o}" in caught.value.en
    path.chmod(0o440)  # as orchestrators mount secrets: for the owner and his group
    assert SigningKey.load(path).public == key.public


def test_mix_ups_are_said_to_be_what_they_are(tmp_path: Path, key: SigningKey) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    key.save(private)
    public.write_bytes(key.public.pem)
    public.chmod(0o600)
    with pytest.raises(InvalidSettings, match="这是公钥") as caught:
        SigningKey.load(public)
    assert caught.value.file == str(public)
    with pytest.raises(InvalidSettings, match="这是私钥"):
        PublicKey.load(private)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_public_key_that_everybody_may_read_gives_no_alarm(tmp_path: Path, key: SigningKey) -> None:
    path = tmp_path / "public.pem"
    path.write_bytes(key.public.pem)
    path.chmod(0o644)
    with pytest.raises(InvalidSettings, match="这是公钥"):
        SigningKey.load(path)


def test_what_is_there_and_no_key_is_not_to_be_made_anew(tmp_path: Path) -> None:
    """Making one there is refused, too: the way out is another file."""
    path = tmp_path / "receipts.key"
    path.touch(0o600)
    with pytest.raises(InvalidSettings, match="换一个文件名"):
        SigningKey.load(path)


def test_a_public_key_is_written_beside_nothing_else(tmp_path: Path, key: SigningKey) -> None:
    path, other = tmp_path / "public.pem", tmp_path / "notes.txt"
    for one in (key, SigningKey.generate()):
        one.public.save(path)
        assert PublicKey.load(path) == one.public
    assert [one.name for one in tmp_path.iterdir()] == ["public.pem"]
    private = tmp_path / "private.pem"
    key.save(private)
    link = tmp_path / "link.pem"
    link.symlink_to(private)
    for there, content in ((other, b"notes"), (tmp_path / "both.pem", b"notes\n" + key.public.pem)):
        there.write_bytes(content)
    for there in (other, tmp_path / "both.pem", private, link, tmp_path):
        before = there.read_bytes() if there.is_file() else b""
        with pytest.raises(InvalidFile, match="未作改动") as caught:
            key.public.save(there)
        assert caught.value.file == str(there)
        assert not before or there.read_bytes() == before


@pytest.mark.parametrize("how", ["itself", "hard", "symbolic", "not there yet"])
def test_a_private_key_is_no_place_for_the_public_one(tmp_path: Path, key: SigningKey, how: str) -> None:
    private, out = tmp_path / "private.pem", tmp_path / "out.pem"
    if how != "not there yet":
        key.save(private)
    if how == "hard":
        out.hardlink_to(private)
    elif how == "symbolic":
        out.symlink_to(private)
    else:
        out = tmp_path / "." / "private.pem"
    with pytest.raises(InvalidFile, match="私钥"):
        check_public_target(out, private)


def test_a_key_is_made_where_there_are_no_hard_links(
    tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "receipts.key"
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.load(path).public == key.public
    with pytest.raises(FileExistsError):
        SigningKey.generate().save(path)
    assert SigningKey.kept_at(path).public == key.public
    assert [one.name for one in tmp_path.iterdir()] == ["receipts.key"]


def test_other_keys_are_refused() -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    for other in (rsa_key, curve):
        with pytest.raises(InvalidSettings, match="Ed25519"):
            SigningKey.load(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(InvalidSettings, match="Ed25519"):
            PublicKey.load(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    locked = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    with pytest.raises(InvalidSettings, match="口令"):
        SigningKey.load(locked)
    for nothing in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(InvalidSettings, match="Ed25519"):
            SigningKey.load(nothing)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="credit receipt key"):
        SigningKey.load(tmp_path / "none.key")
    with pytest.raises(InvalidSettings, match="读不了"):
        SigningKey.load(tmp_path)
    with pytest.raises(InvalidSettings, match="写不了"):
        SigningKey.kept_at(tmp_path / "no such folder" / "receipts.key")


def test_a_key_shows_nothing_and_stays_where_it_is(key: SigningKey) -> None:
    assert key.public.fingerprint[:20] in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
