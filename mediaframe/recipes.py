"""The recipe types: which words stand where, and how one kind turns into another."""

from __future__ import annotations

from mediaframe.formats import stills as showing
from mediaframe.formats.animation import Apng, Gif
from mediaframe.formats.audio import Flac, M4a, Mp3, Ogg, Opus, Wav
from mediaframe.formats.auto import Auto
from mediaframe.formats.exchange import Bmp, Ico, Jp2, Pdf, Tiff
from mediaframe.formats.extra import Heif, Jxl
from mediaframe.formats.image import Avif, Jpeg, Png, Webp
from mediaframe.formats.streaming import Dash, Hls
from mediaframe.formats.trace import Svg
from mediaframe.formats.video import Mkv, Mov, Mp4, Webm
from mediaframe.measures import audio as hearing
from mediaframe.measures import container as holding
from mediaframe.measures import video as seeing
from mediaframe.measures.image import Dhash, MeanColor, Phash, Sharpness
from mediaframe.measures.placeholder import Blurhash, DominantColors, Lqip, Thumbhash
from mediaframe.measures.statistics import Colorfulness, Colors, Entropy, Exposure, RmsContrast
from mediaframe.model.chaining import finish, step, turn
from mediaframe.model.recipe import Recipe
from mediaframe.ops import audio as sounding
from mediaframe.ops import video as moving
from mediaframe.ops import video_layers as layers
from mediaframe.ops import video_sound as heard
from mediaframe.ops import video_tracks as choosing
from mediaframe.ops.document import Page
from mediaframe.ops.image.animation import Delay, Frame, Frames, Loop, Speed
from mediaframe.ops.image.canvas import Border, Pad, RoundCorners
from mediaframe.ops.image.color import Color
from mediaframe.ops.image.describe import Describe
from mediaframe.ops.image.effects import Blur, Median, Pixelate, Sharpen, Vignette
from mediaframe.ops.image.geometry import AutoOrient, Crop, Extend, Flip, Flop, Mode, Resize, Rotate, Trim
from mediaframe.ops.image.overlay import Text, Watermark
from mediaframe.ops.image.pages import Page as PictureOf
from mediaframe.ops.image.shapes import Shape
from mediaframe.ops.image.tone import (
    Brightness,
    Contrast,
    Flatten,
    Gamma,
    Grayscale,
    Hue,
    Normalize,
    Saturation,
    Sepia,
    Tint,
)
from mediaframe.ops.stills import Preview, Storyboard


class ImageRecipe(Recipe, kind="image"):
    """What can follow while the recipe holds an image."""

    __slots__ = ()

    auto_orient = step(AutoOrient)
    page = step(PictureOf)
    color = step(Color)
    resize = step(Resize)
    mode = step(Mode)
    crop = step(Crop)
    extend = step(Extend)
    pad = step(Pad)
    border = step(Border)
    round_corners = step(RoundCorners)
    rotate = step(Rotate)
    flip = step(Flip)
    flop = step(Flop)
    trim = step(Trim)
    grayscale = step(Grayscale)
    flatten = step(Flatten)
    brightness = step(Brightness)
    contrast = step(Contrast)
    saturation = step(Saturation)
    hue = step(Hue)
    gamma = step(Gamma)
    normalize = step(Normalize)
    tint = step(Tint)
    sepia = step(Sepia)
    blur = step(Blur)
    sharpen = step(Sharpen)
    pixelate = step(Pixelate)
    median = step(Median)
    vignette = step(Vignette)
    watermark = step(Watermark)
    text = step(Text)
    shape = step(Shape)
    frame = step(Frame)
    frames = step(Frames)
    speed = step(Speed)
    delay = step(Delay)
    loop = step(Loop)
    describe = step(Describe)

    jpeg = finish(Jpeg)
    png = finish(Png)
    webp = finish(Webp)
    avif = finish(Avif)
    auto = finish(Auto)
    gif = finish(Gif)
    apng = finish(Apng)
    tiff = finish(Tiff)
    jp2 = finish(Jp2)
    bmp = finish(Bmp)
    ico = finish(Ico)
    pdf = finish(Pdf)
    heif = finish(Heif)
    jxl = finish(Jxl)
    svg = finish(Svg)

    mean_color = finish(MeanColor)
    sharpness = finish(Sharpness)
    exposure = finish(Exposure)
    rms_contrast = finish(RmsContrast)
    entropy = finish(Entropy)
    colorfulness = finish(Colorfulness)
    colors = finish(Colors)
    phash = finish(Phash)
    dhash = finish(Dhash)
    dominant_colors = finish(DominantColors)
    thumbhash = finish(Thumbhash)
    blurhash = finish(Blurhash)
    lqip = finish(Lqip)


class AudioRecipe(Recipe, kind="audio"):
    """What can follow while the recipe holds a sound."""

    __slots__ = ()

    clip = step(sounding.Clip)
    gain = step(sounding.Gain)
    loudness = step(sounding.Loudness)
    channels = step(sounding.Channels)
    rate = step(sounding.Rate)
    fade = step(sounding.Fade)
    trim = step(sounding.Trim)
    tag = step(sounding.Tag)

    waveform = turn(sounding.Waveform, ImageRecipe)

    mp3 = finish(Mp3)
    m4a = finish(M4a)
    opus = finish(Opus)
    ogg = finish(Ogg)
    flac = finish(Flac)
    wav = finish(Wav)

    lufs = finish(hearing.Lufs)
    silence = finish(hearing.Silence)
    peaks = finish(hearing.Peaks)
    streams = finish(holding.AudioStreams)
    chapters = finish(holding.AudioChapters)
    tags = finish(holding.AudioTags)
    damage = finish(holding.AudioDamage)


class VideoRecipe(Recipe, kind="video"):
    """What can follow while the recipe holds a video."""

    __slots__ = ()

    tracks = step(choosing.Tracks)
    clip = step(moving.Clip)
    resize = step(moving.Resize)
    mode = step(moving.Mode)
    crop = step(moving.Crop)
    pad = step(moving.Pad)
    rotate = step(moving.Rotate)
    rate = step(moving.Rate)
    speed = step(moving.Speed)
    mute = step(moving.Mute)
    watermark = step(layers.Watermark)
    text = step(layers.Text)
    captions = step(layers.Captions)
    fade = step(layers.Fade)
    gain = step(heard.Gain)
    loudness = step(heard.Loudness)

    frame = turn(moving.Frame, ImageRecipe)
    storyboard = turn(Storyboard, ImageRecipe)
    preview = turn(Preview, ImageRecipe)
    soundtrack = turn(moving.Soundtrack, AudioRecipe)

    mp4 = finish(Mp4)
    mov = finish(Mov)
    mkv = finish(Mkv)
    webm = finish(Webm)
    hls = finish(Hls)
    dash = finish(Dash)
    gif = finish(showing.Gif)
    webp = finish(showing.Webp)
    thumbnails = finish(showing.Thumbnails)

    black = finish(seeing.Black)
    scenes = finish(seeing.Scenes)
    lufs = finish(hearing.VideoLufs)
    silence = finish(hearing.VideoSilence)
    streams = finish(holding.VideoStreams)
    chapters = finish(holding.VideoChapters)
    tags = finish(holding.VideoTags)
    damage = finish(holding.VideoDamage)


class DocumentRecipe(Recipe, kind="document"):
    """What can follow while the recipe holds a document."""

    __slots__ = ()

    page = turn(Page, ImageRecipe)


image = ImageRecipe()
video = VideoRecipe()
audio = AudioRecipe()
document = DocumentRecipe()
