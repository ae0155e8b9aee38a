"""What the levels of a picture say: exposure, contrast, entropy, colorfulness, the number of colors."""

from __future__ import annotations

from mediaframe.model.finish import Measure


class Exposure(Measure, takes="image", gives="float"):
    """Know how light the picture is, from 0 (black) to 1 (white).

    The mean of the gray levels (Rec. 709 luminance, as `grayscale` gives it) divided by 255, on the picture reduced to
    512 px on its longer side. Pixels count by their alpha; null where nothing can be seen.

    Source: the mean of the luminance histogram, by which cameras meter.

    >>> mf.image.exposure()
    image.exposure()
    """


class RmsContrast(Measure, takes="image", gives="float"):
    """Know the contrast, from 0 (one level) to 0.5 (half black, half white).

    The standard deviation of the gray levels (as `grayscale` gives them) divided by 255, on the picture reduced to
    512 px on its longer side. Pixels count by their alpha; null where nothing can be seen.

    Source: Peli, Contrast in complex images, J. Opt. Soc. Am. A 7, 1990.

    >>> mf.image.rms_contrast()
    image.rms_contrast()
    """


class Entropy(Measure, takes="image", gives="float"):
    """Know how much the gray levels say, from 0 bits (one level) to 8 (all alike often).

    Shannon's entropy of the histogram of 256 gray levels (as `grayscale` gives them), on the picture reduced to 512 px
    on its longer side. Pixels count by their alpha; null where nothing can be seen.

    Unit: bits.
    Source: Shannon, A mathematical theory of communication, 1948.

    >>> mf.image.entropy()
    image.entropy()
    """


class Colorfulness(Measure, takes="image", gives="float"):
    """Know how colorful the picture is: 0 is gray, 15 slightly, 45 quite, over 80 extremely colorful.

    With rg = R - G and yb = (R + G) / 2 - B, the root of the sum of their variances, and 0.3 times the root of the sum
    of their squared means; on the picture reduced to 512 px on its longer side. Pixels count by their alpha; null where
    nothing can be seen.

    Source: Hasler and Suesstrunk, Measuring colorfulness in natural images, SPIE 5007, 2003 (M3).

    >>> mf.image.colorfulness()
    image.colorfulness()
    """


class Colors(Measure, takes="image", gives="int"):
    """Know how many colors there are: few in logos and drawings, many in photographs.

    Distinct sRGB values of 8 bits over all pixels of the whole picture, wholly transparent ones left out.

    >>> mf.image.colors()
    image.colors()
    """
