"""The page about the demo: totals, pictures before and after, failures with advice, how it was done."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

import mediaframe as mf
from mediaframe.demo.story import Story
from mediaframe.errors import CODES
from mediaframe.table.markup import Thumb, size
from mediaframe.table.report import Facts, Figure, Gallery, Made, Section, Table, Tile, Totals, page_html

_SMALL = mf.image.resize(96, 72).webp(quality=70)
_VIEWS = {
    "before": mf.image.auto_orient(enabled=False).resize(480).webp(quality=72),
    "after": _SMALL,
    "square": mf.image.resize(96, 96, fit="cover", gravity="attention").webp(quality=70),
    "still": mf.video.frame(at="30%").resize(480).webp(quality=72),
    "page": mf.document.page(1).resize(480).webp(quality=72),
}
"""The small pictures of the page: sources as they are stored, results as they are shown."""


def write_page(story: Story) -> None:
    """Write the page beside the media."""
    assets = mf.scan(str(story.place.media)).probe().filter(pl.col("width") >= 64)
    views = {row["path"]: row for row in assets.with_columns(**_VIEWS).collect().iter_rows(named=True)}
    page = page_html("A folder of media, made ready for the web", _sections(story, views), subtitle=_subtitle(story))
    story.place.report.write_text(page, encoding="utf-8")


def _subtitle(story: Story) -> str:
    kinds = story.probed.group_by("kind").len().sort("len", descending=True).iter_rows()
    told = ", ".join(f"{number} {_many(kind or 'unknown', number)}" for kind, number in kinds)
    return f"{told} in {story.place.media}"


def _many(kind: str, number: int) -> str:
    return kind if number == 1 or kind == "audio" else f"{kind}s"


def _sections(story: Story, views: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    made = _made_of(story.run.manifest, story.place.media.as_uri(), str(story.place.media))
    shown = [(path, _tile(path, row, made.get(path, []))) for path, row in views.items()]

    def of(*folders: str) -> list[Tile]:
        return [tile for path, tile in shown if path.startswith(folders) and tile.made]

    return [
        _totals(story),
        Gallery("Photographs", of("landscapes/"), "resized and compressed; the bar is the share of the source's bytes"),
        Gallery("Products", of("products/"), "thumbnails crop to what draws the eye"),
        Gallery("Eight orientations", of("orientation/"), "above as stored, below as rendered: all upright"),
        Gallery("Odd ones", of("odd/", "formats/"), "transparency, print colors, sixteen bits, animation, drawings"),
        Gallery("Clips and papers", of("clips/", "papers/"), "a poster from a moment, a cover from a page"),
        _failures(story),
        _measures(story),
        _facts(story),
    ]


def _totals(story: Story) -> Totals:
    summary, again = story.run.summary, story.again.summary
    counts, reused = summary["counts"], again["counts"].get("reused", 0)
    sources = int(story.probed["bytes"].sum() or 0)
    failures = story.run.failures
    failed = failures["source"].n_unique()
    files = counts.get("written", 0) + counts.get("reused", 0)
    return Totals([
        Figure("Sources", str(story.probed.height), size(sources)),
        Figure("Renditions", str(files), size(summary["bytes_out"])),
        Figure("Time", f"{story.seconds['export']:.1f} s", f"{files / story.seconds['export']:.0f} files a second"),
        Figure("Failed", str(failed), f"files, {failures.height} rows with a code", "warn" if failed else "good"),
        Figure("Verified", str(story.check.checked), "every file read and hashed", "good" if story.check.ok else "bad"),
        Figure("Second run", f"{story.seconds['again']:.1f} s", f"{reused} found done, no source read", "good"),
    ])  # fmt: skip


def _made_of(manifest: pl.DataFrame, *roots: str) -> dict[str, list[dict[str, Any]]]:
    """Give the rendition rows of each source, by its path below the folder of media."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in manifest.filter(pl.col("status").is_in(["written", "reused"])).iter_rows(named=True):
        path = row["source"]
        for root in roots:
            path = path.removeprefix(root)
        found.setdefault(path.lstrip("/"), []).append(row)
    return found


def _tile(path: str, row: Mapping[str, Any], made: Iterable[Mapping[str, Any]]) -> Tile:
    large = next((view for name in ("before", "still", "page") if (view := _thumb(row[name], path))), None)
    after = {name: _thumb(row[name], path) for name in ("after", "square")}
    return Tile(
        name=path.rpartition("/")[2],
        bytes=row["bytes"],
        width=row["width"],
        height=row["height"],
        thumb=large,
        made=[
            Made(
                name=one["rendition"],
                media_type=one["media_type"],
                bytes=one["bytes"],
                width=one["width"],
                height=one["height"],
                thumb=(after["square"] if one["rendition"] == "thumb" else after["after"]) or large,
            )
            for one in made
        ],
    )


def _thumb(view: Mapping[str, Any] | None, path: str) -> Thumb | None:
    if view is None or view["data"] is None:
        return None
    return Thumb(view["data"], view["media_type"], path)


def _failures(story: Story) -> Table:
    rows = [
        {
            "file": row["source"].rpartition("/")[2],
            "for": row["what"],
            "code": row["error_code"],
            "what it says": row["error"],
            "what to do": CODES[row["error_code"]].advice,
        }
        for row in story.run.failures.unique(["source", "error_code"], keep="first", maintain_order=True).to_dicts()
    ]
    columns = ("file", "for", "code", "what it says", "what to do")
    return Table("What failed", columns, rows, "a bad file costs its own rows and nothing else")


def _measures(story: Story) -> Table:
    assets = story.run.assets
    if "sharpness" not in assets.columns:
        return Table("What was measured", (), ())
    top = assets.filter(pl.col("sharpness").is_not_null()).sort("sharpness", descending=True).head(8)
    rows = [
        {"picture": row["path"], "sharpness": round(row["sharpness"]), "mean color": row["color"],
         "camera": row["camera"], "taken": row["taken_at"]}
        for row in top.to_dicts()
    ]  # fmt: skip
    return Table(
        "What was measured", ("picture", "sharpness", "mean color", "camera", "taken"), rows,
        "columns beside the renditions; the eight sharpest", codes=frozenset({"mean color"}),
    )  # fmt: skip


def _facts(story: Story) -> Facts:
    summary = story.run.summary
    facts: dict[str, object] = dict(_recipes(summary["recipes"]))
    engines = story.run.manifest["engine"].drop_nulls().unique().sort().to_list()
    return Facts("How it was done", {
        **facts,
        "layout": summary["layout"],
        "written to": str(story.place.web),
        "run": summary["id"],
        "engines": ", ".join(engines),
        "mediaframe": f"{summary['mediaframe']}, Python {platform.python_version()}",
    })  # fmt: skip


def _recipes(recipes: object) -> Iterable[tuple[str, str]]:
    if isinstance(recipes, Mapping):
        return [(str(name), str(text)) for name, text in recipes.items()]
    return [("recipes", str(recipes))]
