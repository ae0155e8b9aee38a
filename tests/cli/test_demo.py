"""The demo, from the making of its media to the page about it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image, ImageChops, ImageStat

import mediaframe as mf
from mediaframe.cli.demo import _LINES
from mediaframe.demo.media import _write
from mediaframe.demo.pictures import _orientations, makers
from mediaframe.demo.story import MARK, Place, frame_of
from mediaframe.errors import UsageError

Shell = Callable[..., Any]


def test_media_are_the_same_each_time() -> None:
    products = [maker for maker in makers() if getattr(maker, "args", ())][-1]

    assert list(products()) == list(products())


def test_media_that_are_there_already_keep_their_time_of_change(tmp_path: Path) -> None:
    path = _write(tmp_path, lambda: iter([("a/b.jpg", b"one"), ("c.jpg", b"two")]))[0]
    os.utime(path, (1, 1))

    _write(tmp_path, lambda: iter([("a/b.jpg", b"one"), ("c.jpg", b"other")]))

    assert path.stat().st_mtime == 1
    assert (tmp_path / "c.jpg").read_bytes() == b"other"


def test_all_orientations_are_the_same_picture_upright(tmp_path: Path) -> None:
    found = dict(_orientations())
    upright = mf.image.resize(90).png()

    pictures = []
    for name, data in found.items():
        (tmp_path / "one.png").write_bytes(upright.run(data))
        pictures.append((name, Image.open(tmp_path / "one.png").convert("L")))
        pictures[-1][1].load()

    assert len(pictures) == 8
    for name, picture in pictures:
        assert picture.size == pictures[0][1].size, name
        assert ImageStat.Stat(ImageChops.difference(picture, pictures[0][1])).mean[0] < 3, name


def test_a_folder_of_others_is_not_touched(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    ended = shell("demo", tmp_path)

    assert ended.code == 2
    assert "no demo made it" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_earlier_demo_is_removed_but_for_what_is_not_its_own(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.prepare(keep=False)
    (place.media / "a").mkdir(parents=True)
    (tmp_path / "mine.txt").write_text("mine")

    place.prepare(keep=True)
    assert place.media.exists()

    place.prepare(keep=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [MARK, "mine.txt"]


def test_a_file_is_no_folder_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(UsageError, match="is a file; give a new folder"):
        Place(tmp_path / "file").prepare(keep=False)


@pytest.mark.slow
def test_the_demo_tells_the_main_job_from_end_to_end(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "demo"

    first = shell("demo", folder, "--json")

    assert first.code == 0
    told = first.json
    assert 40 <= told["sources"] <= 60
    assert told["run"]["state"] == "complete_with_errors"
    assert set(told["run"]["errors"]) >= {"E_TRUNCATED", "E_LIMIT_PIXELS", "E_SOURCE_EMPTY", "E_CORRUPT"}
    assert told["verify"]["ok"]
    assert told["again"]["reused"] == told["run"]["counts"]["written"]
    probed = mf.scan(str(folder / "media")).probe().collect()
    assert set(probed["kind"].drop_nulls()) >= {"image", "video", "audio", "document"}
    assert set(probed["orientation"].drop_nulls()) >= set(range(1, 9))
    assert {"jpeg", "png", "webp", "avif", "gif", "tiff", "bmp", "svg", "mp4", "mp3", "wav", "pdf"} <= set(
        probed["format"].drop_nulls()
    )
    assert probed.filter(pl.col("gps")).height >= 8
    page = Path(told["report"]).read_text(encoding="utf-8")
    assert page.count("<img") > 50
    assert all(part.startswith("data:") for part in page.split('src="')[1:])
    assert "<script" not in page


def test_a_place_that_cannot_be_written_to_is_said_in_a_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    ended = shell("demo", tmp_path / "file" / "demo")

    assert ended.code == 1
    assert "cannot be written to (Not a directory); give a folder that can" in ended.err


def test_the_lines_that_are_printed_run_beside_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path)
    (place.media / "landscapes").mkdir(parents=True)
    Image.linear_gradient("L").convert("RGB").save(place.media / "landscapes" / "one.jpg")
    frame_of(place.media).export(place.web)
    known: dict[str, Any] = {}

    for line in _LINES:
        exec(line.format(media=str(place.media), web=str(place.web)), known)  # as a reader pastes it

    assert known["assets"].export(place.web).manifest["status"].to_list() == ["reused"]
