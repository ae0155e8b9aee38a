"""The columns of assets and of renditions, one table each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl
from polars._typing import PolarsDataType


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name, type and meaning."""

    name: str
    dtype: PolarsDataType
    doc: str


TIME = pl.Datetime("us", "UTC")

LISTED: tuple[Field, ...] = (
    Field("id", pl.String, "16 hex digits made from the uri: the same asset, the same id."),
    Field("uri", pl.String, "Where the asset is."),
    Field("path", pl.String, "The uri below the root of the scan, with forward slashes."),
    Field("name", pl.String, "The last part of the path."),
    Field(
        "version",
        pl.String,
        "ETag of the store, else size and time of change: another version, another content.",
    ),
    Field("bytes", pl.Int64, "Size of the file."),
    Field("modified", TIME, "When it was last changed."),
)
"""What a listing knows."""

PROBED: tuple[Field, ...] = (
    Field("kind", pl.String, "image, video, audio, document or archive; before the probe a guess from the name."),
    Field("media_type", pl.String, "By content once probed, such as image/jpeg."),
    Field("format", pl.String, "By content, such as jpeg, heic, mp4."),
    Field("width", pl.Int32, "Pixels (points of the first page for documents), as displayed."),
    Field("height", pl.Int32, "Pixels (points of the first page for documents), as displayed."),
    Field(
        "orientation",
        pl.Int32,
        "1 to 8 as in EXIF for images, 1 where there is no EXIF; clockwise degrees for videos and documents.",
    ),
    Field("frames", pl.Int64, "Frames of an animation or a video, pages of a TIFF."),
    Field("pages", pl.Int32, "Pages of a document."),
    Field(
        "seconds",
        pl.Float64,
        "Playing time; by the index or the last packets where the header is off by more than 5 % and 0.1 s.",
    ),
    Field("rate", pl.Float64, "Frames in a second (video, on the mean), samples in a second (audio)."),
    Field("variable_rate", pl.Boolean, "Whether the time between two frames of a video varies, by its first 120."),
    Field("bit_rate", pl.Int64, "Bits in a second of a video or a sound: the size of the file by its playing time."),
    Field("channels", pl.Int32, "Channels of sound."),
    Field("codec", pl.String, "Codec of the first picture or sound stream."),
    Field("audio_codec", pl.String, "Codec of the first stream of sound, in videos too."),
    Field("hdr", pl.String, "pq, hlg or dolby vision; null where a video is not HDR or does not say so."),
    Field("color_space", pl.String, "srgb, gray, cmyk, ycbcr, lab ..., as stored."),
    Field("bits", pl.Int32, "Bits for each channel; of a sound where it is stored without loss."),
    Field("alpha", pl.Boolean, "Whether it can be transparent."),
    Field("taken_at", pl.Datetime("us"), "When the picture was taken, in the camera's own time."),
    Field("camera", pl.String, "Maker and model."),
    Field("gps", pl.Boolean, "Whether it says where it was taken."),
    Field("status", pl.String, "ok, warning (readable, with something to say) or error; null before the probe."),
    Field("error_code", pl.String, "A code of the table in `errors.py`."),
    Field("error", pl.String, "The same in words."),
)
"""What a probe adds."""

ASSET: tuple[Field, ...] = (*LISTED, *PROBED)

PART = pl.Struct({"name": pl.String, "bytes": pl.Int64, "sha256": pl.String, "media_type": pl.String})
"""What is told of a part of a package."""

RENDITION: tuple[Field, ...] = (
    Field("asset_id", pl.String, "The id of the asset."),
    Field("source", pl.String, "Its uri."),
    Field("source_version", pl.String, "Its version when it was read."),
    Field("source_bytes", pl.Int64, "Its size."),
    Field("source_sha256", pl.String, "SHA-256 of its bytes."),
    Field("rendition", pl.String, "The name of the rendition column."),
    Field("recipe", pl.String, "The recipe as resolved for the row; it reads back."),
    Field("recipe_id", pl.String, "A digest of the resolved recipe with the revisions of its words."),
    Field("inputs", pl.String, "The files that the recipe names and the SHA-256 of each, as JSON; null without any."),
    Field("key", pl.String, "A digest of the source's content, the resolved recipe, its inputs, and the engine."),
    Field("status", pl.String, "written, reused, skipped or failed."),
    Field("uri", pl.String, "Where the result is, below the destination."),
    Field("media_type", pl.String, "Such as image/webp."),
    Field("bytes", pl.Int64, "Size of the result; of a package that of its main file and of all its parts."),
    Field("width", pl.Int32, "Pixels."),
    Field("height", pl.Int32, "Pixels."),
    Field("seconds", pl.Float64, "Playing time of the result."),
    Field("pages", pl.Int32, "Pages of the result, or frames where it is an animation."),
    Field("sha256", pl.String, "SHA-256 of the result; of a package that of its main file."),
    Field(
        "parts",
        pl.List(PART),
        "Of a package the files that its main file names: name below its folder, bytes, sha256 and media_type of each; "
        "null for a single file.",
    ),
    Field("quality", pl.Int32, "The quality that was used, where the format has one."),
    Field(
        "outcome",
        pl.String,
        "Where a budget or a target was asked for: met, best_effort (it is not kept, and the nearest there is was "
        "written) or infeasible (it cannot be kept, and nothing was written).",
    ),
    Field(
        "score", pl.Float64, "How near it looks to the picture it was made of, by SSIMULACRA 2.1, where a target asked."
    ),
    Field(
        "origin",
        pl.String,
        "Where its bytes come from: encoded, repacked (the picture data of the source, no pixel changed) or original "
        "(the source's own).",
    ),
    Field("encodes", pl.Int32, "How often it was encoded until it was found."),
    Field("error_code", pl.String, "A code of the table in `errors.py`."),
    Field("stage", pl.String, "Where it failed."),
    Field("error", pl.String, "The same in words."),
    Field("retryable", pl.Boolean, "Whether trying again may help."),
    Field("attempts", pl.Int32, "How often it was tried."),
    Field("took", pl.Float64, "Seconds of work."),
    Field("engine", pl.String, "The engine and its version."),
    Field("written_at", TIME, "When it was written."),
)
"""One row for each asset and rendition that applies."""

MEASURED: tuple[Field, ...] = (
    Field("asset_id", pl.String, "The id of the asset."),
    Field("source", pl.String, "Its uri."),
    Field("source_version", pl.String, "Its version when it was read."),
    Field("measure", pl.String, "The name of the measure column."),
    Field("recipe", pl.String, "The recipe as resolved for the row; it reads back."),
    Field("recipe_id", pl.String, "A digest of the resolved recipe with the revisions of its words."),
    Field("inputs", pl.String, "The files that the recipe names and the SHA-256 of each, as JSON; null without any."),
    Field("status", pl.String, "measured, reused, skipped or failed."),
    Field("value", pl.String, "The value, as JSON."),
    Field("error_code", pl.String, "A code of the table in `errors.py`."),
    Field("stage", pl.String, "Where it failed."),
    Field("error", pl.String, "The same in words."),
    Field("retryable", pl.Boolean, "Whether trying again may help."),
    Field("attempts", pl.Int32, "How often it was tried."),
    Field("engine", pl.String, "The engine and its version."),
)
"""One row for each asset and measure that applies."""


def schema(fields: tuple[Field, ...]) -> dict[str, PolarsDataType]:
    """Give the polars schema of a table of fields."""
    return {field.name: field.dtype for field in fields}


def asset_id(uri: str) -> str:
    """Give the id of an asset: 16 hex digits of the BLAKE2b of its uri.

    >>> asset_id("s3://bucket/a.jpg")
    'e8b217bc2825c4f9'
    """
    return hashlib.blake2b(uri.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
