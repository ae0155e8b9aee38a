"""The command that shows all of it on media it makes itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from mediaframe.cli import options
from mediaframe.cli.ending import show_failures
from mediaframe.cli.outcome import FAILED, OK, command
from mediaframe.cli.progress import Follower, following
from mediaframe.cli.screen import BAD, FAINT, GOOD, STRONG, WARN, emit, out, place, plain, size, time_span
from mediaframe.model.door import Door
from mediaframe.work.machine import cores

# The makers load pixels and codecs, which no other command of the shell needs.
_PLACE = Door("mediaframe.demo.story", "Place")
_TELL = Door("mediaframe.demo.story", "tell")
_MAKE = Door("mediaframe.demo.media", "make_media")
_PAGE = Door("mediaframe.demo.page", "write_page")

_LINES = (
    "import mediaframe as mf",
    "assets = mf.scan({media!r}).probe().with_columns(small=mf.image.resize(320).webp())",
    "assets.export({web!r}).manifest",
)


@command
def demo(
    folder: Annotated[
        Path, typer.Argument(help="Where it works; it must be new, empty, or of an earlier demo.")
    ] = Path("mediaframe-demo"),
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what an earlier demo made there, so that it is used again.")
    ] = False,
    slots: options.Slots = None,
    as_json: options.AsJson = False,
) -> int:
    """Make varied media, then do the main job on them: probe, filter, render, export, verify. Writes report.html."""
    began = time.monotonic()
    where = _PLACE()(folder.absolute())
    where.prepare(keep=keep)
    with following("making media") as follower:
        made = _MAKE()(where.media, cores(), _counted(follower, "making media"))
        making = time.monotonic() - began
        story = _TELL()(where, slots=slots, watch=follower, doing=follower.enter)
        follower.enter("writing the report")
        _PAGE()(story)
    seconds = {"media": making, **story.seconds, "total": time.monotonic() - began}
    if as_json:
        emit(_document(story, len(made), seconds))
    else:
        _show(story, seconds)
    return OK if story.check.ok else FAILED


def _counted(follower: Follower, doing: str) -> Callable[[int, int], None]:
    return lambda done, total: follower.enter(doing, done, total)


def _document(story: Any, made: int, seconds: dict[str, float]) -> dict[str, Any]:
    return {
        "folder": str(story.place.folder), "media": str(story.place.media), "web": str(story.place.web),
        "report": str(story.place.report), "sources": made, "run": story.run.summary,
        "again": story.again.summary["counts"], "verify": story.check.to_json(),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
    }  # fmt: skip


def _show(story: Any, seconds: dict[str, float]) -> None:
    console = out()
    summary, again = story.run.summary, story.again.summary
    counts, probed = summary["counts"], story.probed
    unread = int((probed["status"] == "error").sum())
    turned = int((probed["orientation"].fill_null(1) > 1).sum())
    files = counts.get("written", 0) + counts.get("reused", 0)
    read = int(probed["bytes"].sum() or 0)
    whole = "all whole" if story.check.ok else "NOT ALL WHOLE"
    lines = (
        ("made", "media", f"{probed.height} files, {size(read)}"),
        ("probed", "probe", f"{probed.height} headers; {turned} pictures stored turned, {unread} files unreadable"),
        ("rendered", "export", f"{files} files, {size(summary['bytes_out'])}, and {summary['measured']} measures"),
        ("verified", "verify", f"{story.check.checked} files read and hashed: {whole}"),
        ("again", "again", f"{again['counts'].get('reused', 0)} files found done, no source read"),
    )
    console.print()
    for word, part, told in lines:
        tone = BAD if word == "verified" and not story.check.ok else GOOD
        console.print(
            Text.assemble(
                (f"  {word:<12}", f"{STRONG} {tone}"), f"{told:<62}", (f"{time_span(seconds[part]):>8}", FAINT)
            )
        )
    console.print()
    bad = story.run.failures.unique("source", keep="first", maintain_order=True)
    told = f"{bad.height} files, as they should: a bad file is a row with a code, and costs no other"
    console.print(Text.assemble((f"  {'failed':<12}", f"{STRONG} {WARN}"), told))
    console.print()
    show_failures(bad, indent=14)
    _where(story.place, seconds["total"])


def _where(at: Any, total: float) -> None:
    console = out()
    short = _near(at.folder)
    console.print()
    for word, path in (("report", f"{short}/report.html"), ("renditions", f"{short}/web"), ("media", f"{short}/media")):
        console.print(Text.assemble((f"  {word:<12}", STRONG), place(path)), soft_wrap=True)
    console.print(Text.assemble((f"  {'manifest':<12}", STRONG), f'mf.manifest("{place(short)}/web")'), soft_wrap=True)
    console.print()
    for word, line in zip(("in Python", "", ""), _LINES, strict=True):
        told = line.format(media=f"{short}/media", web=f"{short}/web")
        console.print(Text.assemble((f"  {word:<12}", STRONG), plain(told)), soft_wrap=True)
    console.print()
    where = f"{place(short)}/report.html"
    console.print(
        Text.assemble((f"  {'done':<12}", f"{STRONG} {GOOD}"), f"in {time_span(total)}; now open ", (where, STRONG))
    )


def _near(folder: Path) -> str:
    """Give the path from here, where the folder stands below."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
