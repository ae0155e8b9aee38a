"""Slots that fail fast, with the handlers that misbehave."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediaframe.model.limits import Limits
from mediaframe.work.slot import Slot

HANDLERS = Path(__file__).parent / "handlers.py"


@pytest.fixture
def handlers() -> Path:
    return HANDLERS


@pytest.fixture
def slot() -> Iterator[Slot]:
    with Slot(Limits(stall=0.5, memory=256 << 20, output=32 << 20), handlers=HANDLERS) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Slot]:
    """For what leaves a child as it found it."""
    with Slot(Limits(stall=5, memory=512 << 20), handlers=HANDLERS) as made:
        yield made


@pytest.fixture
def done() -> Callable[..., dict[str, Any]]:
    """Ask, and give what the handler gave."""

    def ask(slot: Slot, do: str, source: Any = None, **words: Any) -> dict[str, Any]:
        return list(slot.ask({"do": do, **words}, source))[-1][0]

    return ask
