"""Among: sources and results that may stand in one place, told apart, whatever the links that lead there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import polars as pl

from mediaframe.model.package import folders_above
from mediaframe.storage.bulk import batched
from mediaframe.storage.index import Index, digest_of
from mediaframe.storage.names import local_path
from mediaframe.storage.redact import redact
from mediaframe.storage.store import Store

_MANY = 1000


def own_results(
    store: Store, root: str | None, names: Callable[[], Iterable[str]], index: Index
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Give what takes the results of former runs out of a listing that holds them.

    A destination below the folder that is listed is left out whole; where the two are the same, the `names` that runs
    tell of, which are kept in the index; a name that ends in a slash stands for all that is in a folder. Results that
    are listed by themselves, from within a destination, are sources like any other.
    """
    top = None if root is None else root.rstrip("/") + "/"
    below = None if top is None else _below(_real(top), _real(store.uri("x")[:-1]))
    folders = False
    if below == "":
        for some in batched(names(), _MANY):
            index.put_many((digest_of(name), "") for name in some)
            folders = folders or any(name.endswith("/") for name in some)

    def leave_out(rows: pl.DataFrame) -> pl.DataFrame:
        if top is None or below is None:
            return rows
        inside = [_is_result(_below(top, uri)) for uri in rows["uri"]]
        return rows.filter(~pl.Series(inside, dtype=pl.Boolean))

    def _is_result(name: str | None) -> bool:
        if name is None:
            return False
        if below:
            return name.startswith(below)
        names = (name, *folders_above(name)) if folders else (name,)
        return any(index.get(digest_of(one)) is not None for one in names)

    return leave_out


class Within:
    """Says under which name of a destination a source stands, if it stands there."""

    def __init__(self, store: Store) -> None:
        self._local = store.local is not None
        self._root = _real(store.uri("x")[:-1])
        self._folder, self._real = "", ""

    def name(self, uri: str) -> str | None:
        """Give the name of a source below the destination, or None."""
        path = local_path(uri)
        if path is None or not self._local:
            return None if self._local else _below(self._root, redact(uri))
        folder, _, name = path.rpartition("/")
        if folder != self._folder or not self._real:
            # One look for each folder, since the sources of a folder come one after the other.
            self._folder, self._real = folder, os.path.realpath(folder or "/").rstrip("/") + "/"
        return _below(self._root, self._real + name)


def _real(folder: str) -> str:
    path = local_path(folder)
    return folder if path is None else os.path.realpath(path).rstrip("/") + "/"


def _below(root: str, name: str) -> str | None:
    return name[len(root) :] if name.startswith(root) else None
