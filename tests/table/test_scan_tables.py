"""What is scanned: tables with a column `uri`, and lists of uris."""

import uuid

import fsspec
import polars as pl
import pyarrow as pa
import pytest

from mediaframe.errors import StoreError, UsageError
from mediaframe.table.scan import Table, scan_source
from mediaframe.table.schema import asset_id
from tests.table.listed import put, rows

TABLE = pl.DataFrame({"sku": ["00A", "00B"], "uri": ["/p/a.jpg", "s3://shop/x/b.mp4"], "price": [1.5, None]})


@pytest.fixture(params=["frame", "lazy", "arrow", "parquet", "csv", "ipc", "ndjson", "glob", "memory"])
def table(request, tmp_path):
    kind = request.param
    if kind in ("frame", "lazy", "arrow"):
        return {"frame": TABLE, "lazy": TABLE.lazy(), "arrow": TABLE.to_arrow()}[kind]
    if kind in ("parquet", "glob"):
        TABLE.write_parquet(tmp_path / "t[1].parquet")
        return tmp_path / "t[1].parquet" if kind == "parquet" else f"{tmp_path}/*.parquet"
    if kind == "csv":
        TABLE.write_csv(tmp_path / "t.csv")
        return str(tmp_path / "t.csv")
    if kind == "ipc":
        TABLE.write_ipc(tmp_path / "t.arrow")
        return str(tmp_path / "t.arrow")
    if kind == "ndjson":
        TABLE.write_ndjson(tmp_path / "t.ndjson")
        return str(tmp_path / "t.ndjson")
    TABLE.write_parquet(tmp_path / "t.parquet")
    url = f"memory://{uuid.uuid4().hex}/t.parquet"
    fsspec.filesystem("memory").pipe_file(url, (tmp_path / "t.parquet").read_bytes())
    return url


def test_a_table_gives_its_rows_and_keeps_its_columns(table):
    source = scan_source(table)

    found = pl.concat(source.batches())

    assert isinstance(source, Table)
    assert dict(found.schema) == source.columns
    assert found.select(TABLE.columns).equals(TABLE)
    assert found["id"].to_list() == [asset_id(uri) for uri in TABLE["uri"]]
    assert found["path"].to_list() == ["p/a.jpg", "x/b.mp4"]
    assert found["name"].to_list() == ["a.jpg", "b.mp4"]
    assert found["kind"].to_list() == ["image", "video"]
    assert found["bytes"].to_list() == [None, None]


def test_a_list_of_uris_is_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    found = rows(["/p/a.jpg", tmp_path / "b.jpg", "https://h/c.jpg?w=2"])

    assert found["uri"].to_list() == ["/p/a.jpg", f"{tmp_path}/b.jpg", "https://h/c.jpg?w=2"]
    assert found["name"].to_list() == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_listing_can_come_back_as_a_table(tmp_path):
    put(tmp_path, "a/b.jpg")
    put(tmp_path, b"latin\xe9.jpg")
    listed = rows(tmp_path)

    again = rows(listed, root=tmp_path)

    assert again.drop("path", "name").equals(listed.drop("path", "name"))


def test_many_rows_keep_their_order():
    uris = [f"/p/{number}.jpg" for number in range(5000)]

    batches = list(scan_source(pl.LazyFrame({"uri": uris})).batches(700))

    assert [uri for batch in batches for uri in batch["uri"]] == uris
    assert max(batch.height for batch in batches) <= 700


def test_relative_uris_need_a_root():
    given = pl.DataFrame({"uri": ["a/b.jpg", "/abs.jpg"]})

    with pytest.raises(UsageError, match="root="):
        scan_source(given)
    found = rows(given, root="s3://shop/raw/")

    assert found["uri"].to_list() == ["s3://shop/raw/a/b.jpg", "/abs.jpg"]
    assert found["path"].to_list() == ["a/b.jpg", "abs.jpg"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"url": ["/a.jpg"]}, "did you mean 'url'"),
        ({"urii": ["/a.jpg"]}, "did you mean 'urii'"),
        ({"uri": ["/a.jpg", None]}, "1 rows have no uri"),
        ({"uri": [""]}, "no uri"),
        ({"uri": [1]}, "'uri' is Int64"),
        ({"uri": ["/a.jpg"], "id": [7]}, "'id' is Int64"),
        ({"uri": ["/a.jpg"], "bytes": ["7"]}, "'bytes' is String"),
    ],
)
def test_a_table_that_cannot_serve_is_refused_at_once(given, message):
    with pytest.raises(UsageError, match=message):
        scan_source(pl.DataFrame(given))


def test_a_uri_that_leads_out_of_the_root_is_refused():
    with pytest.raises(UsageError, match="leads out"):
        scan_source(pl.DataFrame({"uri": ["a/../../x.jpg"]}), root="/photos")


def test_an_id_of_another_making_is_refused():
    with pytest.raises(UsageError, match="'id'"):
        rows(pl.DataFrame({"uri": ["/a.jpg"], "id": ["SKU-1"]}))


@pytest.mark.parametrize("given", [7, None, {"uri": []}, [1]])
def test_what_is_no_source_is_refused(given):
    with pytest.raises(UsageError):
        scan_source(given)


def test_a_table_that_does_not_read_is_said(tmp_path):
    put(tmp_path, "t.parquet", b"not parquet")

    with pytest.raises(UsageError, match="not a table"):
        scan_source(tmp_path / "t.parquet")
    with pytest.raises(StoreError):
        scan_source(tmp_path / "no.csv")


def test_columns_with_other_widths_fit():
    found = rows(pa.table({"uri": ["/a.jpg"], "bytes": pa.array([5], pa.int32()), "width": pa.array([7], pa.int64())}))

    assert found.schema["bytes"] == pl.Int64
    assert found.schema["width"] == pl.Int32
    assert found["bytes"].to_list() == [5]
