"""What is kept beside the results: frozen input, row log, manifest and commit mark, in the order that keeps them true.

Objects are written first, then the row log, then the manifest, then the commit mark. Readers go the other way and
believe the manifest; a listing is advice.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from mediaframe.errors import RunError
from mediaframe.model.package import files_of, folder_of
from mediaframe.storage.bulk import in_order
from mediaframe.storage.store import Store
from mediaframe.table.schema import MEASURED, RENDITION, Field, schema
from mediaframe.work.hidden import PLAN
from mediaframe.work.job import FORMAT, Job

AREA = "_mediaframe"

GROUP = 16384
"""Rows of a manifest that are made, kept and read together."""

ORDER: dict[str, Any] = {"row": pl.Int64, "place": pl.Int32, "attempt": pl.Int32}
"""What a line of the row log begins with: where the row stands, and which attempt it was."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit mark: which manifests are true of a destination."""

    number: int
    run: str
    manifests: tuple[dict[str, Any], ...]
    created_at: str

    @property
    def failed(self) -> int:
        """How many results of its run could not be made."""
        return sum(entry["failed"] for entry in self.manifests if entry["run"] == self.run)


class RunFiles:
    """The files of one run beside the results."""

    def __init__(self, store: Store, run: str) -> None:
        self.store = store
        self.run = run
        self.root = f"{AREA}/runs/{run}"

    # ---- the plan and the frozen input

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Write the plan, once."""
        self.store.write(f"{self.root}/plan.json", _json(plan), replace=False)

    @property
    def planned(self) -> bool:
        """Whether the plan is there, as this process sees the store."""
        return self.store.stat(f"{self.root}/plan.json") is not None

    def plan(self) -> dict[str, Any]:
        """Read the plan."""
        found: dict[str, Any] = json.loads(self.store.read(f"{self.root}/plan.json"))
        if found.get("form") != FORMAT:
            raise RunError(
                f"run {self.run}: expected files of form {FORMAT}, got {found.get('form')}; "
                "use the version of mediaframe that made them",
                code="E_MANIFEST",
            )
        return found

    def names(self) -> Iterator[str]:
        """Give the names of results: those that are planned, and those that were known only late."""
        yield from self.told()
        for part in self.inputs():
            for plan in part[PLAN]:
                yield from (target for _, target, *_ in json.loads(plan) if target)

    def told(self) -> Iterator[str]:
        """Give the names of results that the row log tells of."""
        for lines in self.logs():
            yield from (name for line in lines if line.get("uri") for name, _, _ in files_of(line))

    def folders(self) -> Iterator[str]:
        """Give the folders of packages that are planned; their parts are known only once they are made."""
        job = Job.from_json(self.plan()["job"])
        packages = {name for name, recipe in job.recipes if recipe.format is not None and recipe.format.package}
        if not packages:
            return
        for part in self.inputs():
            for plan in part[PLAN]:
                yield from (folder_of(target) for name, target, *_ in json.loads(plan) if target and name in packages)

    def write_part(self, folder: str, number: int, data: Path) -> None:
        """Publish one part of a table of the run; a part left behind by a killed attempt is replaced."""
        self.store.write(f"{self.root}/{folder}/part-{number:05d}.parquet", data, replace=True)

    def write_parts(self, folder: str, parts: Iterable[Path]) -> None:
        """Publish the parts of a table of the run, many at once."""

        def write(numbered: tuple[int, Path]) -> None:
            self.write_part(folder, *numbered)

        for _ in in_order(write, enumerate(parts), self.store.at_once):
            pass

    def inputs(self) -> Iterator[pl.DataFrame]:
        """Read the frozen input, part by part."""
        yield from self.tables("input")

    def write_table(self, name: str, table: pl.DataFrame) -> None:
        """Write a table of the run, such as `excluded`."""
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        self.store.write(f"{self.root}/{name}.parquet", buffer.getvalue(), replace=True)

    def table(self, name: str) -> pl.DataFrame | None:
        """Read a table of the run, or None where it was never written."""
        if self.store.stat(f"{self.root}/{name}.parquet") is None:
            return None
        return pl.read_parquet(io.BytesIO(self.store.read(f"{self.root}/{name}.parquet")))

    def tables(self, folder: str) -> Iterator[pl.DataFrame]:
        """Read the tables of a folder of the run, one after the other."""
        names = sorted(stat.name for stat in self.store.list(f"{self.root}/{folder}/"))
        for data in self.store.read_many(names):
            yield pl.read_parquet(io.BytesIO(data))

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write `run.json`: what became of the run, for people and programs."""
        self.store.write(f"{self.root}/run.json", _json(summary), replace=True)

    def summary(self) -> dict[str, Any] | None:
        """Read `run.json`, or None where the run did not end."""
        if self.store.stat(f"{self.root}/run.json") is None:
            return None
        found: dict[str, Any] = json.loads(self.store.read(f"{self.root}/run.json"))
        return found

    # ---- the row log

    def log(self, part: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Append to the row log: the durable mark that rows are done."""
        text = "".join(json.dumps(line, default=_plain) + "\n" for line in lines)
        if text:
            self.store.write(f"{self.root}/rows/{part}-{uuid.uuid4().hex[:8]}.jsonl", text.encode())

    def logs(self) -> Iterator[list[dict[str, Any]]]:
        """Read the row log, file by file."""
        names = sorted(stat.name for stat in self.store.list(f"{self.root}/rows/"))
        for data in self.store.read_many(names):
            yield [json.loads(line) for line in data.splitlines()]


# ---- manifests and commits -------------------------------------------------------------------------------------------


def commit(files: RunFiles) -> Commit:
    """Make the manifest of a run from its row log, then the commit mark that makes it true."""
    store, head = files.store, head_commit(files.store)
    number = head.number + 1 if head else 1
    job = files.plan()["job"]
    wide = max(1, len(job["recipes"]) + bool(job["originals"]))
    entries = [_publish(files, number, table, wide) for table in TABLES]
    kept = [one for one in (head.manifests if head else ()) if one["run"] != files.run]
    mark = Commit(number, files.run, (*kept, *entries), datetime.now(UTC).isoformat())
    body = {"form": FORMAT, "run": mark.run, "manifests": mark.manifests, "created_at": mark.created_at}
    store.write(f"{AREA}/commits/{number:020d}.json", _json(body))
    return mark


TABLES: dict[str, tuple[str, tuple[Field, ...]]] = {
    "renditions": ("rendition", RENDITION),
    "measures": ("measure", MEASURED),
}


def _publish(files: RunFiles, number: int, table: str, wide: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mediaframe-") as folder:
        path, rows, failed = _fold(files, Path(folder), *TABLES[table], max(1, GROUP // wide))
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        name = f"{AREA}/manifests/{number:020d}-{files.run}-{table}.parquet"
        files.store.write(name, path, replace=True)
    return {"name": name, "table": table, "run": files.run, "rows": rows, "failed": failed, "sha256": sha256}


def _fold(files: RunFiles, folder: Path, word: str, fields: tuple[Field, ...], span: int) -> tuple[Path, int, int]:
    """Sort the row log by input order, the last attempt of each row alone, so many rows of the input at a time."""
    for number, lines in enumerate(_gathered(files, word, fields)):
        for (at,), some in lines.group_by(pl.col("row") // span):
            (folder / f"{at:09d}").mkdir(exist_ok=True)
            some.write_parquet(folder / f"{at:09d}" / f"{number:06d}.parquet")
    path, names = folder / "manifest.parquet", [field.name for field in fields]
    count, failed, sorted_ = 0, 0, []
    for part in sorted(folder.iterdir()):
        rows = last_attempts(pl.scan_parquet(part / "*.parquet")).select(names).collect()
        count, failed = count + rows.height, failed + rows.filter(pl.col("status") == "failed").height
        sorted_.append(folder / f"{part.name}.parquet")
        rows.write_parquet(sorted_[-1])
    if not sorted_:
        pl.DataFrame(schema=schema(fields)).write_parquet(path)
    else:
        pl.scan_parquet(sorted_).sink_parquet(path, row_group_size=GROUP)
    return path, count, failed


def _gathered(files: RunFiles, word: str, fields: tuple[Field, ...]) -> Iterator[pl.DataFrame]:
    """Give the lines of the row log that have a word, in tables that are not too small."""
    held, rows = list[pl.DataFrame](), 0
    for log in files.logs():
        lines = [line for line in log if word in line]
        if lines:
            held.append(logged(lines, fields))
            rows += len(lines)
        if rows >= GROUP:
            yield pl.concat(held)
            held, rows = [], 0
    if held:
        yield pl.concat(held)


def last_attempts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Keep the last word of each row, in input order.

    Of one attempt there can be two words, where a worker was believed dead and its batch done again. The one that
    tells of a result counts, since that is there; of two, the later one, since it took the place of the other.
    """
    order = [pl.col("row"), pl.col("place"), pl.col("attempt"), pl.col("status") != "failed"]
    times = [pl.col(name) for name in rows.collect_schema() if name == "written_at"]
    return rows.sort(*order, *times, nulls_last=False).unique(["row", "place"], keep="last", maintain_order=True)


def logged(lines: list[dict[str, Any]], fields: tuple[Field, ...]) -> pl.DataFrame:
    """Make a table of lines of the row log."""
    types = {**ORDER, **schema(fields)}
    times = [name for name, dtype in types.items() if isinstance(dtype, pl.Datetime)]
    texts = {name: pl.String if name in times else dtype for name, dtype in types.items()}
    made = pl.DataFrame([{name: line.get(name) for name in texts} for line in lines], schema=texts)
    return made.with_columns(pl.col(times).str.to_datetime(time_unit="us", time_zone="UTC"))


def head_commit(store: Store) -> Commit | None:
    """Give the newest commit mark of a destination."""
    marks = sorted(stat.name for stat in store.list(f"{AREA}/commits/"))
    if not marks:
        return None
    body = json.loads(store.read(marks[-1]))
    if body.get("form") != FORMAT:
        raise RunError(
            f"{store.url}: expected a commit of form {FORMAT}, got {body.get('form')}; "
            "use the version of mediaframe that made it",
            code="E_MANIFEST",
        )
    return Commit(number_of(marks[-1]), body["run"], tuple(body["manifests"]), body["created_at"])


def runs(store: Store) -> list[str]:
    """Give the ids of the runs of a destination, the oldest first; what died before its plan counts for nothing."""
    found = (stat.name.split("/") for stat in store.list(f"{AREA}/runs/"))
    return sorted(parts[2] for parts in found if parts[3:] == ["plan.json"])


def number_of(name: str) -> int:
    """Give the number of a commit from the name of its mark, or of one of its manifests."""
    return int(name.rpartition("/")[2][:20])


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, default=_plain) + "\n").encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
