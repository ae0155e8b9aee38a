"""What can be done to the sound of videos, while the pictures stay."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.operation import Operation


class _OfSound(Operation):
    """A step that leaves the pictures as they are; a video without sound stays as it is."""

    @property
    def leaves(self) -> frozenset[str]:
        """Leave the pictures as they are."""
        return frozenset(("pictures",))


class Gain(_OfSound, takes="video"):
    """Make the sound louder or softer; what goes over full scale is cut off.

    Source: FFmpeg `volume`.

    >>> mf.video.gain(-6).mp4()
    video.gain(db=-6.0).mp4()
    """

    db: Value[float] = arg(unit="dB", ge=-120, le=60, doc="Decibels; 6 doubles the amplitude.")


class Loudness(_OfSound, takes="video"):
    """Bring the sound to a loudness, by one gain for all of it, so that its dynamics stay.

    The loudness is measured over the whole part first. The gain is lowered where true peaks would go over `peak`.
    Silence stays silence.

    Source: EBU R 128 and ITU-R BS.1770-4, measured by FFmpeg `ebur128`.

    >>> mf.video.loudness(-16).mp4(codec="copy")
    video.loudness(lufs=-16.0).mp4(codec='copy')
    """

    lufs: Value[float] = arg(default=-23.0, unit="LUFS", ge=-70, le=-5, doc="Integrated loudness; -23 by EBU R 128.")
    peak: Value[float] = arg(default=-1.0, unit="dBTP", ge=-20, le=0, doc="True peaks at the most.")
