"""Web sets: from one recipe a ladder of widths in several formats, as named renditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mediaframe.errors import RecipeError, did_you_mean, expected
from mediaframe.model.finish import Format
from mediaframe.model.parse import parse_recipe
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.model.spec import every
from mediaframe.recipes import ImageRecipe

_NAME = "letters, digits and _, not a digit first"
_FORMATS = "web_set(formats=...)"
_ALONE = "formats alone, such as 'avif' or 'webp(quality=70)'"


class WebSet(Mapping[str, Finished]):
    """Renditions of one picture for the web, by name: `hero_400_avif`, `hero_400_jpeg`, `hero_800_avif` ...

    A mapping, for `frame.with_columns(**hero)`. See `web_set`.
    """

    __slots__ = ("_made", "base", "formats", "name", "widths")
    base: ImageRecipe
    """What all share: the recipe at the largest width. `hero.base.lqip()` costs no other decode."""
    formats: tuple[Format, ...]
    """In the order of preference; the last is what browsers show that know none of the others."""
    name: str
    widths: tuple[int, ...]
    """From the smallest to the largest."""

    def __init__(self, recipe: ImageRecipe, name: str, widths: Sequence[int], formats: Sequence[Format]) -> None:
        self.name, self.formats = name, tuple(formats)
        self.widths = tuple(sorted(widths))
        self.base = recipe.resize(self.widths[-1])
        self._made = {
            self.column(width, one): self._rung(width).finish(one) for width in self.widths for one in self.formats
        }

    def _rung(self, width: int) -> ImageRecipe:
        # From the largest, not from the source: all rungs then share one decode and one reduction. A rung of its own
        # would shrink a JPEG by its own factor while it decodes.
        return self.base if width == self.widths[-1] else self.base.resize(width)

    def column(self, width: int, format: Format) -> str:
        """Give the name of a rendition."""
        return f"{self.name}_{width}_{format.word}"

    def __getitem__(self, name: str) -> Finished:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        formats = ", ".join(map(repr, self.formats))
        return f"WebSet {self.name}: {self.base!r} at {', '.join(map(str, self.widths))} px as {formats}"


def web_set(
    recipe: ImageRecipe,
    *,
    name: str = "web",
    widths: Sequence[int] = (400, 800, 1600),
    formats: Sequence[str | Format | Finished] = ("avif", "webp", "jpeg"),
) -> WebSet:
    """Make a ladder of widths in several formats from one recipe, for `<picture>` and `srcset`.

    All renditions of an asset are made from one decode. Nothing is enlarged: where a picture is narrower than a
    width, that rendition is as wide as the picture, and `picture_html` names each width once.

    Parameters
    ----------
    recipe
        What is done to the picture, without a format: `mf.image`, `mf.image.resize(1600, 900, fit="cover")`.
    name
        What the names of the renditions begin with.
    widths
        In pixels.
    formats
        Words such as "avif" or "webp(quality=70)", or formats; the best first. The last is the one for browsers that
        know none of the others, so let it be jpeg or png.

    Examples
    --------
    >>> hero = mf.web_set(mf.image, name="hero", widths=[400, 800], formats=["webp(quality=70)", "jpeg"])
    >>> hero
    WebSet hero: image.resize(width=800) at 400, 800 px as webp(quality=70), jpeg()
    >>> hero["hero_400_jpeg"]
    image.resize(width=800).resize(width=400).jpeg()
    >>> mf.scan(getfixture("folder")).with_columns(**hero).columns[-4:]
    ['hero_400_webp', 'hero_400_jpeg', 'hero_800_webp', 'hero_800_jpeg']
    """
    if not isinstance(recipe, Recipe) or recipe.kind != "image":
        raise RecipeError(expected("web_set(recipe)", "an image recipe without a format, such as mf.image", recipe))
    assert isinstance(recipe, ImageRecipe)  # noqa: S101  # the recipe of its kind
    if not isinstance(name, str) or not name.isidentifier():
        raise RecipeError(expected("web_set(name=...)", _NAME, name))
    if not widths:
        raise RecipeError(expected("web_set(widths=...)", "widths in pixels, such as [400, 800, 1600]", widths))
    for width in widths:
        recipe.resize(width)
    if len(set(widths)) < len(widths):
        raise RecipeError(expected("web_set(widths=...)", "each width once", widths))
    if isinstance(formats, str) or not formats:
        raise RecipeError(expected(_FORMATS, "formats, such as ['avif', 'jpeg']", formats))
    read = [_format(one) for one in formats]
    if len({one.word for one in read}) < len(read):
        raise RecipeError(expected(_FORMATS, "each format once", formats))
    return WebSet(recipe, name, widths, read)


def _format(one: object) -> Format:
    if isinstance(one, str):
        known = [format.word for format in every(Format, "image")]
        if "(" not in one and one not in known:
            raise RecipeError(expected(_FORMATS, _ALONE, one) + did_you_mean(one, known))
        one = parse_recipe(one if "(" in one else f"{one}()", "image")
    if isinstance(one, Finished) and not one.steps and one.format is not None:
        return one.format
    if isinstance(one, Format) and one.takes == "image":
        return one
    raise RecipeError(expected(_FORMATS, _ALONE, one))
