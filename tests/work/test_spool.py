"""Results on their way from a child: whole, hashed, within their limit, and on disk where they are large."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mediaframe.errors import AssetError
from mediaframe.work.spool import KEPT, Pieces, Spool


def test_a_small_result_stays_in_memory() -> None:
    spool = Spool(limit=100)

    spool.add(b"one")
    spool.add(b"two")

    assert (spool.data, spool.size, spool.sha256) == (b"onetwo", 6, hashlib.sha256(b"onetwo").hexdigest())


def test_a_large_result_goes_to_disk_whole_and_is_removed_at_the_end() -> None:
    piece = bytes(range(256)) * 4096
    spool = Spool(limit=1 << 30)
    count = KEPT // len(piece) + 2

    for _ in range(count):
        spool.add(piece)

    path = spool.data
    assert isinstance(path, Path)
    assert path.read_bytes() == piece * count
    assert spool.sha256 == hashlib.sha256(piece * count).hexdigest()
    spool.close()
    assert not path.exists()


def test_a_result_over_its_limit_is_refused_before_it_fills_the_disk() -> None:
    spool = Spool(limit=10)

    with pytest.raises(AssetError, match="more than 10 bytes") as caught:
        spool.add(bytes(11))

    assert caught.value.code == "E_LIMIT_OUTPUT"


def test_pieces_of_two_renditions_are_kept_apart() -> None:
    pieces = Pieces(["a", "b"], 100)

    assert pieces.take({"progress": 0.5}, b"") is None
    assert pieces.take({"piece_of": "a"}, b"1") is None
    assert pieces.take({"rendition": "b"}, b"x").data == b"x"
    assert pieces.take({"piece_of": "a"}, b"2") is None
    assert pieces.take({"rendition": "a"}, b"").data == b"12"


def test_a_rendition_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(AssetError, match="not asked for"):
        Pieces(["a"], 100).take({"piece_of": "b"}, b"1")
