"""What can be known of a picture: mean color, sharpness, perceptual hashes."""

from __future__ import annotations

from mediaframe.model.finish import Measure


class MeanColor(Measure, takes="image", gives="string"):
    """Know the mean color, as `#rrggbb`.

    The mean of each sRGB band over all pixels, transparent pixels left out by their share.

    >>> mf.image.mean_color()
    image.mean_color()
    """


class Sharpness(Measure, takes="image", gives="float"):
    """Know how sharp the picture is: small numbers are blurred pictures.

    The variance of the Laplacian (3x3, eight neighbors) of the gray picture, reduced to 1024 px on its longer side,
    so that pictures of different sizes compare.

    Unit: levels of 255, squared.
    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    >>> mf.image.sharpness()
    image.sharpness()
    """


class Phash(Measure, takes="image", gives="string"):
    """Know the perceptual hash: 64 bits in hex; alike pictures differ in few bits.

    The signs, against their median, of the 8x8 lowest frequencies of the DCT of the gray picture (Rec. 601 luma) at
    32x32 px, upright. Alpha is not looked at. A JPEG is decoded at the least size of which both sides have 250 px, and
    in gray alone: over photographs the hash is then 0.2 bits off that of the whole on average, at a quarter of the
    time. Of damage to a JPEG it notices only that its end is missing.

    Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010; bits as in imagehash.

    >>> mf.image.phash()
    image.phash()
    """


class Dhash(Measure, takes="image", gives="string"):
    """Know the difference hash: 64 bits in hex; alike pictures differ in few bits.

    Whether each pixel of the gray picture (Rec. 601 luma) at 9x8 px is darker than its right neighbor, upright. Alpha
    is not looked at. A JPEG is decoded as for `phash`, with which it shares the decode; the hash is then 0.3 bits off
    that of the whole on average.

    Source: Krawetz, Kind of like that, 2013; bits as in imagehash.

    >>> mf.image.dhash()
    image.dhash()
    """
