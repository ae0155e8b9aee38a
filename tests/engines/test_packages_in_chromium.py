"""Packages play in a browser: Chromium without a screen, with hls.js or dash.js of npm, served on this machine."""

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

HLS = b"""<!doctype html><video id=v muted playsinline></video><script src=/player.js></script><script>
const v = document.getElementById('v'), errors = [], hls = new Hls();
hls.on(Hls.Events.ERROR, (_, told) => errors.push(told.details));
hls.on(Hls.Events.MANIFEST_PARSED, () => v.play().catch(error => errors.push(String(error))));
hls.loadSource('/media/index.m3u8');
hls.attachMedia(v);
setInterval(() => fetch('/told', {method: 'POST', body: JSON.stringify({
  time: v.currentTime, length: v.duration, size: [v.videoWidth, v.videoHeight], levels: hls.levels.length,
  sounds: hls.audioTracks.length, shown: v.getVideoPlaybackQuality().totalVideoFrames, errors})}), 200);
</script>"""
DASH = b"""<!doctype html><video id=v muted playsinline></video><script src=/player.js></script><script>
const v = document.getElementById('v'), errors = [], player = dashjs.MediaPlayer().create();
player.on('error', told => errors.push(String(told.error && told.error.message || told.error)));
player.initialize(v, '/media/manifest.mpd', true);
const count = call => { try { return call().length } catch { return 0 } };
setInterval(() => fetch('/told', {method: 'POST', body: JSON.stringify({
  time: v.currentTime, length: v.duration, size: [v.videoWidth, v.videoHeight],
  levels: count(() => player.getRepresentationsByType('video')), sounds: count(() => player.getTracksFor('audio')),
  texts: count(() => player.getTracksFor('text')),
  shown: v.getVideoPlaybackQuality().totalVideoFrames, errors})}), 200);
</script>"""
PLAYERS = {
    "hls": (HLS, "hls.js@1", "package/dist/hls.min.js"),
    "dash": (DASH, "dashjs@5", "package/dist/modern/umd/dash.all.min.js"),
}
"""The page of each kind of package, the player's name at npm, and the script in it."""
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
def players(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Give what fetches the script of a player."""

    def fetch(kind: str) -> bytes:
        npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        _, name, path = PLAYERS[kind]
        words = [npm, "pack", "--silent", name]
        done = subprocess.run(words, cwd=folder, capture_output=True, check=False, timeout=90)
        if done.returncode:
            pytest.skip("the registry of npm is not within reach")
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            script = archive.extractfile(path)
            assert script is not None
            return script.read()

    return fetch


@pytest.fixture
def served(players: Callable[[str], bytes]) -> Iterator[Callable[[Path, str], Served]]:
    """Give what serves a package with a page that plays it, and the list of what the page tells."""
    with contextlib.ExitStack() as stack:

        def serve(folder: Path, kind: str) -> Served:
            told: list[dict[str, Any]] = []
            there = {f"/media/{name}": data for name, data in files(folder).items()}
            there |= {"/": PLAYERS[kind][0], "/player.js": players(kind)}

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


def watched(browser: str, address: str, told: list[dict[str, Any]], folder: Path, until: float) -> dict[str, Any]:
    """Give what the page told last, once it has played so far or a minute is over."""
    words = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", address]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        ends = time.monotonic() + 60
        while time.monotonic() < ends and not (told and told[-1]["time"] > until):
            time.sleep(0.2)
        running.terminate()
    return told[-1]


@pytest.mark.soak
@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
def test_it_plays_on_and_changes_to_the_larger_size(
    chromium: str, served: Callable[[Path, str], Served], tmp_path: Path, preset: Any
) -> None:
    source = clip(tmp_path / "source.mp4", 6, (192, 108), sound=(0, 6))
    video.hls(ladder=(54, 108), segment_seconds=2, preset=preset).run(source, to=tmp_path / "made")
    address, told = served(tmp_path / "made", "hls")

    last = watched(chromium, address, told, tmp_path, 4)

    assert last["time"] > 4
    assert last["errors"] == []
    assert last["length"] == pytest.approx(6, abs=0.1)
    assert (last["levels"], last["sounds"], last["size"]) == (2, 1, [192, 108])
    assert last["shown"] > 50


@pytest.mark.soak
def test_the_manifest_of_dash_plays_on_with_sound_and_captions(
    chromium: str, served: Callable[[Path, str], Served], tmp_path: Path
) -> None:
    source = clip(tmp_path / "source.mp4", 6, (192, 108), sound=(0, 6))
    (tmp_path / "a.srt").write_text("1\n00:00:00,500 --> 00:00:05,000\nHello\n")
    recipe = video.dash(ladder=(54, 108), segment_seconds=2, preset="ultrafast", captions=str(tmp_path / "a.srt"))
    recipe.run(source, to=tmp_path / "made")
    address, told = served(tmp_path / "made", "dash")

    last = watched(chromium, address, told, tmp_path, 4)

    assert last["time"] > 4
    assert last["errors"] == []
    assert last["length"] == pytest.approx(6, abs=0.1)
    assert (last["levels"], last["sounds"], last["texts"]) == (2, 1, 1)
    assert last["size"] in ([192, 108], [96, 54])
    assert last["shown"] > 50
