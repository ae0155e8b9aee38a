"""How libvips is set up, what it may read, and what its complaints mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips

from mediaframe.errors import AssetError

LOADERS = ("Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif", "Svg")
"""The loaders of libvips that may run: those that its fuzzers hold, and drawings, which are looked through first."""


FONTS = Path(__file__).resolve().parents[1] / "fonts"
"""The fonts that come along, and what tells libvips to use no others."""


def _set_up() -> None:
    # Read when the first text is drawn, that of a drawing too: the fonts of a machine would change bytes (law 2).
    os.environ["FONTCONFIG_FILE"] = str(FONTS / "fonts.conf")
    # One thread for each picture: the work is parallel across pictures, and some encoders' bytes change with threads.
    pyvips.concurrency_set(1)
    # Pictures are seen once; a cache would only hold their memory.
    pyvips.cache_set_max(0)
    pyvips.cache_set_max_mem(0)
    pyvips.cache_set_max_files(0)
    pyvips.block_untrusted_set(True)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for loader in LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{loader}", False)


_set_up()


def library_version() -> str:
    """Name the version of libvips, such as "8.18.7"."""
    return ".".join(str(pyvips.version(part)) for part in range(3))


def library_path() -> str:
    """Say which libvips is used: that of the wheel, or the system's own."""
    found = [line.split()[-1] for line in _maps() if re.search(r"/libvips[-.\w]*\.so", line)]
    return found[0] if found else "libvips of the system"


def _maps() -> list[str]:
    path = Path("/proc/self/maps")
    return path.read_text().splitlines() if path.exists() else []


_TRUNCATED = (
    "premature end", "unexpected end", "end of file", "unable to parse image", "bad seek", "not enough data",
    "end of data", "no frames in gif", "bytes, expected", "truncated",
)  # fmt: skip
_UNSUPPORTED = (
    "not configured", "not supported", "has not been built in", "not a whole number of bytes", "required field",
    "bad labq format", "unsupported", "not in a known format", "operation is blocked", "samples out of range",
)  # fmt: skip


# libheif's AV1 encoder names what it could not allocate; its frame buffers go by the name of the function.
_NO_MEMORY = ("out of memory", "failed to allocate", "unable to allocate", "memory allocation", "bufferpool() failed")


@contextmanager
def complaints(code: str, doing: str) -> Iterator[None]:
    """Turn what libvips complains of into an AssetError.

    Parameters
    ----------
    code
        The code where the text of the complaint tells no other: "E_CORRUPT" while decoding.
    doing
        What was done, for the message.
    """
    try:
        yield
    except pyvips.Error as error:
        raise translate(error, code, doing) from None
    except MemoryError:
        raise AssetError(f"{doing}: out of memory", code="E_LIMIT_MEMORY") from None


def translate(error: pyvips.Error, code: str, doing: str) -> AssetError:
    """Give the AssetError for a complaint of libvips."""
    text = plain_text(error)
    low = str(error).lower()
    if any(mark in low for mark in _NO_MEMORY):
        code = "E_LIMIT_MEMORY"
    elif code == "E_CORRUPT" and any(mark in low for mark in _UNSUPPORTED):
        code = "E_UNSUPPORTED_FORMAT"
    elif code == "E_CORRUPT" and any(mark in low for mark in _TRUNCATED):
        code = "E_TRUNCATED"
    return AssetError(f"{doing}: {text}", code=code)


def reasons(error: pyvips.Error) -> list[str]:
    """Give the telling lines of a complaint, each once; none where libvips gives no words."""
    lines = [line.strip() for line in str(error.detail or "").splitlines()]
    telling = [line for line in lines if line and not line.endswith(": load error") and "bad seek" not in line]
    return list(dict.fromkeys(telling))


def plain_text(error: pyvips.Error) -> str:
    """Give a complaint in one line."""
    return "; ".join(reasons(error)[:4]) or "the decoder gave no reason"
