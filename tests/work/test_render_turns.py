"""Where one kind turns into another, one engine hands plain pixels to the next."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.model.recipe import Finished
from mediaframe.recipes import document, video
from mediaframe.work.child.render import render


def _clip() -> bytes:
    """Make two seconds of video: the first half red, the second half blue."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream: Any = out.add_stream("libx264", rate=10, options={"g": "5", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, 10)
        for number in range(20):
            color = (255, 0, 0) if number < 10 else (0, 0, 255)
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), color, np.uint8), format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def _paper() -> bytes:
    paper = pypdfium2.PdfDocument.new()
    paper.new_page(144, 72)
    paper.new_page(72, 72)
    file = io.BytesIO()
    paper.save(file)
    paper.close()
    return file.getvalue()


def _run(kind: str, data: bytes, recipes: dict[str, Finished]) -> tuple[dict[str, Any], dict[str, int]]:
    sent: dict[str, Any] = {}
    renditions = [{"name": name, "recipe": recipe.to_json()} for name, recipe in recipes.items()]
    request = {"do": "render", "kind": kind, "format": None, "limits": {}, "renditions": renditions}

    def send(header: dict[str, Any], file: bytes) -> None:
        if "rendition" in header:  # others tell how far it is
            sent[header["rendition"]] = (header, file)

    answer = render(request, Source(data), send)
    return sent, answer["counts"]


@pytest.fixture(scope="module")
def clip() -> bytes:
    return _clip()


def test_frames_of_a_video_become_pictures(clip: bytes) -> None:
    recipes = {"early": video.frame(at=0.3).png(), "late": video.frame(at="90%").resize(32).png()}

    sent, _ = _run("video", clip, recipes)

    with Image.open(io.BytesIO(sent["early"][1])) as early, Image.open(io.BytesIO(sent["late"][1])) as late:
        assert (early.size, late.size) == ((64, 48), (32, 24))
        assert np.asarray(early)[20, 20, 0] > 220
        assert np.asarray(late)[10, 10, 2] > 220


def test_a_frame_that_several_renditions_take_is_decoded_once(clip: bytes) -> None:
    frame = video.frame(at=0.5)
    recipes = {"large": frame.jpeg(), "small": frame.resize(16).jpeg(), "hash": frame.phash()}

    together, counts = _run("video", clip, recipes)

    assert counts == {"opens": 1, "decodes": 2, "encodes": 2, "steps": 2}  # an open, a frame; frame and resize
    for name, recipe in recipes.items():
        alone, _ = _run("video", clip, {name: recipe})
        assert alone[name][1] == together[name][1]


def test_pages_of_a_document_become_pictures() -> None:
    sent, _ = _run(
        "document", _paper(), {"a": document.page(1, dpi=72).png(), "b": document.page(2, dpi=144).resize(50).jpeg()}
    )

    assert [(sent[name][0]["width"], sent[name][0]["height"]) for name in "ab"] == [(144, 72), (50, 50)]


def test_a_page_that_is_not_there_is_that_renditions_error() -> None:
    sent, _ = _run("document", _paper(), {"a": document.page(9).png(), "b": document.page(1).png()})

    assert sent["a"][0]["code"] == "E_PARAM"
    assert sent["b"][0]["status"] == "ok"


def test_storyboards_and_frames_of_one_video_are_what_each_is_alone(clip: bytes) -> None:
    recipes = {
        "tiles": video.storyboard(6, 3, 16).png(),
        "exact": video.storyboard(6, 3, 16, pick="exact").png(),
        "key": video.frame(at=1.3, pick="keyframe").png(),
        "frame": video.frame(at=1.3).png(),
        "moving": video.preview(0.4, shots=2, fps=5, width=16).webp(),
    }

    together, _ = _run("video", clip, recipes)

    for name, recipe in recipes.items():
        alone, _ = _run("video", clip, {name: recipe})
        assert together[name][0]["status"] == "ok", together[name][0]["error"]
        assert together[name][1] == alone[name][1]
