"""What can be known of a sound, also of the sound of a video: loudness, silence, peaks."""

from __future__ import annotations

from typing import Literal

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


class Peaks(Measure, takes="audio", gives="string"):
    """Know the waveform, as the JSON that players draw: the least and the greatest sample of each stretch of time.

    The layout is version 2 of audiowaveform's (`version`, `channels`, `sample_rate`, `samples_per_pixel`, `bits`,
    `length`, `data`), as peaks.js and wavesurfer.js read it. `data` holds a least and a greatest number for each point,
    of each channel in turn where there are several. There are up to `points` of them, as many as stretches of
    `samples_per_pixel` samples fill the sound; of a video say `soundtrack().peaks()`.

    Source: BBC audiowaveform, https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md.

    >>> mf.audio.peaks(points=400), mf.video.soundtrack().peaks()
    (audio.peaks(points=400), video.soundtrack().peaks())
    """

    points: Value[int] = arg(default=800, ge=1, le=20_000, doc="How many points at the most.")
    bits: Value[Literal[8, 16]] = arg(default=8, doc="Bits of each number.")
    split: Value[bool] = arg(default=False, doc="Whether channels are kept apart; else they are averaged.")
