"""A package for HLS plays in a browser: Chromium without a screen, with hls.js of npm, served on this machine."""

from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediaframe.recipes import video
from tests.engines.packages import clip, files

PAGE = b"""<!doctype html><video id=v muted playsinline></video><script src=/hls.js></script><script>
const v = document.getElementById('v'), errors = [], hls = new Hls();
hls.on(Hls.Events.ERROR, (_, told) => errors.push(told.details));
hls.on(Hls.Events.MANIFEST_PARSED, () => v.play().catch(error => errors.push(String(error))));
hls.loadSource('/media/index.m3u8');
hls.attachMedia(v);
setInterval(() => fetch('/told', {method: 'POST', body: JSON.stringify({
  time: v.currentTime, length: v.duration, size: [v.videoWidth, v.videoHeight], levels: hls.levels.length,
  sounds: hls.audioTracks.length, shown: v.getVideoPlaybackQuality().totalVideoFrames, errors})}), 200);
</script>"""
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio", "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip

Served = tuple[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("chromium is not installed")
    return found


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The script of hls.js."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    done = subprocess.run(
        [npm, "pack", "--silent", "hls.js@1"], cwd=folder, capture_output=True, check=False, timeout=90
    )
    if done.returncode:
        pytest.skip("the registry of npm is not within reach")
    with tarfile.open(next(folder.glob("hls.js-*.tgz"))) as archive:
        script = archive.extractfile("package/dist/hls.min.js")
        assert script is not None
        return script.read()


@pytest.fixture
def served(player: bytes) -> Iterator[Callable[[Path], Served]]:
    """Give what serves a package with a page that plays it, and the list of what the page tells."""
    with contextlib.ExitStack() as stack:

        def serve(folder: Path) -> Served:
            told: list[dict[str, Any]] = []
            there = {f"/media/{name}": data for name, data in files(folder).items()} | {"/": PAGE, "/hls.js": player}

            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    data = there.get(self.path)
                    self.send_response(404 if data is None else 200)
                    self.send_header("Content-Type", "text/html" if self.path == "/" else "application/octet-stream")
                    self.end_headers()
                    self.wfile.write(data or b"")

                def do_POST(self) -> None:
                    told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                    self.send_response(204)
                    self.end_headers()

                def log_message(self, format: str, *args: object) -> None:
                    pass

            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/", told

        yield serve


@pytest.mark.soak
@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
def test_it_plays_on_and_changes_to_the_larger_size(
    chromium: str, served: Callable[[Path], Served], tmp_path: Path, preset: Any
) -> None:
    source = clip(tmp_path / "source.mp4", 6, (192, 108), sound=(0, 6))
    video.hls(ladder=(54, 108), segment_seconds=2, preset=preset).run(source, to=tmp_path / "made")
    address, told = served(tmp_path / "made")

    words = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", address]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (told and told[-1]["time"] > 4):
            time.sleep(0.2)
        browser.terminate()

    last = told[-1]
    assert last["time"] > 4
    assert last["errors"] == []
    assert last["length"] == pytest.approx(6, abs=0.1)
    assert (last["levels"], last["sounds"], last["size"]) == (2, 1, [192, 108])
    assert last["shown"] > 50
