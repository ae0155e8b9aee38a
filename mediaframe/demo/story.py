"""The main job, told on the media of the demo with the public words alone."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

import mediaframe as mf
from mediaframe.errors import StoreError, UsageError
from mediaframe.work.events import Watcher

MEDIA, WEB, REPORT, MARK = "media", "web", "report.html", ".mediaframe-demo"


def frame_of(media: Path) -> mf.MediaFrame:
    """Scan, probe, filter, and say what is to be made."""
    assets = mf.scan(str(media)).probe().filter(pl.col("width") >= 64)
    return assets.with_columns(
        hero=mf.image.resize(1600).webp(),
        card=mf.image.resize(600).jpeg(max_bytes="40 kB"),
        thumb=mf.image.resize(320, 320, fit="cover", gravity="attention").webp(quality=75),
        poster=mf.video.frame(at="30%").resize(1280).jpeg(),
        cover=mf.document.page(1).resize(900).webp(),
        sharpness=mf.image.sharpness(),
        color=mf.image.mean_color(),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo works."""

    folder: Path

    @property
    def media(self) -> Path:
        """The folder of the media."""
        return self.folder / MEDIA

    @property
    def web(self) -> Path:
        """The folder that is exported to."""
        return self.folder / WEB

    @property
    def report(self) -> Path:
        """The page about the run."""
        return self.folder / REPORT

    def prepare(self, *, keep: bool) -> None:
        """Make the folder ready; UsageError where other files stand in it, StoreError where it cannot be written to.

        What an earlier demo made is removed, unless it is to be kept: then its results are used again.
        """
        mark = self.folder / MARK
        if self.folder.exists() and not self.folder.is_dir():
            raise UsageError(f"demo: {self.folder} is a file; give a new folder")
        if self.folder.exists() and not mark.exists() and any(self.folder.iterdir()):
            raise UsageError(f"demo: {self.folder} is not empty and no demo made it; give a new folder")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            mark.write_text(
                "This folder was made by `mediaframe demo`, which may remove media/, web/ and report.html.\n"
            )
        except OSError as error:
            raise StoreError(
                f"demo: {self.folder} cannot be written to ({error.strerror}); give a folder that can: "
                "mediaframe demo ~/mediaframe-demo",
                code="E_STORE_AUTH",
            ) from None
        if not keep:
            for part in (self.media, self.web):
                shutil.rmtree(part, ignore_errors=True)
            self.report.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Story:
    """What happened."""

    place: Place
    probed: pl.DataFrame
    """Every file and what its header says."""
    run: mf.Run
    again: mf.Run
    """The second run, which finds everything done."""
    check: mf.Verification
    seconds: dict[str, float]
    """How long each part took."""


def tell(
    place: Place, *, slots: int | None = None, watch: Watcher | None = None, doing: Callable[[str], None]
) -> Story:
    """Do the main job: scan, probe, filter, render, export, verify, and once more."""
    seconds: dict[str, float] = {}

    def timed(name: str, since: float) -> float:
        seconds[name] = time.monotonic() - since
        return time.monotonic()

    at = time.monotonic()
    doing("reading headers")
    probed = mf.scan(str(place.media)).probe().collect(slots=slots)
    at = timed("probe", at)
    assets = frame_of(place.media)
    doing("rendering")
    run = assets.export(str(place.web), on_exists="replace", slots=slots, watch=watch)
    at = timed("export", at)
    doing("reading back and hashing")
    check = mf.verify(str(place.web), deep=True)
    at = timed("verify", at)
    doing("once more")
    again = assets.export(str(place.web), on_exists="replace", slots=slots)
    timed("again", at)
    return Story(place, probed, run, again, check, seconds)
