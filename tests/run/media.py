"""Small media that the tests of runs make for themselves."""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image, ImageFilter

from mediaframe.work.commit import AREA


def picture(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """Make a picture with structure, another one for each seed."""
    chance = random.Random(seed)
    small = Image.new("RGB", (16, 12))
    small.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(16 * 12)])
    return small.resize((width, height), Image.Resampling.BICUBIC).filter(ImageFilter.SMOOTH)


def pictures(folder: Path, count: int, width: int = 320, height: int = 240) -> Path:
    """Fill a folder with JPEG files named 000.jpg and on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture(number, width, height).save(folder / f"{number:03d}.jpg", quality=85)
    return folder


def files(to: Path) -> list[str]:
    """Give the names of what stands at a destination beside what is ours."""
    found = (path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.startswith(AREA))
