"""What can be known of a sound, also of the sound of a video: loudness, silence."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Measure


class Lufs(Measure, takes="audio", gives="float"):
    """Know how loud the sound is, integrated over all of it; none where all is silent.

    The mean of the K-weighted power over blocks of 400 ms, those left out that lie under -70 LUFS or 10 LU under the
    mean of the others.

    Unit: LUFS.
    Source: EBU R 128 and ITU-R BS.1770-4 by FFmpeg `ebur128`.

    >>> mf.audio.lufs()
    audio.lufs()
    """


class VideoLufs(Measure, takes="video", gives="float", word="lufs"):
    """Know how loud the sound of a video is, as `audio.lufs`; none where there is no sound, or all of it is silent.

    Unit: LUFS.
    Source: EBU R 128 and ITU-R BS.1770-4 by FFmpeg `ebur128`.

    >>> mf.video.lufs()
    video.lufs()
    """


class Silence(Measure, takes="audio", gives="float"):
    """Know how many seconds are silent.

    The sum of the stretches in which no sample of any channel is louder than `threshold`; those under `least` do not
    count.

    Unit: seconds.
    Source: FFmpeg `silencedetect`.

    >>> mf.audio.silence()
    audio.silence()
    """

    threshold: Value[float] = arg(default=-50.0, unit="dBFS", ge=-120, le=0, doc="What is softer counts as silence.")
    least: Value[float] = arg(default=0.5, unit="s", ge=0.01, doc="The shortest stretch that counts.")


class VideoSilence(Measure, takes="video", gives="float", word="silence"):
    """Know how many seconds of the sound of a video are silent, as `audio.silence`; none where there is no sound.

    Unit: seconds.
    Source: FFmpeg `silencedetect`.

    >>> mf.video.silence(threshold=-60)
    video.silence(threshold=-60.0)
    """

    threshold: Value[float] = arg(default=-50.0, unit="dBFS", ge=-120, le=0, doc="What is softer counts as silence.")
    least: Value[float] = arg(default=0.5, unit="s", ge=0.01, doc="The shortest stretch that counts.")
