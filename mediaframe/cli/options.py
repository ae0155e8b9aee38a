"""The options that commands share, and how their text is read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import polars as pl
import typer

from mediaframe.errors import UsageError, did_you_mean, expected
from mediaframe.frame import MediaFrame, scan
from mediaframe.model.kind import Kind
from mediaframe.model.limits import Limits
from mediaframe.model.parse import parse_recipe
from mediaframe.model.quantity import parse_bytes, parse_seconds
from mediaframe.model.recipe import Finished
from mediaframe.presets import Presets, presets
from mediaframe.storage.connections import CONNECTION

_WHAT, _HOW = "What is made", "How it is done"

Source = Annotated[str, typer.Argument(metavar="SRC", help="A folder, a pattern, a URL, or a table with a column uri.")]
Destination = Annotated[str, typer.Argument(metavar="DEST", help="A folder or any fsspec URL, such as s3://bucket/a.")]
RunId = Annotated[str | None, typer.Argument(metavar="[RUN]", help="Which run; the newest unless it is named.")]

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout, and nothing else.")]
Hidden = Annotated[bool, typer.Option("--hidden", help="List files whose names begin with a dot as well.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        "-f",
        metavar="SQL",
        help="Keep the rows for which this is true: \"kind = 'image' AND width > 800\".",
    ),
]
Slots = Annotated[
    int | None,
    typer.Option(min=1, rich_help_panel=_HOW, help="How many assets are worked on at once.  [default: cores + 1]"),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        rich_help_panel=_HOW,
        help="Let a Dask cluster do the work: the address of its scheduler, tcp://127.0.0.1:8786.",
    ),
]
Connection = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        rich_help_panel=_HOW,
        help="The connection that stores are opened with: MEDIAFRAME_CONNECTION_NAME_... in the environment.",
    ),
]
SourceConnection = Annotated[
    str | None,
    typer.Option(metavar="NAME", rich_help_panel=_HOW, help="The same for the sources alone; '' where they need none."),
]
LimitTexts = Annotated[
    list[str] | None,
    typer.Option(
        "--limit", metavar="NAME=VALUE", rich_help_panel=_HOW, help="How big is too big: pixels=50M, memory='2 GiB'."
    ),
]
NoProbe = Annotated[
    bool, typer.Option("--no-probe", rich_help_panel=_HOW, help="Do not read headers first; kinds are guessed by name.")
]

Image = Annotated[
    list[str] | None,
    typer.Option(
        "--image", "-i", metavar="NAME=RECIPE", rich_help_panel=_WHAT, help="Of pictures: thumb='resize(320).webp()'."
    ),
]
Video = Annotated[
    list[str] | None,
    typer.Option(
        "--video",
        "-v",
        metavar="NAME=RECIPE",
        rich_help_panel=_WHAT,
        help="Of videos: poster='frame(at=\"10%\").jpeg()'.",
    ),
]
Audio = Annotated[
    list[str] | None,
    typer.Option(
        "--audio", "-a", metavar="NAME=RECIPE", rich_help_panel=_WHAT, help="Of sounds: web='loudness(-16).opus()'."
    ),
]
Document = Annotated[
    list[str] | None,
    typer.Option(
        "--document", "-d", metavar="NAME=RECIPE", rich_help_panel=_WHAT, help="Of documents: cover='page(1).png()'."
    ),
]
Preset = Annotated[
    list[str] | None,
    typer.Option(
        "--preset", "-p", metavar="[NAME=]PRESET", rich_help_panel=_WHAT, help="By name; see `mediaframe presets`."
    ),
]
PresetFile = Annotated[
    str | None,
    typer.Option(
        "--file", metavar="TOML", rich_help_panel=_WHAT, help="Presets of your own, beside those that come with it."
    ),
]
PresetsFrom = Annotated[
    str | None,
    typer.Option("--presets", metavar="TOML", rich_help_panel=_WHAT, help="A file with presets of your own."),
]
RecipeText = Annotated[
    list[str] | None,
    typer.Option(
        "--recipe", "-r", metavar="NAME=RECIPE", rich_help_panel=_WHAT, help="Any kind: a='image.flip().png()'."
    ),
]
OnExists = Literal["error", "replace", "version"]

_ASSIGNED = re.compile(r"\s*([^\W\d][\w-]*)\s*=\s*(.*)", re.DOTALL)
_IN_SECONDS = ("seconds", "stall")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made, as it was said in the shell."""

    image: list[str] | None = None
    video: list[str] | None = None
    audio: list[str] | None = None
    document: list[str] | None = None
    preset: list[str] | None = None
    recipe: list[str] | None = None
    presets: str | None = None

    def recipes(self) -> dict[str, Finished]:
        """Read it: recipes by name."""
        read: list[tuple[str, Finished]] = []
        by_kind: tuple[tuple[Kind, list[str] | None], ...] = (
            ("image", self.image),
            ("video", self.video),
            ("audio", self.audio),
            ("document", self.document),
        )
        for kind, texts in by_kind:
            read += [_named(f"--{kind}", text, kind) for text in texts or ()]
        read += [_named("--recipe", text, None) for text in self.recipe or ()]
        known = presets(self.presets)
        read += [_preset(text, known) for text in self.preset or ()]
        names = [name for name, _ in read]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"{name!r} is given {names.count(name)} times; give each rendition a name of its own")
        return dict(read)


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections that stores are opened with, as they were said in the shell."""

    name: str | None = None
    of_sources: str | None = None

    @property
    def destination(self) -> dict[str, str] | None:
        """Storage options of the destination."""
        return {CONNECTION: self.name} if self.name else None

    @property
    def sources(self) -> dict[str, str] | None:
        """Storage options of the sources."""
        name = self.name if self.of_sources is None else self.of_sources
        return {CONNECTION: name} if name else None

    @property
    def words(self) -> str:
        """What has to be said again to go on."""
        given = (("--connection", self.name), ("--source-connection", self.of_sources))
        return "".join(f" {option} {shlex.quote(name)}" for option, name in given if name is not None)


def _named(option: str, text: str, kind: Kind | None) -> tuple[str, Finished]:
    match = _ASSIGNED.fullmatch(text)
    if match is None:
        raise UsageError(expected(option, "NAME=RECIPE, such as thumb='resize(320).webp()'", text))
    return match[1], parse_recipe(match[2], kind)


def _preset(text: str, known: Presets) -> tuple[str, Finished]:
    match = _ASSIGNED.fullmatch(text)
    name, word = (match[1], match[2].strip()) if match else (text, text)
    return name, known[word]


def limits(texts: list[str] | None) -> Limits:
    """Read `--limit NAME=VALUE`."""
    known = [field.name for field in fields(Limits)]
    values: dict[str, Any] = {}
    for text in texts or ():
        name, mark, value = text.partition("=")
        if not mark:
            raise UsageError(expected("--limit", "NAME=VALUE, such as pixels=50M", text))
        if name not in known:
            raise UsageError(f"--limit: no limit {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})")
        read = parse_seconds if name in _IN_SECONDS else parse_bytes
        try:
            values[name] = read(value)
        except ValueError:
            raise UsageError(expected(f"--limit {name}=", "a number above 0, such as 50M or '2 GiB'", value)) from None
    return Limits(**values)


def predicate(text: str) -> pl.Expr:
    """Read `--filter`: one condition in SQL; it names columns, and reads no file."""
    try:
        return pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"--filter {text!r} does not read as a condition: {error}; say it as in \"kind = 'image' AND width > 800\""
        ) from None


def frame_of(
    source: str,
    *,
    probe: bool,
    where: list[str] | None,
    hidden: bool = False,
    limits: Limits | None = None,
    stored: Mapping[str, str] | None = None,
) -> MediaFrame:
    """Make the frame that the common options say."""
    frame = scan(source, hidden=hidden, limits=limits, storage_options=stored)
    if probe:
        frame = frame.probe()
    predicates = [predicate(text) for text in where or ()]
    return frame.filter(*predicates) if predicates else frame
