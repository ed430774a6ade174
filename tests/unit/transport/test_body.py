"""Bodies are bounded before and after decompression, however they are cut into pieces."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.transport._body import Body, CutShort, TooLarge, UnknownEncoding


def collect(data: bytes, piece: int, limit: int, encoding: str = "") -> bytes:
    body = Body(limit, encoding)
    for start in range(0, len(data), piece):
        body.add(data[start : start + piece])
    return body.whole()


@given(st.lists(st.binary(max_size=300), max_size=3), st.integers(1, 50))
def test_members_and_pieces_do_not_matter(members: list[bytes], piece: int) -> None:
    plain = b"".join(members)
    zipped = b"".join(gzip.compress(member) for member in members)
    assert collect(plain, piece, 10_000) == plain
    assert collect(zipped, piece, 10_000, "gzip") == plain


@given(st.binary(min_size=1, max_size=500), st.integers(1, 100), st.sampled_from(["", "gzip"]))
def test_one_byte_too_many_is_too_many(content: bytes, piece: int, encoding: str) -> None:
    data = gzip.compress(content) if encoding else content
    enough = max(len(content), len(data))
    assert collect(data, piece, enough, encoding) == content
    with pytest.raises(TooLarge):
        collect(data, piece, enough - 1, encoding)


@given(st.binary(max_size=200), st.data())
def test_what_is_cut_is_not_whole(content: bytes, data: st.DataObject) -> None:
    zipped = gzip.compress(content)
    cut = data.draw(st.integers(1, len(zipped) - 1))
    with pytest.raises(CutShort):
        collect(zipped[:cut], 7, 10_000, "gzip")


def test_a_bomb_goes_off_outside() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            collect(bomb, 65536, 1_000_000, "gzip")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_empty_members_without_end_are_bounded_too() -> None:
    with pytest.raises(TooLarge):
        collect(gzip.compress(b"") * 1000, 100, 1000, "gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "nonsense"])
def test_what_was_not_asked_for_is_not_read(encoding: str) -> None:
    with pytest.raises(UnknownEncoding):
        Body(10, encoding)


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_no_compression(encoding: str) -> None:
    assert collect(b"abc", 2, 3, encoding) == b"abc"


def test_broken_compression() -> None:
    with pytest.raises(UnknownEncoding):
        collect(b"no gzip at all", 5, 100, "x-gzip")


@pytest.mark.parametrize(
    ("length", "refused"), [("10", False), ("11", True), ("9" * 30, True), ("-1", False), ("x", False), (None, False)]
)
def test_a_stated_length_is_believed_when_it_is_too_large(length: str | None, refused: bool) -> None:
    if refused:
        with pytest.raises(TooLarge):
            Body(10, "", length)
    else:
        Body(10, "", length)
