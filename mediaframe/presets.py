"""Presets: recipes with a name, ours and those of a file or a mapping of the user."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediaframe.errors import RecipeError, UsageError, did_you_mean, expected
from mediaframe.model.parse import parse_recipe
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image, video

LONGEST = 64 << 10
"""Bytes that a file of presets may have."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A finished recipe, and what it is for."""

    recipe: Finished
    purpose: str = ""
    """What it is for."""
    why: str = ""
    """Where its size comes from."""
    source: str = "mediaframe"
    """Who says so: mediaframe, a file, or nothing for those that were given in Python."""


class UnknownPresetError(RecipeError, KeyError):
    """No preset has this name."""


class Presets(Mapping[str, Finished]):
    """Finished recipes by name. A value: `|` gives another one, and nothing is set anywhere.

    >>> mine = mf.presets() | {"card": mf.image.resize(600).webp()}
    >>> mine["card"], "card" in mf.presets()
    (image.resize(width=600).webp(), False)
    """

    __slots__ = ("_named",)

    def __init__(self, named: Mapping[str, Finished | Preset]) -> None:
        self._named = {name: _as_preset(name, one) for name, one in named.items()}

    def __getitem__(self, name: str) -> Finished:
        return self.about(name).recipe

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def __or__(self, other: Mapping[str, Finished | Preset]) -> Presets:
        """Give these and others; where both know a name, the others count."""
        others = other._named if isinstance(other, Presets) else other
        return Presets({**self._named, **others})

    def about(self, name: str) -> Preset:
        """Give a preset with what it is for and where its size comes from."""
        try:
            return self._named[name]
        except (KeyError, TypeError):
            raise UnknownPresetError(
                f"no preset {name!r}{did_you_mean(str(name), self._named)} (known: {', '.join(self._named)})"
            ) from None

    def __repr__(self) -> str:
        wide = max(map(len, self._named), default=0)
        return "\n".join(f"{name:<{wide}}  {one.recipe!r}" for name, one in self._named.items()) or "no presets"


_OURS: dict[str, Preset] = {
    "thumbnail": Preset(
        image.resize(320, 320, fit="cover", gravity="attention").webp(quality=75),
        "Squares of lists and grids.",
        "160 px, a common tile, on screens of twice the density.",
    ),
    "preview": Preset(
        image.resize(1200, 1200).webp(quality=80),
        "Looking at a picture whole.",
        "Fits a window of a notebook or a dialog, at a tenth of a photograph's bytes.",
    ),
    "social-preview": Preset(
        image.resize(1200, 630, fit="cover", gravity="attention").jpeg(quality=82),
        "Cards of shared links (og:image).",
        "1200x630 px is what Meta documents for images in link shares; JPEG, since not all crawlers read WebP.",
    ),
    "avatar": Preset(
        image.resize(400, 400, fit="cover", gravity="attention").webp(quality=80),
        "Pictures of people.",
        "400x400 px is what X and LinkedIn document for profile pictures.",
    ),
    "blog-hero": Preset(
        image.resize(1920, 1080, fit="cover", gravity="attention").webp(quality=80),
        "The wide picture above an article.",
        "Full HD; Google Search asks for 16:9 and at least 1200 px of the pictures of articles.",
    ),
    "ecommerce": Preset(
        image.mode("ecommerce").jpeg(quality=85),
        "Products on marketplaces: whole, on a white square.",
        "As the mode; JPEG is what all marketplaces take.",
    ),
    "poster": Preset(
        video.frame(pick="best").resize(1280).jpeg(quality=82),
        "The still of a video before it plays.",
        "The sharpest of several frames that show something; players are seldom wider than 1280 px.",
    ),
    "website-video": Preset(
        video.mode("website").mp4(),
        "Videos of pages.",
        "As the mode; H.264 with AAC in MP4, its index in front, plays in every browser.",
    ),
    "social-video": Preset(
        video.resize(1080, 1080, fit="cover").mp4(),
        "Square posts.",
        "Instagram keeps widths up to 1080 px and takes squares, as do Facebook and LinkedIn.",
    ),
    "hero-video": Preset(
        video.resize(1920, 1080, fit="cover").mute().mp4(crf=26),
        "The silent video behind a headline.",
        "Full HD; browsers start a video by themselves only where it is mute.",
    ),
    "product-video": Preset(
        video.mode("ecommerce").mp4(),
        "Products on marketplaces: whole, on a white square.",
        "As the mode; MP4 is what all marketplaces take.",
    ),
}


def presets(source: str | os.PathLike[str] | Mapping[str, Finished] | None = None) -> Presets:
    """Give the presets that come with mediaframe, and those of a TOML file or a mapping of your own.

    Parameters
    ----------
    source
        A file on this machine, or recipes by name. Where a name is known already, yours counts.

    Examples
    --------
    A file has one line for each preset, or a table that says more:

    >>> from pathlib import Path
    >>> path = getfixture("tmp_path") / "presets.toml"
    >>> _ = path.write_text('''
    ... card = "image.resize(600, 600, fit='cover').webp(quality=75)"
    ...
    ... [poster]
    ... recipe = "video.frame(at='10%').resize(1280).jpeg()"
    ... purpose = "The still of a player."
    ... ''')
    >>> mf.presets(path)["card"]
    image.resize(width=600, height=600, fit='cover').webp(quality=75)
    >>> mf.presets()
    thumbnail       image.resize(width=320, height=320, fit='cover', gravity='attention').webp(quality=75)
    preview         image.resize(width=1200, height=1200).webp()
    social-preview  image.resize(width=1200, height=630, fit='cover', gravity='attention').jpeg(quality=82)
    avatar          image.resize(width=400, height=400, fit='cover', gravity='attention').webp()
    blog-hero       image.resize(width=1920, height=1080, fit='cover', gravity='attention').webp()
    ecommerce       image.mode(name='ecommerce').jpeg(quality=85)
    poster          video.frame(pick='best').resize(width=1280).jpeg(quality=82)
    website-video   video.mode(name='website').mp4()
    social-video    video.resize(width=1080, height=1080, fit='cover').mp4()
    hero-video      video.resize(width=1920, height=1080, fit='cover').mute().mp4(crf=26)
    product-video   video.mode(name='ecommerce').mp4()
    """
    ours = Presets(_OURS)
    if source is None:
        return ours
    if isinstance(source, Mapping):
        return ours | source
    if not isinstance(source, str | os.PathLike):
        raise UsageError(expected("presets(...)", "the path of a TOML file, or recipes by name", source))
    return ours | _from_file(os.fspath(source))


def preset(name: str) -> Finished:
    """Give one of the presets that come with mediaframe.

    >>> mf.preset("thumbnail")
    image.resize(width=320, height=320, fit='cover', gravity='attention').webp(quality=75)
    """
    return presets()[name]


def _as_preset(name: object, one: object) -> Preset:
    _check_name(name)
    if isinstance(one, Finished):
        return Preset(one, source="")
    if isinstance(one, Preset):
        return one
    raise RecipeError(expected(f"preset {name!r}", "a finished recipe, such as mf.image.resize(600).webp()", one))


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.replace("-", "_").isidentifier():
        raise RecipeError(expected("the name of a preset", "letters, digits, - and _, not a digit first", name))


# ---- files -----------------------------------------------------------------------------------------------------------

_KEYS = ("recipe", "purpose", "why")


def _from_file(path: str) -> Presets:
    text = _read(path)
    try:
        told = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # Numbers too long and tables too deep are not TOML errors.
        raise UsageError(f"{path}: it does not read as TOML: {error}") from None
    found = {}
    for name, value in told.items():
        try:
            found[name] = _one(name, value, path)
        except _InvalidEntryError as error:
            raise RecipeError(f"{path}, line {_line(text, name, error.key)}: {error.message}") from None
    return Presets(found)


def _read(path: str) -> str:
    if "://" in path:
        raise UsageError(f"presets({path!r}): expected a file on this machine; fetch it first")
    try:
        with Path(path).open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: the file of presets cannot be read: {error.strerror}") from None
    if len(data) > LONGEST:
        raise UsageError(f"{path}: a file of presets has at most {LONGEST >> 10} KiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: it does not read as TOML: byte {error.start} is not UTF-8") from None


class _InvalidEntryError(Exception):
    """What is wrong with an entry, and with which of its keys."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.message, self.key = message, key


def _one(name: str, value: object, path: str) -> Preset:
    try:
        _check_name(name)
    except RecipeError as error:
        raise _InvalidEntryError(error.message) from None
    if isinstance(value, str):
        return Preset(_recipe(name, value, None), source=path)
    if not isinstance(value, dict):
        raise _InvalidEntryError(expected(name, "a recipe as text, or a table with recipe = '...'", value))
    return Preset(source=path, **_table(name, value))


def _table(name: str, table: dict[str, Any]) -> dict[str, Any]:
    for key, value in table.items():
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise _InvalidEntryError(f"[{name}] has no {key!r}{hint} (it has: {', '.join(_KEYS)})", key)
        if not isinstance(value, str):
            raise _InvalidEntryError(expected(f"[{name}] {key}", "text", value), key)
    if "recipe" not in table:
        raise _InvalidEntryError(f'[{name}] has no recipe; say recipe = "image.resize(600).webp()"')
    return {**table, "recipe": _recipe(name, table["recipe"], "recipe")}


def _recipe(name: str, text: str, key: str | None) -> Finished:
    try:
        return parse_recipe(text)
    except RecipeError as error:
        raise _InvalidEntryError(f"{name}: {error.message}", key) from None


def _line(text: str, name: str, key: str | None) -> int:
    """Find the line on which an entry stands (or the key of its table): the first that a reader needs to know it."""
    lines = text.split("\n")
    for count, line in enumerate(lines, 1):
        if (key or name) not in line:
            continue
        try:
            told = tomllib.loads("\n".join(lines[:count]))
        except ValueError:  # The middle of a text of several lines.
            continue
        if name in told and (key is None or key in told[name]):
            return count
    return len(lines)
