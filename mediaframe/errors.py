"""The tree of errors: each has a code, a stage, and whether it is worth trying again.

MediaframeError
|-- UsageError            what was asked cannot be done: raised before any byte is read
|   |-- RecipeError       a word or an argument of a recipe
|   |-- ExpressionError   a polars expression that may not pass a lazy frame
|   |-- LayoutError       a layout template, or two rows with one name
|   `-- MissingError      something that must be installed first
|-- AssetError            one asset cannot be read or rendered: becomes a row
|-- StoreError            bytes could not be read from or written to a store
`-- RunError              a run cannot start or go on
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the code table."""

    code: str
    stage: str
    retryable: bool
    meaning: str
    advice: str


def _table(*rows: tuple[str, str, bool, str, str]) -> dict[str, Code]:
    return {row[0]: Code(*row) for row in rows}


CODES: dict[str, Code] = _table(
    ("E_SOURCE_NOT_FOUND", "source", False, "The source is not there.", "Check the path; scan again if the file was moved."),
    ("E_SOURCE_DENIED", "source", False, "The store refused to let us read.", "Check permissions or credentials."),
    ("E_SOURCE_CHANGED", "source", False, "The source is not the one that was scanned.", "Scan and export again."),
    ("E_SOURCE_EMPTY", "source", False, "The file has no bytes.", "Upload it again."),
    ("E_SOURCE_UNAVAILABLE", "source", True, "The store did not answer.", "Retry the run."),
    ("E_INPUT", "source", False, "A file that the recipe names cannot be used.", "See the message; then export again."),
    ("E_INPUT_CHANGED", "source", False, "A file that the recipe names is another one now.", "Put the old file back, or export anew."),
    ("E_UNSUPPORTED_FORMAT", "decode", False, "No engine here reads this format.", "See `mediaframe formats`."),
    ("E_FORMAT_MISMATCH", "probe", False, "The content is not what the name says.", "Rename the file; it is read by its content."),
    ("E_TRUNCATED", "decode", False, "Bytes are missing at the end.", "Fetch the original again."),
    ("E_CORRUPT", "decode", False, "The content is damaged.", "Fetch the original again."),
    ("E_ENCRYPTED", "decode", False, "A password is needed.", "Remove the password first."),
    ("E_EXTERNAL_REF", "decode", False, "The file asks for other files.", "Embed what it refers to."),
    ("E_LIMIT_BYTES", "limit", False, "The source has too many bytes.", "Raise Limits.bytes if you trust it."),
    ("E_LIMIT_PIXELS", "limit", False, "The picture is too large.", "Raise Limits.pixels if you trust it."),
    ("E_LIMIT_FRAMES", "limit", False, "Too many frames.", "Raise Limits.frames if you trust it."),
    ("E_LIMIT_DURATION", "limit", False, "It plays too long.", "Raise Limits.seconds if you trust it."),
    ("E_LIMIT_PAGES", "limit", False, "Too many pages.", "Raise Limits.pages if you trust it."),
    ("E_LIMIT_STREAMS", "limit", False, "Too many streams.", "Raise Limits.streams if you trust it."),
    ("E_LIMIT_TIME", "limit", False, "No progress within the time limit.", "Raise Limits.stall if you trust it."),
    ("E_LIMIT_MEMORY", "limit", False, "It needs more memory than allowed.", "Raise Limits.memory if you trust it."),
    ("E_LIMIT_OUTPUT", "limit", False, "The result is larger than allowed.", "Raise Limits.output."),
    ("E_DECODER_CRASH", "isolation", False, "The decoder died on this file.", "Keep the file away; report it upstream."),
    ("E_WORKER_LOST", "isolation", True, "The worker that had it was lost.", "Retry the run."),
    ("E_PARAM", "op", False, "An argument is not allowed for this row.", "Mend the column that the argument is taken from."),
    ("E_OP", "op", False, "A step could not be done on this asset.", "See the message."),
    ("E_ENCODE", "encode", False, "The result could not be written in this format.", "See the message."),
    ("E_INFEASIBLE", "encode", False, "No file keeps what was asked of it.", "Ask for less, or pass on_miss='best_effort'."),
    ("E_VERIFY", "encode", False, "What was written does not read back.", "Report it; nothing was published."),
    ("E_STORE_CONFLICT", "store", False, "Another file stands under this name.", "Choose on_exists, or another layout."),
    ("E_STORE_FULL", "store", True, "The destination is full.", "Make room, then resume."),
    ("E_STORE_AUTH", "store", False, "The destination refused us.", "Check permissions or credentials."),
    ("E_STORE_CHECKSUM", "store", True, "What arrived is not what was sent.", "Retry the run."),
    ("E_STORE_UNAVAILABLE", "store", True, "The destination did not answer.", "Retry the run."),
    ("E_NAME_INVALID", "store", False, "The row gives no usable file name.", "Mend the columns in the layout."),
    ("E_NAME_COLLISION", "store", False, "Two results have one name.", "Add a column to the layout, such as {id}."),
    ("E_CANCELLED", "control", True, "The run was stopped before its turn.", "Resume the run."),
    ("E_INTERNAL", "control", False, "A fault of mediaframe itself.", "Please report it."),
    ("E_USAGE", "usage", False, "What was asked cannot be done.", "See the message."),
    ("E_RECIPE", "usage", False, "A recipe says what is not allowed.", "See the message."),
    ("E_EXPRESSION", "usage", False, "The expression does not work row by row.", "collect() first."),
    ("E_LAYOUT", "usage", False, "The layout cannot name the results.", "See the message."),
    ("E_MISSING", "usage", False, "Something must be installed first.", "See the message."),
    ("E_RUN", "run", False, "The run cannot start or go on.", "See the message."),
    ("E_RUN_LOCKED", "run", True, "Another run writes to this destination.", "Wait for it, or take over a dead one."),
    ("E_MANIFEST", "run", False, "There is no manifest here, or it does not read.", "See the message."),
    ("W_DECODE_WARNING", "decode", False, "The decoder warned; the picture may be damaged.", "Look at it."),
    ("W_TRUNCATED_ACCEPTED", "decode", False, "Bytes were missing; published as asked.", "Look at it."),
    ("W_DURATION_MISMATCH", "probe", False, "It plays shorter or longer than declared.", "Look at it."),
    ("W_DEPTH_REDUCED", "op", False, "A step works on 8 bits; what was written has no finer levels.", "Leave that step out to keep them."),
    ("W_GAIN_MAP_DROPPED", "decode", False, "The HDR gain map was left out; the base picture was used.", "Keep the source for HDR."),
    ("W_FRAMES_DROPPED", "decode", False, "The first picture of an animation was used; its decoder tells no times.", "Convert it to GIF, APNG or WebP by a program that knows it."),
    ("W_HDR_REDUCED", "decode", False, "HDR was reduced to what screens show in SDR; highlights are cut off.", "Keep the source for HDR."),
    ("W_TRACKS_DROPPED", "encode", False, "Sounds, subtitles or pictures of the source were left out.", "Choose with tracks(), or another format."),
    ("W_METADATA_DROPPED", "encode", False, "Metadata did not fit the format.", "Choose another format to keep it."),
)  # fmt: skip


class MediaframeError(Exception):
    """Base of all errors of mediaframe.

    >>> UsageError("no").code
    'E_USAGE'
    """

    default_code: ClassVar[str] = "E_INTERNAL"

    def __init__(self, message: str, *, code: str | None = None, stage: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.stage = stage or CODES[self.code].stage

    @property
    def retryable(self) -> bool:
        """Whether trying again may help."""
        return CODES[self.code].retryable

    def __reduce__(self) -> tuple[Callable[..., MediaframeError], tuple[Any, ...]]:
        return _rebuild, (type(self), self.message, self.code, self.stage)


def _rebuild(cls: type[MediaframeError], message: str, code: str, stage: str) -> MediaframeError:
    return cls(message, code=code, stage=stage)


class UsageError(MediaframeError, ValueError):
    """What was asked cannot be done; nothing was read or written."""

    default_code = "E_USAGE"


class RecipeError(UsageError):
    """A word or an argument of a recipe is not allowed."""

    default_code = "E_RECIPE"


class ExpressionError(UsageError):
    """A polars expression may not pass a lazy frame."""

    default_code = "E_EXPRESSION"


class LayoutError(UsageError):
    """A layout cannot name the results."""

    default_code = "E_LAYOUT"


class MissingError(UsageError, ImportError):
    """Something must be installed first."""

    default_code = "E_MISSING"


class AssetError(MediaframeError):
    """One asset cannot be read or rendered; in a run it becomes a row."""

    default_code = "E_CORRUPT"


class StoreError(MediaframeError):
    """Bytes could not be read from a store or written to it."""

    default_code = "E_STORE_UNAVAILABLE"


class RunError(MediaframeError):
    """A run cannot start or go on."""

    default_code = "E_RUN"


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Give the end of a message that names the allowed word of that meaning, or the nearest one, or nothing.

    >>> did_you_mean("resise", ["resize", "crop"]), did_you_mean("scale", ["resize", "crop"])
    ("; did you mean 'resize'?", "; did you mean 'resize'?")
    """
    known = list(allowed)
    near = known_elsewhere(word, known) or next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)
    return f"; did you mean {near!r}?" if near else ""


def known_elsewhere(word: str, allowed: Collection[str]) -> str | None:
    """Give the allowed word for what other tools call so.

    >>> known_elsewhere("loudnorm", ["gain", "loudness"])
    'loudness'
    """
    return next((one for one in _ELSEWHERE.get(word, "").split() if one in allowed), None)


def expected(where: str, allowed: str, got: object) -> str:
    """Give the one form of message for a wrong value.

    >>> expected("resize(width=...)", "1 to 65535 px", 0)
    'resize(width=...): expected 1 to 65535 px, got 0'
    """
    return f"{where}: expected {allowed}, got {got!r}"


_ELSEWHERE = {
    **dict.fromkeys(("thumbnail", "thumb"), "thumbnails resize"),
    **dict.fromkeys(("scale", "fit", "reduce"), "resize"),
    **dict.fromkeys(("poster", "screenshot", "snapshot", "still", "cover_frame"), "frame"),
    **dict.fromkeys(("cut", "subclip", "slice", "trim", "segment"), "clip trim"),
    **dict.fromkeys(("fps", "framerate", "frame_rate", "resample", "sample_rate", "ar"), "rate fps"),
    **dict.fromkeys(("volume", "amplify"), "gain"),
    **dict.fromkeys(("normalize", "loudnorm", "level", "replaygain"), "loudness normalize"),
    **dict.fromkeys(("mono", "stereo", "downmix"), "channels"),
    **dict.fromkeys(("subtitles", "subtitle", "subs"), "captions"),
    **dict.fromkeys(("extract_audio", "audio", "sound"), "soundtrack"),
    **dict.fromkeys(("overlay", "composite", "logo", "paste"), "watermark"),
    **dict.fromkeys(("caption", "label", "annotate", "draw_text", "drawtext"), "text captions"),
    **dict.fromkeys(("mirror", "flip_horizontal", "hflip"), "flop"),
    **dict.fromkeys(("flip_vertical", "vflip"), "flip"),
    **dict.fromkeys(("gray", "bw", "monochrome", "desaturate"), "grayscale"),
    **dict.fromkeys(("rounded", "radius", "corners"), "round_corners"),
    **dict.fromkeys(("unsharp", "unsharp_mask"), "sharpen"),
    **dict.fromkeys(("matte", "letterbox"), "pad extend contain"),
    **dict.fromkeys(("max_size", "size", "filesize", "target_size", "budget", "limit_bytes"), "max_bytes"),
    **dict.fromkeys(("q", "qscale", "compression"), "quality crf"),
    **dict.fromkeys(("abr", "bit_rate", "kbps"), "bitrate"),
    **dict.fromkeys(("vcodec", "encoder", "codecs"), "codec"),
    **dict.fromkeys(("strip", "exif", "keep_metadata"), "metadata"),
    **dict.fromkeys(("crop", "fill"), "cover"),
    **dict.fromkeys(("max", "scale-down", "scale_down", "shrink"), "inside"),
    **dict.fromkeys(("min",), "outside"),
    **dict.fromkeys(("stretch", "exact", "force"), "fill"),
    **dict.fromkeys(("smart", "saliency"), "attention"),
    **dict.fromkeys(("limit", "take", "first"), "head"),
    **dict.fromkeys(("where", "query"), "filter"),
    **dict.fromkeys(("assign", "with_column", "mutate", "add"), "with_columns"),
    **dict.fromkeys(("save", "write", "render", "to_folder", "to_disk", "run"), "export"),
    **dict.fromkeys(("show", "display", "plot"), "preview"),
    **dict.fromkeys(("montage", "grid", "collage"), "contact_sheet"),
    **dict.fromkeys(("to_pandas", "to_arrow", "to_frame", "df", "fetch"), "collect"),
    **dict.fromkeys(("pdf",), "to_pdf"),
}
"""What other tools call a word of ours; of several the first that is allowed there."""
