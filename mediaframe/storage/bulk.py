"""Bulk: many at once: requests whose answers come in order, and never more ahead than who takes them can hold."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_order(do: Callable[[A], B], asked: Iterable[A], ahead: int) -> Iterator[B]:
    """Do each in threads, so many at once; gives the answers in order, and pulls no more until one is taken.

    >>> list(in_order(str.upper, ["a", "b", "c"], 2))
    ['A', 'B', 'C']
    """
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(ahead, thread_name_prefix="mediaframe-bulk") as pool:
        try:
            for one in asked:
                waiting.append(pool.submit(do, one))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


def batched(found: Iterable[A], most: int) -> Iterator[list[A]]:
    """Cut what is found into lists of at most so many, lazily.

    >>> list(batched("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    left = iter(found)
    while batch := list(islice(left, most)):
        yield batch
