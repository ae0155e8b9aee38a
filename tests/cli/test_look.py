"""scan and probe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Shell = Callable[..., Any]


def test_scan_lists_kinds_and_sizes(shell: Shell, media: Path) -> None:
    ended = shell("scan", media)

    assert ended.code == 0
    assert "inner/red.png" in ended.out
    assert "2 assets" in ended.out


def test_scan_gives_one_document(shell: Shell, media: Path) -> None:
    found = shell("scan", media, "--json").json

    assert set(found) == {"source", "count", "bytes", "kinds", "assets"}
    assert found["count"] == 2
    assert found["bytes"] == sum(path.stat().st_size for path in media.rglob("*.*"))
    assert found["kinds"]["image"]["count"] == 2
    assert [one["path"] for one in found["assets"]] == ["gray.jpg", "inner/red.png"]


def test_scan_keeps_what_the_filter_says(shell: Shell, media: Path) -> None:
    found = shell("scan", media, "--json", "--filter", "name = 'red.png'").json

    assert [one["path"] for one in found["assets"]] == ["inner/red.png"]


def test_a_filter_that_needs_all_rows_is_refused(shell: Shell, media: Path) -> None:
    ended = shell("scan", media, "--filter", "bytes > avg(bytes)")

    assert ended.code == 2
    assert "needs all rows" in ended.err


def test_probe_says_what_files_are(shell: Shell, media: Path) -> None:
    ended = shell("probe", media)

    assert ended.code == 0
    assert "300 × 200" in ended.out


def test_probe_ends_with_3_where_files_cannot_be_read(shell: Shell, damaged: Path) -> None:
    ended = shell("probe", damaged, "--json")

    assert ended.code == 3
    assert ended.json["statuses"]["error"] >= 1
    assert "E_SOURCE_EMPTY" in ended.json["errors"]
    assert {"format", "width", "height", "orientation", "status", "error_code"} <= set(ended.json["assets"][0])


def test_probe_can_show_the_faults_alone(shell: Shell, damaged: Path) -> None:
    ended = shell("probe", damaged, "--errors")

    assert ended.code == 3
    assert "empty.png" in ended.out
    assert "Upload it again." in ended.out
    assert "inner/red.png" not in ended.out


def test_a_long_list_is_cut_and_says_so(shell: Shell, tmp_path: Path) -> None:
    for number in range(45):
        (tmp_path / f"{number:02}.jpg").write_bytes(b"x")

    assert "and 5 more" in shell("scan", tmp_path).out
    assert "44.jpg" in shell("scan", tmp_path, "--all").out


@pytest.mark.parametrize("command", ["scan", "probe"])
def test_a_hostile_name_never_reaches_the_terminal(shell: Shell, tmp_path: Path, command: str) -> None:
    names = ["a\x1b[2J\x1b]0;owned\x07.jpg", "b\u202egpj.jpg", "c\nforged line.jpg", "[bold red]d.jpg"]
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / name)

    for ended in (shell(command, tmp_path), shell(command, tmp_path, "--json")):
        assert not set("\x1b\x07\u202e") & set(ended.out + ended.err)
        assert "\nforged" not in ended.out
        assert "[bold red]d.jpg" in ended.out


def test_a_folder_that_is_not_there_fails_in_one_line(shell: Shell, tmp_path: Path) -> None:
    ended = shell("scan", tmp_path / "nowhere")

    assert ended.code == 1
    assert "nowhere" in ended.err
    assert "Traceback" not in ended.err


def test_an_error_is_the_document_where_one_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    ended = shell("scan", tmp_path / "nowhere", "--json")

    assert ended.code == 1
    assert set(ended.json["error"]) == {"code", "stage", "message", "retryable", "advice"}


def test_secrets_in_a_url_are_not_repeated(shell: Shell) -> None:
    ended = shell("scan", "nosuchscheme://KEY:SECRET@bucket/a?X-Amz-Signature=abc")

    assert ended.code in (1, 2)
    assert "SECRET" not in ended.err
    assert "abc" not in ended.err


@pytest.mark.parametrize("command", ["scan", "probe"])
def test_where_nothing_is_found_that_is_said(shell: Shell, media: Path, command: str) -> None:
    ended = shell(command, media / "*.jpgg")

    assert ended.code == 0
    assert "0 assets, 0 B  ·  nothing is there, or nothing that the pattern and the filter let pass" in ended.out
