"""What the process that decodes may see, may do and may load (law 9)."""

import io
import os
import socket
import subprocess
import sys
import time

import pytest
from PIL import Image

from mediaframe.work.slot import Slot

HEAVY = {"polars", "pyarrow", "fsspec", "dask", "distributed", "s3fs", "pandas", "boto3", "botocore"}


def test_the_process_that_parses_strangers_bytes_holds_no_keys(handlers, monkeypatch, done):
    planted = (
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "http_proxy",
        "HTTPS_PROXY",
        "SSH_AUTH_SOCK",
        "GITHUB_TOKEN",
    )
    for name in planted:
        monkeypatch.setenv(name, "canary")

    with Slot(handlers=handlers) as slot:
        seen = done(slot, "life")["environment"]

    assert not set(planted) & set(seen)
    assert "canary" not in str(seen)


def test_the_words_that_change_bytes_are_constants(monkeypatch, handlers, done):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    with Slot(handlers=handlers) as slot:
        seen = done(slot, "life")["environment"]

    assert (seen["LC_ALL"], seen["TZ"], seen["PYTHONHASHSEED"]) == ("C.UTF-8", "UTC", "0")
    assert (seen["VIPS_CONCURRENCY"], seen["MALLOC_ARENA_MAX"]) == ("1", "2")


def test_a_child_lives_in_an_empty_directory_with_small_limits(shared, done):
    life = done(shared, "life")

    assert life["cwd"] == []
    assert life["core"] == [0, 0]
    assert life["files"] == [128, 128]
    assert life["session"] is True
    assert life["descriptors"] <= 6  # three standard ones, the link, and the listing itself


def test_the_directory_of_a_child_goes_with_it(handlers, done):
    with Slot(handlers=handlers) as slot:
        home = done(slot, "life")["environment"]["HOME"]
        assert os.path.isdir(home)

    assert not os.path.exists(home)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and limits")
def test_a_child_may_use_what_it_has_and_the_room_for_one_asset(shared, done):
    life = done(shared, "life")

    assert 512 << 20 < life["space"] < (512 << 20) + (704 << 20)
    assert life["cpu"] < 13 * 3600


def test_a_child_that_says_the_network_is_off_reaches_nobody(shared, done):
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = done(shared, "connect", port=server.getsockname()[1])

    assert shared.hello["network"] in ("on", "off")
    assert answer["connected"] is (shared.hello["network"] == "on")


def test_a_child_that_says_the_parent_is_hidden_cannot_read_its_environment(shared, done):
    read = done(shared, "parent")["read"]

    assert shared.hello["parent"] in ("hidden", "visible")
    assert (read == 0) is (shared.hello["parent"] == "hidden")


def test_a_child_that_does_nothing_yet_has_loaded_no_media_library_and_no_table(shared, done):
    loaded = {name.partition(".")[0] for name in done(shared, "modules")["modules"]}

    assert not loaded & (HEAVY | {"numpy", "pyvips", "av", "PIL", "pypdfium2"})


def test_a_child_that_has_rendered_and_probed_has_loaded_no_table_and_no_store(handlers, done):
    recipe = {"kind": "image", "steps": [{"word": "resize", "with": {"width": 8}}], "end": {"word": "webp"}}
    picture = _jpeg(64, 48)

    with Slot(handlers=handlers) as slot:
        probed = done(slot, "probe", picture, kind="image", format="jpeg")
        renditions = [{"name": "small", "recipe": recipe}]
        request = {"do": "render", "kind": "image", "format": "jpeg", "renditions": renditions}
        (header, payload), _ = slot.ask(request, picture)
        formats = done(slot, "formats")
        loaded = {name.partition(".")[0] for name in done(slot, "modules")["modules"]}
        starts = slot.counts.starts

    assert starts == 1
    assert (probed["width"], probed["height"]) == (64, 48)
    assert header["rendition"] == "small"
    assert payload[8:12] == b"WEBP", header.get("error")
    assert "vips" in str(formats["engines"])
    assert "pyvips" in loaded
    assert not loaded & HEAVY


def test_a_child_ends_when_its_parent_is_killed(handlers, tmp_path):
    script = (
        "import sys; from pathlib import Path; from mediaframe.work.slot import Slot\n"
        f"slot = Slot(handlers=Path({str(handlers)!r}))\n"
        "frames = slot.ask({'do': 'hang', 'frames': 1}); next(frames)\n"
        "print(slot.hello['pid'], flush=True); next(frames)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=_here(tmp_path)) as parent:
        pid = int(parent.stdout.readline())
        assert _lives(pid)
        parent.kill()

    assert _gone(pid, seconds=1)


def test_nothing_is_left_when_a_program_ends_without_closing(handlers, done):
    script = (
        "import os; from pathlib import Path; from mediaframe.work.slot import Slot\n"
        f"slot = Slot(handlers=Path({str(handlers)!r}))\n"
        "life = list(slot.ask({'do': 'life'}))[-1][0]\n"
        "print(slot.hello['pid'], life['environment']['HOME'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=_here(), timeout=30)

    pid, home = ended.stdout.split()
    assert ended.stderr == ""
    assert _gone(int(pid), seconds=1)
    assert not os.path.exists(home)


def _jpeg(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG")
    return file.getvalue()


def _here(temporary="/tmp"):
    return {
        **os.environ,
        "TMPDIR": str(temporary),
        "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path),
    }


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _gone(pid, seconds):
    until = time.monotonic() + seconds
    while _lives(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not _lives(pid)
