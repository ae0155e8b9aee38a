"""Detectors: which package finds faces, told by its entry point alone; nothing is loaded here."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from mediaframe.errors import MissingError, RecipeError

GROUP = "mediaframe.detectors"


def face_detector() -> EntryPoint:
    """Give the entry point of the one detector that is installed.

    Raises
    ------
    MissingError
        Where there is none.
    RecipeError
        Where there are several: which one is meant must not depend on the order in which they were installed.
    """
    found = sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value))
    if not found:
        raise MissingError(
            "gravity='face': no face detector is installed; install a package that brings one, or write one: an entry "
            f"point in the group {GROUP!r} that names a function detect(pixels, width, height), see the how-to page "
            "'Crop to faces'; or say gravity='attention'"
        )
    if len(found) > 1:
        names = ", ".join(detector_identity(one) for one in found)
        raise RecipeError(f"gravity='face': expected one face detector, found {names}; uninstall all but one")
    return found[0]


def detector_identity(point: EntryPoint) -> str:
    """Name a detector, its package and the package's version: other faces are another rendition."""
    package = f"{point.dist.name} {point.dist.version}" if point.dist is not None else "no package"
    return f"{point.name} ({package})"


def needed_detectors(gravity: object) -> list[str]:
    """Name the detector that a gravity needs, as a part of what makes two recipes the same; raise where it is missing.

    >>> needed_detectors("attention")
    []
    """
    return [detector_identity(face_detector())] if gravity == "face" else []
