"""What a container holds: streams, chapters, tags; and what of it does not decode."""

from __future__ import annotations

from mediaframe.model.finish import Measure


class Streams(
    Measure,
    gives="records",
    fields={
        "index": "int", "type": "string", "codec": "string", "profile": "string", "language": "string",
        "title": "string", "default": "bool", "forced": "bool", "start": "float", "seconds": "float", "frames": "int",
        "bit_rate": "int", "bits": "int", "pixel_format": "string", "width": "int", "height": "int",
        "pixel_aspect": "string", "rotation": "int", "rate": "float", "real_rate": "float", "field_order": "string",
        "color_space": "string", "color_transfer": "string", "color_primaries": "string", "color_range": "string",
        "hdr": "string", "channels": "int", "layout": "string", "sample_rate": "int", "bytes": "int",
    },
):  # fmt: skip
    """Base of the lists of streams: one record for each stream, all with the same fields."""


class VideoStreams(Streams, takes="video", word="streams"):
    """Know all streams of the file, one record each: pictures, sounds, subtitles, covers, attachments.

    `type` is video, audio, subtitle, cover (a picture that is attached, with its `codec` such as png, its size and its
    `bytes`), data or attachment. `width` and `height` are as stored, `rotation` the clockwise degrees to apply for
    display, `rate` the pictures in a second on the mean and `real_rate` the lowest rate on which all their times
    stand. Colors have FFmpeg's names for ITU-T H.273; `hdr` is pq, hlg or dolby vision, null otherwise. `start`,
    `seconds`, `frames` and `bit_rate` are as declared; what a container does not tell is null. Nothing is decoded.

    Source: FFmpeg's demuxers; the names are those of `ffprobe -show_streams`.

    >>> mf.video.streams()
    video.streams()
    """


class AudioStreams(Streams, takes="audio", word="streams"):
    """Know all streams of the file, one record each: sounds and covers.

    The fields are those of `video.streams`.

    >>> mf.audio.streams()
    audio.streams()
    """


class Chapters(Measure, gives="records", fields={"start": "float", "end": "float", "title": "string"}):
    """Base of the lists of chapters."""


class VideoChapters(Chapters, takes="video", word="chapters"):
    """Know the chapters: where each starts and ends in seconds, and its title; an empty list where there are none.

    Source: FFmpeg's demuxers, as `ffprobe -show_chapters`.

    >>> mf.video.chapters()
    video.chapters()
    """


class AudioChapters(Chapters, takes="audio", word="chapters"):
    """Know the chapters of an audio book or a podcast, as `video.chapters`.

    >>> mf.audio.chapters()
    audio.chapters()
    """


class Tags(Measure, gives="records", fields={"stream": "int", "name": "string", "value": "string"}):
    """Base of the lists of tags."""


class VideoTags(Tags, takes="video", word="tags"):
    """Know the tags: title, creation time, place, encoder and the like, as written in the file.

    `stream` is the index of the stream that a tag belongs to, null for those of the whole file. Names are as FFmpeg
    gives them, lower case for the common ones. At most 500 tags of at most 4,096 characters are given.

    Source: FFmpeg's demuxers, as the tags of `ffprobe -show_format -show_streams`.

    >>> mf.video.tags()
    video.tags()
    """


class AudioTags(Tags, takes="audio", word="tags"):
    """Know the tags: title, artist, album, track, date, genre and the like, as `video.tags`.

    Ogg and Opus keep theirs with the stream.

    >>> mf.audio.tags()
    audio.tags()
    """


class Damage(Measure, gives="records", fields={"stream": "int", "start": "float", "end": "float", "error": "string"}):
    """Base of the lists of what does not decode."""


class VideoDamage(Damage, takes="video", word="damage"):
    """Know which stretches do not decode; an empty list where all does.

    Every packet of every stream of pictures and sound is decoded, which takes as long as watching it at the speed of
    the decoder. Each record says the `stream`, from where to where in seconds, and in `error` what FFmpeg said first.
    What is declared and not there is told as `missing`. Faults less than a second apart are one. Formats without
    checksums (WAV, most of H.265) can be damaged in a way that decodes: nobody can tell.

    Source: the errors of FFmpeg's demuxers and decoders, as `ffmpeg -v error -i FILE -f null -` prints them, with the
    checksums of FLAC compared as well.

    >>> mf.video.damage()
    video.damage()
    """


class AudioDamage(Damage, takes="audio", word="damage"):
    """Know which stretches of a sound do not decode, as `video.damage`; an empty list where all does.

    >>> mf.audio.damage()
    audio.damage()
    """
