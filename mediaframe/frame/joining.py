"""The verbs that make one video of many rows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

from mediaframe.errors import RecipeError, UsageError, expected
from mediaframe.formats.image import Png
from mediaframe.formats.video import Encoded, Mkv, Mov, Mp4, Webm
from mediaframe.frame.merged import Merged
from mediaframe.frame.whole import Rows, Work, ends, formats, merge_rows, place, written_as
from mediaframe.model.finish import Format
from mediaframe.model.limits import Limits
from mediaframe.model.merge import Merge
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.ops.image.geometry import Resize
from mediaframe.ops.image.tone import Flatten
from mediaframe.ops.join import Concat, Slideshow, Transition
from mediaframe.recipes import image

_PIECE_CRF = 16
"""The rate factor of clips that are encoded on the way: what is lost is not seen in what is made of them."""


class Joining:
    """What a frame can do with all of its rows as moving pictures: one video comes out."""

    def concat(
        self: Rows,
        to: str | os.PathLike[str],
        recipe: Recipe | Finished | None = None,
        *,
        size: tuple[int, int] | None = None,
        background: str = "black",
        on_exists: Literal["error", "replace"] = "error",
        limits: Limits | None = None,
        slots: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Merged:
        """Play all rows one after the other, in their order, as one video.

        Where clips agree in codec, size and how they were encoded, their pictures are copied and lose nothing
        (`record["origin"]` says `repacked`); else all are shown in one frame, smaller ones made larger, with bars where
        their shape is another, and encoded. Sound is one stream without holes: a clip without any is silent. Rows of
        other kinds are passed over; those that fail are left out, and told.

        Parameters
        ----------
        to
            The file, local or at any fsspec URL; its name says the format: mp4, mov, mkv or webm. Beside it, in
            `_mediaframe/merges/`, a record tells what it was made of.
        recipe
            What is done to each clip: `mf.video.clip(0, 5)`. It may end in the format with its arguments, such as
            `.mp4(crf=20)`, which encodes; `.mp4(codec="auto")` copies where it can, as without a format.
        size
            Width and height; without it those of the clip with the most pixels.
        background
            The color of bars.
        on_exists
            `error` raises before anything is made when something stands under the name; `replace` puts the new file in
            its place.
        limits
            How big is too big.
        slots
            How many clips are worked on at once; cores + 1 by default.
        storage_options
            Passed to fsspec for `to`.
        """
        merge = Concat(size=size, background=background)
        steps, end = ends(merge, recipe, place(os.fspath(to), merge)[1])
        if not isinstance(recipe, Finished):
            end = {one.word: one for one in (Mp4, Mov, Mkv, Webm)}[end.word](codec="auto")
        _refuse_budget(merge, end)
        inner = Mp4 if end.word in ("mp4", "mov") else Mkv
        piece = steps.finish(inner(codec="auto", crf=_PIECE_CRF, audio_bitrate=256_000))
        return merge_rows(self, merge, to, piece, end, Work(on_exists, limits, slots, storage_options))

    def slideshow(
        self: Rows,
        to: str | os.PathLike[str],
        recipe: Recipe | None = None,
        *,
        seconds: float | str = 3.0,
        size: tuple[int, int] = (1280, 720),
        fit: Literal["contain", "cover"] = "contain",
        transition: Transition = "none",
        transition_seconds: float | str = 0.5,
        audio: str | os.PathLike[str] | None = None,
        rate: float = 25.0,
        format: Finished | None = None,
        on_exists: Literal["error", "replace"] = "error",
        limits: Limits | None = None,
        slots: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Merged:
        """Show all rows one after the other as a video, each for the same time, with music where it is given.

        Rows of other kinds than the recipe takes are passed over; those that fail are left out, and told.

        Parameters
        ----------
        to
            The file, local or at any fsspec URL; its name says the format: mp4, mov, mkv or webm. Beside it, in
            `_mediaframe/merges/`, a record tells what it was made of.
        recipe
            What is done to each asset first: `mf.image.sepia()`, or `mf.video.frame(at="50%")` for videos.
        seconds
            How long each picture is shown, the transition to the next included.
        size
            Width and height of the video, both even.
        fit
            How a picture meets the frame: `contain` shows all of it on black, `cover` fills the frame and cuts.
        transition
            How one turns into the next: `none`, or `fade`.
        transition_seconds
            How long that takes.
        audio
            A sound file, a path or a URL. It is cut where the last picture ends; where it is shorter, silence follows.
        rate
            Frames in a second.
        format
            How the video is written, where the name does not say enough: `mf.video.mp4(crf=20, preset="slow")`.
        on_exists
            `error` raises before anything is made when something stands under the name; `replace` puts the new file in
            its place.
        limits
            How big is too big.
        slots
            How many assets are worked on at once; cores + 1 by default.
        storage_options
            Passed to fsspec for `to`.

        Examples
        --------
        >>> photos = mf.scan(getfixture("folder"))
        >>> to = getfixture("tmp_path") / "tour.mp4"
        >>> made = photos.slideshow(to, seconds=0.4, size=(160, 120), transition="fade", transition_seconds=0.2)
        >>> made.record["width"], made.record["height"], made.seconds
        (160, 120, 1.2)
        """
        merge = Slideshow(
            seconds=seconds, size=size, transition=transition, transition_seconds=transition_seconds, audio=audio,
            rate=rate,
        )  # fmt: skip
        end = _end(merge, format, place(os.fspath(to), merge)[1])
        _refuse_budget(merge, end)
        steps = image if recipe is None else recipe
        if not isinstance(steps, Recipe) or steps.kind != "image":
            raise RecipeError(expected("slideshow(recipe=...)", "a recipe that gives an image, and no format", steps))
        if fit not in ("contain", "cover"):
            raise UsageError(expected("slideshow(fit=...)", "'contain' or 'cover'", fit))
        fitted = steps.then(Resize(*merge.size, fit="cover" if fit == "cover" else "inside", enlarge=True))
        piece = fitted.then(Flatten("#000000")).finish(Png(effort=1))
        return merge_rows(self, merge, to, piece, end, Work(on_exists, limits, slots, storage_options))


def _end(merge: Merge, given: Finished | None, name: str) -> Format:
    """Give the format of the whole: that of a recipe without steps, or the one that the name says."""
    end = given.format if isinstance(given, Finished) else None
    if given is not None and (end is None or given.steps or type(end) not in formats(merge)):
        raise RecipeError(expected(f"{merge.word}(format=...)", "a format alone, such as mf.video.mp4(crf=20)", given))
    return written_as(merge, name, end)


def _refuse_budget(merge: Merge, end: Format) -> None:
    if isinstance(end, Encoded) and end.max_bytes is not None:
        raise RecipeError(
            f"{merge.word}: max_bytes is kept for one video, not while many are joined; give crf or bitrate, or encode "
            "the whole once more with mf.video.mp4(max_bytes=...)"
        )
