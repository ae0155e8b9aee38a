"""The version of this package, as plans, records and workers of a cluster tell it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def mediaframe_version() -> str:
    """Give the version of this package."""
    try:
        return version("mediaframe")
    except PackageNotFoundError:  # Run from a source tree that was never installed.
        return "0+source"
