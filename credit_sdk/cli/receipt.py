"""``credit receipt``: check receipts (核查凭证): the key that signs them, making them from a ledger, verifying them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from credit_sdk.cli.bilingual import Command, Group, option
from credit_sdk.cli.failures import FINDINGS
from credit_sdk.cli.options import language, layout

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session

__all__ = ["receipt"]


@click.group(
    "receipt",
    cls=Group,
    text=(
        "核查凭证：签发密钥、从台账签发、离线核验",
        "Check receipts: the signing key, issuing from a ledger, verifying offline",
    ),
)
@language
def receipt() -> None:
    """The group."""


@receipt.command(
    "key",
    cls=Command,
    text=(
        "生成签发凭证的密钥（Ed25519），写入 FILE（权限 0600）；已有的密钥不改动",
        "Make the key that signs receipts (Ed25519) in FILE (mode 0600); one that is there is left as it is",
    ),
)
@click.argument("file")
@option(
    "--public",
    "out",
    metavar="OUT",
    text=("把公钥写入该文件，交给核验的人", "Write the public key to this file, for whoever verifies"),
)
@layout
@language
@click.pass_obj
def key(session: Session, file: str, out: str | None) -> None:
    """Make, or show."""
    from credit_sdk.formats.receipt_key import SigningKey, check_public_target

    if out is not None:
        check_public_target(out, file)
    made = not Path(file).exists()  # one that is there needs no disk that can be written
    if made:
        try:
            SigningKey.generate().save(file)
        except FileExistsError:  # another process was quicker
            made = False
    public = SigningKey.load(file).public
    if out is not None:
        public.save(out)
    told = {"file": file, "made": made, "public": out, "fingerprint": public.fingerprint}
    if session.format == "json":
        session.write_json(told)
        return
    from credit_sdk.cli.receipt_table import draw_key

    draw_key(session, file, out, public.fingerprint, made=made)


@receipt.command(
    "make",
    cls=Command,
    text=(
        "为台账中的一个结论签发凭证：DECISION_ID 见 credit ledger list",
        "Issue the receipt of a decision in the ledger; for DECISION_ID see credit ledger list",
    ),
)
@click.argument("decision_id")
@option(
    "--ledger",
    metavar="L",
    text=("台账文件或地址，默认 CREDIT_LEDGER", "The ledger's file or address; CREDIT_LEDGER by default"),
)
@option(
    "--out",
    "files",
    multiple=True,
    required=True,
    metavar="FILE",
    text=(
        "凭证文件，后缀 .html（网页，可打印）、.json 或 .pdf（由浏览器打印），可多次给出（必填）",
        "The receipt's file, ending in .html (a page to print), .json or .pdf (printed by a browser); repeatable (required)",
    ),
)
@option(
    "--key",
    "key_file",
    metavar="FILE",
    text=(
        "签发密钥；默认 CREDIT_RECEIPT_KEY，或台账文件旁的密钥",
        "The signing key; by default CREDIT_RECEIPT_KEY, or the one beside the ledger's file",
    ),
)
@option(
    "--masked",
    is_flag=True,
    text=("遮蔽代码和名称，供公开", "Mask codes and names, for publication"),
)
@layout
@language
@click.pass_obj
def make(
    session: Session,
    decision_id: str,
    ledger: str | None,
    files: tuple[str, ...],
    key_file: str | None,
    *,
    masked: bool,
) -> None:
    """Recall, sign, write."""
    from credit_sdk.cli.ledger_opening import named, opened
    from credit_sdk.client.receipts import check_targets, signer_of
    from credit_sdk.ledger.recall import recall

    found = named(ledger)
    check_targets(files, found, key_file)
    sign = signer_of(found, key_file)
    with opened(ledger) as desk:
        recalled = recall(desk.store, decision_id)
    issued = sign.issue(
        recalled.decision,
        masked=masked,
        measure_list=recalled.measure_list,
        request=recalled.request,
        answers=recalled.answers,
    )
    for file in files:
        issued.write(file, lang=session.lang)
    told = {
        "receipt_id": issued.id,
        "decision_id": issued.decision_id,
        "files": list(files),
        "fingerprint": issued.fingerprint,
        "masked": masked,
    }
    if session.format == "json":
        session.write_json(told)
        return
    from credit_sdk.cli.receipt_table import draw_made

    draw_made(session, issued, files)


@receipt.command(
    "verify",
    cls=Command,
    text=(
        "核验凭证（.html 或 .json），离线；退出码 0 未经改动、1 有改动或签发人不符、2 不是凭证",
        "Verify a receipt (.html or .json), offline; exit code 0 genuine, 1 changed or not by that key, 2 no receipt",
    ),
)
@click.argument("file")
@option(
    "--key",
    "keys",
    multiple=True,
    metavar="PUBLIC",
    text=(
        "签发单位的公钥文件或指纹（64 位十六进制，可带 sha256:），可多次给出；不给出则不核对由谁签发",
        "The issuer's public key file or fingerprint (64 hexadecimal digits), repeatable; without it, who signed is not looked at",
    ),
)
@layout
@language
@click.pass_obj
def verify(session: Session, file: str, keys: tuple[str, ...]) -> int:
    """Verify, say which part was changed, and give the exit code."""
    from credit_sdk.formats.receipt_check import verify_receipt as verified

    found = verified(file, trusted=keys or None)
    if session.format == "json":
        value: dict[str, Any] = {"file": file, **found.to_dict()}
        session.write_json(value)
    else:
        from credit_sdk.cli.receipt_table import draw_verification

        draw_verification(session, file, found)
    return 0 if found.ok else FINDINGS
