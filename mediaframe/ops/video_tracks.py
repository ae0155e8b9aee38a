"""Which streams of a video are taken."""

from __future__ import annotations

from mediaframe.model.argument import Quantity, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Tracks(Operation, takes="video"):
    """Choose which streams of a container are taken: the pictures, one or several sounds, subtitles.

    Without it these are the pictures and the sound that are marked as default, of several such ones the first, as
    players do; tracks for people who see or hear little, comments and covers stand back. All subtitles go along that
    are text. A number counts the streams of its kind from 0, as FFmpeg's `a:1`; a language is a code of ISO 639
    (`eng`, `en`; `ger` and `deu` are one). A stream that is named and not there is an error of that row (`E_OP`),
    which says what there is.

    MP4, MOV, MKV and WebM hold several sounds and subtitles, with language, title and disposition; text becomes what
    the container has (3GPP timed text, SubRip, WebVTT), or stays as it is where it has that already. HLS packages get
    a rendition for each. Sounds alone and other formats take the first. What a container cannot hold, and sounds that
    nobody asked to leave out, are told in the row (`W_TRACKS_DROPPED`).

    Shape: not known where other pictures than the default are chosen.

    >>> mf.video.tracks(audio="all").mkv(codec="copy")
    video.tracks(audio='all').mkv(codec='copy')
    >>> mf.video.tracks(audio=["eng", "de"], subtitles="none").mp4()
    video.tracks(audio='eng,deu', subtitles='none').mp4()
    """

    video: Quantity[str | int] = arg(default="default", unit="track", doc="The pictures: a number, or a language.")
    audio: Quantity[str | int] = arg(
        default="default", unit="tracks", doc="The sounds: numbers, languages, `default`, `all` or `none`."
    )
    subtitles: Quantity[str | int] = arg(
        default="all", unit="tracks", doc="The subtitles: numbers, languages, `default`, `all` or `none`."
    )

    @property
    def leaves(self) -> frozenset[str]:
        """Leave all packets as they are."""
        return frozenset(("pictures", "sound"))

    def infer(self, shape: Shape) -> Shape:
        """Say the same, unless other pictures are chosen."""
        return shape if self.video == "default" else Shape("video")
