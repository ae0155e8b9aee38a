"""Animations in and out, held against Pillow and ffmpeg: frames, delays, loops, time, and what is chosen once."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaframe.engines.base import Source
from mediaframe.engines.vips.engine import engine
from mediaframe.engines.vips.reel import Animation
from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.finish import Format
from mediaframe.model.limits import Limits
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import every
from mediaframe.ops.image.animation import Timing
from mediaframe.ops.image.pages import Page
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from tests.engines.moving import (
    DELAYS,
    by_ffmpeg,
    delays_of,
    frames_of,
    moving,
    needs_ffmpeg,
    plays_of,
    seen,
    squares,
)
from tests.engines.pictures import measured, opened, read, rendered, scene, write
from tests.strategies import specs

WRITERS = {
    "gif": image.gif(), "webp": image.webp(lossless=True), "apng": image.apng(),
    "avif": image.avif(quality=95, effort=0),
}  # fmt: skip
SOURCES = {"gif": "GIF", "webp": "WEBP", "apng": "PNG", "avif": "AVIF"}
WORST = {"gif": 1, "webp": 0, "apng": 0, "avif": 12}
"""Levels of 255 that one band of one pixel may be off; a GIF's colors are chosen anew, an AVIF is lossy."""


@pytest.mark.parametrize("target", WRITERS)
@pytest.mark.parametrize("source", SOURCES)
def test_frames_delays_and_pixels_survive_from_every_format_to_every_other(source: str, target: str) -> None:
    frames = squares()
    data = moving(frames, SOURCES[source])

    made = rendered(data, WRITERS[target])

    assert (made.pages, made.seconds, made.width, made.height) == (5, 0.49, 48, 36)
    assert delays_of(made.data) == list(DELAYS)
    worst = max(
        np.abs(seen(found) - seen(frame)).max() for found, frame in zip(frames_of(made.data), frames, strict=True)
    )
    assert worst <= WORST[target] + WORST[source]


@pytest.mark.parametrize("plays", [0, 1, 2, 7])
@pytest.mark.parametrize("target", ["gif", "webp", "apng"])
@pytest.mark.parametrize("source", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_played_as_often_as_its_source(source: str, target: str, plays: int) -> None:
    made = rendered(moving(squares(2), source, plays=plays), WRITERS[target])

    assert plays_of(made.data) == plays


@pytest.mark.parametrize("plays", [0, 1, 4])
def test_an_avif_says_how_often_it_is_played_and_not_when_it_was_made(plays: int) -> None:
    data = rendered(moving(squares(3), "WEBP", plays=plays), image.avif(effort=0)).data

    movie, edit = data.index(b"mvhd") + 4, data.index(b"elst") + 4
    created, changed, _, length = struct.unpack_from(">QQIQ", data, movie + 4)
    assert (created, changed) == (0, 0)
    assert (length, data[edit + 3]) == ({0: (1 << 64) - 1}.get(plays, 380 * plays), int(plays != 1))
    assert plays_of(rendered(data, image.webp()).data) == plays


def test_the_same_animation_gives_the_same_bytes() -> None:
    data = moving(squares(alpha=True), "WEBP")

    for recipe in WRITERS.values():
        assert rendered(data, recipe).data == rendered(data, recipe).data


@pytest.mark.parametrize("target", WRITERS)
def test_transparency_survives(target: str) -> None:
    frames = squares(alpha=True)

    found = frames_of(rendered(moving(frames, "PNG"), WRITERS[target]).data)

    assert all(
        np.abs(one[..., 3].astype(int) - frame[..., 3]).max() <= 6 for one, frame in zip(found, frames, strict=True)
    )


def test_each_frame_is_what_a_still_picture_would_be() -> None:
    frames = [scene(60, 40, 4, seed) for seed in range(3)]
    recipe = image.resize(30, 30, fit="cover").rotate(90).blur(1).extend(top=2)

    found = frames_of(rendered(moving(frames, "PNG"), recipe.apng()).data)

    for frame, one in zip(frames, found, strict=True):
        assert np.array_equal(one, read(rendered(write(frame, "PNG"), recipe.png()).data))


def test_formats_and_measures_that_hold_no_animation_get_the_first_frame() -> None:
    frames = squares()
    data, first = moving(frames, "GIF"), write(frames[0], "PNG")
    still = rendered(data, image.png())

    assert np.array_equal(read(still.data)[..., :3], frames[0])
    assert (still.pages, still.seconds) == (None, None)
    assert measured(data, image.phash()) == measured(first, image.phash())


def test_one_frame_is_taken_by_its_number() -> None:
    frames = squares()
    data = moving(frames, "WEBP")

    for number in (1, 3, 5):
        made = rendered(data, image.frame(number).flip().webp(lossless=True))

        assert made.pages is None
        assert np.array_equal(read(made.data), frames[number - 1][::-1])
    with pytest.raises(AssetError, match="expected a number up to 5") as caught:
        rendered(data, image.frame(6).png())
    assert caught.value.code == "E_PARAM"


@pytest.mark.parametrize(
    ("recipe", "kept", "delays"),
    [
        (image.frames(2, 4), [1, 2, 3], [30, 250, 70]),
        (image.frames(4), [3, 4], [70, 40]),
        (image.frames(1, 99), [0, 1, 2, 3, 4], list(DELAYS)),
        (image.frames(every=2), [0, 2, 4], [130, 320, 40]),
        (image.frames(2, every=3), [1, 4], [350, 40]),
        (image.frames(2).frames(2, 3), [2, 3], [250, 70]),
        (image.flip().flip().frames(2, 4), [1, 2, 3], [30, 250, 70]),
    ],
)
def test_some_frames_are_kept_with_the_time_of_those_that_are_left_out(
    recipe: Any, kept: list[int], delays: list[int]
) -> None:
    frames = squares()

    made = rendered(moving(frames, "PNG"), recipe.apng())

    assert delays_of(made.data) == delays
    found = frames_of(made.data)
    assert [np.array_equal(one[..., :3], frames[number]) for one, number in zip(found, kept, strict=True)] == [
        True
    ] * len(kept)


def test_a_range_after_the_last_frame_is_the_rows_error() -> None:
    with pytest.raises(AssetError, match="begins with a frame up to 5") as caught:
        rendered(moving(squares(), "GIF"), image.frames(6).gif())
    assert caught.value.code == "E_PARAM"
    with pytest.raises(RecipeError, match=r"frames\(last=...\): expected 5"):
        image.frames(5, 4)


def test_time_runs_faster_and_slower_and_evenly() -> None:
    data = moving(squares(), "WEBP")

    assert delays_of(rendered(data, image.speed(2).webp()).data) == [50, 15, 125, 35, 20]
    assert delays_of(rendered(data, image.speed(0.5).apng()).data) == [200, 60, 500, 140, 80]
    assert delays_of(rendered(data, image.delay("80 ms").webp()).data) == [80] * 5
    assert plays_of(rendered(data, image.loop(3).gif()).data) == 3


def test_hundredths_of_a_second_do_not_drift_and_are_never_too_short() -> None:
    frames = [scene(12, 8, 3, seed) for seed in range(30)]

    third = delays_of(rendered(moving(frames, "WEBP", (33,) * 30), image.gif(effort=1)).data)
    fast = delays_of(rendered(moving(frames[:4], "WEBP", (12,) * 4), image.gif(effort=1)).data)

    assert set(third) == {30, 40}
    assert all(abs(sum(third[:number]) - 33 * number) <= 5 for number in range(1, 31))
    assert fast == [20] * 4


def test_delays_of_ten_milliseconds_and_less_are_kept() -> None:
    delays = (10, 0, 5, 100)

    made = rendered(moving(squares(4), "PNG", delays), image.webp(lossless=True))

    assert delays_of(made.data) == list(delays)
    assert delays_of(rendered(made.data, image.apng()).data) == list(delays)


def test_frames_that_equal_their_neighbor_keep_their_time_in_a_webp_and_their_place_elsewhere() -> None:
    source = moving(squares(), "WEBP", (30, 50, 20, 70, 90))
    ground = image.crop(4, 4, left=0, top=0)

    webp, gif, apng = (rendered(source, recipe) for recipe in (ground.webp(), ground.gif(), ground.apng()))

    assert (webp.pages, webp.seconds, len(frames_of(webp.data))) == (None, None, 1), "a still picture is left"
    assert delays_of(gif.data) == [30, 50, 20, 70, 90]
    assert (apng.pages, apng.seconds) == (5, 0.26)


def test_trim_keeps_what_any_frame_shows() -> None:
    frames = squares()

    found = frames_of(rendered(moving(frames, "PNG"), image.trim().apng()).data)

    assert [one.shape for one in found] == [(12, 34, 4)] * 5
    assert all(np.array_equal(one[..., :3], frame[10:22, 4:38]) for one, frame in zip(found, frames, strict=True))


@pytest.mark.parametrize(
    "recipe", [image.crop(20, 20, gravity="attention"), image.resize(20, 36, fit="cover", gravity="entropy")]
)
def test_a_smart_crop_stands_still(recipe: Any) -> None:
    frames = squares()
    first = read(rendered(write(frames[0], "PNG"), recipe.png()).data)

    found = frames_of(rendered(moving(frames, "PNG"), recipe.apng()).data)

    assert np.array_equal(found[0][..., :3], first)
    spots = [tuple(np.argwhere(one[..., 0] > 60).min(axis=0)) for one in found if (one[..., 0] > 60).any()]
    # The square goes six pixels to the right from frame to frame, and so it does in a window that stands still.
    assert len(spots) > 1
    assert {(right[0] - left[0], right[1] - left[1]) for left, right in itertools.pairwise(spots)} == {(0, 6)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_operation_gives_frames_of_one_shape_and_says_it_beforehand(data: st.DataObject) -> None:
    # What opens at a page is one picture.
    words = [one for one in every(Operation, "image") if one.gives == "image" and one is not Page]
    operation: Any = data.draw(specs(data.draw(st.sampled_from(words)), most=30))
    random = np.random.default_rng(3)
    frames = [random.integers(0, 256, (20, 26, 4), dtype=np.uint8) for _ in range(3)]
    frames[1][:8] = frames[2][:, 9:] = (200, 200, 200, 255)
    handle = opened(moving(frames, "PNG"), image.apng())
    before = engine.shape(handle)

    try:
        after = engine.hold(engine.do(operation, handle))
    except AssetError as error:
        if error.code != "E_PARAM":
            raise
        return

    said, shape = operation.infer(before), engine.shape(after)
    assert shape.frames == said.frames
    assert said.seconds in (None, shape.seconds)
    if not isinstance(operation, Timing):
        assert isinstance(after, Animation)
        assert (said.width or shape.width, said.height or shape.height) == (shape.width, shape.height)


def test_an_animation_is_held_against_the_limits_as_far_as_it_is_decoded() -> None:
    data = moving(squares(), "GIF")

    with pytest.raises(AssetError, match=r"over the limit of 4; see Limits.frames") as many:
        rendered(data, image.webp(), Limits(frames=4))
    with pytest.raises(AssetError, match=r"keep fewer by frames\(\), or see Limits.total_pixels") as large:
        rendered(data, image.webp(), Limits(total_pixels=48 * 36 * 4))

    assert (many.value.code, large.value.code) == ("E_LIMIT_FRAMES", "E_LIMIT_PIXELS")
    assert rendered(data, image.frames(1, 4).webp(), Limits(total_pixels=48 * 36 * 4)).pages == 4
    assert rendered(data, image.jpeg(), Limits(total_pixels=48 * 36)).pages is None


def _render(
    data: bytes, recipes: dict[str, Finished]
) -> tuple[dict[str, tuple[dict[str, Any], bytes]], dict[str, int]]:
    sent: dict[str, tuple[dict[str, Any], bytes]] = {}
    request = {"renditions": [{"name": name, "recipe": recipe.to_json()} for name, recipe in recipes.items()]}
    done = render(request, Source(data), lambda header, made: sent.update({header["rendition"]: (header, made)}))
    return sent, done["counts"]


def test_still_and_moving_renditions_share_no_decode_and_give_the_same_bytes_as_alone() -> None:
    data = moving(squares(), "GIF")
    recipes = {
        "still": image.flip().jpeg(), "other": image.resize(20).png(), "moving": image.resize(20).webp(),
        "more": image.resize(20).gif(), "third": image.frame(3).png(),
    }  # fmt: skip

    together, counts = _render(data, recipes)

    assert counts["opens"] == 3
    for name, recipe in recipes.items():
        assert together[name][1] == _render(data, {name: recipe})[0][name][1]
    assert (together["moving"][0]["pages"], together["moving"][0]["seconds"]) == (5, 0.49)
    assert together["still"][0]["pages"] is None


def test_an_animation_keeps_a_budget_of_bytes_or_says_that_it_cannot() -> None:
    frames = [np.roll(scene(90, 70), number * 20, axis=1) for number in range(4)]
    data = moving(frames, "PNG")
    whole = len(rendered(data, image.webp()).data)

    sent, _ = _render(data, {"fits": image.webp(max_bytes=whole // 2), "never": image.avif(max_bytes=300)})

    header, made = sent["fits"]
    assert len(made) <= whole // 2
    assert header["quality"] < 80
    assert (header["pages"], delays_of(made)) == (4, list(DELAYS[:4]))
    assert sent["never"][0]["code"] == "E_INFEASIBLE"
    assert "cannot be kept" in sent["never"][0]["error"]


def test_a_lossless_avif_of_an_animation_is_refused_with_what_to_say_instead() -> None:
    with pytest.raises(AssetError, match=r"say apng\(\) or webp\(lossless=True\)"):
        rendered(moving(squares(), "GIF"), image.avif(lossless=True))


def test_every_frame_is_turned_as_the_picture_is() -> None:
    frames = squares()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    data = moving(frames, "WEBP", exif=exif)

    found = frames_of(rendered(data, image.apng()).data)

    assert all(np.array_equal(one[..., :3], np.rot90(frame, -1)) for one, frame in zip(found, frames, strict=True))


# ---- what is stored in parts -----------------------------------------------------------------------------------------


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _parts(
    boxes: list[tuple[int, int, int, int]], disposal: int, blend: int, *, apart: bool = False, bands: int = 4
) -> bytes:
    """Write an APNG by hand whose later frames are boxes (left, top, width, height) over a first whole one."""
    random = np.random.default_rng(5)
    width, height = 20, 16
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[bands], 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header), _chunk(b"acTL", struct.pack(">II", len(boxes) + 1, 0))]
    order = 0
    if apart:
        parts.append(_chunk(b"IDAT", zlib.compress(bytes((width * bands + 1) * height))))
    for number, (left, top, across, down) in enumerate([(0, 0, width, height), *boxes]):
        control = (order, across, down, left, top, 1, 10, disposal, blend)
        parts.append(_chunk(b"fcTL", struct.pack(">5I2H2B", *control)))
        order += 1
        rows = random.integers(0, 256, (down, across * bands + 1), dtype=np.uint8)
        rows[:, 0] = 0
        pixels = zlib.compress(rows.tobytes())
        if number or apart:
            parts.append(_chunk(b"fdAT", struct.pack(">I", order) + pixels))
            order += 1
        else:
            parts.append(_chunk(b"IDAT", pixels))
    return b"".join([*parts, _chunk(b"IEND", b"")])


BOXES = [(3, 2, 9, 7), (0, 0, 20, 16), (10, 8, 10, 8), (5, 5, 1, 1)]


@needs_ffmpeg
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("blend", [0, 1])
@pytest.mark.parametrize("disposal", [0, 1, 2])
def test_parts_of_an_apng_are_composed_as_ffmpeg_composes_them(
    disposal: int, blend: int, apart: bool, tmp_path: Path
) -> None:
    path = tmp_path / "parts.png"
    path.write_bytes(_parts(BOXES, disposal, blend, apart=apart))

    ours = frames_of(rendered(path.read_bytes(), image.apng()).data)

    theirs = by_ffmpeg(path, 20, 16)
    assert len(theirs) == len(ours) == 5
    # ffmpeg divides with whole numbers.
    assert max(np.abs(seen(one) - seen(other)).max() for one, other in zip(ours, theirs, strict=True)) <= 2


@needs_ffmpeg
@pytest.mark.parametrize("target", ["gif", "apng"])
def test_what_is_written_in_parts_is_the_same_to_ffmpeg(target: str, tmp_path: Path) -> None:
    frames = squares(alpha=True)
    path = tmp_path / f"made.{target}"
    path.write_bytes(rendered(moving(frames, "WEBP"), WRITERS[target]).data)

    theirs = by_ffmpeg(path, 48, 36)

    assert len(theirs) == 5
    assert (
        max(np.abs(seen(one) - seen(other)).max() for one, other in zip(theirs, frames, strict=True)) <= WORST[target]
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_parts([(15, 0, 9, 7)], 0, 0), "E_CORRUPT"),
        (_parts([(0, 0, 0, 7)], 0, 0), "E_CORRUPT"),
        (_parts(BOXES, 3, 0), "E_CORRUPT"),
        (_parts(BOXES, 0, 0)[:-300], "E_TRUNCATED"),
        (_parts(BOXES, 0, 0).replace(b"fdAT\0\0\0\2", b"fdAT\0\0\0\7"), "E_CORRUPT"),
        (moving(squares(), "GIF")[:-60], "E_TRUNCATED"),
        (moving(squares(), "WEBP")[:-60], "E_TRUNCATED"),
        (moving(squares(), "AVIF")[:-60], "E_TRUNCATED"),
    ],
)
def test_a_damaged_animation_fails_with_a_code(data: bytes, code: str) -> None:
    with pytest.raises(AssetError) as caught:
        rendered(data, image.webp())

    assert caught.value.code == code


def test_whatever_can_hold_an_animation_says_so() -> None:
    words = {one.word for one in every(Format, "image") if one.animates and not one.chooses}

    assert words >= {"gif", "webp", "apng", "avif"}
    for cls in (one for one in every(Format, "image") if one.animates and not one.chooses):
        assert rendered(moving(squares(2), "GIF"), image.finish(cls())).pages == 2


def test_a_frame_of_an_apng_that_does_not_unpack_is_told_as_damage() -> None:
    data = moving(squares(3), "PNG")
    at = data.index(b"fdAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    body = data[at : at + 8] + bytes(length - 4)  # The checksum is right, what it is of is not.
    broken = data[:at] + body + zlib.crc32(body).to_bytes(4, "big") + data[at + 4 + length + 4 :]

    with pytest.raises(AssetError) as caught:
        rendered(broken, image.gif())

    assert caught.value.code == "E_CORRUPT"
