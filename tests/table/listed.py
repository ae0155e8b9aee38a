"""What is put somewhere and what is listed, for the tests of scans."""

import os

import polars as pl

from mediaframe.table.scan import scan_source


def put(folder, name, data=b"1"):
    path = os.path.join(os.fsencode(folder), name if isinstance(name, bytes) else name.encode())
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def rows(source, size=1024, **options):
    return pl.concat(
        [
            pl.DataFrame(schema=scan_source(source, **options).columns),
            *scan_source(source, **options).batches(size),
        ]
    )


def paths(source, **options):
    return rows(source, **options)["path"].to_list()
