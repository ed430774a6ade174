"""How long, how often and whom to trust: small values, checked when they are made."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from credit_sdk.errors import CreditError


def positive(seconds: float, key: str, error: type[CreditError] = InvalidSettings) -> None:
    """Refuse what is no positive, finite number of seconds.

    :raises InvalidSettings: or ``error``, naming ``key``.
    """
    if type(seconds) not in {int, float} or not 0 < seconds < math.inf:
        raise error("须是大于零的秒数", "must be a positive number of seconds", key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds without progress in each phase, and for the whole call.

    ============  =====================================================================
    ``connect``   to resolve the name, connect and agree on TLS (each of the three)
    ``read``      between two pieces of the answer
    ``write``     between two pieces of the request
    ``pool``      for a free connection, while all are busy
    ``total``     for all of it: name resolution, every retry and every pause between them
    ============  =====================================================================

    No phase outlasts what is left of ``total``: a platform that answers one byte a second ends the call all the same.

    :raises InvalidSettings: not a positive number of seconds.
    """

    connect: float = 1.0
    read: float = 2.0
    write: float = 1.0
    pool: float = 1.0
    total: float = 2.0

    def __post_init__(self) -> None:
        for one in fields(self):
            positive(getattr(self, one.name), f"timeouts.{one.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often something safe is asked again, and after what pause.

    Asked again are calls that are safe to repeat (``Call.safe``), after an outage or a broken answer; a call that never
    left this machine, because no connection could be made, is asked again whatever it is. The pause doubles from
    ``first`` up to ``longest`` and is a random part of that, so that a thousand clients do not come back at once; a
    ``Retry-After`` of the platform's goes before. What does not fit into ``Timeouts.total`` is not tried.

    :param attempts: further attempts after the first; 0: none.
    :param first: seconds.
    :param longest: seconds.
    :raises InvalidSettings: a negative count, or no seconds.
    """

    attempts: int = 2
    first: float = 0.1
    longest: float = 1.0

    def __post_init__(self) -> None:
        if type(self.attempts) is not int or self.attempts < 0:
            raise InvalidSettings("须是不小于零的整数", "must be a whole number, zero or more", key="retries.attempts")
        positive(self.first, "retries.first")
        positive(self.longest, "retries.longest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Whom to trust, and who we are. Verification cannot be switched off.

    :param ca_file: certificates (PEM) to trust in place of the public ones: a platform's private CA.
    :param client_cert: our certificate (PEM), where the platform asks for one; with the key in it, or in ``client_key``.
    :param client_key: its key (PEM).
    :param key_password: the key's password.
    :param context: a context of your own; excludes the others, and answers for itself.
    """

    ca_file: str | os.PathLike[str] | None = None
    client_cert: str | os.PathLike[str] | None = None
    client_key: str | os.PathLike[str] | None = None
    key_password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        files = (self.ca_file, self.client_cert, self.client_key, self.key_password)
        if self.context is not None and any(one is not None for one in files):
            raise InvalidSettings(
                "给了 context 就不能再给证书文件", "a context and certificate files exclude each other", key="tls"
            )
        if self.client_cert is None and (self.client_key is not None or self.key_password is not None):
            raise InvalidSettings("缺少 client_cert", "client_cert is missing", key="tls.client_cert")

    def make_context(self, public: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """The context that these settings ask for.

        :param public: gives a context that trusts the public CAs.
        :raises InvalidSettings: a file is missing or unusable; names it.
        """
        if self.context is not None:
            return self.context
        context = public() if self.ca_file is None else _trusting(self.ca_file)
        if self.client_cert is not None:
            try:
                # With no password at all OpenSSL would ask for one on the terminal.
                context.load_cert_chain(self.client_cert, self.client_key, self.key_password or "")
            except (OSError, ValueError) as error:
                raise _unusable(self.client_cert, "client_cert", error) from None
        return context

    @property
    def has_files(self) -> bool:
        """Whether there are files to be read."""
        return self.ca_file is not None or self.client_cert is not None


def _trusting(file: str | os.PathLike[str]) -> ssl.SSLContext:
    import ssl

    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ValueError) as error:
        raise _unusable(file, "ca_file", error) from None


def _unusable(file: str | os.PathLike[str], key: str, error: Exception) -> InvalidSettings:
    why = getattr(error, "strerror", None) or type(error).__name__
    return InvalidSettings(
        f"证书文件不能使用 ({why}); 须是 PEM 格式",
        f"the certificate file cannot be used ({why}); it must be PEM",
        file=os.fspath(file),
        key=f"tls.{key}",
    )
