"""One file of many rows: what is in it, what is told of it, and what is refused before anything is read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import AssetError, RecipeError, StoreError, UsageError
from mediaframe.work import merge as merging
from tests.engines.moving import delays_of, frames_of, plays_of
from tests.run.media import picture, pictures

ONE: dict[str, Any] = {"slots": 1}
SMALL = mf.image.resize(64, 48, fit="cover")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return pictures(tmp_path / "photos", 4, 96, 72)


@pytest.mark.parametrize("extension", ["gif", "webp", "apng", "avif"])
def test_rows_become_the_frames_of_an_animation_in_their_order(photos: Path, tmp_path: Path, extension: str) -> None:
    to = tmp_path / f"made.{extension}"

    made = mf.scan(photos).animate(to, SMALL, delay="80 ms", **ONE)

    data = to.read_bytes()
    assert (made.pages, made.seconds, delays_of(data)) == (4, 0.32, [80] * 4)
    assert (made.bytes, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    for number, frame in enumerate(frames_of(data)):
        expected = np.asarray(Image.open(photos / f"{number:03d}.jpg").convert("RGBA").resize((64, 48)), np.float64)
        assert np.abs(frame - expected).mean() < 12


def test_the_format_and_its_arguments_may_stand_in_the_recipe(photos: Path, tmp_path: Path) -> None:
    made = mf.scan(photos).animate(tmp_path / "made.webp", SMALL.webp(lossless=True), loop=3, **ONE)

    assert plays_of((tmp_path / "made.webp").read_bytes()) == 3
    assert made.record["end"] == "webp(lossless=True)"
    assert made.record["merge"] == "animate(loop=3)"


def test_frames_of_other_sizes_stand_in_the_middle_of_the_background(tmp_path: Path) -> None:
    for name, size in (("a.png", (20, 10)), ("b.png", (8, 30))):
        Image.new("RGB", size, "#102030").save(tmp_path / name)

    mf.scan(str(tmp_path / "*.png")).animate(tmp_path / "made.apng", background="#ff8800", **ONE)

    for frame, (left, top, width, height) in zip(
        frames_of((tmp_path / "made.apng").read_bytes()), [(0, 10, 20, 10), (6, 0, 8, 30)], strict=True
    ):
        expected = np.full((30, 20, 4), (255, 136, 0, 255), np.uint8)
        expected[top : top + height, left : left + width] = (16, 32, 48, 255)
        assert np.array_equal(frame, expected)


def test_what_fails_is_left_out_and_told(photos: Path, tmp_path: Path) -> None:
    (photos / "001.jpg").write_bytes((photos / "001.jpg").read_bytes()[:900])
    (photos / "notes.txt").write_text("no picture")

    made = mf.scan(photos).animate(tmp_path / "made.gif", SMALL, **ONE)

    assert made.pages == 3
    assert made.sources["status"].to_list() == ["written", "failed", "written", "written"]
    assert made.failures["error_code"].to_list() == ["E_TRUNCATED"]
    sources = made.sources.filter(status="written")
    assert sources["source_sha256"].to_list() == [
        hashlib.sha256((photos / f"{number:03d}.jpg").read_bytes()).hexdigest() for number in (0, 2, 3)
    ]
    assert repr(made).endswith("3 of 4 assets, 1 failed")


def test_a_record_stands_beside_the_file_and_holds_no_folder_of_this_machine(photos: Path, tmp_path: Path) -> None:
    made = mf.scan(photos).filter(pl.col("name") > "002").animate(tmp_path / "out" / "made.gif", SMALL, **ONE)

    written = tmp_path / "out" / "_mediaframe" / "merges" / "made.gif.json"
    record = json.loads(written.read_text())
    assert record == made.record
    assert [row["width"] for row in record["sources"]] == [64, 64]
    assert "__mf" not in written.read_text()
    assert "file" not in record["sources"][0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_mediaframe", "made.gif"]


def test_the_same_rows_give_the_same_bytes_however_many_slots_work(photos: Path, tmp_path: Path) -> None:
    frame = mf.scan(photos)

    one = frame.animate(tmp_path / "one.webp", SMALL, slots=1)
    other = frame.animate(tmp_path / "other.webp", SMALL, slots=2)

    assert (one.sha256, one.record["id"]) == (other.sha256, other.record["id"])


def test_a_file_is_written_once_unless_told(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "made.gif"
    to.write_bytes(b"of somebody else")
    frame = mf.scan(photos)

    with pytest.raises(StoreError, match="say on_exists='replace', or another name") as caught:
        frame.animate(to, SMALL, **ONE)
    assert caught.value.code == "E_STORE_CONFLICT"
    assert to.read_bytes() == b"of somebody else"
    assert frame.animate(to, SMALL, on_exists="replace").bytes == to.stat().st_size

    # Somebody is quicker: it was free when the work began.
    monkeypatch.setattr(merging, "refuse", lambda order, store: None)
    monkeypatch.setattr("mediaframe.frame.whole.refuse", lambda order, store: None)
    before = to.read_bytes()
    with pytest.raises(StoreError):
        frame.animate(to, SMALL, delay=3, **ONE)
    assert to.read_bytes() == before


WRONG: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("made.jpg", {}, UsageError, r"a name that ends in one of \.apng, \.avif, \.gif, \.webp, got 'made.jpg'"),
    ("made.gif", {"recipe": SMALL.webp()}, RecipeError, r"the recipe ends in webp; call it \.webp"),
    ("made.jpg", {"recipe": SMALL.jpeg()}, RecipeError, "expected a recipe that ends in one of"),
    ("made.gif", {"recipe": mf.image.phash()}, RecipeError, "expected a recipe that ends in one of"),
    ("made.gif", {"recipe": mf.video.clip(1)}, RecipeError, "a recipe that gives an image"),
    ("made.gif", {"delay": "soon"}, RecipeError, "seconds such as"),
    ("made.gif", {"loop": -1}, RecipeError, "0 to 65535"),
    ("made.gif", {"on_exists": "version"}, UsageError, "'error' or 'replace'"),
    ("made.gif", {"slots": 0}, UsageError, "a whole number above 0"),
]


@pytest.mark.parametrize(("to", "given", "error", "said"), WRONG)
def test_what_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, to: str, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    frame = mf.scan(["/nowhere/a.jpg"])

    with pytest.raises(error, match=said):
        frame.animate(tmp_path / to, **given)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_no_piece_could_be_made(photos: Path, tmp_path: Path) -> None:
    for path in photos.iterdir():
        path.write_bytes(path.read_bytes()[:700])

    with pytest.raises(AssetError, match=r"all 4 rows failed; the first: .*E_TRUNCATED"):
        mf.scan(photos).animate(tmp_path / "made.gif", **ONE)
    with pytest.raises(AssetError, match="no row is of a kind that the recipe takes"):
        mf.scan(photos).head(0).animate(tmp_path / "made.gif", **ONE)
    assert not (tmp_path / "made.gif").exists()


def test_too_many_frames_are_a_limit(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="animate: 4 frames are over the limit of 3") as caught:
        mf.scan(photos).animate(tmp_path / "made.gif", SMALL, limits=mf.Limits(frames=3), **ONE)

    assert caught.value.code == "E_LIMIT_FRAMES"
    assert not (tmp_path / "made.gif").exists()


def test_a_row_may_come_twice_and_arguments_from_columns(tmp_path: Path) -> None:
    picture(1, 60, 40).save(tmp_path / "a.png")
    table = pl.DataFrame({"uri": [str(tmp_path / "a.png")] * 3, "turn": [0.0, 180.0, 0.0]})

    mf.scan(table).animate(tmp_path / "made.apng", mf.image.rotate(pl.col("turn")), **ONE)

    first, turned, last = frames_of((tmp_path / "made.apng").read_bytes())
    assert np.array_equal(first, last)
    assert np.array_equal(turned, first[::-1, ::-1])


def test_checks_and_cleaning_know_what_was_merged(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    frame = mf.scan(photos)
    frame.with_columns(small=SMALL.webp()).export(out)
    frame.animate(out / "made.gif", SMALL, **ONE)

    assert mf.verify(out, deep=True).ok
    assert mf.gc(out, older_than=0).objects == ()
    (out / "made.gif").write_bytes(b"spoilt")
    assert mf.verify(out, deep=True).changed == ("made.gif",)
