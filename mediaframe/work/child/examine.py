"""Examine: what the decoder child says of a source that a header does not tell. It imports no tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediaframe.engines import catalog
from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError, MissingError
from mediaframe.model.kind import KINDS, Kind
from mediaframe.model.limits import Limits

_PLAIN = (str, int, float, bool, type(None))


def examine(request: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Ask the engine of a kind; gives plain values by the names of the asset columns, or raises AssetError.

    `request` names `kind`, and may name `format` and `limits`.
    """
    kind = request.get("kind")
    found: Kind | None = next((one for one in KINDS if one == kind), None)
    if found is None:
        raise AssetError(f"expected a kind, one of {', '.join(KINDS)}, got {kind!r}", code="E_UNSUPPORTED_FORMAT")
    named = request.get("format")
    task = Task(limits=Limits.from_json(request.get("limits") or {}), format=str(named) if named else None)
    try:
        facts = catalog.prober_for(found).probe(source, task)
    except MissingError as error:
        raise AssetError(error.message, code="E_UNSUPPORTED_FORMAT") from error
    return {name: value for name, value in facts.items() if isinstance(value, _PLAIN)}
