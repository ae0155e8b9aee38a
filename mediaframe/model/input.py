"""Input: a file that a recipe names, such as a logo or a font; once it is read, it is known by what is in it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

from mediaframe.errors import RecipeError

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Input:
    """A file beside the source that a recipe needs: a logo, a font, captions, a color profile.

    A recipe holds its name alone. When the recipe is run, the file is read and the name gets the SHA-256 of its
    content, which is what tells two recipes apart from then on; an engine is given the content in `data`.

    >>> Input("s3://brand/logo.png")
    's3://brand/logo.png'
    """

    name: str
    """A path or any URL that fsspec reads."""
    sha256: str | None = None
    """SHA-256 of the content, once it was read."""
    data: Any = field(default=None, compare=False)
    """The content, where it is worked with: a `Source` of the engines."""

    def __repr__(self) -> str:
        return repr(self.told)

    def __reduce__(self) -> tuple[type[Input], tuple[str, str | None]]:
        # The content is handed over by itself, and what engines keep of it belongs to their process.
        return Input, (self.name, self.sha256)

    @property
    def told(self) -> str:
        """The name as it may be shown: a user, a password and a query of a URL are secrets.

        >>> Input("https://me:secret@host/logo.png?signature=0f").told
        'https://host/logo.png?***'
        """
        scheme, mark, rest = self.name.partition("://")
        if not mark:
            return self.name
        place, slash, path = rest.partition("/")
        path, query, _ = path.partition("?")
        return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}" + ("?***" if query else "")

    @property
    def identity(self) -> dict[str, str]:
        """What makes two inputs the same: the content where it is known, else the name."""
        return {"sha256": self.sha256} if self.sha256 else {"input": self.name}

    def to_json(self) -> str | dict[str, str]:
        """Give the name, with the hash of its content where that is known."""
        return {"input": self.name, "sha256": self.sha256} if self.sha256 else self.name


def parse_input(value: object) -> Input:
    """Read what names a file.

    >>> parse_input("logo.png"), parse_input({"input": "logo.png", "sha256": "0" * 64}).sha256[:4]
    ('logo.png', '0000')
    """
    if isinstance(value, Input):
        return value
    if isinstance(value, dict) and set(value) == {"input", "sha256"}:
        sha256 = value["sha256"]
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise ValueError(ALLOWED)
        return Input(parse_input(value["input"]).name, sha256)
    name = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(ALLOWED)
    return Input(name)


def input_from_json(value: dict[str, Any]) -> Input:
    """Read an input back that knows its content; raises RecipeError where it is none."""
    try:
        return parse_input(value)
    except ValueError as error:
        raise RecipeError(f"expected {error}, got {value!r}") from None


ALLOWED = "a file: a path or a URL, such as 'logo.png' or 's3://brand/logo.png'"
"""What may be given, in words."""

SCHEMA: list[dict[str, Any]] = [
    {"type": "string", "minLength": 1},
    {
        "type": "object",
        "properties": {"input": {"type": "string"}, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
        "required": ["input", "sha256"],
        "additionalProperties": False,
    },
]
"""JSON Schemas of the two forms."""
