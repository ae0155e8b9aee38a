"""A walk through local folders: in order, lazily, one folder in memory at a time."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file that was found; `path` is below the top, with forward slashes."""

    path: str
    name: str
    stat: os.stat_result


def walk(
    top: str,
    *,
    hidden: bool = False,
    enter: Callable[[str], bool] | None = None,
    unread: Callable[[str, OSError], None] | None = None,
) -> Iterator[Entry]:
    """Walk through the regular files below a folder, in order of their names, folders and files alike.

    Links to files are followed, links to folders are not, so that loops end. Pipes, sockets and devices are
    passed over. `enter` says which folders to look into, `unread` is told of those that cannot be.
    """
    stack = [iter(_names(top, "", unread))]
    folders = [""]
    while stack:
        name = next(stack[-1], None)
        if name is None:
            stack.pop()
            folders.pop()
            continue
        if name.startswith(".") and not hidden:
            continue
        path = folders[-1] + name
        found = _look(os.path.join(top, path))
        if found is None:
            continue
        if modes.S_ISDIR(found.st_mode):
            if enter is None or enter(path):
                stack.append(iter(_names(top, path, unread)))
                folders.append(path + "/")
        elif modes.S_ISREG(found.st_mode):
            yield Entry(path, name, found)


def _names(top: str, path: str, unread: Callable[[str, OSError], None] | None) -> list[str]:
    # Names alone are kept and looked at one by one: DirEntry objects would take three times the memory.
    try:
        return sorted(os.listdir(os.path.join(top, path) if path else top))
    except OSError as error:
        if not path or isinstance(error, FileNotFoundError):
            if path:
                return []
            raise
        if unread is None:
            raise
        unread(path, error)
        return []


def _look(path: str) -> os.stat_result | None:
    """Stat a name; None for what is gone, leads nowhere, or is a link to a folder."""
    try:
        found = os.lstat(path)
        if not modes.S_ISLNK(found.st_mode):
            return found
        found = os.stat(path)
    except OSError:
        return None
    return None if modes.S_ISDIR(found.st_mode) else found
