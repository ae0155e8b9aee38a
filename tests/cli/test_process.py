"""The shell as a process: streams, codes, and the interrupt of a terminal."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

SHELL = [sys.executable, "-m", "mediaframe.cli"]
ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SHELL, *map(str, words)], capture_output=True, text=True, env=ENV, check=False)


def test_stdout_holds_one_document_and_nothing_else(damaged: Path, tmp_path: Path) -> None:
    ended = run("export", damaged, tmp_path / "web", "-p", "thumbnail", "--json")

    assert ended.returncode == 3
    assert json.loads(ended.stdout)["state"] == "complete_with_errors"


def test_python_dash_m_mediaframe_is_the_shell() -> None:
    ended = subprocess.run([sys.executable, "-m", "mediaframe", "--version"], capture_output=True, env=ENV, check=False)

    assert (ended.returncode, ended.stdout.split()[0]) == (0, b"mediaframe")


def test_a_pipe_that_closes_early_is_no_traceback(media: Path) -> None:
    words = " ".join(SHELL)

    ended = subprocess.run(
        f"{words} scan '{media}' --json | head -c 1", shell=True, capture_output=True, text=True, env=ENV, check=False
    )

    assert "Traceback" not in ended.stderr


def test_a_terminal_without_signs_for_a_name_gets_escapes(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "夏.jpg")

    ended = subprocess.run(
        [*SHELL, "scan", str(tmp_path)],
        capture_output=True,
        env={**ENV, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=False,
    )

    assert ended.returncode == 0
    assert b"\\u590f.jpg" in ended.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_an_interrupt_ends_with_130_at_once_and_resume_goes_on(tmp_path: Path) -> None:
    media, web = tmp_path / "media", tmp_path / "web"
    media.mkdir()
    for number in range(10):
        Image.effect_noise((300, 300), 60).convert("RGB").save(media / f"{number:02}.jpg", quality=95)
    words = ["export", str(media), str(web), "-i", "a=avif(effort=4)", "--slots", "1", "--json"]
    going = subprocess.Popen([*SHELL, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    while not list(web.glob("a/*.avif")) and going.poll() is None:
        time.sleep(0.01)
    sent = time.monotonic()
    going.send_signal(signal.SIGINT)
    out, err = going.communicate(timeout=60)

    assert going.returncode == 130, err
    assert time.monotonic() - sent < 10
    stopped = json.loads(out)
    kept = len(list(web.glob("a/*.avif")))
    assert stopped["state"] == "cancelled"
    assert stopped["total"] == 10
    assert 1 <= stopped["done"] <= kept < 10
    assert stopped["resume"].startswith("mediaframe resume ")

    resumed = run("resume", web, "--json")

    assert resumed.returncode == 0
    assert json.loads(resumed.stdout)["id"] == stopped["id"]
    assert json.loads(resumed.stdout)["counts"] == {"written": 10}
    assert run("verify", web, "--deep").returncode == 0
