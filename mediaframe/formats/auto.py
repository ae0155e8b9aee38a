"""How a picture is written in whichever format takes the fewest bytes."""

from __future__ import annotations

from typing import ClassVar

from mediaframe.errors import RecipeError, did_you_mean
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.spec import find
from mediaframe.model.wishes import MAX_BYTES, METADATA, NEVER_GROW, ON_MISS, TARGET, Metadata, OnMiss

CHOICES = ("avif", "webp", "jpeg", "png")
"""The formats that may be chosen from: those that browsers read."""


class Auto(Format, takes="image", media_type="image/*", extension="auto", animates=True):
    """Write the smallest file of several formats that looks as good as asked, and keeps transparency and movement.

    Each format is searched for the same perceptual target, so that bytes are compared at equal looks; drawings are
    tried without loss as well. A picture that can be seen through is not written as JPEG, an animation only in formats
    that move. The format is known once the file is made: `media_type` in the manifest tells it, `{ext}` in a layout
    names it.

    Source: SSIMULACRA 2, as for `target` of each format. Takes three to five times the time of the slowest format.

    >>> mf.image.resize(1200).auto(formats=["webp", "jpeg"])
    image.resize(width=1200).auto(formats=('webp', 'jpeg'))
    """

    chooses: ClassVar[bool] = True

    formats: Quantity[tuple[str, ...]] = arg(
        default=CHOICES, unit="words", doc="The formats to choose from; of equal sizes the first is taken."
    )
    target: Value[float] = arg(default=76.0, ge=0, le=100, doc=TARGET)
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, kw_only=True, doc=MAX_BYTES)
    metadata: Value[Metadata] = arg(default="strip", kw_only=True, doc=METADATA)
    background: Value[str] = arg(
        default="#ffffff",
        unit="color",
        kw_only=True,
        doc="Behind what is transparent, where no other format is allowed.",
    )
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    never_grow: Value[bool] = arg(default=False, kw_only=True, doc=NEVER_GROW)

    def check(self) -> None:
        """Choose from formats that there are."""
        for word in (self.words or ("",)) if self.settled("formats") else ():
            if word not in CHOICES:
                raise RecipeError(
                    f"auto(formats=...): expected some of {', '.join(CHOICES)}, got {word!r}"
                    f"{did_you_mean(word, CHOICES)}"
                )

    @property
    def words(self) -> tuple[str, ...]:
        """The formats, in the order in which they are preferred."""
        return self.formats

    def extensions(self) -> tuple[str, ...]:
        """Give the extensions of the formats to choose from."""
        return tuple(find(Format, "image", word).extension for word in self.words)

    def extension_of(self, media_type: str | None) -> str:
        """Give the extension of the format that was chosen."""
        found = (find(Format, "image", word) for word in CHOICES)
        return next((one.extension for one in found if one.media_type == media_type), self.extension)
