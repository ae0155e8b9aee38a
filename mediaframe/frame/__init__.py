"""The lazy table whose rows are media assets, and all that can be done with its rows."""

from mediaframe.frame.frame import MediaFrame
from mediaframe.frame.sources import from_dask, scan

__all__ = ["MediaFrame", "from_dask", "scan"]
