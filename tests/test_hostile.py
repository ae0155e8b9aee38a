"""Hostile files through scan, probe, renditions and export: one row each with its code, and nothing touched outside."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import CODES, AssetError
from mediaframe.model.media_type import sniff
from mediaframe.work.slot import Slot
from tests.hostile import NAMES, SECRET, Hostile, hostile, jpeg, mp4, pdf

RECIPES = {
    "small": mf.image.resize(64).png(),
    "poster": mf.video.frame(at=0).resize(64).png(),
    "cover": mf.document.page(1).resize(64).png(),
}
KINDS = {"image": "small", "video": "poster", "document": "cover"}
SECONDS, MEMORY = 5.0, 300 << 20
"""What each may cost: seconds on a loaded machine, and bytes of the child, of which 130 MB are its own."""

EVIL = sorted(hostile(""))


@dataclass(frozen=True)
class Field:
    """A folder of hostile files among healthy ones, with a secret beside it, and two exports of it."""

    root: Path
    files: dict[str, Hostile]
    before: dict[str, tuple[int, int]]
    secret: Path
    probed: mf.Run
    unprobed: mf.Run

    def rows(self, run: mf.Run, name: str) -> pl.DataFrame:
        """All rows that a run has of one source, excluded ones included."""
        columns = {"rendition": pl.String, "status": pl.String, "error_code": pl.String, "uri": pl.String}
        made = run.manifest.filter(source=self.uri(name)).select(list(columns))
        out = run.excluded.filter(pl.col("uri") == self.uri(name)) if run.excluded.height else pl.DataFrame()
        lost = [("excluded", "failed", code, None) for code in (out["error_code"] if out.height else [])]
        return pl.concat([made, pl.DataFrame(lost, schema=columns, orient="row")])

    def uri(self, name: str) -> str:
        """What a row names a source by."""
        path = str(self.root / name)
        return path if path.isascii() or "\udce9" not in path else "file://" + str(self.root / "caf%E9.jpg")


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    top = tmp_path_factory.mktemp("hostile")
    root, secret = top / "sources", top / "secret.txt"
    root.mkdir()
    secret.write_bytes(SECRET)
    (top / "secret.png").write_bytes(SECRET)
    files = hostile(str(secret))
    for name, one in files.items():
        (root / name).write_bytes(one.data)
    for seed, name in enumerate(NAMES):
        (root / name).write_bytes(jpeg(seed))
    (root / "well.jpg").write_bytes(jpeg(99))
    (root / "well.mp4").write_bytes(mp4())
    (root / "well.pdf").write_bytes(pdf())
    before = _listing(top)
    frame, layout = mf.scan(root), "{rendition}/{name}.{ext}"
    probed = frame.probe().with_columns(**RECIPES).export(top / "probed", layout=layout)
    unprobed = frame.with_columns(**RECIPES).export(top / "unprobed", layout=layout)
    yield Field(root, files, before, secret, probed, unprobed)
    shutil.rmtree(top)


def _listing(top: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            stat = os.lstat(os.path.join(folder, name))
            found[os.path.relpath(os.path.join(folder, name), top)] = (stat.st_size, stat.st_mtime_ns)
    return found


@pytest.mark.parametrize("name", EVIL)
def test_a_hostile_file_is_one_row_with_the_right_code(field: Field, name: str) -> None:
    one = field.files[name]

    rows = field.rows(field.probed, name)

    assert rows.rows() == [(one.where, "failed", one.code, None)]


@pytest.mark.parametrize("name", [name for name in EVIL if name != "cut.mp4"])
def test_a_hostile_file_that_nobody_probed_is_one_row_with_the_right_code(field: Field, name: str) -> None:
    one = field.files[name]
    where, code = (KINDS[one.named], "E_UNSUPPORTED_FORMAT") if one.named else (one.where, one.code)

    rows = field.rows(field.unprobed, name)

    assert rows.rows() == [(where, "failed", code, None)]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_picture_with_an_odd_name_is_written_under_a_safe_one(field: Field, name: str) -> None:
    made = NAMES[name]

    rows = field.rows(field.probed, name)

    assert rows.select("rendition", "status").rows() == [("small", "written")]
    assert made is None or rows["uri"].item() == f"small/{made}.png"


def test_there_is_no_row_for_a_fault_of_ours_and_none_for_a_dead_child(field: Field) -> None:
    for run in (field.probed, field.unprobed):
        codes = set(run.failures["error_code"])

        assert codes <= set(CODES)
        assert not codes & {"E_INTERNAL", "E_DECODER_CRASH", "E_WORKER_LOST"}


def test_healthy_neighbors_come_out_as_they_do_alone(field: Field) -> None:
    for name, rendition in (("well.jpg", "small"), ("well.mp4", "poster"), ("well.pdf", "cover")):
        alone = RECIPES[rendition].run(field.root / name)

        for run in (field.probed, field.unprobed):
            among = Path(run.to, f"{rendition}/{name}.png").read_bytes()

            assert among == alone


def test_nothing_is_written_outside_the_destination_and_nothing_else_into_it(field: Field) -> None:
    top = field.root.parent

    after = _listing(top)

    told = {f"{Path(run.to).name}/{uri}" for run in _runs(field) for uri in run.manifest["uri"].drop_nulls()}
    ours = {name for name in after if name.split("/")[1:2] != ["_mediaframe"]}
    assert {name: after[name] for name in field.before} == field.before
    assert ours - set(field.before) == told


def test_no_secret_is_in_anything_that_was_written(field: Field) -> None:
    for run in _runs(field):
        written = [path for path in Path(run.to).rglob("*") if path.is_file()]

        assert len(written) > len(NAMES)
        assert not [path for path in written if SECRET in path.read_bytes()]


def test_every_file_that_the_manifest_tells_of_reads_back(field: Field) -> None:
    for run in _runs(field):
        assert mf.verify(run.to, deep=True).ok
        for row in run.manifest.filter(status="written").iter_rows(named=True):
            data = Path(run.to, row["uri"]).read_bytes()

            assert hashlib.sha256(data).hexdigest() == row["sha256"]
            assert data[:4] == b"\x89PNG"


def _runs(field: Field) -> tuple[mf.Run, mf.Run]:
    return field.probed, field.unprobed


@pytest.fixture(scope="module")
def slot() -> Iterator[Slot]:
    with Slot() as made:
        yield made


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a child has used")
@pytest.mark.parametrize("name", EVIL)
def test_a_hostile_file_keeps_within_its_limits(field: Field, slot: Slot, name: str) -> None:
    data = field.files[name].data
    found = sniff(data[:65536])
    kind, form = (found.kind, found.format) if found else ("image", None)
    recipe = RECIPES[KINDS.get(kind, "small")]
    request = {
        "do": "render",
        "kind": kind,
        "format": form,
        "renditions": [{"name": "one", "recipe": recipe.to_json()}],
    }
    began = time.monotonic()

    reply = next(header for header, _ in list(slot.ask(request, data)) if "rendition" in header)

    assert reply["status"] == "failed"
    assert reply["code"] not in ("E_INTERNAL", "E_DECODER_CRASH")
    assert time.monotonic() - began < SECONDS
    assert _peak(slot.hello["pid"]) < MEMORY


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


_SERVE = """
import sys
import mediaframe as mf
from mediaframe.errors import MediaframeError
for name in sys.argv[1:]:
    for recipe in (mf.image.resize(9).png(), mf.video.frame(at=0).png(), mf.document.page(1).png()):
        try:
            recipe.run(name)
        except MediaframeError as error:
            print(error.code)
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace tells which files a process opens")
def test_no_process_opens_what_a_hostile_file_names(field: Field, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    names = [
        str(field.root / name) for name in EVIL if name.startswith(("reads", "xxe", "includes", "playlist", "concat"))
    ]
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)}
    calls = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,connect", "-o", str(log)]

    done = subprocess.run(
        [*calls, sys.executable, "-c", _SERVE, *names], capture_output=True, text=True, env=here, timeout=120
    )

    if not log.exists() or "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    lines = log.read_text(errors="replace").splitlines()
    assert len(done.stdout.split()) == 3 * len(names), done.stderr
    assert any(str(field.root) in line for line in lines)
    assert not [line for line in lines if "secret" in line or "sin_port=htons(9)" in line]


def test_one_file_alone_is_refused_with_the_same_code(field: Field) -> None:
    for name in ("cut.jpg", "declares.png", "bomb.gif", "xxe.svg", "laughs.svg", "empty.jpg"):
        with pytest.raises(AssetError) as caught:
            RECIPES["small"].run(field.root / name)

        assert caught.value.code == field.files[name].code
