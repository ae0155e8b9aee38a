"""formats, presets, doctor, help."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediaframe.cli import app, doctor
from mediaframe.errors import RunError
from mediaframe.presets import presets

Shell = Callable[..., Any]
COMMANDS = (
    "scan",
    "probe",
    "export",
    "explain",
    "resume",
    "retry",
    "verify",
    "gc",
    "formats",
    "presets",
    "doctor",
    "demo",
)


def able(**changes: Any) -> dict[str, Any]:
    """What a healthy child answers, with changes."""
    vips = {
        "name": "vips",
        "kinds": ["image"],
        "version": "vips 8.18",
        "api_mode": True,
        "bundled": True,
        "library": "/x",
    }
    child = {"python": "3.11", "network": "off", "network_by": ["filter"], "parent": "hidden"}
    healthy = {
        "engines": [vips],
        "reads": [{"format": "jpeg", "install": ""}],
        "writes": [{"format": "jpeg", "problem": ""}],
        "operations": [],
        "measures": [],
        "child": child,
        "sealed": True,
    }
    return {**healthy, **changes}


def test_every_command_is_there_and_has_help(shell: Shell) -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}

    assert names == set(COMMANDS)
    for name in COMMANDS:
        assert shell(name, "--help").code == 0


def test_the_version_is_said(shell: Shell) -> None:
    assert shell("--version").out.startswith("mediaframe ")


def test_a_command_that_is_not_there_ends_with_2(shell: Shell) -> None:
    assert shell("exprot").code == 2


def test_formats_are_those_that_work_here(shell: Shell) -> None:
    rows = {row["format"]: row for row in shell("formats", "--json").json["formats"]}

    assert {word for word, row in rows.items() if row["writes"]} >= {
        "avif", "bmp", "ico", "jp2", "jpeg", "pdf", "png", "tiff", "webp",
    }  # fmt: skip
    assert rows["gif"]["reads"]


def test_presets_read_back(shell: Shell) -> None:
    found = shell("presets", "--json").json["presets"]

    assert {name: one["id"] for name, one in found.items()} == {name: one.id for name, one in presets().items()}


def test_a_healthy_machine_is_well(shell: Shell) -> None:
    ended = shell("doctor", "--json")

    assert ended.code == 0
    assert ended.json["ok"] is True
    assert {"checks", "packages", "machine", "child", "engines", "reads", "writes"} <= set(ended.json)
    library = next(one for one in ended.json["checks"] if one["name"] == "library")
    assert "libvips" in library["value"]
    assert ended.json["child"]["network"] in ("on", "off")


def test_a_libvips_of_the_system_is_told_with_what_to_do(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    vips = {**able()["engines"][0], "bundled": False, "library": "/usr/lib/libvips.so.42"}
    monkeypatch.setattr(doctor, "ability", lambda: able(engines=[vips]))

    ended = shell("doctor")

    assert ended.code == 0
    assert "/usr/lib/libvips.so.42" in ended.out
    assert "PKG_CONFIG=false" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"engines": [{"name": "vips", "kinds": ["image"], "missing": "image needs vips: pip install"}]}, "vips"),
        ({"writes": [{"format": "avif", "problem": "no encoder"}]}, "writes avif"),
        ({"writes": []}, "writes"),
    ],
)
def test_what_is_broken_ends_with_1(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], named: str
) -> None:
    monkeypatch.setattr(doctor, "ability", lambda: able(**changes))

    ended = shell("doctor", "--json")

    assert ended.code == 1
    assert [one["name"] for one in ended.json["checks"] if one["status"] == "broken"] == [named]


def test_a_child_that_does_not_answer_is_broken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, Any]:
        raise RunError("no child could be started")

    monkeypatch.setattr(doctor, "ability", fail)

    ended = shell("doctor", "--json")

    assert ended.code == 1
    assert any("no child could be started" in one["value"] for one in ended.json["checks"])


def test_a_package_that_is_missing_is_broken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    known = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "pyvips-binary" else known(name))
    monkeypatch.setattr(doctor, "ability", able)

    ended = shell("doctor", "--json")

    broken = [one for one in ended.json["checks"] if one["status"] == "broken"]
    assert ended.code == 1
    assert [(one["name"], one["advice"]) for one in broken] == [("pyvips-binary", "pip install 'pyvips[binary]'")]


def test_help_loads_no_media_library_and_no_cluster() -> None:
    script = "import sys, mediaframe.cli, json; print(json.dumps(sorted(sys.modules)))"

    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)

    assert not {"pyvips", "av", "PIL", "pypdfium2", "dask", "distributed", "numpy"} & set(loaded)


def test_presets_of_a_file_stand_beside_ours(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text("card = 'image.resize(600).webp()'")

    found = shell("presets", "--file", str(path), "--json").json

    assert found["presets"]["card"]["recipe"] == "image.resize(width=600).webp()"
    assert found["presets"]["card"]["source"] == str(path)
    assert len(found["modes"]) == 9
    assert "card" in shell("presets", "--file", str(path)).out


def test_a_mistake_in_a_file_of_presets_ends_with_2(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text("card = 'image.resize(600).wepb()'")

    ended = shell("presets", "--file", str(path))

    assert ended.code == 2
    assert "line 1: card: no operation 'wepb' for image; did you mean 'webp'?" in " ".join(ended.err.split())
