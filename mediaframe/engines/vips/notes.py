"""Notes: what is to be said of a picture in its row, carried by the picture itself through all steps."""

from __future__ import annotations

import json

import pyvips

_FIELD = "mediaframe-notes"
"""libvips hands the fields of a picture on from step to step, and writes no field that it does not know."""

Note = tuple[str, str]
"""A code that begins with `W_`, and the sentence."""


def noted(image: pyvips.Image, code: str, sentence: str) -> pyvips.Image:
    """Give the picture with one more note; what was said already is not said again."""
    notes = notes_of(image)
    if (code, sentence) in notes:
        return image
    image = image.copy()
    image.set_type(pyvips.GValue.gstr_type, _FIELD, json.dumps([*notes, (code, sentence)]))
    return image


def notes_of(image: pyvips.Image) -> tuple[Note, ...]:
    """Give the notes, in the order in which they were made."""
    if not image.get_typeof(_FIELD):
        return ()
    return tuple((code, sentence) for code, sentence in json.loads(image.get(_FIELD)))
