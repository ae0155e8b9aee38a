"""What is said in the shell is read, or refused before any byte is."""

from pathlib import Path

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.cli.options import Wanted, limits, predicate
from mediaframe.errors import UsageError


def test_renditions_are_read_by_their_kind() -> None:
    wanted = Wanted(
        image=["a=resize(320).webp()"],
        video=['p=frame(at="10%").jpeg()'],
        audio=["o=loudness(-16).opus()"],
        document=["d=page(2).png()"],
    )

    assert wanted.recipes() == {
        "a": mf.image.resize(320).webp(),
        "p": mf.video.frame(at="10%").jpeg(),
        "o": mf.audio.loudness(-16).opus(),
        "d": mf.document.page(2).png(),
    }


def test_a_preset_has_its_own_name_or_another() -> None:
    wanted = Wanted(preset=["avatar", "small=thumbnail"])

    assert wanted.recipes() == {"avatar": mf.preset("avatar"), "small": mf.preset("thumbnail")}


def test_a_whole_recipe_says_its_kind_itself() -> None:
    assert Wanted(recipe=["x = image.flip().png()"]).recipes() == {"x": mf.image.flip().png()}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(image=["resize(width=320).webp()"]), "expected NAME=RECIPE"),
        (Wanted(image=["a=resise(320).webp()"]), "did you mean 'resize'"),
        (Wanted(image=["a=resize(320)"]), "not finished"),
        (Wanted(image=["a=resize(0).webp()"]), "expected 1 to 65535 px, got 0"),
        (Wanted(image=["a=__import__('os').png()"]), "__import__"),
        (Wanted(recipe=["a=resize(3).png()"]), "say what it begins with"),
        (Wanted(preset=["thumbnial"]), "did you mean 'thumbnail'"),
        (Wanted(image=["a=png()"], preset=["a=avatar"]), "'a' is given 2 times"),
    ],
)
def test_what_does_not_read_says_what_is_allowed(wanted: Wanted, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        wanted.recipes()

    assert words in caught.value.message


def test_limits_are_read_with_their_units() -> None:
    read = limits(["pixels=50M", "memory=2 GiB", "stall=2 min"])

    assert (read.pixels, read.memory, read.stall) == (50_000_000, 2 << 30, 120.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pixels", "NAME=VALUE"),
        ("pixel=3", "did you mean 'pixels'"),
        ("pixels=many", "a number above 0"),
        ("pixels=0", "above 0"),
    ],
)
def test_a_limit_that_does_not_read_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        limits([text])

    assert words in caught.value.message


def test_a_filter_is_a_condition_over_columns() -> None:
    rows = pl.DataFrame({"kind": ["image", "video"], "width": [900, 900]})

    assert rows.filter(predicate("kind = 'image' AND width > 800"))["kind"].to_list() == ["image"]


@pytest.mark.parametrize("text", ["width > ((", "", "SELECT * FROM read_csv('/etc/passwd')"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--filter"):
        predicate(text)


def test_a_preset_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text("card = 'image.resize(600).webp()'")

    wanted = Wanted(preset=["small=card", "avatar"], presets=str(path))

    assert wanted.recipes() == {"small": mf.image.resize(600).webp(), "avatar": mf.preset("avatar")}
