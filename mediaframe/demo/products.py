"""Product photographs: pottery turned on a wheel, on a seamless background, and cut out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyvips

from mediaframe.demo.canvas import Field, Tint, axes, developed, lay, noise

Profile = tuple[tuple[float, float], ...]
"""The outline of a piece: places from its mouth (0) to its foot (1), each with a radius in shares of the height."""

VASE: Profile = ((0, 0.13), (0.05, 0.1), (0.2, 0.085), (0.5, 0.24), (0.72, 0.28), (0.92, 0.2), (1, 0.15))
BOWL: Profile = ((0.5, 0.42), (0.56, 0.42), (0.75, 0.36), (0.93, 0.2), (0.95, 0.14), (1, 0.15))
BOTTLE: Profile = ((0, 0.06), (0.04, 0.05), (0.3, 0.05), (0.45, 0.15), (0.55, 0.19), (0.95, 0.19), (1, 0.16))
JAR: Profile = ((0.2, 0.17), (0.25, 0.2), (0.34, 0.26), (0.6, 0.3), (0.9, 0.25), (1, 0.2))
CUP: Profile = ((0.4, 0.24), (0.44, 0.235), (0.8, 0.23), (0.95, 0.2), (1, 0.15))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of pottery: its outline, its glaze, the band around it, what it stands on."""

    name: str
    profile: Profile
    glaze: Tint
    band: Tint
    ground: Tint = (232, 228, 222)


PIECES: tuple[Piece, ...] = (
    Piece("vase-celadon", VASE, (122, 168, 142), (86, 128, 108)),
    Piece("vase-ochre", VASE, (206, 150, 66), (120, 72, 36), (222, 222, 226)),
    Piece("bowl-cobalt", BOWL, (46, 78, 150), (232, 232, 226)),
    Piece("bowl-terracotta", BOWL, (186, 98, 66), (150, 68, 46), (228, 232, 230)),
    Piece("bottle-smoke", BOTTLE, (92, 96, 104), (62, 64, 72), (236, 226, 214)),
    Piece("bottle-rose", BOTTLE, (206, 138, 140), (240, 218, 212), (226, 230, 226)),
    Piece("jar-moss", JAR, (108, 122, 70), (70, 84, 48), (234, 230, 220)),
    Piece("cup-ink", CUP, (40, 44, 58), (214, 178, 96), (230, 226, 222)),
)


def shot(piece: Piece, width: int, height: int, seed: int) -> pyvips.Image:
    """Photograph a piece, softly lit from the left; twice as large as asked, as all that is developed."""
    rng = np.random.default_rng(seed)
    x, y = axes(width, height)
    table = 0.78
    shade = np.where(y < table, 1 - 0.16 * (y / table) ** 2, 0.86 + 0.1 * (y - table) / (1 - table))
    light = shade * (1.06 - 0.2 * np.abs(x - 0.35))
    picture = light[..., None] * np.asarray(piece.ground, np.float32)
    foot = 0.838
    wide = _radius(piece, np.array([[1.0]], np.float32))[0, 0]
    aspect = width / height
    for middle, across, down, strength in ((0.56, 2.3, 0.05, 0.45), (0.505, 1.25, 0.022, 0.75)):
        far = ((x - middle) * aspect / (wide * across)) ** 2 + ((y - foot) / down) ** 2
        lay(picture, (strength * np.exp(-far)).astype(np.float32), (46, 40, 38))
    cover, body = _body(piece, width, height, rng)
    lay(picture, cover, body)
    return developed(picture.astype(np.float32), rng, grain=2.0, vignette=0.14)


def cutout(piece: Piece, width: int, height: int, seed: int) -> pyvips.Image:
    """Give a piece without its background: a picture with transparency."""
    rng = np.random.default_rng(seed)
    cover, body = _body(piece, width, height, rng)
    image = developed(body, rng, grain=2.0, vignette=0.0)
    alpha = pyvips.Image.new_from_array((cover * 255 + 0.5).astype(np.uint8)).resize(2, kernel="cubic")
    joined: pyvips.Image = image.bandjoin(alpha).copy(interpretation="srgb")
    return joined


def _radius(piece: Piece, share: Field) -> Field:
    places = [place for place, _ in piece.profile]
    radii = [radius for _, radius in piece.profile]
    # Twice smoothed steps between the knots give the outline of clay, without a spline.
    fine = np.linspace(0, 1, 401)
    outline = np.interp(fine, places, radii)
    window = np.hanning(81)
    padded = np.pad(outline, 40, mode="edge")
    outline = np.convolve(padded, window / window.sum(), mode="valid")
    return np.interp(share, fine, outline).astype(np.float32)


def _body(piece: Piece, width: int, height: int, rng: np.random.Generator) -> tuple[Field, Field]:
    x, y = axes(width, height)
    mouth, foot = 0.16, 0.87
    start = piece.profile[0][0]
    share = (y - mouth) / (foot - mouth)
    radius = _radius(piece, np.clip(share, start, 1)) * 0.95
    across = (x - 0.5) * width / height
    side = across / radius
    # The mouth and the foot are circles seen a little from above: their edges bend.
    bend = 0.16 * radius * np.sqrt(np.clip(1 - side * side, 0, 1))
    share = (y - bend - mouth) / (foot - 0.05 - mouth)
    soft = np.clip((1 - np.abs(side)) * radius * height, 0, 1)
    rim = _radius(piece, np.full((1, 1), start, np.float32))[0, 0] * 0.95
    lip = mouth + start * (foot - mouth)
    bow = (across / rim) ** 2 + ((y - lip) / (0.16 * rim)) ** 2
    cover = soft * np.clip((y - lip) * height, 0, 1) * np.clip((1 - share) * height * 0.6, 0, 1)
    cover = np.maximum(cover, np.clip((1 - bow) * rim * height * 0.2, 0, 1))
    normal = np.clip(side, -1, 1)
    depth = np.sqrt(np.clip(1 - normal * normal, 0, 1))
    lit = 0.3 + 0.78 * np.clip(-0.55 * normal + 0.83 * depth, 0, 1)
    clay = noise(width, height, 40, rng, 4) - 0.5
    turned = np.sin(share * 160 + clay * 4) * 0.018
    tint = np.broadcast_to(np.asarray(piece.glaze, np.float32), (height, width, 3)).copy()
    band = np.clip(1 - (np.abs(share - 0.62 + clay * 0.02) - 0.055) * 120, 0, 1)
    lay(tint, band.astype(np.float32), piece.band)
    body = tint * (lit + clay * 0.1 + turned)[..., None]
    shine = np.exp(-(((normal + 0.42) / 0.09) ** 2)) * np.clip(1 - np.abs(share - 0.5) * 1.7, 0, 1)
    body += (90 * shine)[..., None]
    inside = np.clip((1 - bow) * rim * height * 0.2, 0, 1)
    dark = np.asarray(piece.glaze, np.float32) * (0.22 + 0.5 * np.clip(across / rim * 0.5 + 0.5, 0, 1))[..., None]
    lay(body, inside.astype(np.float32), dark.astype(np.float32))
    return cover.astype(np.float32), np.clip(body, 0, 255).astype(np.float32)
