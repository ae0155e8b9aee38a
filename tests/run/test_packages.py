"""Results of several files: whole or not there, told in one row, checked, used again, made again, cleared away."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import m3u8
import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import AssetError, LayoutError, RunError
from mediaframe.storage.store import Store
from mediaframe.work.commit import AREA
from tests.engines.packages import clip, files
from tests.run.test_kill import children
from tests.storage.conftest import moto, options

__all__ = ["moto"]

QUICK: dict[str, Any] = {"ladder": (32,), "segment_seconds": 2, "preset": "ultrafast"}
HLS = mf.video.hls(**QUICK)
DRIVER = """
import sys
import mediaframe as mf
from tests.run.test_packages import HLS
if __name__ == "__main__":
    source, to, *how = sys.argv[1:]
    run = mf.resume(to) if how else mf.scan(source).with_columns(hls=HLS).export(to, slots=2)
    print(run.state)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one clip of three seconds, in a folder."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "summer").mkdir()
    clip(folder / "summer" / "sea.mp4", 3, sound=(0, 3))
    return folder


@pytest.fixture(scope="module")
def exported(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("exported") / "out"
    assert exporting(source).export(to).state == "complete"
    return to


@pytest.fixture
def to(exported: Path, tmp_path: Path) -> Path:
    """A destination with one package, which a test may do to what it likes."""
    shutil.copytree(exported, tmp_path / "out")
    return tmp_path / "out"


def exporting(source: Path, recipe: Any = HLS) -> mf.MediaFrame:
    return mf.scan(source).with_columns(hls=recipe)


def published(to: Path) -> set[str]:
    return {name for name in files(to) if not name.startswith(AREA)}


PARTS = {"32p/00001.m4s", "32p/00002.m4s", "32p/index.m3u8", "32p/init.mp4"}
PARTS |= {name.replace("32p", "audio") for name in PARTS} | {"32p/keys.m3u8"}
FOLDER = "hls/summer/sea"


def test_a_package_stands_in_a_folder_of_its_own_where_the_file_would_stand(to: Path) -> None:
    assert published(to) == {f"{FOLDER}/{name}" for name in (*PARTS, "index.m3u8")}


def test_one_row_tells_of_all_files_with_sizes_and_hashes(to: Path) -> None:
    (row,) = mf.manifest(to).to_dicts()

    there = {name: data for name, data in files(to / FOLDER).items() if name != "index.m3u8"}
    assert {part["name"]: (part["bytes"], part["sha256"]) for part in row["parts"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in there.items()
    }
    assert row["uri"] == f"{FOLDER}/index.m3u8"
    assert row["bytes"] == sum(map(len, files(to / FOLDER).values()))
    assert row["sha256"] == hashlib.sha256((to / FOLDER / "index.m3u8").read_bytes()).hexdigest()
    assert row["media_type"] == "application/vnd.apple.mpegurl"
    assert (row["width"], row["height"]) == (42, 32)
    types = {part["name"].split(".")[-1]: part["media_type"] for part in row["parts"] if part["name"].startswith("32p")}
    assert types == {"mp4": "video/mp4", "m4s": "video/iso.segment", "m3u8": "application/vnd.apple.mpegurl"}


def test_a_check_knows_every_part(to: Path) -> None:
    (to / FOLDER / "32p" / "00001.m4s").unlink()
    path = to / FOLDER / "audio" / "00002.m4s"
    data = path.read_bytes()
    path.write_bytes(bytes(len(data)))

    sizes, all_bytes = mf.verify(to), mf.verify(to, deep=True)

    assert sizes.checked == len(PARTS) + 1
    assert (sizes.missing, sizes.changed) == ((f"{FOLDER}/32p/00001.m4s",), ())
    assert (all_bytes.missing, all_bytes.changed) == ((f"{FOLDER}/32p/00001.m4s",), (f"{FOLDER}/audio/00002.m4s",))
    assert sizes.extra == ()


def test_what_stands_there_whole_is_used_again(source: Path, to: Path) -> None:
    run = exporting(source).export(to)

    assert run.manifest["status"].to_list() == ["reused"]
    assert len(run.manifest["parts"][0]) == len(PARTS)
    assert mf.verify(to, deep=True).ok


def test_a_package_that_lost_a_part_is_made_again(source: Path, to: Path) -> None:
    before = files(to / FOLDER)
    (to / FOLDER / "32p" / "00001.m4s").unlink()

    run = exporting(source).export(to, on_exists="replace")

    assert run.manifest["status"].to_list() == ["written"]
    assert files(to / FOLDER) == before


def test_nothing_is_written_beside_what_others_have_in_the_folder(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "out" / FOLDER / "notes.txt"
    other.parent.mkdir(parents=True)
    other.write_text("mine")

    with pytest.raises(RunError, match="stand there already") as caught:
        exporting(source).export(tmp_path / "out")

    assert caught.value.code == "E_STORE_CONFLICT"
    assert published(tmp_path / "out") == {f"{FOLDER}/notes.txt"}


def test_another_package_in_its_place_leaves_parts_that_are_garbage(source: Path, to: Path) -> None:
    run = exporting(source, mf.video.mute().hls(**QUICK)).export(to, on_exists="replace")

    assert run.state == "complete"
    (row,) = mf.manifest(to).to_dicts()
    told = {f"{FOLDER}/{part['name']}" for part in row["parts"]}
    found = mf.gc(to, dry_run=False, older_than=0)
    assert set(found.objects) == {f"{FOLDER}/{name}" for name in PARTS if name.startswith("audio/")}
    assert published(to) == {*told, row["uri"]}
    assert mf.verify(to, deep=True).ok


def test_garbage_is_no_part_of_a_package_that_a_run_may_still_make(source: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    run = exporting(source).export(to)
    for path in [*(to / AREA / "runs" / run.id / "rows").iterdir(), to / AREA / "runs" / run.id / "run.json"]:
        path.unlink()
    for kind in ("commits", "manifests"):
        shutil.rmtree(to / AREA / kind)

    found = mf.gc(to, dry_run=False, older_than=0)
    again = mf.resume(to)

    assert found.objects == ()
    assert again.state == "complete"
    assert mf.verify(to, deep=True).ok


def test_packages_and_files_that_would_stand_in_one_folder_are_refused(source: Path, tmp_path: Path) -> None:
    frame = mf.scan(source).with_columns(hls=HLS, wide=mf.video.dash(**QUICK))

    with pytest.raises(LayoutError, match="have a name that another has too"):
        frame.export(tmp_path / "out", layout="{stem}.{ext}")


def test_results_are_no_sources_of_the_next_run(source: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    shutil.copytree(source, both)

    for _ in range(2):
        run = exporting(both).export(both, on_exists="replace")

    assert run.manifest.height == 1
    assert mf.verify(both).ok


def test_it_stands_where_a_name_of_its_content_says(source: Path, tmp_path: Path) -> None:
    run = exporting(source).export(tmp_path / "out", layout="{key}.{ext}")

    (row,) = run.manifest.to_dicts()
    assert row["uri"] == f"{row['key']}/index.m3u8"
    assert mf.verify(tmp_path / "out", deep=True).ok
    assert exporting(source).export(tmp_path / "out", layout="{key}.{ext}").manifest["status"][0] == "reused"


def test_a_collected_frame_has_all_files(source: Path, exported: Path) -> None:
    (made,) = exporting(source).collect()["hls"]

    given = {part["name"]: part["data"] for part in made["parts"]} | {"index.m3u8": made["data"]}
    assert given == files(exported / FOLDER)
    assert made["bytes"] == sum(map(len, given.values()))
    with pytest.raises(mf.UsageError, match="come to more"):
        exporting(source).collect(max_inline=made["bytes"] - 1)


def test_one_file_gives_a_folder_or_all_files_by_name(source: Path, exported: Path, tmp_path: Path) -> None:
    given = HLS.run(source / "summer" / "sea.mp4")
    at = HLS.run(source / "summer" / "sea.mp4", to=tmp_path / "made")

    assert given == files(exported / FOLDER) == files(tmp_path / "made")
    assert at == str(tmp_path / "made" / "index.m3u8")


def test_too_many_files_are_an_error_of_the_row(source: Path) -> None:
    with pytest.raises(AssetError, match="9 files are over the limit of 5") as caught:
        HLS.run(source / "summer" / "sea.mp4", limits=mf.Limits(parts=5))

    assert caught.value.code == "E_LIMIT_OUTPUT"


def test_it_goes_to_an_object_store_and_is_found_there_again(moto: str, source: Path, exported: Path) -> None:
    root = f"s3://shop/{uuid.uuid4().hex}"

    run = exporting(source).export(root, storage_options=options(moto))
    again = exporting(source).export(root, storage_options=options(moto))

    store = Store.open(root, options(moto))
    assert run.state == "complete"
    assert {name: store.read(f"{FOLDER}/{name}") for name in (*PARTS, "index.m3u8")} == files(exported / FOLDER)
    assert mf.verify(root, deep=True, storage_options=options(moto)).ok
    assert again.manifest["status"].to_list() == ["reused"]
    store.remove(f"{FOLDER}/32p/00002.m4s")
    assert mf.verify(root, storage_options=options(moto)).missing == (f"{FOLDER}/32p/00002.m4s",)
    assert mf.gc(root, older_than=0, storage_options=options(moto)).objects == ()


def whole(to: Path) -> bool:
    """Whether every main file that stands there names only what stands there too."""
    for path in to.glob("hls/**/sea*/index.m3u8"):
        told = m3u8.load(str(path))
        for uri in (one.uri for one in (*told.playlists, *told.media)):
            listed = m3u8.load(str(path.parent / uri))
            names = [*(one.uri for one in listed.segments), listed.segment_map[0].uri]
            if not all((path.parent / uri).with_name(name).is_file() for name in names):
                return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are killed")
def test_a_run_that_is_killed_leaves_no_main_file_without_its_parts_and_ends_when_resumed(
    source: Path, tmp_path: Path
) -> None:
    clips, to, chance = tmp_path / "in", tmp_path / "out", random.Random(5)
    clips.mkdir()
    for number in range(24):
        shutil.copy(source / "summer" / "sea.mp4", clips / f"sea{number}.mp4")
    (tmp_path / "driver.py").write_text(DRIVER)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(mf.__file__).parents[1])])}

    killed = 0
    for _ in range(4):
        known = list((to / AREA / "runs").glob("*/plan.json"))
        words = [sys.executable, str(tmp_path / "driver.py"), str(clips), str(to), *(["resume"] if known else [])]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        while process.poll() is None and not list(to.glob("hls/**/*.m4s")) and not known:
            time.sleep(0.01)
        until = time.monotonic() + chance.uniform(0.3, 1.2)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
            if chance.random() < 0.05 and (victims := children(process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(victims), signal.SIGKILL)
        killed += process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert whole(to)
    run = mf.resume(to)

    # A child that was killed twice on the same clip costs that row, with the code that says so.
    assert killed >= 2
    assert set(run.failures["error_code"]) <= {"E_DECODER_CRASH"}
    run.retry()
    assert run.state == "complete"
    assert set(run.manifest["status"]) == {"written"}
    assert run.manifest.select(pl.col("parts").list.len()).to_series().to_list() == [len(PARTS)] * 24
    assert mf.verify(to, deep=True).ok
    assert mf.verify(to).extra == ()
