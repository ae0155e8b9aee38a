"""Pictures that Pillow or pi_heif open for the engine."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips import foreign
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.recipes import image
from tests.engines.pictures import pixels_of, rendered, scene, write

HEIC_HEADER = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_every_kind_of_bmp_that_pillow_writes_opens(mode: str) -> None:
    file = io.BytesIO()
    picture = Image.fromarray(scene(31, 20)).convert(mode)
    picture.save(file, "BMP")
    expected = np.asarray(picture.convert("RGB"), int)

    got = pixels_of(file.getvalue(), image.png())

    shown = np.repeat(got, 3, axis=-1) if got.shape[-1] == 1 else got[..., :3]
    np.testing.assert_array_equal(shown, expected)


def test_of_several_icons_the_largest_is_taken() -> None:
    data = write(scene(64, 64), "ICO", sizes=[(16, 16), (48, 48), (32, 32)])

    assert pixels_of(data, image.png()).shape[:2] == (48, 48)


def test_the_limit_of_pillow_is_ours_and_is_put_back() -> None:
    before = Image.MAX_IMAGE_PIXELS

    with pytest.raises(AssetError) as caught:
        rendered(write(scene(60, 60), "BMP"), image.png(), Limits(pixels=2000))

    assert caught.value.code == "E_LIMIT_PIXELS"
    assert before == Image.MAX_IMAGE_PIXELS


def test_the_first_picture_of_an_avif_sequence_is_taken() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    frames[0].save(file, "AVIF", save_all=True, append_images=frames[1:])

    got = pixels_of(file.getvalue(), image.png())

    assert np.abs(got[16, 16, :3].astype(int) - (255, 0, 0)).max() <= 6


def test_heic_without_its_decoder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "pi_heif", None)

    with pytest.raises(AssetError, match=r"pip install 'mediaframe\[heic\]'") as caught:
        engine.open(Source(HEIC_HEADER), Task())

    assert caught.value.code == "E_UNSUPPORTED_FORMAT"


def test_damaged_heic_is_a_row() -> None:
    pytest.importorskip("pi_heif")

    with pytest.raises(AssetError) as caught:
        engine.open(Source(HEIC_HEADER), Task())

    assert caught.value.code in ("E_CORRUPT", "E_TRUNCATED")
