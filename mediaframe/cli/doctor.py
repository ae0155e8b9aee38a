"""Whether this machine can do the work: versions, libraries, the child that decodes, memory and disk."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any, Literal

from rich.text import Text

from mediaframe.cli import options
from mediaframe.cli.outcome import FAILED, OK, command
from mediaframe.cli.screen import BAD, FAINT, GOOD, STRONG, WARN, emit, faint, out, plain, size, table
from mediaframe.errors import MediaframeError
from mediaframe.work.ability import ability
from mediaframe.work.machine import budget, cores, memory
from mediaframe.work.version import mediaframe_version

_NEEDED = (
    "polars", "pyarrow", "dask", "distributed", "pyvips", "pyvips-binary", "av", "pillow", "pypdfium2", "numpy",
    "fsspec", "s3fs", "ipywidgets", "anywidget", "typer", "rich",
)  # fmt: skip
_OPTIONAL = ("pi-heif", "pillow-heif", "imagecodecs", "vtracer")
_OLDEST = (3, 11)
_ROOM = 2_000_000_000  # bytes: sources above the memory's share, and the rows of a run, are spooled there
_REINSTALL = (
    "reinstall it so that it does not find the system's: "
    "PKG_CONFIG=false pip install --force-reinstall --no-cache-dir --no-binary pyvips 'pyvips[binary]'"
)

Verdict = Literal["ok", "note", "warning", "broken"]
_MARKS = {"ok": ("ok", GOOD), "note": ("·", FAINT), "warning": ("!", WARN), "broken": ("broken", BAD)}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Verdict
    value: str
    advice: str = ""


@command
def doctor(as_json: options.AsJson = False) -> int:
    """Say what is installed, which libvips is in use and what it can do. Exits with 1 where something is broken."""
    able, fault = _ability()
    packages = {name: _version(name) for name in (*_NEEDED, *_OPTIONAL)}
    checks = [*_system(), *_packages(packages), *_child(able, fault), *_engines(able), *_writes(able)]
    broken = [one for one in checks if one.status == "broken"]
    if as_json:
        emit(_document(checks, packages, able))
    else:
        _show(checks)
    return FAILED if broken else OK


def _document(checks: list[Check], packages: Mapping[str, str | None], able: Mapping[str, Any]) -> dict[str, Any]:
    names = ("engines", "reads", "writes", "operations", "measures")
    return {
        "ok": all(one.status != "broken" for one in checks),
        "mediaframe": mediaframe_version(),
        "checks": [{**asdict(one), "name": one.name.strip()} for one in checks],
        "packages": packages,
        "machine": _machine(),
        "child": able.get("child"),
        **{name: able.get(name, []) for name in names},
    }


def _ability() -> tuple[dict[str, Any], str]:
    try:
        return ability(), ""
    except MediaframeError as error:
        return {}, error.message


def _machine() -> dict[str, Any]:
    return {
        "platform": platform.platform(), "python": platform.python_version(), "executable": sys.executable,
        "cores": cores(), "memory": memory(), "budget": budget(), "temporary": tempfile.gettempdir(),
        "temporary_free": shutil.disk_usage(tempfile.gettempdir()).free,
    }  # fmt: skip


def _system() -> Iterator[Check]:
    yield Check("mediaframe", "ok", mediaframe_version())
    old = sys.version_info < _OLDEST
    told = f"{platform.python_implementation()} {platform.python_version()}  {sys.executable}"
    yield Check("python", "broken" if old else "ok", told, "install Python 3.11 or newer" if old else "")
    linux = sys.platform == "linux"
    yield Check(
        "system",
        "ok" if linux else "warning",
        platform.platform(),
        "" if linux else "tested on Linux alone; elsewhere decoders are not kept from the network",
    )
    yield Check("cores", "ok", f"{cores()}: {cores() + 1} assets at once")
    room = budget()
    small = room < 1 << 30
    told = f"{size(memory())}, of which decoders may take {size(room)}"
    yield Check(
        "memory", "warning" if small else "ok", told, "large pictures will fail with E_LIMIT_MEMORY" if small else ""
    )
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    advice = f"make room there, or set TMPDIR (now {os.environ.get('TMPDIR', 'not set')})" if free < _ROOM else ""
    yield Check("temporary files", "warning" if advice else "ok", f"{folder}, {size(free)} free", advice)


def _packages(packages: Mapping[str, str | None]) -> Iterator[Check]:
    found = [f"{name} {packages[name]}" for name in _NEEDED if packages[name]]
    yield Check("packages", "ok", ", ".join(found))
    lowest = _lowest()
    for name in _NEEDED:
        here = packages[name]
        if here is None:
            yield Check(name, "broken", "not installed", f"pip install '{_how(name)}'")
        elif name in lowest and _number(here) < _number(lowest[name]):
            yield Check(name, "broken", f"{here}, older than {lowest[name]}", f"pip install '{name}>={lowest[name]}'")


def _how(name: str) -> str:
    return "pyvips[binary]" if name == "pyvips-binary" else name


def _lowest() -> dict[str, str]:
    """Give the oldest version of each package that the installed metadata allow."""
    try:
        lines = requires("mediaframe") or []
    except PackageNotFoundError:  # Run from a source tree that was never installed.
        return {}
    found = (re.match(r"([\w.-]+)(?:\[[^\]]*\])?>=([\d.]+)(?!.*extra)", line) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _child(able: Mapping[str, Any], fault: str) -> Iterator[Check]:
    if not able:
        yield Check("decoder", "broken", f"the child process does not answer: {fault}", "see the message; report it")
        return
    child = able["child"]
    yield Check("decoder", "ok", f"in a process of its own, Python {child['python']}, without credentials")
    ways = " and ".join(child["network_by"])
    shut = child["network"] == "off"
    yield Check(
        "  network",
        "ok" if shut else "warning",
        f"off, by {ways}" if shut else "on",
        "" if shut else "this system cannot take the network from a process; let strangers' files in behind a firewall",
    )
    hidden = child["parent"] == "hidden"
    yield Check(
        "  parent's keys",
        "ok" if hidden else "warning",
        "out of reach" if hidden else "could be read",
        "" if hidden else "decoders run as the same user and can read this process; use a user of its own",
    )
    yield Check("  sources", "ok", "handed over sealed, in memory" if able.get("sealed") else "handed over by a pipe")


def _engines(able: Mapping[str, Any]) -> Iterator[Check]:
    for one in able.get("engines", ()):
        if "missing" in one:
            yield Check(one["name"], "broken", f"{', '.join(one['kinds'])} cannot be opened", one["missing"])
            continue
        yield Check(one["name"], "ok", f"{one['version']}  for {', '.join(one['kinds'])}")
        if one["name"] == "vips":
            yield from _libvips(one)
    rows = able.get("reads", ())
    if reads := [row["format"] for row in rows if not row["install"] and not row.get("problem")]:
        yield Check("reads", "ok", ", ".join(sorted(reads)))
    for row in rows:
        if row.get("problem"):
            yield Check(f"reads {row['format']}", "broken", row["problem"], _REINSTALL)
        elif row["install"]:
            yield Check(f"reads {row['format']}", "note", "its decoder is not installed", row["install"])


def _libvips(facts: Mapping[str, Any]) -> Iterator[Check]:
    bundled, path = bool(facts.get("bundled")), str(facts.get("library"))
    yield Check(
        "  library",
        "ok" if bundled else "warning",
        f"{'the bundled one' if bundled else 'of the system, not the bundled one'}: {path}",
        "" if bundled else f"formats and bytes may differ from what was tested; {_REINSTALL}",
    )
    quick = bool(facts.get("api_mode"))
    yield Check(
        "  binding",
        "ok" if quick else "warning",
        "API mode" if quick else "ABI mode, slower",
        "" if quick else _REINSTALL,
    )


def _writes(able: Mapping[str, Any]) -> Iterator[Check]:
    rows = able.get("writes", ())
    if works := [row["format"] for row in rows if not row["problem"]]:
        yield Check("writes", "ok", ", ".join(sorted(works)))
    for row in rows:
        if row.get("install"):
            yield Check(f"writes {row['format']}", "note", "its encoder is not installed", row["install"])
        elif row["problem"]:
            yield Check(f"writes {row['format']}", "broken", row["problem"], _REINSTALL)
    if able and not rows:
        yield Check("writes", "broken", "nothing can be written", _REINSTALL)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _show(checks: list[Check]) -> None:
    console = out()
    rows = []
    for one in checks:
        word, tone = _MARKS[one.status]
        value = Text(plain(one.value))
        if one.advice:
            value.append(f"\n→ {plain(one.advice)}", style=tone)
        name = f"  {one.name.strip()}" if one.name.startswith(" ") else one.name
        rows.append((Text(word, style=tone), Text(name, style=STRONG if one.status != "ok" else ""), value))
    console.print(table(("", "", ""), rows))
    counts = {word: sum(one.status == word for one in checks) for word in ("broken", "warning")}
    console.print()
    if counts["broken"]:
        console.print(Text(f"{counts['broken']} broken", style=f"{STRONG} {BAD}"))
    elif counts["warning"]:
        console.print(Text.assemble(("works", f"{STRONG} {GOOD}"), faint(f"  with {counts['warning']} to look at")))
    else:
        console.print(Text("all is well", style=f"{STRONG} {GOOD}"))
