"""Who signs a client's receipts: the deployment's key, found when the first receipt is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.client.settings import Settings
from credit_sdk.errors import InvalidSettings
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credit_sdk.decision.answering import Fetched
    from credit_sdk.decision.result import Decision
    from credit_sdk.formats.receipt import CheckReceipt
    from credit_sdk.formats.receipt_key import SigningKey
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.request import CheckRequest


class ReceiptSigner:
    """Follows :class:`credit_sdk.decision.result.Signer`. Costs nothing until a receipt is asked for.

    :param key: the setting ``receipt_key``: a key file's path, the PEM text itself, or a
        :class:`~credit_sdk.formats.receipt_key.SigningKey`.
    :param ledger: the ledger's file, where it is one: without ``key``, the key is kept beside it (``PATH.key``) and made with
        the first receipt.
    :param service: who issues, as the receipt says.
    :param clock: gives the moment of issue.
    """

    def __init__(
        self,
        key: str | Path | SigningKey | None = None,
        *,
        ledger: str | Path | None = None,
        service: str | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._given = key
        # As the ledger itself does: a working directory that changes later moves neither.
        self._beside = None if ledger is None else Path(f"{ledger}.key").absolute()
        self._service = service
        self._clock = clock
        self._key: SigningKey | None = None

    def __call__(self, decision: Decision, *, masked: bool = False) -> CheckReceipt:
        """Sign.

        :raises InvalidSettings: there is no key, it cannot be used, or the extra ``receipts`` is not installed.
        """
        return self.issue(decision, masked=masked)

    def issue(
        self,
        decision: Decision | Mapping[str, Any],
        *,
        masked: bool = False,
        measure_list: MeasureList | None = None,
        request: CheckRequest | None = None,
        answers: Sequence[Fetched] | None = None,
    ) -> CheckReceipt:
        """Sign a decision, or its JSON as a ledger keeps it; see :meth:`~credit_sdk.formats.receipt.CheckReceipt.issue`.

        :raises InvalidRequest: it is to be masked, and who is named in it is not at hand.
        :raises InvalidSettings: as above.
        """
        from credit_sdk.formats.receipt import CheckReceipt

        return CheckReceipt.issue(
            decision,
            self.key,
            id=uuid7(),
            issued_at=self._clock(),
            issued_by=self._service,
            masked=masked,
            measure_list=measure_list,
            request=request,
            answers=answers,
        )

    @property
    def key(self) -> SigningKey:
        """The key; read once.

        :raises InvalidSettings: as above.
        """
        if self._key is None:
            # Two threads that come at once read the same file: nothing is lost by reading it twice.
            self._key = self._found()
        return self._key

    @property
    def is_beside(self) -> bool:
        """Whether a key stands beside the ledger's file."""
        return self._beside is not None and self._beside.exists()

    def check(self) -> None:
        """See that there is a key, or will be: one that is kept beside a ledger is made only with the first receipt.

        :raises InvalidSettings: as above.
        """
        if self._given is not None or self._beside is None or self.is_beside:
            self.key  # noqa: B018 - reads it

    def _found(self) -> SigningKey:
        from credit_sdk.formats.receipt_key import SigningKey

        if isinstance(self._given, SigningKey):
            return self._given
        if self._given is not None:
            return SigningKey.load(self._given)
        if self._beside is not None:
            return SigningKey.kept_at(self._beside)
        raise InvalidSettings(
            "没有签发凭证的密钥; 请运行 credit receipt key FILE 生成, 并以 receipt_key 或环境变量 CREDIT_RECEIPT_KEY 指明该文件"
            " (以文件为台账时会自动在其旁生成)",
            "there is no key to sign receipts with; make one with `credit receipt key FILE` and name the file by receipt_key or"
            " the variable CREDIT_RECEIPT_KEY (with a ledger that is a file, one is made beside it)",
            key="receipt_key",
        )

    def __repr__(self) -> str:
        return "<ReceiptSigner>"

    def __reduce__(self) -> tuple[Any, ...]:
        return ReceiptSigner, ()  # a key stays in the process that holds it


def signer_of(
    ledger: str | Path | None, key: str | Path | SigningKey | None = None, service: str | None = None
) -> ReceiptSigner:
    """Who signs for a ledger, by the settings.

    :param ledger: a file's path, beside which a key may be kept; or an address, beside which none can.
    :param key: in place of the setting ``receipt_key``.
    :param service: in place of the setting ``service``.
    """
    settings, _ = Settings.collect({"receipt_key": key, "service": service})
    file = ledger if ledger is not None and "://" not in str(ledger) else None
    return ReceiptSigner(settings.receipt_key.value, ledger=file, service=settings.service.value)


def check_targets(
    targets: Iterable[str | Path], ledger: str | Path | None = None, key: str | Path | None = None
) -> None:
    """Refuse early what receipts could not, or must not, be written to: before anything is asked or signed.

    :param ledger: in place of the setting ``ledger``: neither its file nor the key may be a target.
    :param key: in place of the setting ``receipt_key``.
    :raises CreditError: as :func:`~credit_sdk.formats.receipt.check_target`.
    """
    from credit_sdk.formats.receipt import check_target

    settings, _ = Settings.collect({"ledger": ledger, "receipt_key": key})
    spared: list[str] = []
    if settings.ledger.value is not None and "://" not in str(settings.ledger.value):
        spared += (f"{settings.ledger.value}{suffix}" for suffix in ("", "-wal", "-shm", "-journal", ".key"))
    if isinstance(settings.receipt_key.value, str | Path) and "-----BEGIN" not in str(settings.receipt_key.value):
        spared.append(str(settings.receipt_key.value))
    for target in targets:
        check_target(target, spared=spared)
