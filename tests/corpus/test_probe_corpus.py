"""What a probe says of real files, held against what others found out about them."""

from __future__ import annotations

import pytest

from mediaframe.engines.base import Source
from mediaframe.errors import CODES
from mediaframe.table.schema import PROBED
from mediaframe.work.child.examine import examine
from mediaframe.work.probe import probe_one

FORMATS = {"jpeg", "mpo", "png", "apng", "webp", "gif", "avif", "heic", "tiff", "bmp", "svg", "svgz", "pdf"}
SHARE = 0.98


def probed(path, name):
    data = path.read_bytes()
    reads = []

    def read(offset, length):
        reads.append((offset, length))
        return data[offset : offset + length]

    row = probe_one(name, len(data), read, lambda request: examine(request, Source(data)))
    return row, reads


@pytest.fixture(scope="module")
def rows(truth):
    """The truth, the row and the reads of every file; the one pass that the tests share."""
    return [(one, *probed(one.file, one.path.rpartition("/")[2])) for one in truth]


@pytest.fixture(scope="module")
def sound(rows):
    """What the agreement is measured on: rows that are ok, of the formats that are probed in full."""
    return [
        (one, row)
        for one, row, _ in rows
        if one.expect == "ok" and (one.format in FORMATS or one.kind in ("video", "audio"))
    ]


def agreement(pairs, told, meant):
    """The share of rows on which both agree, with the disagreements."""
    bad = [f"{one.path}: {told(row)} is not {meant(one)}" for one, row in pairs if told(row) != meant(one)]
    return 1 - len(bad) / len(pairs), bad


def test_formats_agree_with_the_truth(sound):
    share, bad = agreement(sound, lambda row: row["format"], lambda one: one.format)

    assert share >= SHARE, bad


def test_sizes_agree_with_the_truth_as_displayed(sound):
    known = [(one, row) for one, row in sound if one.displayed]

    share, bad = agreement(known, lambda row: (row["width"], row["height"]), lambda one: one.displayed)

    assert len(known) > 300
    assert share >= SHARE, bad


def test_orientations_agree_with_the_truth(sound):
    """Three files say theirs by XMP alone, by which neither browsers nor libvips turn a picture."""
    known = [(one, row) for one, row in sound if one.orientation is not None]

    share, bad = agreement(known, lambda row: row["orientation"], lambda one: one.orientation)

    assert len(known) > 150
    assert share >= SHARE, bad


def test_pictures_without_an_orientation_have_the_first(sound):
    pictures = [(one, row) for one, row in sound if one.kind == "image" and one.orientation is None]

    assert {one.path for one, row in pictures if row["orientation"] not in (1, None)} == set()


def test_rows_agree_in_format_size_and_orientation_together(sound):
    def told(row):
        return row["format"], row["width"], row["height"], row["orientation"] or 0

    bad = []
    for one, row in sound:
        usual = 1 if one.kind == "image" else 0
        size = one.displayed or told(row)[1:3]
        if told(row) != (one.format, *size, usual if one.orientation is None else one.orientation):
            bad.append(f"{one.path}: {told(row)}")

    assert 1 - len(bad) / len(sound) >= SHARE, bad


def test_playing_times_agree_within_a_tenth_of_a_second(sound):
    known = [(one, row) for one, row in sound if one.seconds is not None and one.kind in ("video", "audio")]

    bad = [
        f"{one.path}: {row['seconds']} is not {one.seconds}"
        for one, row in known
        if row["seconds"] is None or abs(row["seconds"] - one.seconds) > 0.1
    ]

    assert len(known) > 60
    assert 1 - len(bad) / len(known) >= SHARE, bad


def test_pages_of_documents_agree_with_the_truth(sound):
    known = [(one, row) for one, row in sound if one.format == "pdf" and one.pages]

    share, bad = agreement(known, lambda row: row["pages"], lambda one: one.pages)

    assert len(known) > 30
    assert share == 1, bad


def test_kinds_agree_with_the_truth(sound):
    share, bad = agreement(sound, lambda row: row["kind"], lambda one: one.kind)

    assert share == 1, bad


def test_every_file_is_a_row_with_all_columns_and_a_known_code(rows):
    names = {field.name for field in PROBED}

    for one, row, _ in rows:
        assert set(row) == names, one.path
        assert row["status"] in ("ok", "warning", "error"), one.path
        assert (row["error_code"] is None) == (row["status"] == "ok"), one.path
        assert row["error_code"] is None or row["error_code"] in CODES, one.path
        assert row["error_code"] != "E_INTERNAL", one.path


def test_files_of_other_kinds_are_rows_with_their_kind_or_said_to_be_unknown(rows):
    for one, row, _ in rows:
        if one.expect == "ok" and one.format not in FORMATS and one.format != "empty":
            assert row["kind"] == one.kind or row["error_code"] == "E_UNSUPPORTED_FORMAT", one.path


def test_no_sound_file_is_said_to_be_damaged(sound):
    damaged = [f"{one.path}: {row['error']}" for one, row in sound if row["status"] == "error"]

    assert damaged == []


def test_contents_that_contradict_their_names_are_said(rows):
    flagged = {one.path for one, row, _ in rows if row["error_code"] == "E_FORMAT_MISMATCH"}
    alike = {"wrong_ext/gif_no_extension", "wrong_ext/photo.JPG.jpeg"}

    assert {one.path for one, _, _ in rows if one.path.startswith("wrong_ext/")} - alike <= flagged
    assert flagged & alike == set()


def test_no_file_of_another_folder_that_is_ok_contradicts_its_name(rows):
    sure = [(one, row) for one, row, _ in rows if one.expect == "ok"]
    flagged = [one.path for one, row in sure if row["error_code"] == "E_FORMAT_MISMATCH"]

    assert [path for path in flagged if not path.startswith("wrong_ext/")] == []


def test_empty_files_are_rows_that_say_so(rows):
    empty = [(one, row) for one, row, _ in rows if one.format == "empty"]

    assert len(empty) >= 8
    assert {row["error_code"] for _, row in empty} == {"E_SOURCE_EMPTY"}
    assert all(row["kind"] == one.kind for one, row in empty)


def test_encrypted_documents_are_said_to_be_encrypted(rows):
    locked = [(one, row) for one, row, _ in rows if one.expect == "error:encrypted" and one.format == "pdf"]

    assert len(locked) >= 3
    assert {row["error_code"] for _, row in locked} == {"E_ENCRYPTED"}


def test_most_pictures_need_one_read_and_none_needs_many(rows):
    pictures = [reads for one, _, reads in rows if one.kind == "image" and one.expect == "ok"]

    assert sum(len(reads) == 1 for reads in pictures) / len(pictures) > 0.9
    assert max(map(len, pictures)) <= 9
    assert max(length for reads in pictures for _, length in reads) <= 1 << 20
