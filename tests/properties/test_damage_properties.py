"""What holds for files whose bytes were damaged on their way: a whole result or a code, never the end of the child."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from mediaframe.errors import AssetError
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.recipes import audio, image, video
from mediaframe.work.slot import Slot
from tests.engines.containers import clip, tone
from tests.properties.clips import Clip
from tests.properties.playing import refusal, rendered

_LAX = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
_LIMITS = Limits(pixels=10_000_000, frames=200, seconds=600, stall=30)


def _picture(format: str, mode: str = "RGB", **how: Any) -> bytes:
    random = np.random.default_rng(3)
    drawn = Image.fromarray(random.integers(0, 256, (5, 7, 4), np.uint8)).resize((41, 33)).convert(mode)
    file = io.BytesIO()
    drawn.save(file, format, **how)
    return file.getvalue()


def _moving(format: str) -> bytes:
    return _picture(format, save_all=True, append_images=[Image.new("RGB", (41, 33), tone) for tone in ("red", "blue")])


_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><defs>'
    b'<linearGradient id="a"><stop stop-color="red"/>'
    b'</linearGradient></defs><g transform="rotate(3)"><rect id="r" fill="url(#a)" width="9" height="8"/>'
    b'<use href="#r" x="9"/><path d="M0 0C5 9 9 5 20 20z"/><text y="20">Text</text></g></svg>'
)

FILES: dict[str, tuple[Kind, Callable[[], bytes]]] = {
    "jpeg": ("image", lambda: _picture("JPEG", exif=Image.Exif().tobytes() or b"", quality=80)),
    "jpeg, progressive": ("image", lambda: _picture("JPEG", progressive=True)),
    "jpeg, CMYK": ("image", lambda: _picture("JPEG", "CMYK")),
    "png": ("image", lambda: _picture("PNG", "RGBA")),
    "png, palette": ("image", lambda: _picture("PNG", "P")),
    "apng": ("image", lambda: _moving("PNG")),
    "gif": ("image", lambda: _moving("GIF")),
    "webp": ("image", lambda: _picture("WEBP")),
    "webp, moving": ("image", lambda: _moving("WEBP")),
    "avif": ("image", lambda: _picture("AVIF")),
    "tiff": ("image", lambda: _picture("TIFF")),
    "tiff, packed": ("image", lambda: _picture("TIFF", compression="tiff_lzw")),
    "bmp": ("image", lambda: _picture("BMP")),
    "ico": ("image", lambda: _picture("ICO", "RGBA", sizes=[(16, 16), (32, 32)])),
    "jp2": ("image", lambda: _picture("JPEG2000")),
    "svg": ("image", lambda: _SVG),
    "mp4": ("video", lambda: clip(seconds=0.6)),
    "matroska": ("video", lambda: clip("matroska", seconds=0.6)),
    "mpegts": ("video", lambda: clip("mpegts", seconds=0.6)),
    "avi": ("video", lambda: clip("avi", "mpeg4", seconds=0.6)),
    "mp3": ("audio", lambda: tone("mp3", "libmp3lame", seconds=0.6)),
    "ogg": ("audio", lambda: tone("ogg", "libopus", seconds=0.6)),
    "flac": ("audio", lambda: tone("flac", "flac", seconds=0.6)),
    "wav": ("audio", lambda: tone("wav", "pcm_s16le", seconds=0.6)),
}
_NAMES = {"matroska": "mkv", "mpegts": "ts", "webp, moving": "webp"}

RECIPES: dict[Kind, list[Finished]] = {
    "image": [
        image.resize(20).png(),
        image.webp(metadata="keep"),
        image.rotate(7).jpeg(metadata="keep"),
        image.gif(),
        image.phash(),
    ],
    "video": [
        video.resize(32).mp4(preset="ultrafast"),
        video.frame(pick="best").png(),
        video.mkv(codec="copy"),
        video.storyboard(frames=4, columns=2).png(),
        video.damage(),
    ],
    "audio": [audio.wav(), audio.opus(), audio.waveform(60, 20).png(), audio.loudness().flac(), audio.tags()],
}


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Give the bytes with some of them changed, lost, doubled or put elsewhere."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(found) - 1)) | st.integers(0, min(len(found) - 1, 200)))
        length = draw(st.integers(1, 16))
        what = draw(st.sampled_from(("flip", "set", "cut", "lose", "double", "zero", "swap")))
        if what == "flip":
            found[at] ^= 1 << draw(st.integers(0, 7))
        elif what == "set":
            found[at : at + 4] = draw(
                st.sampled_from((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1"))
            )
        elif what == "cut":
            del found[max(at, 16) :]
        elif what == "lose":
            del found[at : at + length]
        elif what == "double":
            found[at:at] = found[at : at + 64 * length]
        elif what == "zero":
            found[at : at + length] = bytes(len(found[at : at + length]))
        else:
            found[at : at + length] = found[at : at + length][::-1]
    return bytes(found)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {name: make() for name, (_, make) in FILES.items()}


@pytest.fixture(scope="module")
def slot() -> Iterator[Slot]:
    with Slot(_LIMITS) as slot:
        yield slot


def _try_one(name: str, files: dict[str, bytes], slot: Slot, path: Path, data: st.DataObject) -> None:
    kind, _ = FILES[name]
    content = data.draw(damaged(files[name]))
    recipe = data.draw(st.sampled_from(RECIPES[kind]))
    source = path.with_suffix("." + _NAMES.get(name, name.partition(",")[0]))
    source.write_bytes(content)

    try:
        answer = rendered(slot, Clip(name, source, Shape(kind)), recipe, path)
    except AssetError as error:
        answer = {"status": "failed", "code": error.code, "error": error.message}

    assert (slot.counts.crashes, slot.counts.kills) == (0, 0), (name, recipe, content)
    if answer.get("status") == "failed":
        assert refusal(answer) == [], (name, recipe, content)
    elif answer and answer.get("width") is not None and recipe.end.word in ("png", "webp", "jpeg", "gif"):
        with Image.open(path) as made:
            made.load()
            assert made.size == (answer["width"], answer["height"]), (name, recipe, content)


_TRIED = list(FILES)


@settings(_LAX, max_examples=90, derandomize=True)
@given(name=st.sampled_from(_TRIED), data=st.data())
def test_some_damaged_files_give_a_whole_result_or_a_code(
    name: str, files: dict[str, bytes], slot: Slot, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    _try_one(name, files, slot, tmp_path_factory.getbasetemp() / "some", data)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", _TRIED)
def test_damaged_files_give_a_whole_result_or_a_code(
    name: str, files: dict[str, bytes], slot: Slot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(_LAX, max_examples=400)
    @given(data=st.data())
    def tried(data: st.DataObject) -> None:
        _try_one(name, files, slot, tmp_path_factory.getbasetemp() / "any", data)

    tried()
