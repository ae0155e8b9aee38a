"""Rows are cut into batches by what they cost, so that a batch is a second or two of work, whatever is made."""

from __future__ import annotations

import itertools

import pytest

import mediaframe as mf
from mediaframe.model.recipe import Finished
from mediaframe.work.batch import MOST, SECONDS, Item, Wanted, batches, cost

THUMB = mf.image.resize(320).webp()


def item(number: int = 0, *recipes: Finished, kind: str = "image", pixels: int = 12_000_000, frames: int = 1) -> Item:
    wanted = tuple(Wanted(f"r{at}", at, recipe) for at, recipe in enumerate(recipes))
    return Item(number, f"{number}", f"/{number}", None, None, kind, None, pixels, wanted, frames=frames)


def test_a_batch_is_about_as_much_work_whatever_the_pictures() -> None:
    for pixels in (1_000_000, 12_000_000, 50_000_000):
        found = list(batches(item(number, THUMB, pixels=pixels) for number in range(400)))

        work = [sum(map(cost, batch.items)) for batch in found[:-1]]
        assert all(SECONDS <= one < SECONDS + cost(item(0, THUMB, pixels=pixels)) for one in work)


def test_photographs_of_today_come_ten_to_thirty_in_a_batch() -> None:
    batch = next(batches(item(number, THUMB) for number in range(100)))

    assert 10 <= len(batch.items) <= 30


def test_small_things_come_no_more_than_so_many_in_a_batch() -> None:
    batch = next(batches(item(number, THUMB, pixels=100) for number in range(1000)))

    assert len(batch.items) == MOST


def test_items_keep_their_order_and_batches_their_numbers() -> None:
    found = list(batches((item(number, THUMB) for number in range(60)), start=3))

    assert [one.row for batch in found for one in batch.items] == list(range(60))
    assert [batch.index for batch in found] == list(range(3, 3 + len(found)))


def test_items_are_pulled_as_batches_are_taken() -> None:
    numbers = itertools.count()
    found = batches(item(number, THUMB) for number in numbers)

    first = next(found)

    assert next(numbers) == len(first.items)


@pytest.mark.parametrize(
    ("recipe", "given", "at_least"),
    [
        (mf.video.mp4(), {"kind": "video", "pixels": 2_000_000, "frames": 1500}, 10.0),
        (mf.video.webm(), {"kind": "video", "pixels": 2_000_000, "frames": 1500}, 60.0),
        (mf.video.frame(at=1).jpeg(), {"kind": "video", "pixels": 2_000_000, "frames": 90_000}, 0.2),
        (mf.image.resize(320).gif(), {"pixels": 1_000_000, "frames": 200}, 1.0),
        (mf.image.avif(), {"pixels": 12_000_000}, 2.0),
    ],
    ids=["a minute to mp4", "a minute to webm", "a poster", "an animation", "a photograph to avif"],
)
def test_what_takes_long_is_not_taken_for_a_picture(
    recipe: Finished, given: dict[str, object], at_least: float
) -> None:
    assert at_least <= cost(item(0, recipe, **given)) < 100 * at_least  # type: ignore[arg-type]


def test_a_poster_costs_the_same_however_long_the_video() -> None:
    short, long = (
        cost(item(0, mf.video.frame(at=1).jpeg(), kind="video", pixels=2_000_000, frames=frames))
        for frames in (100, 100_000)
    )

    assert short == long


def test_what_recipes_share_is_counted_once() -> None:
    one, two = cost(item(0, THUMB)), cost(item(0, THUMB, THUMB))

    assert one < two < 2 * one


def test_a_video_that_nobody_probed_is_taken_for_a_short_one() -> None:
    unknown = Item(0, "a", "/a", None, None, "video", None, None, (Wanted("a", 0, mf.video.mp4()),))

    assert cost(unknown) > 1
