"""Which streams a recipe takes, found by number or language; and how they are named in what is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from av.stream import Disposition, Stream

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.medium import Medium
from mediaframe.errors import AssetError
from mediaframe.model import language
from mediaframe.ops.video_tracks import Tracks

S = TypeVar("S", bound=Stream)


@engine.implements(Tracks)
def tracks(medium: Medium, op: Tracks) -> Medium:
    """Choose streams."""
    container = medium.container
    there = demux.pictures(container)
    stream = demux.in_one_thread(_found(there, str(op.video), "video")[0]) if op.video != "default" else medium.stream
    heard, texts = demux.sounds(container), list(container.streams.subtitles)
    usual, first = demux.sound(container), sorted(texts, key=lambda one: not one.disposition & Disposition.default)
    sounds = [usual] if op.audio == "default" and usual else _found(heard, str(op.audio), "audio")
    shown = first[:1] if op.subtitles == "default" else _found(texts, str(op.subtitles), "subtitles")
    asked = {"video": op.video != "default", "audio": op.audio != "default"}
    return medium.but(
        stream=stream,
        sounds_at=tuple(one.index for one in sounds),
        texts_at=tuple(one.index for one in shown),
        chosen=frozenset(name for name, chosen in asked.items() if chosen),
    )


def _found(there: Sequence[S], asked: str, name: str) -> list[S]:
    """Find streams of one kind; raises AssetError where one that is named is not there."""
    if asked in ("all", "default", "none"):
        return [] if asked == "none" else list(there)
    found = list[S]()
    for word in asked.split(","):
        one = there[int(word) : int(word) + 1] if word.isdigit() else [s for s in there if _speaks(s) == word]
        if not one:
            told = ", ".join(f"{at} ({_speaks(s) or 'no language'})" for at, s in enumerate(there)) or "none"
            raise AssetError(f"tracks({name}={word!r}): there is no such stream; of its kind there are: {told}",
                             code="E_OP")  # fmt: skip
        found += [s for s in one if s not in found]
    return found


def _speaks(stream: Stream) -> str | None:
    found = language.code(stream.language)
    return None if found == language.UNKNOWN else found


_KEPT = (
    Disposition.default | Disposition.forced | Disposition.dub | Disposition.original | Disposition.comment
    | Disposition.hearing_impaired | Disposition.visual_impaired | Disposition.captions | Disposition.descriptions
)  # fmt: skip


def name_tracks(pairs: Sequence[tuple[Stream, Stream]]) -> None:
    """Tell players of several streams of one kind what they are: language, title, and what each is for.

    Where none of them is marked as default, the first one becomes it; so does one that stands alone.
    """
    given = [one.disposition & _KEPT for one, _ in pairs]
    if given and (len(given) == 1 or not any(one & Disposition.default for one in given)):
        given[0] |= Disposition.default
    for (source, made), disposition in zip(pairs, given, strict=True):
        describe(made, source.language, title_of(source), disposition)


def describe(made: Stream, spoken: str | None, title: str | None, disposition: Disposition | None) -> None:
    """Write language, title and disposition of a stream."""
    if spoken and spoken != language.UNKNOWN:
        made.metadata["language"] = spoken
    if title:
        made.metadata["title"] = title
    made.disposition = disposition or Disposition(0)


def title_of(stream: Stream) -> str | None:
    """Give the title of a stream, which MP4 calls its name."""
    return stream.metadata.get("title") or stream.metadata.get("name")
