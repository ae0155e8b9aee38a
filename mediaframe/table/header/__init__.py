"""The first 64 KB of a file read: format, size, orientation, without a media library."""

from mediaframe.table.header.facts import HEAD, Header, More
from mediaframe.table.header.read import read_header

__all__ = ["HEAD", "Header", "More", "read_header"]
