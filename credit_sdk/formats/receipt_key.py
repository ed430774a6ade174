"""The key that signs check receipts: an Ed25519 key in a PEM file (PKCS 8) that only its owner may read.

The public half goes to whoever verifies (PEM, SubjectPublicKeyInfo). A key's fingerprint is the SHA-256 of that in DER, so
that any tool can tell it: ``openssl pkey -pubin -in key.pub -outform DER | sha256sum``.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from credit_sdk.errors import InvalidFile, InvalidSettings
from credit_sdk.formats import _receipt_files as files
from credit_sdk.formats._canonical import digest
from credit_sdk.formats._receipt_extra import needing_extra

with needing_extra():
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
        load_pem_public_key,
    )

_LONGEST = 1 << 16
"""No key file is longer, in bytes."""
_OTHERS = stat.S_IRWXO


class PublicKey:
    """The half that verifies.

    :param raw: its 32 bytes.
    :raises ValueError: not 32 bytes.
    """

    __slots__ = ("_key", "fingerprint", "raw")

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(raw)
        self.raw = raw
        self.fingerprint = digest(self._key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        """``sha256:`` of the key in DER (SubjectPublicKeyInfo)."""

    @classmethod
    def load(cls, source: str | Path | bytes) -> PublicKey:
        """From a PEM file, or its text.

        :raises InvalidSettings: it cannot be read, or is no public Ed25519 key.
        """
        text, file = _text(source)
        if b"PRIVATE KEY" in text:
            raise _refused(
                "这是私钥, 核验只需要公钥; 请用 credit receipt key FILE --public OUT 导出公钥, 并勿外传私钥",
                "this is a private key, and verifying needs the public one; write it with `credit receipt key FILE --public OUT`,"
                " and hand the private one to nobody",
                file,
            ) from None
        try:
            key = load_pem_public_key(text)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise _refused(
                "不是 Ed25519 公钥 (PEM); 请用 credit receipt key FILE --public OUT 导出",
                "no public Ed25519 key in PEM; write one with `credit receipt key FILE --public OUT`",
                file,
            ) from None
        return cls(key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def pem(self) -> bytes:
        """As a PEM file."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def save(self, path: str | Path) -> None:
        """Write it as a PEM file; whole or not at all.

        :raises InvalidFile: as :func:`check_public_target`, or it cannot be written.
        """
        check_public_target(path)
        try:
            files.put(path, self.pem)
        except OSError as error:
            raise _unwritten(str(error.strerror), str(error.strerror), path) from None

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` is this key's over ``message``."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"<PublicKey {self.fingerprint[:23]}…>"


class SigningKey:
    """The half that signs. Shows nothing of itself, and cannot be pickled."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        """The half that verifies."""

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, source: str | Path | bytes) -> SigningKey:
        """From a PEM file (PKCS 8, not encrypted), or its text.

        :raises InvalidSettings: it cannot be read, others than its owner and group may read or write it, or it is no private
            Ed25519 key.
        """
        text, file = _text(source, secret=True)
        key: Any = None
        with suppress(ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
            key = load_pem_private_key(text, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            if b"ENCRYPTED" in text:
                raise _refused(
                    "私钥文件设有口令, 不支持; 请改用无口令的密钥文件并收紧其权限 (chmod 600)",
                    "the key is encrypted, which is not supported; use one without a passphrase that only its owner reads (chmod 600)",
                    file,
                ) from None
            if b"PUBLIC KEY" in text:
                raise _refused(
                    "这是公钥, 签发需要私钥; 请指明 credit receipt key FILE 所生成的 FILE",
                    "this is a public key, and signing needs the private one: the FILE of `credit receipt key FILE`",
                    file,
                ) from None
            raise _refused(
                "不是 Ed25519 私钥 (PEM, PKCS 8), 未作改动; 请从备份恢复, 或换一个文件名用 credit receipt key FILE 生成",
                "no private Ed25519 key in PEM (PKCS 8), and left as it is; restore it from a backup, or make one in another file"
                " with `credit receipt key FILE`",
                file,
            ) from None
        return cls(key)

    @classmethod
    def kept_at(cls, path: Path) -> SigningKey:
        """The key at ``path``; made there if there is none. Of several processes that come at once, all get the same.

        :raises InvalidSettings: as :meth:`load` and :meth:`save`.
        """
        if not path.exists():
            with suppress(FileExistsError):
                cls.generate().save(path)
        return cls.load(path)

    def save(self, path: str | Path) -> None:
        """Write it to a new file that only its owner may read (mode 0600); whole or not at all.

        :raises FileExistsError: something is there; a key is never overwritten, as what it signed could not be told any more.
        :raises InvalidSettings: it cannot be written.
        """
        target = Path(path)
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(pem)
                    file.flush()
                    os.fsync(file.fileno())
                _link(name, target, pem)
            finally:
                Path(name).unlink()
        except FileExistsError:
            raise
        except OSError as error:
            raise _refused(
                f"密钥文件写不了: {error.strerror}", f"the key file cannot be written: {error.strerror}", str(path)
            ) from None

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes; the same for the same message (RFC 8032)."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"<SigningKey {self.public.fingerprint[:23]}…>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not pickled: it stays in the process that holds it")


def check_public_target(path: str | Path, private: str | Path | None = None) -> None:
    """Refuse a file that a public key would take the place of, unless that is a public key, too.

    :param private: where the private key is, or will be.
    :raises InvalidFile: it is that file, by whatever links; or something else is there.
    """
    if private is not None and files.is_same(path, private):
        raise _unwritten(
            "这就是密钥文件, 写入会毁掉私钥; 请换一个文件名",
            "it is the key file itself, and the private key would be lost; name another",
            path,
        )
    if not os.path.exists(path) or _is_public(Path(path)):  # noqa: PTH110 - Path.exists raises where a folder is closed
        return
    raise _unwritten(
        "这里已有别的文件, 不是公钥, 未作改动; 请换一个文件名",
        "something else than a public key is there, and was left as it is; name another",
        path,
    )


def _is_public(path: Path) -> bool:
    """Whether there is nothing but a public key in a file."""
    if not path.is_file():
        return False
    try:
        text, _ = _text(path)
        return (
            text.strip().startswith(b"-----BEGIN PUBLIC KEY-----") and text.strip() == PublicKey.load(text).pem.strip()
        )
    except InvalidSettings:
        return False


def _link(made: str, target: Path, pem: bytes) -> None:
    """Give the key its name, unless something has it already: a rename would not ask.

    :raises FileExistsError: something has.
    """
    try:
        os.link(made, target)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network disks have no hard links
        files.put_new(target, pem)


def _unwritten(zh: str, en: str, path: str | Path) -> InvalidFile:
    return InvalidFile(
        f"公钥文件写不了: {zh}", f"the public key cannot be written: {en}", file=str(path), key="--public"
    )


def _text(source: str | Path | bytes, *, secret: bool = False) -> tuple[bytes, str | None]:
    """A PEM text, and the file it stands in; ``None`` where the text itself was given."""
    if isinstance(source, str) and "-----BEGIN" in source:
        source = source.encode("utf-8", "replace")
    if isinstance(source, bytes):
        return source, None
    file = str(source)
    try:
        with Path(source).open("rb") as opened:
            mode, text = os.fstat(opened.fileno()).st_mode, opened.read(_LONGEST)
    except FileNotFoundError:
        zh, en = (
            (
                "没有这个密钥文件; 请用 credit receipt key FILE 生成",
                "there is no such key file; make one with `credit receipt key FILE`",
            )
            if secret
            else (
                "没有这个公钥文件; 请核对路径, 或向签发单位索取公钥",
                "there is no such public key file; check the path, or ask the issuer for the key",
            )
        )
        raise _refused(zh, en, file) from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise _refused(f"密钥文件读不了: {said}", f"the key file cannot be read: {said}", file) from None
    if secret and os.name == "posix" and mode & _OTHERS and b"PUBLIC KEY" not in text:  # a mix-up, told below
        raise _refused(
            f"私钥文件的权限 ({stat.S_IMODE(mode):04o}) 使本机其他用户可以读写它; 请执行 chmod 600, 并考虑更换密钥",
            f"the key file's mode ({stat.S_IMODE(mode):04o}) lets every user of the machine at it; run chmod 600, and"
            " consider a new key",
            file,
        )
    return text, file


def _refused(zh: str, en: str, file: str | None) -> InvalidSettings:
    return InvalidSettings(zh, en, file=file, key=None if file else "receipt_key")
