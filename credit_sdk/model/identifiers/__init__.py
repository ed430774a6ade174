"""Identifiers of subjects (主体标识): one module each, the same four functions in every one. Learn one, know all.

=======================  ============================  =====================================================
module                   中文                          standard
=======================  ============================  =====================================================
``uscc``                 统一社会信用代码              GB 32100-2015, 18 characters
``organisation_code``    组织机构代码                  GB 11714-1997, 9 characters; characters 9-17 of a USCC
``registration_number``  工商注册号                    GS 15-2006, 15 digits, no longer issued
``id_number``            公民身份号码                  GB 11643-1999; only recognised, to refuse it (rule 3.1)
=======================  ============================  =====================================================

``compact(text)``
    the code without what typing and pasting add: NFKC, white space and hyphens out, upper case. Never raises.
``validate(text)``
    the compacted code, or :class:`~credit_sdk.errors.InvalidSubject`, which says what is wrong and the way out.
``is_valid(text)``
    whether ``validate(text)`` returns. Never raises.
``format(text)``
    the code in groups that a person can compare by eye; whole, so not for logs.

Each module has ``mask(text)`` besides, for ``repr`` and logs. ``id_number`` has only ``is_valid`` and ``mask``: a natural
person's number is never handled, only recognised. No message contains the input or a part of it (rule 9.4).

Codes in the examples are fictional (虚构): no area 990100 exists.
"""

from __future__ import annotations

from credit_sdk.model.identifiers import id_number, organisation_code, registration_number, uscc

__all__ = ["id_number", "organisation_code", "registration_number", "uscc"]
