"""A program that exports from and to S3 on a cluster, for tests that kill it: driver.py ADDRESS SOURCE TO [resume]."""

from __future__ import annotations

import sys

import mediaframe as mf

OPTIONS = {"connection": "acme"}

if __name__ == "__main__":
    scheduler, source, to, *how = sys.argv[1:]
    if how:
        print(mf.resume(to, client=scheduler, storage_options=OPTIONS).state)
    else:
        frame = mf.scan(source, storage_options=OPTIONS).with_columns(
            hero=mf.image.resize(480).webp(), small=mf.image.resize(48, 48, fit="cover").jpeg()
        )
        print(frame.export(to, client=scheduler, originals=True, storage_options=OPTIONS).state)
