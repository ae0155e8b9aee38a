"""Pool: where tasks run, as those see it that hand them out: slots of this process, or a cluster's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

from mediaframe.work.slot import Hear, Slot

T = TypeVar("T")
R = TypeVar("R")
T_in = TypeVar("T_in")


class Pool(Protocol):
    """Does tasks with slots and gives results as they complete, in no order.

    What is done must pickle where the pool is a cluster: a function of a module, or a value that can be called.
    """

    def run(
        self, do: Callable[[T, Slot], R], tasks: Iterable[T], ahead: int = 2, hear: Hear | None = None
    ) -> Iterator[R]:
        """Do each task; tasks are pulled as slots get free, and leaving the iterator stops the rest.

        `hear` is told what tasks say of themselves by `slot.tell`, before their results and in the thread that takes
        those. Some of it may be lost.
        """
        ...

    def stop(self) -> None:
        """Start no task any more and end those that run. Any thread and a signal handler may call this."""
        ...

    def close(self) -> None:
        """Stop, and end the children."""
        ...

    def __enter__(self) -> Self:
        """Give the pool."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        ...


@runtime_checkable
class Arriving(Protocol):
    """What is done looks around where it arrives, before the first task there."""

    def arrive(self) -> None:
        """Raise RunError where the work cannot be done."""
        ...


@runtime_checkable
class Losable(Protocol[T_in]):
    """What is done knows what becomes of tasks whose workers die again and again."""

    def alone(self, task: T_in) -> Sequence[T_in]:
        """Cut a task into the smallest that there are, so that one asset costs no other."""
        ...

    def lost(self, task: T_in) -> Any:
        """Give the result that says that the task was lost."""
        ...


def cluster_of(client: Any) -> Any:
    """Give the client of a cluster that is meant: the one given, else the current default client, else None.

    `False` means this process, whatever there is. Nothing is imported for this: a default client cannot be there
    when nobody has loaded distributed.
    """
    if client is False:
        return None
    if client is not None:
        return client
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None
