"""Law 4: a wrong recipe raises before the first byte; a bad asset is a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import UsageError
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.table.listing import Listing
from mediaframe.work.slot import Slot

THUMB = mf.image.resize(64).webp()
Frame = mf.MediaFrame
Wrong = Callable[[mf.MediaFrame, Path], Any]

WRONG: dict[str, Wrong] = {
    "a width of nothing": lambda frame, to: mf.image.resize(0),
    "a size that is not given": lambda frame, to: mf.image.resize(),
    "a quality over the top": lambda frame, to: mf.image.webp(quality=101),
    "a quality in words": lambda frame, to: mf.image.jpeg(quality="high"),
    "an unknown word": lambda frame, to: mf.image.resise(64),
    "an unknown argument": lambda frame, to: mf.image.resize(widht=64),
    "an unknown choice": lambda frame, to: mf.image.resize(64, 64, fit="covr"),
    "a format of another kind": lambda frame, to: mf.video.jpeg(),
    "an operation of another kind": lambda frame, to: mf.image.frame(at=1),
    "a moment that is none": lambda frame, to: mf.video.frame(at="soon"),
    "a longer expression as argument": lambda frame, to: mf.image.resize(pl.col("bytes") * 2),
    "a budget that is none": lambda frame, to: mf.image.webp(max_bytes="small"),
    "text that is no recipe": lambda frame, to: mf.parse_recipe("image.resize(64)"),
    "a recipe that is no text": lambda frame, to: mf.parse_recipe(5),
    "limits of a scan as a number": lambda frame, to: mf.scan(to.parent, limits=5),
    "a preset that nobody knows": lambda frame, to: mf.preset("thumbnial"),
    "a limit of nothing": lambda frame, to: mf.Limits(pixels=0),
    "an unfinished recipe": lambda frame, to: frame.with_columns(thumb=mf.image.resize(64)),
    "a recipe without a name": lambda frame, to: frame.with_columns(THUMB),
    "an argument from no column": lambda frame, to: frame.with_columns(
        thumb=mf.image.resize(pl.col("side")).webp()
    ).export(to),
    "an argument from a column of text": lambda frame, to: frame.with_columns(
        thumb=mf.image.resize(pl.col("name")).webp()
    ),
    "a filter on no column": lambda frame, to: frame.filter(pl.col("wide") > 3),
    "a filter that needs all rows": lambda frame, to: frame.filter(pl.col("bytes") > pl.col("bytes").mean()),
    "a sort": lambda frame, to: frame.sort("bytes"),
    "a column that is dropped twice": lambda frame, to: frame.drop("nothing"),
    "a head of less than nothing": lambda frame, to: frame.head(-1),
    "a layout of no column": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, layout="{sku}.{ext}"),
    "a layout that leads out": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, layout="../{id}.{ext}"),
    "a layout with half a brace": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, layout="{id.{ext}"),
    "a layout of originals": lambda frame, to: frame.export(to, originals="{nothing}/{id}"),
    "nothing to make": lambda frame, to: frame.export(to),
    "an unknown on_exists": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, on_exists="overwrite"),
    "an unknown refresh": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, refresh="all"),
    "no slots": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, slots=0),
    "half a slot": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, slots=1.5),
    "slots of less than nothing": lambda frame, to: frame.collect(slots=-1),
    "limits as a number": lambda frame, to: frame.with_columns(thumb=THUMB).export(to, limits=5),
    "no destination": lambda frame, to: frame.with_columns(thumb=THUMB).export(""),
    "a chain of destinations": lambda frame, to: frame.with_columns(thumb=THUMB).export("zip::file:///x.zip"),
    "an unknown store": lambda frame, to: frame.with_columns(thumb=THUMB).export("nowhere://bucket/x"),
    "a budget of memory in words": lambda frame, to: frame.collect(max_inline="lots"),
    "a preview of nothing": lambda frame, to: frame.preview(0),
    "a value written as a file": lambda frame, to: mf.image.sharpness().run(b"GIF89a", to=str(to / "a")),
    "a column for one file": lambda frame, to: mf.image.resize(pl.col("side")).webp().run(b"GIF89a"),
    "a source that is none": lambda frame, to: THUMB.run(5),
    "limits as a number for one file": lambda frame, to: THUMB.run(b"GIF89a", limits=5),
}


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch, photos: Callable[..., Path]) -> mf.MediaFrame:
    """A frame of which not one byte, not even a name, can be read, nor anything be asked of a child or written."""
    frame = mf.scan(photos(2)).probe()

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("a byte was read or written")

    for owner, names in (
        (Sources, ("read", "read_range", "stat")),
        (Listing, ("batches",)),
        (Store, ("write", "list", "read", "stat")),
        (Slot, ("ask",)),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, refuse)
    return frame


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_recipe_raises_before_the_first_byte(sealed: mf.MediaFrame, tmp_path: Path, wrong: str) -> None:
    """A wrong recipe raises before the first byte."""
    with pytest.raises(UsageError) as caught:
        WRONG[wrong](sealed, tmp_path / "out")

    assert len(caught.value.message) > 15
    assert not (tmp_path / "out").exists()


def test_the_seal_is_one(sealed: mf.MediaFrame, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a byte was read or written"):
        sealed.with_columns(thumb=THUMB).export(tmp_path / "out")


def test_a_bad_asset_is_a_row(photos: Callable[..., Path], tmp_path: Path) -> None:
    """A run never dies of one file, and no asset is ever without a row."""
    root = photos(3)
    whole = (root / "00.jpg").read_bytes()
    (root / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "empty.png").write_bytes(b"")
    (root / "noise.webp").write_bytes(bytes(range(256)) * 8)

    run = mf.scan(root).probe().with_columns(thumb=THUMB).export(tmp_path / "out")

    told = dict(run.manifest.select(pl.col("source").str.split("/").list.last(), "error_code").iter_rows())
    assert told == {
        **dict.fromkeys(("00.jpg", "01.jpg", "02.jpg")),
        "cut.jpg": "E_TRUNCATED",
        "empty.png": "E_SOURCE_EMPTY",
        "noise.webp": "E_CORRUPT",
    }
    assert run.state == "complete_with_errors"


def test_what_a_filter_drops_because_it_could_not_be_read_is_kept_and_counted(
    photos: Callable[..., Path], tmp_path: Path
) -> None:
    """Those that a filter drops because they could not be read are kept in `run.excluded` and counted."""
    root = photos(2)
    (root / "empty.jpg").write_bytes(b"")

    run = mf.scan(root).probe().filter(pl.col("width") > 10).with_columns(thumb=THUMB).export(tmp_path / "out")

    assert run.manifest["status"].to_list() == ["written", "written"]
    assert run.excluded.select("name", "error_code").rows() == [("empty.jpg", "E_SOURCE_EMPTY")]
    assert run.summary["excluded"] == 1


def test_a_run_of_bad_assets_alone_comes_to_its_end(tmp_path: Path) -> None:
    """A run never dies of one file."""
    root = tmp_path / "in"
    root.mkdir()
    for number in range(20):
        (root / f"{number}.jpg").write_bytes(b"\xff\xd8\xff" + bytes([number]) * number)

    for frame in (mf.scan(root), mf.scan(root).probe()):
        run = frame.with_columns(thumb=THUMB, hash=mf.image.phash()).export(tmp_path / "out", on_exists="version")

        assert run.state == "complete_with_errors"
        assert (run.manifest.height, run.measures.height) == (20, 20)
        assert {*run.manifest["status"], *run.measures["status"]} == {"failed"}
        assert "E_INTERNAL" not in set(run.failures["error_code"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: mf.image.resize(64).run("a.jpg"), r"is not finished: end it with a format, such as \.webp\(\)\.run\("),
        (lambda: mf.image.webp().resize(64), r"is finished: put \.resize\(\) before \.webp\(\)"),
        (lambda: mf.image.webp().rnu("a.jpg"), "is finished: no 'rnu' there; did you mean 'run'"),
        (lambda: mf.video.jpeg(), r"no 'jpeg' there; it stands after \.frame\(\)"),
        (lambda: mf.document.resize(64), r"no 'resize' there; it stands after \.page\(\)"),
        (lambda: mf.parse_recipe("resize", kind="image"), r"expected resize\(\.\.\.\), got resize"),
        (
            lambda: mf.image.resize(64).save("a.jpg"),
            r"is not finished: end it with a format, such as \.webp\(\)\.run\(",
        ),
        (lambda: mf.video.resize(64).convert("a.mp4"), r"is not finished: .* such as \.mp4\(\)\.run\("),
        (lambda: mf.image.webp().save("a.webp"), r"is finished: \.run\(source, to=\.\.\.\) writes the file"),
        (lambda: mf.image.scale(64), "no 'scale' there; did you mean 'resize'"),
        (lambda: mf.video.poster(), "no 'poster' there; did you mean 'frame'"),
        (lambda: mf.audio.normalize(), "no 'normalize' there; did you mean 'loudness'"),
        (lambda: mf.image.jpeg(max_size="9 kB"), "no argument 'max_size'; did you mean 'max_bytes'"),
        (lambda: mf.image.resize(64, fit="crop"), "got 'crop'; did you mean 'cover'"),
        (lambda: mf.video.frame(at="best"), r"or '10%' \(which frame there is said by pick=\), got 'best'"),
        (lambda: mf.scan(".").filter("kind = 'image'"), r"a condition is pl\.col\('width'\) > 800, or in SQL"),
        (lambda: mf.scan(".").limit(3), "no 'limit'; did you mean 'head'"),
        (lambda: mf.scan(".").to_pandas(), "no 'to_pandas'; did you mean 'collect'"),
        (lambda: mf.scan(".").bytes, r"'bytes' is a column: say pl\.col\('bytes'\)"),
        (lambda: mf.scan(".").exprot("out"), "a MediaFrame has no 'exprot'; did you mean 'export'"),
    ],
)
def test_a_slip_is_answered_with_what_to_write(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises((UsageError, AttributeError), match=said):
        wrong()


def test_a_frame_says_how_its_rows_are_had() -> None:
    for wrong in (lambda: mf.scan(".")["kind"], lambda: list(mf.scan("."))):
        with pytest.raises(TypeError, match=r"head\(\) rows, and collect\(\) gives"):
            wrong()
