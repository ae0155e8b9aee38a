"""What can be known of a picture: mean color, sharpness, perceptual hash."""

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

    The signs, against their median, of the 8x8 lowest frequencies of the DCT of the gray picture at 32x32 px.

    Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010; bits as in imagehash.

    >>> mf.image.phash()
    image.phash()
    """
