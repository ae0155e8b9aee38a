"""The summary of a run, `run.json`: what became of it in numbers, for people and programs."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import Any

from mediaframe.errors import MediaframeError
from mediaframe.storage.names import readable
from mediaframe.storage.redact import redact
from mediaframe.work.commit import head_commit
from mediaframe.work.record import Record
from mediaframe.work.version import mediaframe_version


def summary_of(
    record: Record, state: str, began: datetime, bytes_in: int, error: BaseException | None
) -> dict[str, Any]:
    """Say what became of a run that has just ended in a state, and what made it fail."""
    files, ended = record.files, datetime.now(UTC)
    counted, job, head = record.counted(), files.plan()["job"], head_commit(files.store)
    return {
        "id": files.run,
        "state": state,
        "to": files.store.url,
        "began_at": began.isoformat(),
        "ended_at": ended.isoformat(),
        "seconds": round((ended - began).total_seconds(), 3),
        "counts": counted["counts"],
        "measured": counted["measured"],
        "errors": counted["errors"],
        "excluded": counted["excluded"],
        "bytes_in": bytes_in,
        "bytes_out": counted["bytes_out"],
        "recipes": job["text"],
        "layout": job["layout"],
        "manifests": [dict(one) for one in (head.manifests if head else ()) if one["run"] == files.run],
        "mediaframe": mediaframe_version(),
        "python": platform.python_version(),
        "error": _blame(error) if error else None,
    }


def _blame(error: BaseException) -> dict[str, str]:
    code = error.code if isinstance(error, MediaframeError) else "E_INTERNAL"
    return {"code": code, "message": readable(redact(str(error)))[:500]}
