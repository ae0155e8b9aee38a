"""What stands at a destination is asked in bulk: by pages, not by names, where there are many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediaframe.storage.store import Stat, Store
from mediaframe.work.there import There


class Counted:
    """A store that is far away, and counts what it is asked."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.local = None
        self.looked = self.listed = 0

    def list(self, prefix: str) -> Any:
        for name in sorted(self.names):
            if name.startswith(prefix):
                self.listed += 1
                yield Stat(name, len(name), "", None)

    def stat_many(self, names: list[str]) -> Any:
        for name in names:
            self.looked += 1
            yield Stat(name, len(name), "", None) if name in self.names else None


def names(count: int) -> list[str]:
    return [f"a/{number:05d}" for number in range(count)]


def test_of_few_objects_all_are_listed_and_none_is_looked_at() -> None:
    store = Counted(names(50))
    there = There(store, few=100)  # type: ignore[arg-type]

    found = there.sizes(["a/00001", "a/99999"]) | there.sizes(names(500)[40:])

    assert sorted(found) == ["a/00001", *names(50)[40:]]
    assert found["a/00001"] == 7
    assert (store.looked, store.listed) == (0, 50)
    there.close()


def test_among_many_objects_few_names_are_looked_at() -> None:
    store = Counted(names(1000))
    there = There(store, few=100)  # type: ignore[arg-type]

    assert sorted(there.sizes(["a/00001", "x"])) == ["a/00001"]
    assert (store.looked, store.listed) == (2, 101)
    there.close()


def test_many_names_are_listed_once() -> None:
    store = Counted(names(1000))
    there = There(store, few=100)  # type: ignore[arg-type]

    for start in range(0, 2000, 60):
        there.sizes(names(2000)[start : start + 60])

    assert store.looked == 60
    assert store.listed == 101 + 1000
    there.close()


def test_who_asks_for_nothing_has_nothing_listed() -> None:
    store = Counted(names(1000))
    there = There(store, few=100)  # type: ignore[arg-type]

    assert [there.sizes([]) for _ in range(3)] == [{}, {}, {}]
    assert (store.looked, store.listed) == (0, 0)
    there.close()


def test_on_a_disk_names_in_folders_that_are_not_there_are_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, looked = Store.open(tmp_path), list[str]()
    store.write("here/a", b"12345")
    stat: Callable[[str], Any] = store.stat
    monkeypatch.setattr(store, "stat", lambda name: looked.append(name) or stat(name))

    found = There(store).sizes(["here/a", "here/b", "gone/a"])

    assert found == {"here/a": 5}
    assert looked == ["here/a", "here/b"]
