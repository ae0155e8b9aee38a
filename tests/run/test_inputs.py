"""Files that recipes name: read before the first byte, part of what a result is, the same wherever the work is done."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.engines.vips.library import FONTS
from mediaframe.errors import AssetError, RecipeError, RunError
from mediaframe.model.input import Input
from mediaframe.storage.source import Sources
from mediaframe.work.batch import Wanted
from mediaframe.work.inputs import Inputs
from mediaframe.work.job import Job
from mediaframe.work.slot import Slot
from tests.run.media import pictures

LAYOUT = "{rendition}/{name}.{ext}"


def draw(path: Path, color: str, size: tuple[int, int] = (12, 8)) -> Path:
    """Make a logo."""
    Image.new("RGBA", size, color).save(path)
    return path


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    """A red logo."""
    return draw(tmp_path / "logo.png", "red")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three pictures."""
    return pictures(tmp_path / "in", 3, 48, 32)


def marked(photos: Path, logo: Any) -> mf.MediaFrame:
    """Give a frame whose pictures get a watermark."""
    return mf.scan(photos).probe().with_columns(card=mf.image.resize(32).watermark(logo, gravity="northwest").png())


def corner(path: str | Path) -> tuple[int, ...]:
    with Image.open(path) as picture:
        pixel = picture.convert("RGB").getpixel((2, 2))
    assert isinstance(pixel, tuple)
    return pixel


# ---- before the first byte


def test_a_file_is_not_read_when_the_recipe_is_written() -> None:
    recipe = mf.image.watermark("nowhere/logo.png").png()

    assert repr(recipe) == "image.watermark(image='nowhere/logo.png').png()"
    assert mf.parse_recipe(repr(recipe)) == recipe
    assert recipe.inputs == (Input("nowhere/logo.png"),)


@pytest.mark.parametrize("do", ["export", "start", "collect", "preview", "run"])
def test_a_missing_file_raises_before_anything_is_done(
    do: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = marked(photos, tmp_path / "gone.png")
    monkeypatch.setattr(Slot, "ask", lambda *given, **named: pytest.fail("a child was asked"))
    what = {
        "export": lambda: frame.export(tmp_path / "out"),
        "start": lambda: frame.start(tmp_path / "out"),
        "collect": frame.collect,
        "preview": frame.preview,
        "run": lambda: frame.recipes["card"].run(photos / "00.jpg"),
    }

    with pytest.raises(RecipeError, match=r"gone\.png.*the file is not there") as caught:
        what[do]()

    assert caught.value.code == "E_INPUT"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "empty"), (b"%PDF-1.7\n", "expected an image, got pdf"), (b"just words", "expected an image, got"),
     (bytes(200_000), "Limits.input_bytes")],
)  # fmt: skip
def test_a_file_that_cannot_be_it_raises_before_anything_is_done(
    data: bytes, said: str, photos: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "logo.png"
    wrong.write_bytes(data)

    with pytest.raises(RecipeError, match=said):
        marked(photos, wrong).export(tmp_path / "out", limits=mf.Limits(input_bytes=100_000))


@pytest.mark.parametrize("wrong", ["", "a\0b", 5, b"logo.png", ("a",)])
def test_what_names_no_file_is_refused(wrong: Any) -> None:
    with pytest.raises(RecipeError, match=r"watermark\(image=\.\.\.\): expected a file"):
        mf.image.watermark(wrong)


def test_a_column_of_numbers_names_no_file(photos: Path) -> None:
    with pytest.raises(RecipeError, match="expected a file"):
        mf.scan(photos).with_columns(card=mf.image.watermark(pl.col("bytes")).png())  # type: ignore[arg-type]


# ---- what a result is


def test_another_content_makes_results_anew_and_the_same_is_used_again(
    photos: Path, logo: Path, tmp_path: Path
) -> None:
    to = tmp_path / "out"
    first = marked(photos, logo).export(to, layout=LAYOUT)
    again = marked(photos, logo).export(to, layout=LAYOUT)
    logo.rename(tmp_path / "brand.png")
    moved = marked(photos, tmp_path / "brand.png").export(to, layout=LAYOUT)
    draw(tmp_path / "brand.png", "blue")

    other = marked(photos, tmp_path / "brand.png").export(to, layout=LAYOUT, on_exists="replace")

    assert [set(run.manifest["status"]) for run in (first, again, moved, other)] == [
        {"written"}, {"reused"}, {"reused"}, {"written"}
    ]  # fmt: skip
    assert corner(to / first.manifest["uri"][0]) == (0, 0, 255)
    keys = {run.id: set(run.manifest["key"]) for run in (first, other)}
    assert not keys[first.id] & keys[other.id]


def test_the_manifest_and_the_job_tell_the_hash(photos: Path, logo: Path, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(logo.read_bytes()).hexdigest()

    run = marked(photos, logo).export(tmp_path / "out", layout=LAYOUT)

    assert [json.loads(text) for text in run.manifest["inputs"]] == [{str(logo): sha256}] * 3
    assert run.files.plan()["job"]["recipes"]["card"]["steps"][1]["with"]["image"] == {
        "input": str(logo), "sha256": sha256
    }  # fmt: skip
    plain = mf.scan(photos).with_columns(card=mf.image.png()).export(tmp_path / "plain")
    assert plain.manifest["inputs"].to_list() == [None] * 3


def test_a_relative_name_is_of_the_folder_where_the_work_began(
    photos: Path, logo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = marked(photos, "logo.png")

    run = frame.export(tmp_path / "out", layout=LAYOUT)

    assert corner(tmp_path / "out" / run.manifest["uri"][0]) == (255, 0, 0)
    assert json.loads(run.manifest["inputs"][0]).keys() == {str(logo)}


def test_it_is_read_once_for_a_run(photos: Path, logo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, asked = Sources.read, []
    monkeypatch.setattr(Sources, "read", lambda self, uri, limit: asked.append(uri) or read(self, uri, limit))

    marked(photos, logo).export(tmp_path / "out", slots=2)

    assert asked.count(str(logo)) == 1


def test_alone_and_collected_are_the_bytes_of_the_run(photos: Path, logo: Path, tmp_path: Path) -> None:
    frame = marked(photos, logo)
    run = frame.export(tmp_path / "out", layout=LAYOUT)

    collected = frame.collect()

    for row, uri in zip(collected.iter_rows(named=True), run.manifest["uri"], strict=True):
        data = (tmp_path / "out" / uri).read_bytes()
        assert row["card"]["data"] == data
        assert frame.recipes["card"].run(row["uri"]) == data


def test_every_frame_of_an_animation_gets_it(logo: Path, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), (0, 0, 80 * one)) for one in range(3)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], duration=80, lossless=True)

    made = mf.image.watermark(logo, gravity="northwest").webp(lossless=True).run(tmp_path / "a.webp")

    with Image.open(io.BytesIO(made)) as found:
        assert found.n_frames == 3
        for number in range(3):
            found.seek(number)
            shown = found.convert("RGB")
            assert (shown.getpixel((2, 2)), shown.getpixel((30, 20))) == ((255, 0, 0), (0, 0, 80 * number))


# ---- going on


def test_a_resumed_run_refuses_a_file_that_has_changed(photos: Path, logo: Path, tmp_path: Path) -> None:
    run = marked(photos, logo).export(tmp_path / "out", layout=LAYOUT, limits=mf.Limits(pixels=1000))
    assert set(run.manifest["error_code"]) == {"E_LIMIT_PIXELS"}
    draw(logo, "blue")
    later = mf.open_run(tmp_path / "out")

    with pytest.raises(RunError, match="put the old file back, or export anew") as caught:
        later.retry()

    assert caught.value.code == "E_INPUT_CHANGED"
    draw(logo, "red")
    assert mf.open_run(tmp_path / "out").retry().state == "complete_with_errors"


def test_a_file_that_changes_while_a_run_goes_on_is_a_row(photos: Path, logo: Path) -> None:
    inputs = Inputs(Sources())
    recipe = inputs.settle(mf.image.watermark(logo).png())
    elsewhere = pickle.loads(pickle.dumps(inputs))
    draw(logo, "blue")

    assert inputs.contents(recipe)  # what was read is kept
    with pytest.raises(AssetError) as caught:
        elsewhere.contents(recipe)

    assert caught.value.code == "E_INPUT_CHANGED"
    assert logo.read_bytes() not in pickle.dumps(inputs)


# ---- from columns


def test_every_row_may_name_its_own(photos: Path, tmp_path: Path) -> None:
    for name, color in (("a", "red"), ("b", "blue")):
        draw(tmp_path / f"{name}.png", color)
    logos = [str(tmp_path / "a.png"), str(tmp_path / "b.png"), str(tmp_path / "gone.png")]
    frame = mf.scan(pl.DataFrame({"uri": sorted(map(str, photos.iterdir())), "logo": logos})).probe()
    frame = frame.with_columns(card=mf.image.watermark(pl.col("logo"), gravity="northwest").png())

    run = frame.export(tmp_path / "out", layout=LAYOUT)

    rows = run.manifest.to_dicts()
    assert [row["error_code"] for row in rows] == [None, None, "E_INPUT"]
    assert [corner(tmp_path / "out" / row["uri"]) for row in rows[:2]] == [(255, 0, 0), (0, 0, 255)]
    assert "gone.png" in rows[2]["error"]
    draw(tmp_path / "b.png", "lime")
    again = frame.export(tmp_path / "out", layout=LAYOUT, on_exists="replace")
    assert again.manifest["status"].to_list() == ["reused", "written", "failed"]
    assert corner(tmp_path / "out" / again.manifest["uri"][1]) == (0, 255, 0)


def test_a_resumed_run_keeps_what_the_rows_named(photos: Path, tmp_path: Path) -> None:
    draw(tmp_path / "a.png", "red")
    frame = mf.scan(pl.DataFrame({"uri": sorted(map(str, photos.iterdir())), "logo": [str(tmp_path / "a.png")] * 3}))
    frame = frame.with_columns(card=mf.image.watermark(pl.col("logo")).png())
    frame.export(tmp_path / "out", layout=LAYOUT, limits=mf.Limits(pixels=1000))
    draw(tmp_path / "a.png", "blue")

    run = mf.open_run(tmp_path / "out").retry()

    assert set(run.manifest["error_code"]) == {"E_INPUT_CHANGED"}


def test_text_comes_from_a_column(photos: Path, tmp_path: Path) -> None:
    words = ["SKU-1", "", "<b>&amp; ünï</b>"]
    table = pl.DataFrame({"uri": sorted(map(str, photos.iterdir())), "sku": words})
    frame = mf.scan(table).with_columns(card=mf.image.text(pl.col("sku"), size="40%").png(), plain=mf.image.png())

    run = frame.export(tmp_path / "out", layout=LAYOUT)

    made = dict(run.manifest.select(pl.col("rendition") + pl.col("source").str.slice(-6), "sha256").iter_rows())
    same = [made[f"card{at:02d}.jpg"] == made[f"plain{at:02d}.jpg"] for at in range(3)]
    assert run.state == "complete"
    assert same == [False, True, False]


def test_a_font_that_was_used_before_changes_no_drawing(tmp_path: Path) -> None:
    font, sources = FONTS / "DejaVuSans-Bold.ttf", pictures(tmp_path / "in", 1, 48, 32)
    family = f"mf{hashlib.sha256(font.read_bytes()).hexdigest()}"  # the name that it has in the child
    (sources / "b.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text y="30" font-size="30" '
        f'font-family="{family}">abc</text></svg>'
    )
    frame, plain = mf.scan(sources), mf.image.png()

    alone = frame.filter(name="b.svg").with_columns(plain=plain).export(tmp_path / "alone", slots=1)
    after = frame.with_columns(plain=plain, lettered=mf.image.text("x", font=font).png())
    run = after.export(tmp_path / "after", slots=1)

    made = run.manifest.filter(pl.col("source").str.ends_with("b.svg"), rendition="plain")
    assert made["sha256"].to_list() == alone.manifest["sha256"].to_list()


# ---- secrets


def test_a_secret_in_a_url_is_found_nowhere() -> None:
    recipe = mf.image.watermark("https://me:hush@brand.example/logo.png?X-Amz-Signature=hush").png()

    assert "hush" not in repr(recipe)
    with pytest.raises(RecipeError) as caught:
        recipe.run(b"GIF89a")
    assert "hush" not in str(caught.value)


def test_what_is_written_and_sent_holds_no_secret_of_a_url() -> None:
    name = "https://me:hush@brand.example/logo.png?X-Amz-Signature=hush"
    recipe = mf.image.watermark(Input(name, "0" * 64)).png()
    job, wanted = Job((("card", recipe),), LAYOUT), Wanted("card", 0, recipe)

    said = json.dumps(job.to_json()) + wanted.text + str(wanted.inputs)

    assert "hush" not in said
    assert said.count("https://brand.example/logo.png?***") == 4
    assert Job.from_json(job.to_json()).identity("rows") == job.identity("rows")
    with pytest.raises(AssetError, match="secrets of a URL are not kept"):
        Inputs(Sources()).contents(Job.from_json(job.to_json()).recipes[0][1])
