"""What can be put on videos: a watermark, text, captions; and fades."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import File, Quantity, Value, arg
from mediaframe.model.input import Input
from mediaframe.model.operation import Operation

Place = Literal["center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]

_OF_SIDE = ". A share is of the shorter side of the video"


class Watermark(Operation, takes="video"):
    """Put a picture on all frames: a logo, a badge, a pattern.

    It is any picture that can be read, a drawing (SVG) too; it stands as that of a picture would.

    Source: FFmpeg `overlay`, over a picture by the image engine.

    >>> mf.video.resize(1280).watermark("logo.png", scale=0.2, opacity=0.6).mp4()
    video.resize(width=1280).watermark(image='logo.png', scale=0.2, opacity=0.6).mp4()
    """

    image: File[Input] = arg(holds="image", doc="The picture: a path or a URL.")
    gravity: Value[Place] = arg(default="southeast", doc="Where it stands.")
    scale: Value[float | None] = arg(
        default=None, ge=0.001, le=10, doc="It fits into this share of width and height; None keeps its own size."
    )
    opacity: Value[float] = arg(default=1.0, ge=0, le=1, doc="How opaque it is.")
    rotation: Value[float] = arg(default=0.0, unit="degrees", ge=-360, le=360, doc="Clockwise degrees.")
    margin: Value[str | float] = arg(default="0px", unit="length", doc="Distance from the edges" + _OF_SIDE + ".")
    tile: Value[bool] = arg(default=False, doc="Whether it is repeated over the whole picture.")
    spacing: Value[str | float] = arg(default="0px", unit="length", doc="Distance between tiles" + _OF_SIDE + ".")


class Text(Operation, takes="video"):
    """Write text on all frames.

    It is laid out and drawn as on a picture, with the font that comes along unless a file is named.

    Source: FFmpeg `overlay`, over text by the image engine.

    >>> mf.video.text("Draft", size="8%", gravity="north", stroke="black").mp4()
    video.text(text='Draft', size='8%', gravity='north', stroke='#000000').mp4()
    """

    text: Value[str] = arg(doc="What is written, 10,000 characters at the most.")
    font: File[Input | None] = arg(default=None, holds="font", doc="A font file: TrueType or OpenType.")
    bold: Value[bool] = arg(default=False, doc="Whether the font that comes along is bold.")
    size: Value[str | float] = arg(default="5%", unit="length", doc="Size of the font (its em)" + _OF_SIDE + ".")
    color: Value[str] = arg(default="#ffffff", unit="color", doc="Color of the letters.")
    gravity: Value[Place] = arg(default="south", doc="Where it stands.")
    margin: Value[str | float] = arg(default="3%", unit="length", doc="Distance from the edges" + _OF_SIDE + ".")
    stroke: Value[str | None] = arg(default=None, unit="color", doc="Color of an outline around the letters.")
    shadow: Value[str | None] = arg(default=None, unit="color", doc="Color of a shadow.")
    background: Value[str | None] = arg(default=None, unit="color", doc="Color of a box behind the text.")
    opacity: Value[float] = arg(default=1.0, ge=0, le=1, doc="How opaque all of it is.")
    rotation: Value[float] = arg(default=0.0, unit="degrees", ge=-360, le=360, doc="Clockwise degrees.")

    def check(self) -> None:
        """Bound the length, and refuse what a font file decides."""
        if self.settled("text") and len(self.text) > 10_000:
            raise RecipeError(f"text(text=...): expected 10,000 characters at the most, got {len(self.text):,}")
        if self.settled("font", "bold") and self.font is not None and self.bold:
            raise RecipeError("text(bold=...): a font file is as bold as it is; name that of the bold font")


class Captions(Operation, takes="video"):
    """Add captions from an SRT or WebVTT file: as a track that players show on demand, or drawn on the pictures.

    Times are those of the video as the steps before leave it; a later `clip` moves them along. Marks of style and
    places are left out; burned text is white with a black outline at the bottom.

    Source: 3GPP timed text in MP4 and MOV, SubRip in MKV, WebVTT in WebM.

    >>> mf.video.captions("talk.vtt", language="eng").mp4()
    video.captions(file='talk.vtt', language='eng').mp4()
    """

    file: File[Input] = arg(holds="text", doc="The captions: a path or a URL.")
    mode: Value[Literal["attach", "burn"]] = arg(default="attach", doc="A track of its own, or part of the pictures.")
    language: Value[str | None] = arg(default=None, doc="ISO 639-2 code of the track, such as 'eng'.")
    size: Value[str | float] = arg(default="6%", unit="length", doc="Size of burned letters" + _OF_SIDE + ".")

    def check(self) -> None:
        """Take three letters for a language."""
        if self.settled("language") and self.language is not None:
            code = self.language
            if not (len(code) == 3 and code.isascii() and code.isalpha() and code.islower()):
                raise RecipeError(f"captions(language=...): expected three small letters such as 'eng', got {code!r}")

    @property
    def leaves(self) -> frozenset[str]:
        """Leave pictures and sound as they are, where it is a track."""
        burned = self.settled("mode") and self.mode == "burn"
        return frozenset(("sound",) if burned else ("pictures", "sound"))


class Fade(Operation, takes="video"):
    """Fade pictures and sound in at the beginning, out at the end.

    Source: FFmpeg `fade` and `afade`, linear.

    >>> mf.video.fade(into=0.5, out="1 s").mp4()
    video.fade(into=0.5, out=1.0).mp4()
    """

    into: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Seconds at the beginning.")
    out: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Seconds at the end.")
    color: Value[str] = arg(default="#000000", unit="color", doc="What it fades from and to.")
