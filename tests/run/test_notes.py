"""What is to be said of a result stands in its row: written, with a code that begins with W_."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

import mediaframe as mf
from tests.run.media import pictures


def test_a_gain_map_that_was_left_out_is_told_in_the_manifest(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 2, 64, 48)
    plain = (folder / "000.jpg").read_bytes()
    mark = b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)
    (folder / "000.jpg").write_bytes(plain[:2] + b"\xff\xe2" + (len(mark) + 2).to_bytes(2, "big") + mark + plain[2:])

    run = mf.scan(folder).with_columns(web=mf.image.webp()).export(tmp_path / "out")

    rows = run.manifest.sort("source").select("status", "error_code", "stage", "error")
    assert rows["status"].to_list() == ["written", "written"]
    assert rows["error_code"].to_list() == ["W_GAIN_MAP_DROPPED", None]
    assert rows["stage"].to_list() == ["decode", None]
    assert rows["error"][0] == "the HDR gain map was left out; the base picture was used"
    assert run.failures.height == 0


def test_what_rows_say_is_written_into_their_files(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 2, 64, 48)
    said = pl.when(pl.col("name") == "000.jpg").then(pl.lit("Stuhl, „Åse“")).otherwise(None)

    frame = mf.scan(folder).with_columns(t=said, k=pl.lit("oak, chair"))
    recipe = mf.image.describe(title=pl.col("t"), keywords=pl.col("k"), creator="Zoë").png(effort=1)
    run = frame.with_columns(web=recipe).export(tmp_path / "out", layout="{name}.{ext}")

    rows = run.manifest.sort("source")
    texts = [(tmp_path / "out" / uri).read_bytes() for uri in rows["uri"]]
    assert "Stuhl, „Åse“".encode() in texts[0]
    assert b"dc:title" not in texts[1]
    assert all("Zoë".encode() in one and b"<rdf:li>chair</rdf:li>" in one for one in texts)
    pixels = [np.asarray(Image.open(io.BytesIO(one))) for one in texts]
    assert pixels[0].shape == (48, 64, 3)
    assert (tmp_path / "out").is_dir()
    assert "title='Stuhl, „Åse“'" in rows["recipe"][0]
