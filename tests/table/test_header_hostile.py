"""Headers under attack: no bytes make the reader fail, and none make it slow."""

from __future__ import annotations

import struct
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import TiffImagePlugin

from mediaframe.errors import CODES
from mediaframe.model.kind import KINDS
from mediaframe.table.header import HEAD, read_header
from tests.table.headers import (
    SAMPLES,
    TURNING,
    WIDTH,
    moving,
    read,
    saved,
)


def sane(data, name=""):
    header = read(data, name)
    assert header.kind in (*KINDS, None)
    assert header.code is None or header.code in CODES
    assert header.code != "E_INTERNAL"
    assert header.width is None or 0 <= header.width < 1 << 64
    assert header.orientation is None or 1 <= header.orientation <= 8
    return header


FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
WHOLE = {**SAMPLES, **{f"turned {name}": data for name, data in TURNING.items()}}
WHOLE["gif of frames"] = moving("GIF")
WHOLE["avif sequence"] = moving("AVIF")
WHOLE["big tiff"] = saved("TIFF", big_tiff=True)
WHOLE["jxl"] = b"\xff\x0a\x3f\x02" + bytes(60)
WHOLE["mp4"] = b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x10moov" + bytes(8) + b"\0\0\0\x09mdat!"
WHOLE["webm"] = b"\x1aE\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\x88" + bytes(8)


@FUZZ
@given(st.binary(max_size=400))
def test_random_bytes_are_read(data):
    sane(data)


SIGNED = [data[:16] for data in WHOLE.values()]


@FUZZ
@given(st.sampled_from(SIGNED), st.binary(max_size=400))
def test_random_bytes_behind_a_signature_are_read(signature, data):
    sane(signature + data)


@pytest.mark.parametrize("name", WHOLE)
@settings(FUZZ, max_examples=40)
@given(data=st.data())
def test_cut_files_are_read(name, data):
    whole = WHOLE[name]

    sane(whole[: data.draw(st.integers(0, len(whole)))], f"a.{name}")


@pytest.mark.parametrize("name", WHOLE)
@settings(FUZZ, max_examples=60)
@given(data=st.data())
def test_files_with_changed_bytes_are_read(name, data):
    changed = bytearray(WHOLE[name])
    near = min(len(changed), 900) - 1
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, near), st.sampled_from([0, 1, 127, 128, 255])), min_size=1, max_size=6)
    ):
        changed[at] = value

    sane(bytes(changed))


@FUZZ
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 1 << 62))
@example("tiff", 1 << 62)
def test_a_size_that_is_not_true_does_no_harm(name, size):
    data = WHOLE[name]

    header = read_header(data, size, lambda offset, length: b"")

    assert header.code is None or header.code in CODES


def test_an_endless_file_of_one_byte_ends():
    for byte in (0x00, 0xFF, 0x21, 0x2C):
        for signature in SIGNED:
            header = read_header(
                signature + bytes([byte]) * HEAD, 1 << 40, lambda offset, length, b=byte: bytes([b]) * length
            )

            assert header.code is None or header.code in CODES


def test_counts_that_take_no_room_are_not_counted_through():
    """Four thousand items of four thousand pieces of no bytes: seconds of work in a box of 24 kB."""
    data = SAMPLES["avif"]
    at = data.find(b"iloc")
    items = b"".join(struct.pack(">HHH", number, 0, 0xFFFF) for number in range(4000))
    body = bytes(4) + b"\0\0" + struct.pack(">H", 4000) + items
    box = struct.pack(">I", 8 + len(body)) + b"iloc" + body
    old = int.from_bytes(data[at - 4 : at], "big")
    start = data.find(b"meta") - 4
    size = int.from_bytes(data[start : start + 4], "big") + len(box) - old
    changed = data[:start] + struct.pack(">I", size) + data[start + 4 : at - 4] + box + data[at - 4 + old :]

    header, calls = counted(changed)

    assert header.width == WIDTH
    assert calls < 40_000


def test_the_header_of_a_photograph_takes_few_calls():
    """Speed is held by counting: 30,000 headers in a second were measured at this number of calls."""
    _, calls = counted(TURNING["jpeg"])

    assert calls < 150


def counted(data):
    """Read a header; also give the number of calls of Python functions that it took."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        header = read_header(data, len(data))
    finally:
        sys.setprofile(None)
    return header, calls


def test_tiff_tags_of_all_types_are_read():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0x010F] = "Make"
    tags.tagtype[0x010F] = 2
    tags[65000], tags.tagtype[65000] = 3.5, 12

    header = read(saved("TIFF", tiffinfo=tags))

    assert header.camera == "Make"


def test_a_printers_profile_of_megabytes_does_not_hide_the_size():
    data = saved("JPEG", icc_profile=bytes(1_500_000))
    reads = []

    def more(offset, length):
        reads.append((offset, length))
        return data[offset : offset + length]

    header = read_header(data[:HEAD], len(data), more)

    assert (header.width, header.height, header.code) == (40, 24, None)
    assert len(reads) <= 8
