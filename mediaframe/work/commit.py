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

from mediaframe.errors import RunError, StoreError
from mediaframe.storage.bulk import in_order
from mediaframe.storage.store import Store
from mediaframe.table.schema import MEASURED, RENDITION, Field, schema
from mediaframe.work.hidden import PLAN
from mediaframe.work.job import FORMAT

AREA = "_mediaframe"

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
                yield from (target for _, target in json.loads(plan) if target)

    def told(self) -> Iterator[str]:
        """Give the names of results that the row log tells of."""
        for lines in self.logs():
            yield from (line["uri"] for line in lines if line.get("uri"))

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
    entries = [_publish(files, number, table) for table in ("renditions", "measures")]
    kept = [one for one in (head.manifests if head else ()) if one["run"] != files.run]
    mark = Commit(number, files.run, (*kept, *entries), datetime.now(UTC).isoformat())
    body = {"form": FORMAT, "run": mark.run, "manifests": mark.manifests, "created_at": mark.created_at}
    store.write(f"{AREA}/commits/{number:020d}.json", _json(body))
    return mark


_TABLES: dict[str, tuple[str, tuple[Field, ...]]] = {
    "renditions": ("rendition", RENDITION),
    "measures": ("measure", MEASURED),
}


def _publish(files: RunFiles, number: int, table: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mediaframe-") as folder:
        path, rows, failed = _fold(files, Path(folder), *_TABLES[table])
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        name = f"{AREA}/manifests/{number:020d}-{files.run}-{table}.parquet"
        files.store.write(name, path, replace=True)
    return {"name": name, "table": table, "run": files.run, "rows": rows, "failed": failed, "sha256": sha256}


def _fold(files: RunFiles, folder: Path, word: str, fields: tuple[Field, ...]) -> tuple[Path, int, int]:
    """Sort the row log by input order, the last attempt of each row alone, without holding it in memory."""
    parts = []
    for number, lines in enumerate(files.logs()):
        rows = [line for line in lines if word in line]
        if rows:
            parts.append(folder / f"{number:06d}.parquet")
            logged(rows, fields).write_parquet(parts[-1])
    path = folder / "manifest.parquet"
    if not parts:
        pl.DataFrame(schema=schema(fields)).write_parquet(path)
        return path, 0, 0
    last_attempts(pl.scan_parquet(parts)).select([field.name for field in fields]).sink_parquet(path)
    counted = pl.scan_parquet(path).select(pl.len(), (pl.col("status") == "failed").sum().alias("failed"))
    count, failed = counted.collect().row(0)
    return path, int(count), int(failed)


def superseded(files: RunFiles) -> list[str]:
    """Give names of results of a run that other runs have written anew since it was planned.

    What its row log says of them is true no more, so the run cannot be committed after those.
    """
    head, planned = head_commit(files.store), files.plan().get("head", 0)
    later = [one for one in (head.manifests if head else ()) if _number(one["name"]) > planned]
    anew = set[str]()
    for entry in later:
        if entry["run"] != files.run and entry["table"] == "renditions":
            rows = read_manifest(files.store, entry)
            anew.update(rows.filter(pl.col("status") == "written")["uri"])
    return sorted(anew.intersection(files.told())) if anew else []


def refuse_superseded(files: RunFiles) -> None:
    """Raise when a run cannot go on, since others have written over it."""
    if names := superseded(files):
        raise RunError(
            f"run {files.run}: other runs have written {len(names)} of its files anew, such as {names[0]}; "
            "export again: what failed is tried once more, what stands there is used again"
        )


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
    return Commit(_number(marks[-1]), body["run"], tuple(body["manifests"]), body["created_at"])


def read_manifest(store: Store, entry: Mapping[str, Any], columns: list[str] | None = None) -> pl.DataFrame:
    """Read one manifest, or some columns of it, and check that it is the one that was committed."""
    try:
        data = store.read(entry["name"])
    except StoreError as error:
        raise RunError(f"{store.url}: the manifest {entry['name']} is missing ({error})", code="E_MANIFEST") from error
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise RunError(f"{store.url}: the manifest {entry['name']} was changed after its commit", code="E_MANIFEST")
    fields = schema(_TABLES[entry["table"]][1])
    wanted = columns or list(fields)
    # A manifest of an earlier version tells nothing of columns that came since.
    there = pl.read_parquet_schema(io.BytesIO(data))
    found = pl.read_parquet(io.BytesIO(data), columns=[name for name in wanted if name in there])
    return found.select(
        pl.col(name) if name in there else pl.lit(None, dtype=fields[name]).alias(name) for name in wanted
    )


def live(store: Store, head: Commit | None) -> pl.DataFrame:
    """Give the rows that are true of a destination: of each file the newest word."""
    rows = _tables(store, head, "renditions").filter(pl.col("uri").is_not_null())
    return rows.unique("uri", keep="first", maintain_order=True)


def measured(store: Store, head: Commit | None) -> pl.DataFrame:
    """Give the values that were measured for a destination: of each source and measure the newest."""
    rows = _tables(store, head, "measures").filter(pl.col("value").is_not_null())
    return rows.unique(["source", "source_version", "recipe_id"], keep="first", maintain_order=True)


def _tables(store: Store, head: Commit | None, table: str) -> pl.DataFrame:
    entries = [entry for entry in (head.manifests if head else ()) if entry["table"] == table]
    empty = pl.DataFrame(schema=schema(_TABLES[table][1]))
    return pl.concat([*(read_manifest(store, entry) for entry in reversed(entries)), empty])


def runs(store: Store) -> list[str]:
    """Give the ids of the runs of a destination, the oldest first; what died before its plan counts for nothing."""
    found = (stat.name.split("/") for stat in store.list(f"{AREA}/runs/"))
    return sorted(parts[2] for parts in found if parts[3:] == ["plan.json"])


def _number(name: str) -> int:
    """Give the number of a commit from the name of its mark, or of one of its manifests."""
    return int(name.rpartition("/")[2][:20])


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, default=_plain) + "\n").encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
