"""What holds for every recipe of videos and sounds: what is promised comes out whole, and no file ends the work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.recipes import audio, video
from mediaframe.work.slot import Slot
from tests.engines.clips import needs_ffmpeg
from tests.properties.clips import Clip, hostile, odd, plain
from tests.properties.playing import faults, is_played, refusal, rendered
from tests.strategies import recipes

pytestmark = needs_ffmpeg

_LAX = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
_ALL = {"video": video.mp4(preset="ultrafast"), "audio": audio.wav()}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    folder = tmp_path_factory.mktemp("clips")
    made = plain(folder)
    return [*made, *odd(folder / "odd"), *hostile(folder / "hostile", made[0].path)]


@pytest.fixture(scope="module")
def slot() -> Iterator[Slot]:
    with Slot(Limits(stall=60)) as slot:
        yield slot


def _wrong(slot: Slot, clip: Clip, recipe: Finished, path: Path) -> list[str]:
    """Say what does not hold for one recipe and one clip."""
    answer: dict[str, Any] = {}
    try:
        answer = rendered(slot, clip, recipe, path)
    except AssetError as error:
        answer = {"status": "failed", "code": error.code, "error": error.message}
    if answer.get("status") == "failed":
        return refusal(answer)
    return faults(clip, recipe, answer, path) if is_played(recipe) else []


def test_each_clip_is_written_or_refused_with_a_code(clips: list[Clip], slot: Slot, tmp_path: Path) -> None:
    wrong = {clip.name: _wrong(slot, clip, _ALL[clip.kind], tmp_path / "made") for clip in clips}

    assert {name: found for name, found in wrong.items() if found} == {}
    assert (slot.counts.crashes, slot.counts.kills) == (0, 0)


@settings(_LAX, max_examples=25, derandomize=True)
@given(data=st.data())
def test_what_some_recipes_promise_of_clips_comes_out(
    clips: list[Clip], slot: Slot, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    _try_one(clips, slot, tmp_path_factory.getbasetemp() / "some", data)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@settings(_LAX, max_examples=1500)
@given(data=st.data())
def test_what_any_recipe_promises_of_clips_comes_out(
    clips: list[Clip], slot: Slot, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    _try_one(clips, slot, tmp_path_factory.getbasetemp() / "any", data)


def _try_one(clips: list[Clip], slot: Slot, path: Path, data: st.DataObject) -> None:
    clip = data.draw(st.sampled_from(clips))
    recipe = data.draw(recipes(clip.kind, most=64))
    with contextlib.suppress(FileNotFoundError):
        path.unlink()

    found = _wrong(slot, clip, recipe, path)

    assert found == [], (clip.name, recipe)
    assert (slot.counts.crashes, slot.counts.kills) == (0, 0)
