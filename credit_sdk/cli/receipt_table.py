"""Check receipts on a terminal: a key, what was issued, what verifying came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.cli.session import Session
    from credit_sdk.formats.receipt import CheckReceipt
    from credit_sdk.formats.receipt_check import Verification

PARTS: Mapping[str, tuple[str, str]] = {
    "schema": ("格式", "the form"),
    "issued": ("签发信息（编号、时间、系统）", "the issue: number, time, service"),
    "decision": ("结论编号和时间", "the decision's number and time"),
    "subject": ("核查对象", "the subject"),
    "matter": ("办理事项和核查时点", "the matter and the moment"),
    "result": ("核查结果", "the result"),
    "obligations": ("应当执行的措施及其依据", "what must be done, and its legal bases"),
    "advice": ("建议", "the advice"),
    "suspended": ("暂缓执行的措施", "what is suspended"),
    "withheld": ("未予适用的激励措施", "incentives withheld"),
    "listings": ("名单条目", "the listings"),
    "coverage": ("查询范围和数据截止时间", "the lists consulted and their dates"),
    "notices": ("提示", "the notices"),
    "measure_list": ("措施清单", "the measure list"),
    "source": ("信用信息来源", "the source"),
    "members": ("联合体成员的结论", "the decisions on members"),
    "told": ("文字表述", "the decision in words"),
    "page": ("页面（文字、版式或样式）", "the page: its text, layout or style"),
    "key": ("签名公钥", "the public key"),
    "other": ("凭证以外的内容", "something that is no part of a receipt"),
    "signature": ("签名本身", "the signature itself"),
}
"""The parts in words."""
_CALLED = ("name", "code", "organisation_code", "registration_number")
"""What a subject is called by."""


def draw_key(session: Session, file: str, public: str | None, fingerprint: str, *, made: bool) -> None:
    """What there is now, and what to do with it."""
    screen, pick = session.screen(), session.pick
    if made:
        screen.line(pick("已生成签发密钥", "A signing key was made"), "bold green")
    else:
        screen.line(pick("密钥文件已存在，未作改动", "The key was there already and is left as it is"), "bold yellow")
    facts = [(pick("密钥文件", "Key file"), file), (pick("公钥指纹", "Fingerprint"), fingerprint)]
    if public is not None:
        facts.insert(1, (pick("公钥", "Public key"), public))
    screen.facts(facts, indent=2)
    screen.paragraph(
        pick(
            "请妥善备份密钥文件，勿外传；把公钥或指纹交给核验的人。签发时以 CREDIT_RECEIPT_KEY 指明该文件。",
            "Back the key file up and hand it to nobody; give the public key or the fingerprint to whoever verifies. Name the file"
            " in CREDIT_RECEIPT_KEY to sign with it.",
        ),
        indent=2,
        style="dim",
    )


def draw_made(session: Session, receipt: CheckReceipt, files: Sequence[str]) -> None:
    """What was issued."""
    screen, pick = session.screen(), session.pick
    screen.line(pick("已签发核查凭证", "The receipt was issued"), "bold green")
    screen.facts(
        [
            (pick("凭证编号", "Receipt"), receipt.id),
            (pick("结论编号", "Decision"), receipt.decision_id),
            (pick("签名公钥指纹", "Key"), receipt.fingerprint),
            *((pick("文件", "File"), file) for file in files),
        ],
        indent=2,
    )


def draw_verification(session: Session, file: str, found: Verification) -> None:
    """What verifying came to: the result in a panel, then who, when, and which parts were changed."""
    screen, pick, lang = session.screen(), session.pick, session.lang
    title, text, colour = _result(session, found)
    screen.panel(title, [(text, "")], colour)
    if found.changed:
        screen.heading(pick("被改动的部分", "What was changed"), "red")
        for part in found.changed:
            screen.bullet(f"{pick(*PARTS[part])} [{part}]")
        screen.line()
    form = pick("网页，内嵌签名数据", "a page, the signed data within") if found.form == "html" else "JSON"
    facts = [(pick("文件", "File"), file), (pick("形式", "Form"), form)]
    if found.headline is not None:
        facts.append((pick("签名所载结论", "Result as signed"), found.headline.get(lang) or str(found.effect)))
    called = (found.subject or {}).get
    if who := [str(called(key)) for key in _CALLED if isinstance(called(key), str)]:
        facts.append((pick("签名所载主体", "Subject as signed"), " ".join(who)))
    if found.receipt_id is not None:
        facts.append((pick("凭证编号", "Receipt"), found.receipt_id))
    if found.decision_id is not None:
        facts.append((pick("结论编号", "Decision"), found.decision_id))
    if found.decision_digest is not None:
        facts.append((pick("结论摘要", "Decision digest"), found.decision_digest))
    if found.issued_at is not None:
        facts.append((pick("签发时间", "Issued at"), phrases.moment(found.issued_at, lang)))
    if found.issued_by is not None:
        facts.append((pick("签发系统", "Issued by"), found.issued_by))
    if found.signed_by is not None:
        facts.append((pick("签名公钥指纹", "Key"), found.signed_by))
    screen.facts(facts, indent=2)


def _result(session: Session, found: Verification) -> tuple[str, str, str]:
    """Title, sentence and colour."""
    pick = session.pick
    if found.changed:
        return (
            pick("凭证被改动", "Changed"),
            pick(
                "凭证与签发时的不同，不得作为依据；请向签发单位索取原件。",
                "The receipt is not as it was issued and proves nothing; ask the issuer for the original.",
            ),
            "red",
        )
    if found.trusted is False:
        return (
            pick("签发人不符", "Signed by another"),
            pick(
                "内容与签名一致，但不是由所给公钥的持有人签发；请核对公钥，否则不得作为依据。",
                "The signature holds, but it is not by the key that was given; compare the keys, or else it proves nothing.",
            ),
            "red",
        )
    if found.trusted is None:
        return (
            pick("未经改动", "Not changed"),
            pick(
                "内容与签名一致。没有给出公钥，未核对由谁签发：请用 --key 给出签发单位的公钥，或核对下列指纹。",
                "The signature holds. No public key was given, so who signed was not looked at: give the issuer's with --key, or"
                " compare the fingerprint below.",
            ),
            "yellow",
        )
    return (
        pick("凭证属实", "Genuine"),
        pick(
            "内容与签发时一致，由所给公钥的持有人签发。请与所见的页面或打印件核对下列结论、主体和摘要。",
            "As it was issued, by the holder of the key that was given. Compare the result, the subject and the digest below with"
            " the page or paper before you.",
        ),
        "green",
    )
