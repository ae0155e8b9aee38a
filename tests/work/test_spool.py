"""Results on their way from a child: whole, hashed, within their limit, and on disk where they are large."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from pathlib import Path

import pytest

from mediaframe.engines.base import Encoded, Part
from mediaframe.errors import AssetError
from mediaframe.work.child.render import send_whole
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


def sent(pieces: Pieces, made: Encoded) -> Spool:
    """Send a result as a child does, and give what came."""
    came: list[Spool | None] = []

    send_whole(lambda header, payload: came.append(pieces.take(header, payload)), {"rendition": "a"}, made)

    assert came[:-1] == [None] * (len(came) - 1)
    assert came[-1] is not None
    return came[-1]


def test_a_package_comes_whole_parts_first_from_memory_and_from_files(tmp_path: Path) -> None:
    large, small = bytes(range(256)) * 20_000, b"small"
    (tmp_path / "large").write_bytes(large)
    parts = (Part("v/1.m4s", tmp_path / "large", "video/iso.segment"), Part("v/init.mp4", small, "video/mp4"))
    made = Encoded(b"main", parts=parts)
    size = made.size

    whole = sent(Pieces(["a"], 1 << 30), made)

    assert (whole.data, size) == (b"main", 4 + len(large) + len(small))
    assert [part.row() for part in whole.package] == [
        {
            "name": part.name,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "media_type": part.media_type,
        }
        for part, data in zip(parts, (large, small), strict=True)
    ]
    assert [_read(part.data) for part in whole.package] == [large, small]
    assert not (tmp_path / "large").exists()


def test_parts_beyond_what_memory_holds_are_files_that_are_all_closed_and_go_at_the_end() -> None:
    data = bytes(KEPT // 4)
    opened = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else None

    whole = sent(
        Pieces(["a"], 1 << 30), Encoded(b"m", parts=tuple(Part(f"{n}.ts", data, "video/mp2t") for n in range(9)))
    )

    kept = [part.data for part in whole.package]
    files = [one for one in kept if isinstance(one, Path)]
    assert len(files) == 5
    assert [_read(one) for one in kept] == [data] * 9
    assert opened is None or len(os.listdir("/proc/self/fd")) == opened
    whole.close()
    assert not any(one.exists() for one in files)


@pytest.mark.parametrize(
    "name",
    ["../up.ts", "/etc/passwd", "a//b", "A.ts", ".hidden", "a/.b", "nul.ts", "a" * 97, "a\0b", "", "é.ts", None, 7],
)
def test_a_part_with_a_name_that_not_every_store_takes_is_refused(name: object) -> None:
    with pytest.raises(AssetError, match="not allowed") as caught:
        Pieces(["a"], 100).take({"part_of": "a", "part": name, "media_type": "video/mp4"}, b"1")

    assert caught.value.code == "E_DECODER_CRASH"


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([{"part_of": "a", "part": "x", "media_type": "video/mp4"}] * 2, "not allowed"),
        ([{"part_of": "a", "part": "x", "media_type": "text/html; charset=utf-8"}], "not allowed"),
        ([{"piece_of": "a", "part": "x"}, {"piece_of": "a", "part": "y"}], "not allowed"),
        ([{"piece_of": "a"}, {"part_of": "a", "part": "x", "media_type": "video/mp4"}], "behind its main file"),
        ([{"part_of": "a", "part": f"{n}", "media_type": "video/mp4"} for n in range(4)], "more than 3 parts"),
        ([{"part_of": "b", "part": "x", "media_type": "video/mp4"}], "not asked for"),
    ],
)
def test_a_package_that_is_not_sent_as_it_should_be_is_refused(frames: list[dict[str, str]], fault: str) -> None:
    with closing(Pieces(["a"], 100, 3)) as pieces:
        for frame in frames[:-1]:
            pieces.take(frame, b"1")

        with pytest.raises(AssetError, match=fault):
            pieces.take(frames[-1], b"1")


def test_the_limit_holds_for_all_files_of_a_package_together() -> None:
    part = {"part_of": "a", "media_type": "video/mp4"}
    pieces = Pieces(["a"], 10)
    pieces.take({**part, "part": "x"}, bytes(6))

    with pytest.raises(AssetError, match="more than 4 bytes"):
        pieces.take({"rendition": "a"}, bytes(5))


def _read(data: bytes | Path) -> bytes:
    return data if isinstance(data, bytes) else data.read_bytes()
