"""A program that exports a folder, for tests that kill it: driver.py SOURCE DESTINATION [resume]."""

from __future__ import annotations

import sys

import mediaframe as mf

if __name__ == "__main__":
    source, to, *how = sys.argv[1:]
    if how:
        print(mf.resume(to).state)
    else:
        frame = mf.scan(source).probe()
        frame = frame.with_columns(
            hero=mf.image.resize(240).webp(quality=70),
            thumb=mf.image.resize(64, 64, fit="cover").jpeg(),
            sharp=mf.image.sharpness(),
        )
        print(frame.export(to).state)
