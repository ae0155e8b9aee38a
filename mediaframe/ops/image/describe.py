"""Operations on what is said of a picture: describe."""

from __future__ import annotations

from typing import Any

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.operation import Operation

LONGEST = 10_000
"""Characters of one text: what a JPEG holds in any language."""


class Describe(Operation, takes="image"):
    """Say what the picture shows, who made it and who owns it, in the metadata of the file.

    What is said is written whatever the format's `metadata` keeps of the source, and takes the place of what the source
    says. An argument that is not given leaves the source's own; an empty text takes it away. In XMP always (`dc:title`,
    `dc:description`, `dc:subject`, `dc:creator`, `dc:rights`, `Iptc4xmpCore:AltTextAccessibility`), in EXIF
    (ImageDescription, Artist, Copyright), and in IPTC where the format holds it (JPEG, TIFF), there cut to its lengths.

    Source: IPTC Photo Metadata Standard 2023.1; Metadata Working Group, Guidelines 2.0; ISO 16684-1 (XMP); Exif 3.0.

    >>> mf.image.describe(title="Chair", keywords="oak, chair", copyright="© 2024 Acme").jpeg()
    image.describe(title='Chair', keywords=('oak', 'chair'), copyright='© 2024 Acme').jpeg()
    """

    title: Value[str | None] = arg(default=None, doc="A short name.", kw_only=True)
    description: Value[str | None] = arg(default=None, doc="What is to be seen, in sentences.", kw_only=True)
    keywords: Quantity[tuple[str, ...] | None] = arg(
        default=None, unit="words", doc="Words to find it by: a list, or a text with commas.", kw_only=True
    )
    creator: Value[str | None] = arg(default=None, doc="Who made it.", kw_only=True)
    copyright: Value[str | None] = arg(default=None, doc="The copyright notice.", kw_only=True)
    alt: Value[str | None] = arg(default=None, doc="The text for those who cannot see it.", kw_only=True)

    def check(self) -> None:
        """Ask for something to say, of a length that files hold."""
        if all(one is None for one in self.values.values()):
            raise RecipeError(f"describe: expected one of {', '.join(self.arguments)}, got none; say what it shows")
        for name, value in self.values.items():
            if isinstance(value, str | tuple) and _length(value) > LONGEST:
                raise RecipeError(
                    f"describe({name}=...): expected at most {LONGEST} characters, got {_length(value)}; shorten it"
                )


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else sum(map(len, value))
