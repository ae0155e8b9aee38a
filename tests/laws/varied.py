"""A folder of pictures of every sort that opens in its own way: sizes, turns, depths, colors, formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Make a picture with gradients, edges and grain, as photographs have them."""
    chance = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 5, height))
    bands = [
        np.sin(across * (2 + seed % 3)) * 60,
        np.cos(down * 3) * 60,
        ((across.astype(int) + down.astype(int)) % 2) * 90,
    ]
    pixels = np.stack(bands, axis=-1) + 110 + chance.normal(0, 6, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGB")


def varied(root: Path) -> Path:
    """Fill a folder; the largest picture is over 2400 px wide, so that shrink-on-load acts."""
    root.mkdir(parents=True, exist_ok=True)
    large = picture(2600, 1800)
    large.save(root / "large.jpg", quality=88)
    large.resize((1500, 1040)).save(root / "progressive.jpg", quality=80, progressive=True)
    for turn in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = turn
        picture(200, 120, turn).save(root / f"turn{turn}.jpg", quality=90, exif=exif)
    veil = Image.linear_gradient("L").resize((260, 180))
    clear = picture(260, 180, 11)
    clear.putalpha(veil)
    clear.save(root / "alpha.png")
    clear.save(root / "alpha.webp", lossless=True)
    deep = (np.asarray(picture(220, 160, 12).convert("L"), dtype=np.uint16) * 257)[::-1]
    Image.fromarray(deep.copy()).save(root / "deep.png")
    picture(240, 160, 13).convert("CMYK").save(root / "ink.jpg", quality=92)
    picture(240, 170, 14).save(root / "lossy.webp", quality=70)
    picture(180, 140, 15).quantize(32).save(root / "still.gif")
    frames = [picture(120, 90, seed).quantize(16) for seed in (16, 17, 18)]
    frames[0].save(root / "moving.gif", save_all=True, append_images=frames[1:], duration=100)
    picture(210, 130, 19).save(root / "plain.tif", compression="tiff_lzw")
    picture(210, 130, 20).save(root / "plain.bmp")
    return root
