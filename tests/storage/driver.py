"""A program that exports from and to S3, for tests that kill it: driver.py ENDPOINT SECRET SOURCE TO [resume]."""

from __future__ import annotations

import sys

import mediaframe as mf

if __name__ == "__main__":
    endpoint, secret, source, to, *how = sys.argv[1:]
    options = {"endpoint_url": endpoint, "key": "test-key", "secret": secret}
    if how:
        print(mf.resume(to, slots=2, storage_options=options).state)
    else:
        frame = mf.scan(source, storage_options=options).with_columns(
            thumb=mf.image.resize(48).webp(), small=mf.image.resize(24, 24, fit="cover").jpeg()
        )
        print(frame.export(to, slots=2, originals=True, storage_options=options).state)
