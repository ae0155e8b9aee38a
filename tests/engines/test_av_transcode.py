"""Videos written anew: what comes out plays as long as was asked for, at the size as displayed, whole."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mediaframe.recipes import video


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 64x48 at 25 frames a second that grow brighter, with a tone."""
    path = tmp_path_factory.mktemp("clip") / "source.mp4"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=25, options={"g": "25", "crf": "10"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        tone = out.add_stream("aac", rate=44100, layout="mono")
        for number in range(75):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 20 + 2 * number, "uint8"), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(pictures.encode(frame))
            samples = np.sin(np.arange(1764) / 20).astype("float32")[None]
            sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            sound.sample_rate, sound.pts = 44100, number * 1764
            out.mux(tone.encode(sound))
        out.mux(pictures.encode(None))
        out.mux(tone.encode(None))
    return path


def _frames(data: bytes, tmp_path: Path) -> tuple[list[float], list[float]]:
    """Times and brightness of all pictures."""
    path = tmp_path / "made"
    path.write_bytes(data)
    with av.open(str(path)) as made:
        told = [(frame.time, float(frame.to_ndarray(format="gray").mean())) for frame in made.decode(video=0)]
    return [time for time, _ in told], [level for _, level in told]


def test_a_whole_video_keeps_all_its_pictures_and_their_times(source: Path, tmp_path: Path) -> None:
    made = video.mp4().run(source)

    times, levels = _frames(made, tmp_path)
    assert len(times) == 75
    assert np.allclose(np.diff(times), 0.04, atol=0.001)
    assert np.allclose(levels, 20 + 2 * np.arange(75), atol=4)


def test_a_part_begins_and_ends_where_it_was_asked_for(source: Path, tmp_path: Path) -> None:
    made = video.clip(0.6, "1.4 s").mp4().run(source)

    times, levels = _frames(made, tmp_path)
    assert len(times) == 20
    assert abs(times[0]) < 0.001
    assert np.allclose(levels, 20 + 2 * np.arange(15, 35), atol=4)


def test_parts_of_parts_are_counted_from_the_part_before(source: Path, tmp_path: Path) -> None:
    made = video.clip(1, 2.5).clip(0.5, 5).mp4().run(source)

    _, levels = _frames(made, tmp_path)
    assert np.allclose(levels, 20 + 2 * np.arange(37.5, 62.5).round(), atol=5)


def test_a_frame_of_a_part_is_counted_from_where_the_part_begins(source: Path) -> None:
    whole = video.frame(at=1.2).png().run(source)

    assert video.clip(1, 2).frame(at=0.2).png().run(source) == whole


def test_the_same_video_gives_the_same_bytes_in_another_process(source: Path) -> None:
    from mediaframe.work.slot import Slot

    made = video.mp4().run(source)

    request = {"do": "render", "kind": "video", "format": "mp4",
               "renditions": [{"name": "one", "recipe": video.mp4().to_json()}]}  # fmt: skip
    with Slot() as slot:
        pieces = [payload for header, payload in slot.ask(request, source) if {"piece_of", "rendition"} & {*header}]
    assert b"".join(pieces) == made


def test_the_index_stands_in_front(source: Path) -> None:
    made = video.mp4().run(source)

    assert made.index(b"moov") < made.index(b"mdat")
