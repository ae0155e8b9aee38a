"""What can be known of a video: black stretches, scene cuts."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Measure


class Black(Measure, takes="video", gives="records", fields={"start": "float", "end": "float"}):
    """Know the stretches that are black, from where to where in seconds; an empty list where there are none.

    A pixel is black where its luma, from 0 (black) to 1 (white) on the scale of the video's range, is at most `level`;
    a picture where the share of such pixels is at least `share`; a stretch where it lasts `least` seconds or more. It
    ends where the first picture begins that is not black, or with the video.

    Unit: seconds of the result, after the steps before.
    Source: FFmpeg `blackdetect` (`d`, `pic_th`, `pix_th`).

    >>> mf.video.black(least=0.5)
    video.black(least=0.5)
    """

    least: Value[float] = arg(default=2.0, unit="s", ge=0, doc="The shortest stretch that counts.")
    share: Value[float] = arg(default=0.98, ge=0, le=1, doc="The share of black pixels that makes a picture black.")
    level: Value[float] = arg(default=0.1, ge=0, le=1, doc="The luma up to which a pixel is black.")


class Scenes(Measure, takes="video", gives="floats"):
    """Know the moments of cuts, in seconds: where the first picture of each new scene begins.

    The score of a picture is the smaller one of two numbers: the mean absolute difference of its luma to the picture
    before, and how much that difference differs from the one before it, both in percent of the range. So motion that
    goes on scores low, and a jump high. A cut is where the score is at least `threshold`; fades and dissolves are no
    cuts. The first picture is none either.

    Unit: seconds of the result, after the steps before.
    Source: FFmpeg `scdet`.

    >>> mf.video.scenes(threshold=8)
    video.scenes(threshold=8.0)
    """

    threshold: Value[float] = arg(
        default=10.0, unit="%", ge=0, le=100, doc="The score of a cut: from 8 for most of them to 14 for hard ones."
    )
