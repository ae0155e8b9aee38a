"""Runs that were: resume, retry, verify, gc."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from mediaframe.cli import options
from mediaframe.cli.ending import show_run, show_stop
from mediaframe.cli.outcome import BY_STATE, FAILED, OK, command
from mediaframe.cli.progress import following
from mediaframe.cli.screen import BAD, FAINT, GOOD, STRONG, count, emit, faint, out, place, plain
from mediaframe.garbage import AGE
from mediaframe.garbage import gc as collect
from mediaframe.manifest import verify as check
from mediaframe.run import Run
from mediaframe.work.doing import Doing

SHOWN = 20
"""Files of each sort that are listed."""


@command
def resume(
    destination: options.Destination,
    run: options.RunId = None,
    slots: options.Slots = None,
    scheduler: options.Scheduler = None,
    connection: options.Connection = None,
    source_connection: options.SourceConnection = None,
    as_json: options.AsJson = False,
) -> int:
    """Go on with a run that was stopped or killed; one that ended does nothing."""
    stored = options.Connections(connection, source_connection)
    return _go_on(destination, run, slots, scheduler, stored, again=False, as_json=as_json)


@command
def retry(
    destination: options.Destination,
    run: options.RunId = None,
    slots: options.Slots = None,
    scheduler: options.Scheduler = None,
    connection: options.Connection = None,
    source_connection: options.SourceConnection = None,
    as_json: options.AsJson = False,
) -> int:
    """Try once more what failed in a run; everything else stays as it is."""
    stored = options.Connections(connection, source_connection)
    return _go_on(destination, run, slots, scheduler, stored, again=True, as_json=as_json)


def _go_on(
    destination: str,
    id: str | None,  # noqa: A002
    slots: int | None,
    scheduler: str | None,
    stored: options.Connections,
    *,
    again: bool,
    as_json: bool,
) -> int:
    with following("opening the run") as follower:
        doing = Doing(slots=slots, watch=(follower,), client=scheduler, storage_options=stored.sources)
        run = Run.open(destination, id, doing, storage_options=stored.destination)
        try:
            run = run.retry() if again else run.resume()
        except KeyboardInterrupt:
            show_stop(destination, follower, stored, as_json=as_json)
            raise
    show_run(run, stored, as_json=as_json)
    return BY_STATE[run.state]


@command
def verify(
    destination: options.Destination,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file and compare its SHA-256, not its size alone.")
    ] = False,
    connection: options.Connection = None,
    as_json: options.AsJson = False,
) -> int:
    """Check a destination against its manifest. Exits with 1 where files are missing or changed."""
    with following("reading and hashing" if deep else "listing"):
        found = check(destination, deep=deep, storage_options=options.Connections(connection).destination)
    code = OK if found.ok else FAILED
    if as_json:
        emit({**found.to_json(), "to": place(found.to)})
        return code
    console = out()
    for word, names, tone in (
        ("missing", found.missing, BAD),
        ("changed", found.changed, BAD),
        ("extra", found.extra, FAINT),
    ):
        for name in names[:SHOWN]:
            console.print(Text.assemble((f"{word:8}", tone), plain(name)), soft_wrap=True)
        if len(names) > SHOWN:
            console.print(faint(f"        … and {len(names) - SHOWN:,} more {word}; --json gives them all"))
    how = "read and hashed" if deep else "by size; --deep reads them all"
    word, tone = ("ok", GOOD) if found.ok else ("not ok", BAD)
    told = [f"{len(names):,} {name}" for name, names in
            (("missing", found.missing), ("changed", found.changed), ("extra", found.extra)) if names]  # fmt: skip
    console.print(
        Text.assemble(
            (word, f"{STRONG} {tone}"),
            f"  {count(found.checked, 'file')} checked" + "".join(f", {one}" for one in told),
            (f"  ({how})", FAINT),
        )
    )
    return code


@command
def gc(
    destination: options.Destination,
    delete: Annotated[bool, typer.Option("--delete", help="Remove what is found; otherwise it is only told.")] = False,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Leave alone what is younger: 7d, 12h, 0.")
    ] = AGE,
    connection: options.Connection = None,
    as_json: options.AsJson = False,
) -> int:
    """Find what runs have left at a destination and no manifest tells of. Removes nothing without --delete."""
    with following("looking for what nothing tells of"):
        stored = options.Connections(connection).destination
        found = collect(destination, dry_run=not delete, older_than=older_than, storage_options=stored)
    if as_json:
        emit({**found.to_json(), "to": place(found.to)})
        return OK
    console = out()
    for word, names in (("object", found.objects), ("temp", found.temporary), ("upload", found.uploads)):
        for name in names[:SHOWN]:
            console.print(Text.assemble((f"{word:8}", FAINT), plain(name)), soft_wrap=True)
        if len(names) > SHOWN:
            console.print(faint(f"        … and {len(names) - SHOWN:,} more; --json gives them all"))
    told = f"{count(found.count, 'thing')} {'removed' if delete else 'found'}"
    hint = "" if delete or not found.count else "  (nothing was removed; --delete does)"
    console.print(Text.assemble((told, STRONG), (hint, FAINT)))
    return OK
