"""The shell: scan, probe, export, explain, resume, retry, verify, gc, formats, presets, doctor, demo."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from mediaframe.cli import demo, doctor, known, look, make, runs
from mediaframe.work.version import mediaframe_version

app = typer.Typer(
    name="mediaframe",
    help="Dataframes whose rows are media: scan, probe, render on all cores, export with a manifest.",
    epilog="Exit codes: 0 done, 3 done but some rows failed, 1 failed, 2 usage, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        typer.echo(f"mediaframe {mediaframe_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    pass


for _work in (look.scan, look.probe, make.export, make.explain, runs.resume, runs.retry, runs.verify, runs.gc):
    app.command()(_work)
for _work in (known.formats, known.presets, doctor.doctor, demo.demo):
    app.command()(_work)


def main() -> None:
    """Run the shell."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding has no signs for is shown as escapes; it is no reason to die.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Polars puts a handler of its own on SIGINT that restarts what it interrupts: waiting would not end.
    signal.siginterrupt(signal.SIGINT, True)
    app(prog_name="mediaframe")


if __name__ == "__main__":
    main()
