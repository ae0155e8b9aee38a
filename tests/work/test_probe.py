"""The probe of one asset: which reads it makes, when it asks a child, and that nothing raises."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import mediaframe
from mediaframe.engines.base import Source
from mediaframe.errors import CODES, AssetError, StoreError
from mediaframe.table.schema import PROBED
from mediaframe.work.child.examine import examine
from mediaframe.work.probe import probe_one

COLUMNS = {field.name for field in PROBED}


def jpeg(**options):
    out = io.BytesIO()
    Image.linear_gradient("L").resize((40, 24)).save(out, "JPEG", **options)
    return out.getvalue()


def pdf():
    out = io.BytesIO()
    Image.new("RGB", (300, 150), "red").save(out, "PDF", resolution=150)
    return out.getvalue()


def sound(format, codec):
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=48000, layout="mono")
        part = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.int16), format="s16", layout="mono")
        part.sample_rate = 48000
        container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()


def clip():
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(10):
            pixels = np.full((48, 64, 3), 20 * level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


class Store:
    """Bytes in memory that keep count of what is read and asked."""

    def __init__(self, data):
        self.data, self.reads, self.requests = data, [], []

    def read(self, offset, length):
        self.reads.append((offset, length))
        return self.data[offset : offset + length]

    def ask(self, request):
        self.requests.append(request)
        return json.loads(json.dumps(examine(request, Source(self.data))))  # what crosses is plain

    def probe(self, name):
        row = probe_one(name, len(self.data), self.read, self.ask)
        assert set(row) == COLUMNS
        return row


def test_a_picture_takes_one_read_and_no_engine():
    store = Store(jpeg())

    row = store.probe("a.jpg")

    assert (row["kind"], row["format"], row["width"], row["height"]) == ("image", "jpeg", 40, 24)
    assert (row["status"], row["error_code"]) == ("ok", None)
    assert store.reads == [(0, len(store.data))]
    assert store.requests == []


def test_the_head_is_64_kilobytes_at_most():
    store = Store(jpeg() + bytes(200_000))

    store.probe("a.jpg")

    assert store.reads == [(0, 64 << 10)]


def test_a_video_is_asked_of_an_engine_once():
    store = Store(clip())

    row = store.probe("a.mp4")

    assert (row["kind"], row["codec"], row["width"], row["height"]) == ("video", "h264", 64, 48)
    assert row["seconds"] == pytest.approx(1.0, abs=0.05)
    assert store.requests == [{"do": "probe", "format": "mp4", "kind": "video"}]


def test_a_document_is_asked_of_an_engine():
    row = Store(pdf()).probe("a.pdf")

    assert (row["kind"], row["pages"], row["width"], row["height"]) == ("document", 1, 144, 72)


def test_without_an_engine_the_format_is_told():
    data = clip()

    row = probe_one("a.mp4", len(data), lambda offset, length: data[offset : offset + length])

    assert (row["format"], row["status"], row["width"]) == ("mp4", "ok", None)


@pytest.mark.parametrize(
    ("format", "codec", "name", "told"),
    [
        ("mp4", "aac", "a.mp4", ("m4a", "audio/mp4")),
        ("webm", "libopus", "a.webm", ("webm", "audio/webm")),
        ("wav", "pcm_s16le", "a.wav", ("wav", "audio/wav")),
    ],
)
def test_a_container_without_pictures_is_a_sound(format, codec, name, told):
    row = Store(sound(format, codec)).probe(name)

    assert row["kind"] == "audio"
    assert (row["format"], row["media_type"]) == told


def test_files_that_no_engine_renders_are_rows_with_their_kind():
    for name, data, kind in [
        ("a.txt", b"words", "document"),
        ("a.csv", b"a,b", "document"),
        ("a.zip", b"PK\x05\x06" + bytes(18), "archive"),
        ("a.mid", b"MThd" + bytes(10), "audio"),
    ]:
        store = Store(data)

        row = store.probe(name)

        assert (row["kind"], row["status"]) == (kind, "ok")
        assert store.requests == []


def test_a_playlist_named_as_a_video_reaches_no_engine():
    store = Store(b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n")

    row = store.probe("a.mp4")

    assert (row["kind"], row["error_code"], row["status"]) == ("document", "E_FORMAT_MISMATCH", "warning")
    assert store.requests == []


def test_the_graver_of_two_faults_is_told():
    whole = clip()
    named_wrong = Store(whole).probe("a.avi")
    cut = Store(whole[: len(whole) // 2]).probe("a.avi")

    assert (named_wrong["status"], named_wrong["error_code"]) == ("warning", "E_FORMAT_MISMATCH")
    assert (cut["status"], cut["error_code"]) == ("error", "E_TRUNCATED")


@pytest.mark.parametrize("code", ["E_DECODER_CRASH", "E_LIMIT_TIME", "E_LIMIT_MEMORY"])
def test_what_becomes_of_the_child_is_a_row(code):
    data = clip()

    def ask(request):
        raise AssetError("the child is gone", code=code)

    row = probe_one("a.mp4", len(data), lambda offset, length: data[offset : offset + length], ask)

    assert (row["status"], row["error_code"], row["format"]) == ("error", code, "mp4")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (StoreError("no answer"), "E_STORE_UNAVAILABLE"),
        (AssetError("gone", code="E_SOURCE_NOT_FOUND"), "E_SOURCE_NOT_FOUND"),
        (FileNotFoundError(2, "No such file"), "E_SOURCE_NOT_FOUND"),
        (PermissionError(13, "Permission denied"), "E_SOURCE_DENIED"),
        (OSError(5, "Input/output error", "/secret/path"), "E_SOURCE_UNAVAILABLE"),
    ],
)
def test_what_becomes_of_the_store_is_a_row(fault, code):
    def read(offset, length):
        raise fault

    row = probe_one("a.jpg", 9, read)

    assert (row["status"], row["error_code"], row["kind"]) == ("error", code, "image")
    assert "/secret" not in str(row["error"])


def test_the_time_of_a_video_is_a_time():
    def ask(request):
        return {"kind": "video", "taken_at": "2026-01-02T03:04:05"}

    data = clip()

    row = probe_one("a.mp4", len(data), lambda offset, length: data[offset : offset + length], ask)

    assert row["taken_at"] == datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_raises(data):
    whole = data.draw(st.sampled_from([WHOLE_CLIP, WHOLE_PDF, WHOLE_SOUND]))
    changed = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=5)):
        if at < len(changed):
            changed[at] = value

    row = Store(bytes(changed)).probe("a")

    assert row["error_code"] is None or row["error_code"] in CODES


WHOLE_CLIP, WHOLE_PDF, WHOLE_SOUND = clip(), pdf(), sound("mp3", "libmp3lame")


# ---- in the child ----------------------------------------------------------------------------------------


def test_examine_refuses_an_unknown_kind():
    with pytest.raises(AssetError) as raised:
        examine({"kind": "hologram"}, Source(b"x"))

    assert raised.value.code == "E_UNSUPPORTED_FORMAT"


def test_examine_holds_the_limits_that_it_is_given():
    with pytest.raises(AssetError) as raised:
        examine({"kind": "document", "limits": {"bytes": 10}}, Source(pdf()))

    assert raised.value.code == "E_LIMIT_BYTES"


def test_what_runs_in_the_child_imports_no_tables():
    code = (
        "import sys, mediaframe.work.child.examine, mediaframe.engines.av.engine, mediaframe.engines.pdfium\n"
        "print(sorted({'polars', 'pyarrow', 'fsspec', 'dask', 'distributed'} & set(sys.modules)))"
    )
    root = str(Path(mediaframe.__file__).parents[1])

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": root}
    )

    assert done.stdout.strip() == "[]"
