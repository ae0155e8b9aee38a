"""Making renditions: export does it, explain says what would be done."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mediaframe.cli import options
from mediaframe.cli.ending import show_run, show_stop
from mediaframe.cli.outcome import BY_STATE, OK, command
from mediaframe.cli.progress import following
from mediaframe.cli.screen import emit, faint, out, place, plain, size, table
from mediaframe.errors import UsageError
from mediaframe.frame import MediaFrame
from mediaframe.model.limits import Limits
from mediaframe.run import Run
from mediaframe.storage.layout import DEFAULT

_WHERE = "Where it goes"


@command
def export(
    source: options.Source,
    destination: options.Destination,
    image: options.Image = None,
    video: options.Video = None,
    audio: options.Audio = None,
    document: options.Document = None,
    preset: options.Preset = None,
    presets: options.PresetsFrom = None,
    recipe: options.RecipeText = None,
    where: options.Where = None,
    layout: Annotated[
        str, typer.Option(metavar="TEMPLATE", rich_help_panel=_WHERE, help="Where each file is put below DEST.")
    ] = DEFAULT,
    on_exists: Annotated[
        options.OnExists,
        typer.Option(rich_help_panel=_WHERE, help="When other files stand under the names."),
    ] = "error",
    originals: Annotated[
        bool, typer.Option("--originals", rich_help_panel=_WHERE, help="Copy the sources as well, to originals/.")
    ] = False,
    cache_control: Annotated[
        str | None, typer.Option(rich_help_panel=_WHERE, help="Given to stores that keep it with each object.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", rich_help_panel=_WHERE, help="Plan everything, write nothing.")
    ] = False,
    hidden: options.Hidden = False,
    no_probe: options.NoProbe = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh", rich_help_panel="How it is done", help="Make again what another engine version made."
        ),
    ] = False,
    slots: options.Slots = None,
    scheduler: options.Scheduler = None,
    connection: options.Connection = None,
    source_connection: options.SourceConnection = None,
    limit: options.LimitTexts = None,
    as_json: options.AsJson = False,
) -> int:
    """Make renditions of media and write them with a manifest.

    What an earlier export has made is not made again, and a run that was stopped goes on.

    mediaframe export photos/ web/ -i thumb='resize(320, 320, fit="cover").webp()' -p preview
    """
    wanted = options.Wanted(image, video, audio, document, preset, recipe, presets)
    limits = options.limits(limit)
    stored = options.Connections(connection, source_connection)
    frame = _frame(source, wanted, where, limits, stored, hidden=hidden, no_probe=no_probe, originals=originals)
    with following(quiet=False) as follower:
        try:
            run = frame.export(
                destination,
                layout=layout,
                on_exists=on_exists,
                originals=originals,
                dry_run=dry_run,
                refresh="engine" if refresh else None,
                cache_control=cache_control,
                limits=limits,
                slots=slots,
                client=scheduler,
                storage_options=stored.destination,
                watch=follower,
            )
        except KeyboardInterrupt:
            show_stop(destination, follower, stored, as_json=as_json)
            raise
    if dry_run:
        _show_plan(run, as_json=as_json)
    else:
        show_run(run, stored, as_json=as_json)
    return BY_STATE[run.state]


@command
def explain(
    source: options.Source,
    image: options.Image = None,
    video: options.Video = None,
    audio: options.Audio = None,
    document: options.Document = None,
    preset: options.Preset = None,
    presets: options.PresetsFrom = None,
    recipe: options.RecipeText = None,
    where: options.Where = None,
    no_probe: options.NoProbe = False,
    connection: options.Connection = None,
    as_json: options.AsJson = False,
) -> int:
    """Say what an export would do: stages, what is read, what is shared. No file is opened."""
    wanted = options.Wanted(image, video, audio, document, preset, recipe, presets)
    stored = options.Connections(connection)
    frame = _frame(source, wanted, where, Limits(), stored, hidden=False, no_probe=no_probe, originals=True)
    plan = frame.explain()
    if as_json:
        recipes = {name: {"text": repr(one), "id": one.id, **one.to_json()} for name, one in frame.recipes.items()}
        emit({"source": place(source), "plan": plan.splitlines(), "recipes": recipes})
    else:
        for line in plan.splitlines():
            out().print(place(line), soft_wrap=True)
    return OK


def _frame(
    source: str,
    wanted: options.Wanted,
    where: list[str] | None,
    limits: Limits,
    stored: options.Connections,
    *,
    hidden: bool,
    no_probe: bool,
    originals: bool,
) -> MediaFrame:
    recipes = wanted.recipes()
    if not recipes and not originals:
        raise UsageError(
            "nothing to make: say what, such as --preset thumbnail, --image thumb='resize(320).webp()' or --originals"
        )
    frame = options.frame_of(
        source, probe=not no_probe, where=where, hidden=hidden, limits=limits, stored=stored.sources
    )
    return frame.with_columns(**recipes) if recipes else frame


def _show_plan(run: Run, *, as_json: bool) -> None:
    manifest = run.manifest
    rows: list[dict[str, Any]] = (manifest if as_json else manifest.head(40)).to_dicts()
    counts = dict(manifest.group_by("status").len().sort("status").iter_rows())
    if as_json:
        names = ("asset_id", "source", "rendition", "recipe", "status", "uri", "error_code", "error")
        planned = [{name: row.get(name) for name in names} for row in rows]
        emit({"state": run.state, "dry_run": True, "to": place(run.to), "counts": counts, "renditions": planned})
        return
    console = out()
    shown = [
        (row["rendition"], row["uri"] or "", row["status"] or "planned", size(row["source_bytes"])) for row in rows[:40]
    ]
    console.print(table(("rendition", "to", "status", "-source"), shown))
    if manifest.height > len(shown):
        console.print(faint(f"… and {manifest.height - len(shown):,} more; --json gives them all"))
    told = ", ".join(f"{number:,} {plain(status)}" for status, number in counts.items())
    console.print(f"\ndry run: {told or 'nothing to do'}; nothing was written to {place(run.to)}", soft_wrap=True)
