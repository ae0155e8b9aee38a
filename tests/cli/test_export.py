"""export, explain, resume, retry, verify."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.cli.ending import show_failures

Shell = Callable[..., Any]
Files = Callable[[Path], list[str]]
THUMB = ("--image", "thumb=resize(32).webp()")


def test_export_makes_renditions_and_a_manifest(shell: Shell, media: Path, tmp_path: Path, files: Files) -> None:
    ended = shell("export", media, tmp_path / "web", *THUMB, "-i", "sharp=sharpness()")

    assert ended.code == 0
    assert "2 written, 2 measured" in ended.out
    assert files(tmp_path / "web") == ["thumb/gray.webp", "thumb/inner/red.webp"]
    assert mf.manifest(str(tmp_path / "web")).height == 2


def test_export_gives_one_document(shell: Shell, media: Path, tmp_path: Path) -> None:
    ended = shell("export", media, tmp_path / "web", *THUMB, "--json")

    assert ended.code == 0
    stable = {
        "id",
        "state",
        "to",
        "seconds",
        "counts",
        "errors",
        "excluded",
        "bytes_in",
        "bytes_out",
        "recipes",
        "failures",
    }
    assert stable <= set(ended.json)
    assert ended.json["state"] == "complete"
    assert ended.json["counts"] == {"written": 2}


def test_a_second_export_does_nothing_twice(shell: Shell, media: Path, tmp_path: Path) -> None:
    shell("export", media, tmp_path / "web", *THUMB)

    again = shell("export", media, tmp_path / "web", *THUMB, "--json")

    assert again.code == 0
    assert again.json["counts"] == {"reused": 2}


def test_a_file_that_fails_is_told_with_advice_and_ends_with_3(shell: Shell, damaged: Path, tmp_path: Path) -> None:
    ended = shell("export", damaged, tmp_path / "web", *THUMB)

    assert ended.code == 3
    assert "E_TRUNCATED" in ended.out
    assert "Fetch the original again." in ended.out

    document = shell("retry", tmp_path / "web", "--json")
    assert document.code == 3
    assert {one["error_code"] for one in document.json["failures"]} >= {"E_TRUNCATED"}


def test_a_limit_is_held(shell: Shell, media: Path, tmp_path: Path) -> None:
    ended = shell("export", media, tmp_path / "web", *THUMB, "--limit", "pixels=10k", "--json")

    assert ended.code == 3
    assert ended.json["errors"] == {"E_LIMIT_PIXELS": 1}
    assert "--limit pixels" in ended.json["failures"][0]["advice"]


def test_a_dry_run_writes_nothing(shell: Shell, media: Path, tmp_path: Path) -> None:
    ended = shell("export", media, tmp_path / "web", *THUMB, "--dry-run", "--json")

    assert ended.code == 0
    assert ended.json["dry_run"] is True
    assert [one["uri"] for one in ended.json["renditions"]] == ["thumb/gray.webp", "thumb/inner/red.webp"]
    assert not (tmp_path / "web").exists()
    assert "nothing was written" in shell("export", media, tmp_path / "web", *THUMB, "-n").out


def test_originals_go_along_when_asked(shell: Shell, media: Path, tmp_path: Path, files: Files) -> None:
    ended = shell("export", media, tmp_path / "web", "--originals", "--layout", "{rendition}/{name}")

    assert ended.code == 0
    assert files(tmp_path / "web") == ["originals/gray.jpg", "originals/inner/red.png"]
    assert (tmp_path / "web/originals/gray.jpg").read_bytes() == (media / "gray.jpg").read_bytes()


def test_without_anything_to_make_it_says_how(shell: Shell, media: Path, tmp_path: Path) -> None:
    ended = shell("export", media, tmp_path / "web")

    assert ended.code == 2
    assert "--preset thumbnail" in ended.err


def test_files_that_stand_there_are_not_touched_and_the_advice_is_the_shells(
    shell: Shell, media: Path, tmp_path: Path
) -> None:
    (tmp_path / "web/thumb").mkdir(parents=True)
    (tmp_path / "web/thumb/gray.webp").write_bytes(b"mine")

    ended = shell("export", media, tmp_path / "web", *THUMB)

    assert ended.code in (1, 2)
    assert "--on-exists replace" in ended.err
    assert (tmp_path / "web/thumb/gray.webp").read_bytes() == b"mine"
    assert shell("export", media, tmp_path / "web", *THUMB, "--on-exists", "replace").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--image", "a=resise(3).png()"),
        ("--layout", "{nosuch}.{ext}", *THUMB),
        ("--on-exists", "perhaps", *THUMB),
        ("--slots", "0"),
    ],
)
def test_what_cannot_be_asked_ends_with_2_before_anything_is_written(
    shell: Shell, media: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ended = shell("export", media, tmp_path / "web", *words)

    assert ended.code == 2
    assert ended.err
    assert not (tmp_path / "web").exists()


def test_explain_says_what_is_shared_and_opens_nothing(shell: Shell, media: Path) -> None:
    ended = shell("explain", media, *THUMB, "-p", "avatar", "--json")

    assert ended.code == 0
    assert ended.json["recipes"]["thumb"]["text"] == "image.resize(width=32).webp()"
    assert any("read" in line for line in ended.json["plan"])
    assert "stage 1 of 1" in shell("explain", media, *THUMB).out


def test_resume_of_a_finished_run_does_nothing(shell: Shell, media: Path, tmp_path: Path) -> None:
    first = shell("export", media, tmp_path / "web", *THUMB, "--json").json

    ended = shell("resume", tmp_path / "web", "--json")

    assert ended.code == 0
    assert ended.json["id"] == first["id"]


@pytest.mark.parametrize("command", ["resume", "retry", "verify"])
def test_where_nothing_was_exported_there_is_nothing_to_go_on_with(shell: Shell, tmp_path: Path, command: str) -> None:
    ended = shell(command, tmp_path)

    assert ended.code == 1
    assert "export to it first" in ended.err


def test_a_run_that_is_not_there_is_named(shell: Shell, media: Path, tmp_path: Path) -> None:
    shell("export", media, tmp_path / "web", *THUMB)

    ended = shell("resume", tmp_path / "web", "20000101T000000-abcdef")

    assert ended.code == 1
    assert "no run '20000101T000000-abcdef'" in ended.err


def test_verify_names_what_is_missing_changed_and_extra(shell: Shell, media: Path, tmp_path: Path) -> None:
    web = tmp_path / "web"
    shell("export", media, web, *THUMB)
    whole = shell("verify", web)
    (web / "thumb/inner/red.webp").unlink()
    data = bytearray((web / "thumb/gray.webp").read_bytes())
    data[-1] ^= 1
    (web / "thumb/gray.webp").write_bytes(data)
    (web / "note\u202etxt").write_text("mine")

    shallow, deep = shell("verify", web, "--json"), shell("verify", web, "--deep", "--json")
    said = shell("verify", web, "--deep")

    assert whole.code == 0
    assert (shallow.code, shallow.json["missing"], shallow.json["changed"]) == (1, ["thumb/inner/red.webp"], [])
    assert (deep.code, deep.json["changed"], deep.json["extra"]) == (1, ["thumb/gray.webp"], ["note\u202etxt"])
    assert said.code == 1
    assert "\u202e" not in said.out


def test_where_the_message_alone_says_what_to_do_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"what": "thumb", "stage": "decode", "retryable": False, "asset_id": "1"}
    heic = {"error_code": "E_UNSUPPORTED_FORMAT", "error": "HEIC needs a decoder: pip install 'mediaframe[heic]'"}
    torn = {"error_code": "E_TRUNCATED", "error": "the end mark is missing"}

    show_failures(pl.DataFrame([{**told, **heic, "source": "/a.heic"}, {**told, **torn, "source": "/b.jpg"}]))

    shown = " ".join(capsys.readouterr().out.split())
    assert "E_UNSUPPORTED_FORMAT HEIC needs a decoder: pip install 'mediaframe[heic]'" in shown
    assert "E_TRUNCATED Fetch the original again." in shown
