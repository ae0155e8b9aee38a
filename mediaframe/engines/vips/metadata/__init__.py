"""Metadata: EXIF, XMP and IPTC read, mended, and put into the files that are written."""
