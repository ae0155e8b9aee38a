"""One recipe rendered as the child does it, without a child."""

from __future__ import annotations

from typing import Any

from mediaframe.engines.base import Source
from mediaframe.model.recipe import Finished
from mediaframe.work.child.render import render


def one(data: bytes, recipe: Finished) -> tuple[dict[str, Any], bytes]:
    """Give what is told of the result, and its bytes."""
    sent: list[tuple[dict[str, Any], bytes]] = []
    render(
        {"renditions": [{"name": "a", "recipe": recipe.to_json()}]},
        Source(data),
        lambda header, payload: sent.append((header, payload)),
    )
    return sent[0]
