"""What is to be said of a result in its row: lost range, a shorter length, streams that were left out."""

from __future__ import annotations

from collections.abc import Sequence

from av.stream import Stream

from mediaframe.engines.av import color, demux
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.timing import LEAST_OFF, OFF, timing
from mediaframe.engines.av.tone import HLG, PQ

Notes = tuple[tuple[str, str], ...]


def reduced(medium: Medium) -> Notes:
    """Say that the pictures lost their high dynamic range, where they had one."""
    if medium.stream is None or color.said(medium.stream.codec_context).transfer not in (PQ, HLG):
        return ()
    return (
        ("W_HDR_REDUCED", "high dynamic range was brought to BT.709: 203 nits are white, up to 1000 are rolled off"),
    )


def shortfall(medium: Medium, last: float) -> Notes:
    """Say that a result ends before what its source declares, where that is the fault of the source."""
    if medium.seconds is None or medium.seconds - last <= max(OFF * medium.seconds, LEAST_OFF):
        return ()
    with demux.opened(medium.source, medium.task) as container:
        lie = timing(container, medium.source).lie
    return (("W_DURATION_MISMATCH", lie),) if lie else ()


def left_out(medium: Medium, *, sounds: int | None = None, texts: Sequence[str] = ()) -> Notes:
    """Say which streams of the source nobody asked to leave out, and are.

    Parameters
    ----------
    medium
        What was written.
    sounds
        How many sounds the result holds at the most.
    texts
        Which subtitles it does not hold, in words.
    """
    said = list[str]()
    pictures, heard = demux.pictures(medium.container), demux.sounds(medium.container)
    if sounds is None and medium.stream is not None and "video" not in medium.chosen and len(pictures) > 1:
        others = [f"{one.width}x{one.height}" for one in pictures if one.index != medium.stream.index]
        said.append(f"other pictures ({', '.join(others)}; choose with tracks(video=...))")
    kept = () if medium.muted else medium.sounds_at[:sounds]
    lost = [one for one in heard if one.index not in kept]
    if not medium.muted and lost and ("audio" not in medium.chosen or len(kept) < len(medium.sounds_at)):
        how = "tracks(audio='all') keeps them" if sounds is None else "choose with tracks(audio=...)"
        said.append(f"other sounds ({', '.join(map(named, lost))}; {how})")
    if texts:
        said.append(f"subtitles ({'; '.join(texts)})")
    return (("W_TRACKS_DROPPED", "left out: " + ", ".join(said)),) if said else ()


def named(stream: Stream) -> str:
    """Name a stream by its language, or by its codec where it says none."""
    return stream.language if stream.language not in (None, "und") else demux.codec(stream)
