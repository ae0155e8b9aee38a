"""What is scanned: folders, patterns and single files."""

import os
import tracemalloc
import uuid

import fsspec
import polars as pl
import pytest

from mediaframe.errors import StoreError, UsageError
from mediaframe.storage.source import Sources
from mediaframe.table.pattern import Pattern
from mediaframe.table.scan import Table, scan_source
from mediaframe.table.schema import LISTED, asset_id, schema
from tests.table.listed import paths, put, rows

ODD = [
    b"plain.jpg",
    "caf\u00e9.jpg".encode(),
    "cafe\u0301.jpg".encode(),
    "🐈\u200d⬛.jpg".encode(),
    "gpj.\u202egpj.jpg".encode(),
    b" leading.jpg",
    b"trailing ",
    b"trailing.",
    b"tab\t.jpg",
    b"new\nline.jpg",
    b"bell\x07\x1b[31m.jpg",
    b"latin1_\xe9.jpg",
    b"\xff\xfe.jpg",
    b"-rf.jpg",
    b"back\\slash.jpg",
    b"star*question?.jpg",
    b"[bracket].jpg",
    b"{brace,s}.jpg",
    b"percent%20%00%s.jpg",
    b"hash#frag?query=1.jpg",
    b"colon:stream.jpg",
    b"scheme::x.jpg",
    b"CON.jpg",
    b"~tilde.jpg",
    b"noextension",
    b"n" * 251 + b".jpg",
    "é".encode() * 125 + b".jpg",
    b"dir.jpg/inside.jpg",
    b"/".join([b"d" * 50] * 24) + b"/deep.jpg",
    b"/".join([b"x"] * 120) + b"/deep.jpg",
]
PASSED_OVER = [
    b".hidden.jpg",
    b".jpg",
    b"..jpg",
    b".git/x.jpg",
    b"_mediaframe/runs/x.jpg",
    b"a/_mediaframe/x.jpg",
]


@pytest.fixture
def odd(tmp_path):
    folder = tmp_path / "odd"
    for name in (*ODD, *PASSED_OVER):
        put(folder, name, name)
    (folder / "link.jpg").symlink_to("plain.jpg")
    (folder / "dangling.jpg").symlink_to("nothing")
    (folder / "self.jpg").symlink_to("self.jpg")
    (folder / "loop").symlink_to(".")
    (folder / "outside").symlink_to("/etc")
    os.mkfifo(folder / "fifo.jpg")
    (folder / "emptydir").mkdir()
    return folder


def test_every_odd_name_is_a_row_that_reads_back(odd):
    found = rows(odd)
    sources = Sources()

    contents = {sources.read(uri, 10_000) for uri in found["uri"]}

    assert contents == set(ODD)
    assert found.height == len(ODD) + 1
    assert found["id"].n_unique() == found.height
    assert "link.jpg" in found["path"].to_list()
    for uri, version, size in found.select("uri", "version", "bytes").iter_rows():
        stat = sources.stat(uri)
        assert (stat.version, stat.bytes) == (version, size)


def test_every_odd_name_is_reached_by_itself(odd):
    for name in ODD:
        path = os.path.join(os.fsencode(odd), name)
        found = rows(os.fsdecode(path))
        assert found.height == 1
        assert Sources().read(found["uri"][0], 10_000) == name


def test_hidden_files_come_when_asked_for_and_ours_never(odd):
    shown = paths(odd, hidden=True)

    assert {".hidden.jpg", ".jpg", "..jpg", ".git/x.jpg"} <= set(shown)
    assert not [path for path in shown if "_mediaframe" in path]


def test_rows_have_the_listed_columns_and_guesses(tmp_path):
    put(tmp_path, "a/B.JPG", b"12345")
    put(tmp_path, "a/clip.mp4")
    listing = scan_source(str(tmp_path))

    found = pl.concat(listing.batches())

    assert dict(found.schema) == listing.columns
    assert list(listing.columns) == [*schema(LISTED), "kind", "media_type"]
    assert found.row(0, named=True) | {"version": "", "modified": None} == {
        "id": asset_id(f"{tmp_path}/a/B.JPG"),
        "uri": f"{tmp_path}/a/B.JPG",
        "path": "a/B.JPG",
        "name": "B.JPG",
        "version": "",
        "bytes": 5,
        "modified": None,
        "kind": "image",
        "media_type": "image/jpeg",
    }
    assert found["kind"].to_list() == ["image", "video"]
    assert found["modified"][0].year >= 2024


def test_order_is_that_of_names_and_batches_change_nothing(tmp_path):
    names = ["b/2.jpg", "a.jpg", "b/1.jpg", "c/x/y.jpg", "B.jpg"]
    for name in names:
        put(tmp_path, name)

    one, many = rows(tmp_path, size=2), rows(tmp_path)

    assert one.equals(many)
    assert many["path"].to_list() == ["B.jpg", "a.jpg", "b/1.jpg", "b/2.jpg", "c/x/y.jpg"]
    assert [batch.height for batch in scan_source(tmp_path).batches(2)] == [2, 2, 1]


def test_a_listing_is_lazy(tmp_path, monkeypatch):
    for folder in range(20):
        put(tmp_path, f"{folder:02}/a.jpg")
    looked = []
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: looked.append(path) or real(path))

    next(scan_source(tmp_path).batches(3))

    assert len(looked) <= 4


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["a.jpg"]),
        ("**/*.jpg", ["a.jpg", "b/c.jpg", "b/d/e.jpg"]),
        ("**", ["a.jpg", "b/c.jpg", "b/d/e.jpg", "b/d/f.png"]),
        ("b/**", ["c.jpg", "d/e.jpg", "d/f.png"]),
        ("*/*.jpg", ["b/c.jpg"]),
        ("b/*/*.{jpg,png}", ["d/e.jpg", "d/f.png"]),
        ("?.jpg", ["a.jpg"]),
        ("[!b].jpg", ["a.jpg"]),
        ("**/[d-f].*", ["b/d/e.jpg", "b/d/f.png"]),
        ("**/d/**", ["b/d/e.jpg", "b/d/f.png"]),
        ("*.gif", []),
    ],
)
@pytest.mark.parametrize("place", ["local", "memory"])
def test_a_pattern_picks_files(tmp_path, place, pattern, expected):
    base = str(tmp_path) if place == "local" else f"memory://{uuid.uuid4().hex}"
    for name in ("a.jpg", "b/c.jpg", "b/d/e.jpg", "b/d/f.png", ".h/x.jpg", "_mediaframe/y.jpg"):
        if place == "local":
            put(tmp_path, name)
        else:
            fsspec.filesystem("memory").pipe_file(f"{base}/{name}", b"1")

    assert paths(f"{base}/{pattern}") == expected


def test_a_pattern_looks_only_where_it_can_match(tmp_path, monkeypatch):
    for name in ("a/x.jpg", "b/c/d/x.jpg", "b/c/x.jpg"):
        put(tmp_path, name)
    looked = []
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: looked.append(os.path.relpath(path, tmp_path)) or real(path))

    assert paths(f"{tmp_path}/b*/c/*.jpg") == ["b/c/x.jpg"]

    assert looked == [".", "b", "b/c"]


def test_a_name_wins_over_a_pattern(tmp_path):
    put(tmp_path, "[ab].jpg", b"name")
    put(tmp_path, "a.jpg", b"match")
    put(tmp_path, "x[1]/y.jpg")

    assert paths(f"{tmp_path}/[ab].jpg") == ["[ab].jpg"]
    assert paths(f"{tmp_path}/x[1]") == ["y.jpg"]
    assert paths(f"{tmp_path}/?.jpg") == ["a.jpg"]


@pytest.mark.parametrize("wrong", ["a**", "**b/x"])
def test_two_stars_stand_alone(wrong):
    with pytest.raises(UsageError):
        Pattern(wrong)


def test_a_url_is_scanned_like_a_folder():
    base = f"memory://{uuid.uuid4().hex}"
    for name in ("b.jpg", "a/x y.png", "a/100%.mp4", ".hidden"):
        fsspec.filesystem("memory").pipe_file(f"{base}/{name}", b"12345")

    found = rows(base)

    assert found["path"].to_list() == ["a/100%.mp4", "a/x y.png", "b.jpg"]
    assert found["uri"].to_list() == [f"{base}/{path}" for path in found["path"]]
    assert [Sources().read(uri, 10) for uri in found["uri"]] == [b"12345"] * 3
    assert found["version"].to_list() == [Sources().stat(uri).version for uri in found["uri"]]
    assert paths(f"{base}/a/x y.png") == ["x y.png"]


def test_what_is_not_there_is_said_at_once(tmp_path):
    for source in (str(tmp_path / "no"), str(tmp_path / "no/*.jpg"), f"memory://{uuid.uuid4().hex}"):
        with pytest.raises(StoreError) as caught:
            scan_source(source)
        assert caught.value.code == "E_SOURCE_NOT_FOUND"
    with pytest.raises(UsageError):
        scan_source("")


def test_a_relative_folder_and_home_are_understood(tmp_path, monkeypatch):
    put(tmp_path, "photos/a.jpg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert rows("photos")["uri"].to_list() == [f"{tmp_path}/photos/a.jpg"]
    assert rows("photos/*.jpg")["uri"].to_list() == [f"{tmp_path}/photos/a.jpg"]
    assert rows("~/photos")["uri"].to_list() == [f"{tmp_path}/photos/a.jpg"]


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    put(tmp_path, "a/x.jpg")
    put(tmp_path, "b/y.jpg")
    real = os.listdir

    def refuse(path):
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "listdir", refuse)
    listing = scan_source(tmp_path)

    found = pl.concat(listing.batches())

    assert found["path"].to_list() == ["b/y.jpg"]
    assert listing.unread == [f"{tmp_path}/a: Permission denied"]


def test_a_description_holds_no_secret():
    table = Table(["https://user:CANARY@h/a.jpg?sig=CANARY"])

    assert "CANARY" not in table.describe() + repr(table)


@pytest.mark.slow
def test_a_large_folder_is_listed_in_flat_memory(tmp_path):
    for folder in range(20):
        (tmp_path / f"{folder}").mkdir()
        for number in range(1000):
            (tmp_path / f"{folder}/{number}.jpg").touch()
    tracemalloc.start()
    try:
        total = sum(batch.height for batch in scan_source(tmp_path).batches(512))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert total == 20_000
    assert peak < 3 << 20
