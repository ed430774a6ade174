"""What the HTTP library logs, without what must not be logged (rule 9.4).

httpx writes a line for every request at INFO, with the whole URL; httpcore writes the headers of every answer at DEBUG.
Neither line is ours, but the application that switches logging on reads them as ours. :func:`redact` puts a filter before
them: queries, whatever stands before an ``@``, header lists and everything that looks like an identifier become ``****``;
the line itself stays, so that nobody searches for a request that was made.

For the owner of the channel: ``redact()`` is called wherever an HTTP client is made (it is cheap, and may be repeated).
What the channel itself has to say goes to the observer (``RequestDone``, ``Retried``), not to the log: whoever goes on
without an answer logs the failure, see :mod:`credit_sdk.ports.log`.
"""

from __future__ import annotations

import logging
import re

LOGGERS = (
    "httpx",
    # A filter on a logger does not see its children's lines, so each is named.
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
"""The loggers of httpx and httpcore."""

_STARS = "****"
_HEADERS = re.compile(r"\[\(b['\"].*\)\]", re.DOTALL)
_USER = re.compile(r"(?<=://)[^/\s'\"@]*@")
_QUERY = re.compile(r"(?<=[^\s'\"?#])[?#][^\s'\"]*")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2}){3,}")
"""A name in a path: each of its characters is three escaped bytes."""
_CHINESE = re.compile(r"[\u3400-\u9fff]{2,}[\u3400-\u9fff()（）\w]*")
_CODE = re.compile(r"(?=[0-9A-Za-z-]*\d)[0-9A-Za-z]{8,}(?:-?[0-9A-Za-z]+)*")


def redacted(line: str) -> str:
    """``line`` without headers, user names, queries, and without what may be an identifier."""
    for pattern in (_HEADERS, _USER, _QUERY, _ESCAPED, _CHINESE):
        line = pattern.sub(_STARS, line)
    return _CODE.sub(lambda run: _STARS if _is_code(run[0]) else run[0], line)


def _is_code(run: str) -> bool:
    """Nine characters or more, a digit among them: as long as the shortest identifier, the organisation code."""
    plain = run.replace("-", "")
    return len(plain) >= 9 and any(c.isdigit() for c in plain)


class _Redaction(logging.Filter):
    """Rewrites a record, and lets it pass. Arguments are left as they are; they may be somebody's."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            record.msg = redacted(record.getMessage())
        except Exception:  # noqa: BLE001 - a line that cannot be read is not shown unread
            record.msg = _STARS
        record.args = ()
        record.exc_info = record.exc_text = None  # an exception's text may hold the URL
        return True


_REDACTION = _Redaction()


def redact() -> None:
    """Put the filter before the HTTP library's loggers. May be called any number of times."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_REDACTION)
