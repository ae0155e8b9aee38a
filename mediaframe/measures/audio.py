"""What can be known of a sound: loudness, silence."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Measure


class Lufs(Measure, takes="audio", gives="float"):
    """Know how loud the sound is, integrated over all of it; none where all is silent.

    Unit: LUFS.
    Source: EBU R 128 and ITU-R BS.1770-4 by FFmpeg `ebur128`.

    >>> mf.audio.lufs()
    audio.lufs()
    """


class Silence(Measure, takes="audio", gives="float"):
    """Know how many seconds are silent.

    Unit: seconds; stretches under `least` do not count.
    Source: FFmpeg `silencedetect`.

    >>> mf.audio.silence()
    audio.silence()
    """

    threshold: Value[float] = arg(default=-50.0, unit="dBFS", ge=-120, le=0, doc="What is softer counts as silence.")
    least: Value[float] = arg(default=0.5, unit="s", ge=0.01, doc="The shortest stretch that counts.")
