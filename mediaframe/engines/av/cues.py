"""Captions: SRT and WebVTT read as cues, and cut into stretches in which the same is shown."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mediaframe.errors import AssetError

_MOST = 20_000
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}")
_MARKS = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")


@dataclass(frozen=True, slots=True)
class Cue:
    """Text with the seconds between which it is shown."""

    start: float
    end: float
    text: str


def read_cues(data: bytes) -> tuple[Cue, ...]:
    """Read SRT or WebVTT: UTF-8, UTF-16 with its mark, or Windows-1252; marks of style are left out."""
    lines = decoded(data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = list[Cue]()
    at = 0
    while at < len(lines):
        timing = _TIMING.match(lines[at])
        at += 1
        if timing is None:
            continue
        text = list[str]()
        while at < len(lines) and lines[at].strip():
            text.append(lines[at])
            at += 1
        start, end = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
        plain = html.unescape(_MARKS.sub("", "\n".join(text))).strip()
        if plain and end > start:
            found.append(Cue(start, end, plain))
    if not found:
        raise AssetError("there is no cue of SRT or WebVTT in it", code="E_INPUT")
    if len(found) > _MOST:
        raise AssetError(f"it has {len(found)} cues, over the limit of {_MOST}", code="E_INPUT")
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def escaped(text: str) -> str:
    """Write text as WebVTT has it: without marks, and without an empty line, which would end the cue."""
    lines = (line for line in html.escape(text, quote=False).splitlines() if line.strip())
    return "\n".join(lines)


def decoded(data: bytes) -> str:
    """Read text as UTF-8, UTF-16 with its mark, or Windows-1252, which has what Latin-1 has and more."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def clock(seconds: float) -> str:
    """Write a moment as WebVTT has it.

    >>> clock(3661.5)
    '01:01:01.500'
    """
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def _seconds(parts: Iterable[str | None]) -> float:
    hours, minutes, seconds, thousandths = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(thousandths.ljust(3, "0")) / 1000


def stretches(cues: Iterable[Cue]) -> list[Cue]:
    """Cut cues where any begins or ends: those that overlap stand below one another."""
    given = list(cues)
    edges = sorted({moment for one in given for moment in (one.start, one.end)})
    found = list[Cue]()
    active = list[Cue]()
    waiting = sorted(given, key=lambda one: one.start, reverse=True)
    for start, end in itertools.pairwise(edges):
        active = [one for one in active if one.end > start]
        while waiting and waiting[-1].start <= start:
            active.append(waiting.pop())
        if active:
            found.append(Cue(start, end, "\n".join(one.text for one in active)))
    return found
