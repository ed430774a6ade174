"""An answer's body, bounded before and after decompression."""

from __future__ import annotations

import zlib

_GZIP = 16 + zlib.MAX_WBITS


class TooLarge(Exception):
    """The body is larger than allowed."""


class UnknownEncoding(Exception):
    """The body is compressed in a way that was not asked for, or the compressed data is broken."""


class CutShort(Exception):
    """The compressed data ends too early."""


class Body:
    """Collects a body piece by piece.

    A kilobyte can decompress to a megabyte, so the library's decoders, which decompress whatever a piece holds, are not
    used: no more than ``limit`` bytes ever come out.

    :param limit: bytes, of what is received and of what it decompresses to.
    :param encoding: the ``Content-Encoding`` header.
    :param length: the ``Content-Length`` header, if there is one.
    :raises TooLarge: ``length`` says so.
    :raises UnknownEncoding: neither ``gzip`` nor none.
    """

    __slots__ = ("_limit", "_parts", "_received", "_size", "_unzip")

    def __init__(self, limit: int, encoding: str = "", length: str | None = None) -> None:
        encoding = encoding.strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise UnknownEncoding
        # A length too long for `int` is too large as well.
        if length is not None and length.isdecimal() and (len(length) > 18 or int(length) > limit):
            raise TooLarge
        self._unzip = zlib.decompressobj(_GZIP) if encoding.endswith("gzip") else None
        self._limit = limit
        self._parts: list[bytes] = []
        self._received = 0
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        :raises TooLarge: it is one too many.
        :raises UnknownEncoding: it does not decompress.
        """
        self._received += len(piece)
        if self._received > self._limit:
            raise TooLarge
        if self._unzip is None:
            self._parts.append(piece)
        elif piece:
            self._decompress(piece)

    def _decompress(self, piece: bytes) -> None:
        assert self._unzip is not None
        while piece:
            if self._unzip.eof:  # several members are one file (RFC 1952, 2.2)
                self._unzip = zlib.decompressobj(_GZIP)
            try:
                out = self._unzip.decompress(piece, self._limit - self._size + 1)
            except zlib.error:
                raise UnknownEncoding from None
            self._size += len(out)
            if self._size > self._limit:
                raise TooLarge
            self._parts.append(out)
            piece = self._unzip.unconsumed_tail or self._unzip.unused_data

    def whole(self) -> bytes:
        """All of it.

        :raises CutShort: the compressed data is not complete.
        """
        if self._unzip is not None and self._received and not self._unzip.eof:
            raise CutShort
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
