"""What is left to do in a run: the frozen input less what the row log says is done."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from typing import Any

from mediaframe.model.package import files_of
from mediaframe.model.recipe import Finished
from mediaframe.work.batch import Item, Wanted
from mediaframe.work.commit import RunFiles
from mediaframe.work.frozen import bound, item_of, layout_values
from mediaframe.work.hidden import ASSET, PLAN, ROW
from mediaframe.work.job import ORIGINAL, Job
from mediaframe.work.there import There

_DONE, _FAILED, _TAKEN, _GONE = 1, 2, 3, 4
"""Done; failed; failed since a file of others stood under the name; done, but not there any more."""
_MOST = 65535
"""Attempts that are counted."""


class Pending:
    """Reads the row log once and says, for each row, what is still to be made.

    Takes three bytes of memory for each rendition of each row. With `look`, what the row log says is done and is not
    there any more is to be made again.
    """

    def __init__(self, files: RunFiles, job: Job, *, look: bool = False) -> None:
        self.files, self.job = files, job
        self._wide = max(1, len(job.names))
        self._status = bytearray()
        self._attempts = array("H")
        self._gone: dict[int, list[list[Any]]] = {}
        """Of rows: what was there when the run was planned, and is not any more."""
        with There(files.store, job.prefix) as there:
            for log in files.logs():
                names = {name for line in log for name in _names(line)} if look else set[str]()
                lost = names.difference(there.sizes(names))
                for line in log:
                    self._note(line, gone=not lost.isdisjoint(_names(line)))

    def _note(self, line: dict[str, Any], *, gone: bool) -> None:
        at = line["row"] * self._wide + line["place"]
        if at >= len(self._status):
            more = at + 1 - len(self._status) + 4096
            self._status += bytes(more)
            self._attempts.frombytes(bytes(more * self._attempts.itemsize))
        attempt = min(_MOST, line["attempt"])
        if gone and attempt == 0:
            named = json.loads(line.get("inputs") or "{}")
            inputs = {name: {"input": name, "sha256": sha256} for name, sha256 in named.items()}
            self._gone.setdefault(line["row"], []).append([line["rendition"], line["uri"], inputs])
        status = _status(line, gone=gone)
        # Of one attempt there can be two words; the manifest takes the one that tells of a result as well.
        told = self._status[at] in (_DONE, _GONE) and status in (_FAILED, _TAKEN)
        if attempt > self._attempts[at] or (attempt == self._attempts[at] and not told):
            self._attempts[at] = attempt
            self._status[at] = status

    def items(self, *, again: bool = False) -> Iterator[Item]:
        """Give what is left, in input order; `again` gives what failed as well."""
        recipes = dict(self.job.recipes)
        for part in self.files.inputs():
            for row in part.iter_rows(named=True):
                item = self._item(row, recipes, again=again)
                if item is not None:
                    yield item

    def _item(self, row: dict[str, Any], recipes: dict[str, Finished], *, again: bool) -> Item | None:
        number, wanted, attempts = row[ROW], [], 0
        for name, target, *named in [*json.loads(row[PLAN]), *self._gone.get(number, [])]:
            place = self.job.place(name)
            at = number * self._wide + place
            status = self._status[at] if at < len(self._status) else 0
            if status == _DONE or (status in (_FAILED, _TAKEN) and not again):
                continue
            attempts = max(attempts, self._attempts[at] if at < len(self._attempts) else 0)
            recipe = None if name == ORIGINAL and self.job.originals else recipes[name]
            taken = status == _TAKEN and not self.job.replace
            wanted.append(Wanted(name, place, bound(Wanted(name, place, recipe), row, *named), target, taken))
        if not wanted:
            return None
        item = item_of(number, row[ASSET], tuple(wanted), attempts)
        if any(one.target is None and one.recipe and one.recipe.format for one in wanted):
            item.late.update(layout_values(row))
        return item

    def count(self, *, again: bool = False) -> int:
        """Count the results that are left."""
        return sum(len(item.wanted) for item in self.items(again=again))


def _names(line: dict[str, Any]) -> Iterator[str]:
    return (name for name, _, _ in files_of(line)) if line.get("uri") else iter(())


def _status(line: dict[str, Any], *, gone: bool) -> int:
    if line["status"] == "failed":
        return _TAKEN if line["error_code"] == "E_STORE_CONFLICT" else _FAILED
    return _GONE if gone else _DONE
