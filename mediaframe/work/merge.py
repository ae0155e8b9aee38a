"""One file of many rows: each asset rendered in a child, the pieces composed in a child, the file written once."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mediaframe.errors import AssetError, RunError, StoreError
from mediaframe.model.finish import Format
from mediaframe.model.kind import Shape
from mediaframe.model.limits import Limits
from mediaframe.model.merge import Merge
from mediaframe.model.recipe import Finished
from mediaframe.storage.store import Store
from mediaframe.work.child.compose import NAME
from mediaframe.work.commit import AREA
from mediaframe.work.inputs import Content
from mediaframe.work.job import told
from mediaframe.work.need import merge_need
from mediaframe.work.pool import Pool
from mediaframe.work.slot import Slot
from mediaframe.work.spool import Pieces, Spool
from mediaframe.work.version import mediaframe_version

FORM = 1
"""Number of the form of a record; raised when older readers would misread it."""
RECORDS = f"{AREA}/merges/"
"""Where the record of each file stands, below the folder of the file, under its name."""

_PIECE = 4 << 20
_FACTS = ("width", "height", "seconds", "pages", "quality", "outcome", "origin", "engine")
_OF_SOURCE = (
    "asset_id", "source", "source_version", "source_bytes", "source_sha256", "recipe", "recipe_id", "status", "width",
    "height", "bytes", "sha256", "error_code", "stage", "error", "retryable",
)  # fmt: skip

_OF_WORK = ("file", "row")
"""What is known of a piece and not told in the record: its name in a folder that goes, and columns of the row."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What is made of the rows, and where it goes."""

    merge: Merge
    piece: Finished
    """What is made of each row."""
    end: Format
    """How the whole is written."""
    name: str
    """The name of the file, below the store."""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Composer:
    """Where pieces stand, and the slots in which they are composed."""

    pool: Pool
    folder: Path
    """A folder for what is on its way; the pieces stand in it."""
    limits: Limits
    given: Mapping[str, Content] = field(default_factory=dict)
    """What the inputs of the merge hold."""


def merged(order: Order, lines: Iterable[Line], store: Store, by: Composer) -> Line:
    """Compose the pieces that lines tell of, publish the file and its record; gives the record.

    Rows that failed are left out and told. Raises AssetError where nothing is left, or where the whole cannot be made.
    """
    rows = [{name: line.get(name) for name in (*_OF_SOURCE, *_OF_WORK)} for line in lines]
    good = [row for row in rows if row["status"] in ("written", "reused")]
    if not good:
        raise AssetError(f"{order.merge.word}: {_nothing(rows)}", code="E_INPUT")
    spool = by.folder / "pieces"
    places = list(_spooled(spool, (by.folder / str(row["file"]) for row in good)))
    pieces = [(*place, row["row"] or {}) for place, row in zip(places, good, strict=True)]
    shapes = [Shape(order.merge.takes, row["width"], row["height"]) for row in good]
    rows = [{name: row[name] for name in _OF_SOURCE} for row in rows]
    facts, whole = _composed(order, by, spool, pieces, shapes)
    with closing(whole) as made:
        record = _record(order, store, rows, facts, made)
        store.write(order.name, made.data, replace=order.replace, media_type=order.end.media_type)
    # The file first, then what tells of it (nothing is told that is not there).
    store.write(record_name(order.name), _json(record), replace=True)
    return record


def refuse(order: Order, store: Store) -> None:
    """Raise before any work where something stands under the name and may not be replaced."""
    if not order.replace and store.stat(order.name) is not None:
        raise StoreError(
            f"{store.uri(order.name)}: something stands under this name; say on_exists='replace', or another name",
            code="E_STORE_CONFLICT",
        )


def records(store: Store) -> Iterator[dict[str, Any]]:
    """Give the records of all files that merges have published in a store, as they were written last."""
    for stat in store.list(RECORDS):
        found = json.loads(store.read(stat.name))
        if found.get("form") == FORM:
            yield found


def record_name(name: str) -> str:
    """Say where the record of a file stands.

    >>> record_name("summer.gif")
    '_mediaframe/merges/summer.gif.json'
    """
    return f"{RECORDS}{name}.json"


def _spooled(path: Path, pieces: Iterable[Path]) -> Iterator[tuple[int, int]]:
    """Move pieces into one file, one after the other; gives where each begins, and its length."""
    with path.open("wb") as file:
        for piece in pieces:
            at = file.tell()
            with piece.open("rb") as made:
                shutil.copyfileobj(made, file, _PIECE)
            yield at, file.tell() - at


def _composed(
    order: Order, by: Composer, spool: Path, pieces: list[tuple[int, int, Line]], shapes: list[Shape]
) -> tuple[Mapping[str, Any], Spool]:
    request = {
        "do": "compose",
        "kind": order.merge.takes,
        "merge": order.merge.with_inputs(told).to_json(),
        "end": order.end.to_json(),
        "limits": by.limits.to_json(),
        "pieces": pieces,
    }
    need = merge_need(order.merge.infer(shapes), order.end)
    blobs = {sha256: content.data or b"" for sha256, content in by.given.items()}
    media = order.merge.gives in ("video", "audio")
    most = max(by.limits.output, by.limits.media_bytes) if media else by.limits.output

    def ask(_: None, slot: Slot) -> tuple[Mapping[str, Any], Spool]:
        with closing(Pieces([NAME], most)) as coming:
            answers = slot.ask(request, spool, blobs, memory=need + sum(map(len, blobs.values())))
            frames = [(header, coming.take(header, payload)) for header, payload in answers]
        return next((header, whole) for header, whole in frames if whole is not None)

    for found in by.pool.run(ask, [None]):
        return found
    raise RunError(f"{order.merge.word}: stopped before the file was made", code="E_CANCELLED")


def _record(order: Order, store: Store, rows: list[Line], facts: Mapping[str, Any], made: Spool) -> Line:
    merge = {**order.merge.with_inputs(told).to_json(), "kind": order.merge.takes}
    asked = [merge, order.piece.to_json(), order.end.to_json()]
    return {
        "form": FORM,
        "name": order.name,
        "uri": store.uri(order.name),
        "media_type": order.end.media_type,
        "bytes": made.size,
        "sha256": made.sha256,
        **{name: facts.get(name) for name in _FACTS},
        "merge": repr(order.merge),
        "recipe": repr(order.piece),
        "end": repr(order.end),
        "id": hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16],
        "mediaframe": mediaframe_version(),
        "created_at": datetime.now(UTC).isoformat(),
        "sources": rows,
    }


def _nothing(rows: list[Line]) -> str:
    failed = [row for row in rows if row["status"] == "failed"]
    if not failed:
        turned = "pictures of videos are mf.video.frame(), of documents mf.document.page(1)"
        return f"no row is of a kind that the recipe takes; expected one at least ({turned})"
    return f"all {len(failed)} rows failed; the first: {failed[0]['error']} ({failed[0]['error_code']})"


def _json(record: Line) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape")
