"""There: which of the names that are planned stand at the destination already, asked in bulk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from mediaframe.storage.closing import Closing
from mediaframe.storage.index import Index, digest_of
from mediaframe.storage.store import Stat, Store
from mediaframe.work.commit import AREA

FEW = 2048
"""Objects that are listed at once, and names up to which each is looked at where there are more: a listing tells of
1,000 by one request, but of others too."""


class There(Closing):
    """Says of names whether objects stand under them, and how large they are."""

    def __init__(self, store: Store, prefix: str = "", few: int = FEW) -> None:
        self._store, self._prefix, self._few = store, prefix, few
        self._asked = 0
        self._listed: Index | None = None

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Give the bytes of those that are there."""
        wanted = self._thinkable(sorted(set(names)))
        if not wanted:
            return {}
        self._asked += len(wanted)
        if self._store.local is not None:
            return self._looked_at(wanted, map(self._store.stat, wanted))
        if self._listed is None and (self._asked == len(wanted) or self._asked > self._few):
            self._list(self._few if self._asked <= self._few else None)
        if self._listed is None:
            return self._looked_at(wanted, self._store.stat_many(wanted))
        found = self._listed.get_many(digest_of(name) for name in wanted)
        return {name: int(found[digest]) for name in wanted if (digest := digest_of(name)) in found}

    def _thinkable(self, names: list[str]) -> list[str]:
        """Leave out the names in folders that are not there; most names of a new export are."""
        root = self._store.local
        if root is None:
            return names
        folders = {name.rpartition("/")[0] for name in names}
        there = {folder for folder in folders if os.path.isdir(os.path.join(root, folder))}
        return [name for name in names if name.rpartition("/")[0] in there]

    def close(self) -> None:
        """Let the disk go."""
        if self._listed is not None:
            self._listed.close()

    def _looked_at(self, names: list[str], stats: Iterator[Stat | None]) -> dict[str, int]:
        return {name: stat.bytes for name, stat in zip(names, stats, strict=True) if stat is not None}

    def _list(self, most: int | None) -> None:
        """Keep what is there, if it is no more than that many objects."""
        listed, own = Index(), f"{AREA}/"
        found = (stat for stat in self._store.list(self._prefix) if not stat.name.startswith(own))
        listed.put_many((digest_of(one.name), str(one.bytes)) for one in islice(found, most))
        if most is not None and next(found, None) is not None:
            listed.close()
            return
        self._listed = listed
