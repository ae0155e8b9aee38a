"""The verbs that make one file of many rows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import polars as pl

from mediaframe.errors import RecipeError, UsageError, expected
from mediaframe.formats.exchange import Pdf
from mediaframe.formats.image import Jpeg, Png
from mediaframe.frame.merged import Merged
from mediaframe.frame.whole import QUICK, Rows, Work, ends, free_name, merge_rows, place
from mediaframe.model.argument import Column
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.model.sizing import Fit
from mediaframe.ops.image.color import Color
from mediaframe.ops.image.geometry import Resize
from mediaframe.ops.image.tone import Flatten
from mediaframe.ops.merge import Animate, ContactSheet, Orientation, Placing, ToPdf


class Merging:
    """What a frame can do with all of its rows together: one file comes out."""

    def animate(
        self: Rows,
        to: str | os.PathLike[str],
        recipe: Recipe | Finished | None = None,
        *,
        delay: float | str = "100 ms",
        loop: int = 0,
        background: str = "white",
        on_exists: Literal["error", "replace"] = "error",
        limits: Limits | None = None,
        slots: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Merged:
        """Make one animation of all rows, in their order: a GIF, WebP, APNG or AVIF.

        Rows of other kinds than the recipe takes are passed over; those that fail are left out, and told. The animation
        is as wide as the widest and as high as the highest frame; smaller ones stand in the middle of the background.

        Parameters
        ----------
        to
            The file, local or at any fsspec URL; its name says the format. Beside it, in `_mediaframe/merges/`, a
            record tells what it was made of.
        recipe
            What is done to each asset: `mf.image.resize(320, 240, fit="cover")`, or `mf.video.frame(at="50%")` for
            videos. It may end in the format, with its arguments: `.webp(quality=60)`.
        delay
            How long each frame is shown, in seconds or as "100 ms".
        loop
            How often it is played in all; 0 goes on forever.
        background
            The color around frames that are smaller than others.
        on_exists
            `error` raises before anything is made when something stands under the name; `replace` puts the new file in
            its place.
        limits
            How big is too big; of frames and of their pixels together too.
        slots
            How many assets are worked on at once; cores + 1 by default.
        storage_options
            Passed to fsspec for `to`.

        Examples
        --------
        >>> frames = mf.scan(getfixture("folder"))
        >>> made = frames.animate(getfixture("tmp_path") / "all.gif", mf.image.resize(64, 48, fit="cover"), delay=0.5)
        >>> made.pages, made.seconds, made.sources["status"].to_list()
        (3, 1.5, ['written', 'written', 'written'])
        """
        merge = Animate(delay=delay, loop=loop, background=background)
        steps, end = ends(merge, recipe, place(os.fspath(to), merge)[1])
        work = Work(on_exists, limits, slots, storage_options)
        return merge_rows(self, merge, to, steps.finish(QUICK), end, work)

    def contact_sheet(
        self: Rows,
        to: str | os.PathLike[str],
        recipe: Recipe | Finished | None = None,
        *,
        columns: int | None = None,
        tile: tuple[int, int] = (256, 256),
        fit: Placing = "contain",
        gap: int = 8,
        margin: int = 8,
        background: str = "white",
        labels: str | pl.Expr | None = None,
        label_size: int = 14,
        label_color: str | None = None,
        on_exists: Literal["error", "replace"] = "error",
        limits: Limits | None = None,
        slots: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Merged:
        """Put all rows on one picture, in their order: tiles beside and below one another.

        Rows of other kinds than the recipe takes are passed over; those that fail are left out without a hole, and
        told.

        Parameters
        ----------
        to
            The file, local or at any fsspec URL; its name says the format, any that pictures are written as. Beside it,
            in `_mediaframe/merges/`, a record tells what it was made of.
        recipe
            What is done to each asset before it is made as small as a tile; for videos `mf.video.frame(at="50%")`. It
            may end in the format, with its arguments: `.jpeg(quality=90)`.
        columns
            Tiles of a row; without it as many as make the sheet about square.
        tile
            Width and height of a tile in pixels.
        fit
            How a picture meets its tile: `contain` shows all of it, `cover` fills the tile and cuts what is over,
            `fill` distorts. None is enlarged; smaller ones stand in the middle.
        gap, margin
            Pixels between the tiles, and around all of them.
        background
            The color around and behind the pictures; with alpha where the format has it.
        labels
            What is written below each picture, on one line: the name of a column, or a polars expression. What is too
            long ends in an ellipsis.
        label_size, label_color
            Pixels of the font (DejaVu Sans, which comes along), and its color.
        on_exists
            `error` raises before anything is made when something stands under the name; `replace` puts the new file in
            its place.
        limits
            How big is too big; of the sheet too.
        slots
            How many assets are worked on at once; cores + 1 by default.
        storage_options
            Passed to fsspec for `to`.

        Examples
        --------
        >>> photos = mf.scan(getfixture("folder"))
        >>> sheet = photos.contact_sheet(
        ...     getfixture("tmp_path") / "all.jpg", columns=2, tile=(120, 90), labels="name", margin=10
        ... )
        >>> sheet.record["width"], sheet.record["height"]
        (268, 252)
        """
        if columns is not None and (type(columns) is not int or not 1 <= columns <= 1000):
            raise RecipeError(expected("contact_sheet(columns=...)", "a whole number from 1 to 1000", columns))
        label = None if labels is None else Column(free_name("label", self.columns))
        merge = ContactSheet(
            in_row=columns, tile=tile, fit=fit, gap=gap, margin=margin, background=background, label=label,
            label_size=label_size, label_color=label_color,
        )  # fmt: skip
        steps, end = ends(merge, recipe, place(os.fspath(to), merge)[1])
        within: Fit = "inside" if merge.fit == "contain" else merge.fit
        piece = steps.then(Resize(*merge.tile, fit=within)).finish(QUICK)
        frame = self
        if label is not None:
            text = pl.col(labels) if isinstance(labels, str) else labels
            if not isinstance(text, pl.Expr):
                raise UsageError(
                    expected("contact_sheet(labels=...)", "the name of a column, or a polars expression", labels)
                )
            frame = self.with_columns(**{label.name: text.cast(pl.String)})
        work = Work(on_exists, limits, slots, storage_options)
        return merge_rows(frame, merge, to, piece, end, work)

    def to_pdf(
        self: Rows,
        to: str | os.PathLike[str],
        recipe: Recipe | None = None,
        *,
        page: str = "a4",
        orientation: Orientation = "auto",
        margin: str | float = 0,
        fit: Placing = "contain",
        dpi: float | None = None,
        quality: int = 85,
        lossless: bool = False,
        background: str = "white",
        on_exists: Literal["error", "replace"] = "error",
        limits: Limits | None = None,
        slots: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Merged:
        """Make a PDF of all rows, in their order: each picture on a page of its own.

        A JPEG whose pixels no step changes goes in without being encoded anew, but without its metadata; all others are
        encoded once. Rows of other kinds than the recipe takes are passed over; those that fail are left out, and told.

        Parameters
        ----------
        to
            The file, local or at any fsspec URL; its name ends in `.pdf`. Beside it, in `_mediaframe/merges/`, a record
            tells what it was made of.
        recipe
            What is done to each asset, without a format: `mf.image.resize(2000)`.
        page
            The sheet: `"a4"` (also a3, a5, a6, letter, legal, tabloid), width and height such as `"20 cm x 8 in"`; or
            `"fit"`, a page for each picture that is as large as the picture.
        orientation
            How the sheet lies: `portrait`, `landscape`, or `auto`, which turns it as the picture is.
        margin
            Room on all four sides: "10 mm".
        fit
            How a picture meets the page within its margins: `contain` shows all of it, `cover` fills the page and hides
            what is over, `fill` distorts. Small pictures are made larger on paper; their pixels stay.
        dpi
            With `page="fit"`, pixels for each inch; 150 without it.
        quality
            Of the JPEGs that are made, 1 to 100.
        lossless
            Whether every pixel is kept as it is, in place of JPEGs.
        background
            The color behind transparent pixels.
        on_exists
            `error` raises before anything is made when something stands under the name; `replace` puts the new file in
            its place.
        limits
            How big is too big; `Limits.pages` and `Limits.output` hold the file.
        slots
            How many assets are worked on at once; cores + 1 by default.
        storage_options
            Passed to fsspec for `to`.

        Examples
        --------
        >>> photos = mf.scan(getfixture("folder"))
        >>> photos.to_pdf(getfixture("tmp_path") / "book.pdf", page="a5", margin="10 mm").pages
        3
        """
        merge = ToPdf(page=page, orientation=orientation, margin=margin, fit=fit, dpi=dpi)
        end = Pdf(quality=quality, lossless=lossless, background=background)
        if isinstance(recipe, Finished):
            raise RecipeError(
                f"to_pdf({recipe!r}): expected a recipe that ends in no format; quality=, lossless= and background= "
                "are arguments of to_pdf"
            )
        steps, _ = ends(merge, recipe, place(os.fspath(to), merge)[1])
        if any(isinstance(one, Color) and one.space != "srgb" for one in steps.steps):
            raise RecipeError(f"to_pdf({steps!r}): expected a recipe that gives sRGB, as pages are; leave color() out")
        if end.named_columns:
            raise RecipeError(f"to_pdf: the whole has no row; give {end!r} values, not columns")
        if end.lossless:
            piece = steps.then(Flatten(background)).finish(Png())
        else:
            piece = steps.finish(Jpeg(quality, background=background, lossless=True, on_miss="best_effort"))
        return merge_rows(self, merge, to, piece, end, Work(on_exists, limits, slots, storage_options))
