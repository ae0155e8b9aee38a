"""Many pieces composed into one file, in a child: pieces in, the file out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import mediaframe.ops.join
import mediaframe.ops.merge
import mediaframe.recipes  # noqa: F401  # they load the words, so that they can be read from JSON
from mediaframe.engines.base import Counts, Encoded, Piece, Source, Task
from mediaframe.engines.catalog import engine_for
from mediaframe.model.finish import Format
from mediaframe.model.limits import Limits
from mediaframe.model.merge import Merge
from mediaframe.model.spec import spec_from_json
from mediaframe.work.child.encode import MadeOf, encoded
from mediaframe.work.child.render import send_whole, told_of, within

Send = Callable[[dict[str, Any], bytes], None]

NAME = "merged"
"""What the answer calls the result."""


def compose(request: Mapping[str, Any], source: Source, send: Send) -> dict[str, Any]:
    """Compose one file.

    Parameters
    ----------
    request
        `kind` of the pieces, `merge` and `end` as JSON, `limits`, and `pieces`: where each of them begins in the
        source, how long it is, and the columns that the merge takes arguments from.
    source
        All pieces, one after the other.
    send
        Is given the file and what is to be said of it.
    """
    limits = Limits.from_json(request.get("limits") or {})
    merge = spec_from_json(Merge, request["kind"], request["merge"])
    inputs = {sha256: Source(data, limits=limits) for sha256, data in (request.get("inputs") or {}).items()}
    merge = merge.with_inputs(lambda one, _: replace(one, data=inputs.get(one.sha256 or "")))
    end = spec_from_json(Format, merge.gives, request["end"])
    view = memoryview(source.view())
    pieces = [Piece(view[start : start + size], limits=limits, row=row) for start, size, row in request["pieces"]]
    counts = Counts(opens=len(pieces), decodes=len(pieces))
    task = Task(end=end, limits=limits, tell=lambda share: send({"progress": share}, b""))
    made: Any = engine_for(merge.gives).merge(merge, pieces, task)
    if not isinstance(made, Encoded):
        made = encoded(engine_for(end.takes), end, made, counts, MadeOf(source, None))
    within(limits, end, made)
    send_whole(send, {"rendition": NAME, **told_of(engine_for(end.takes), made, end)}, made)
    return {"counts": asdict(counts)}
