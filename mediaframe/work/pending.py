"""What is left to do in a run: the frozen input less what the row log says is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mediaframe.model.recipe import Finished
from mediaframe.work.batch import Item, Wanted
from mediaframe.work.commit import RunFiles
from mediaframe.work.freeze import bound, item_of, layout_values
from mediaframe.work.hidden import ASSET, PLAN, ROW
from mediaframe.work.job import ORIGINAL, Job

_DONE, _FAILED = 1, 2


class Pending:
    """Reads the row log once and says, for each row, what is still to be made.

    Takes two bytes of memory for each rendition of each row.
    """

    def __init__(self, files: RunFiles, job: Job) -> None:
        self.files, self.job = files, job
        self._wide = max(1, len(job.names))
        self._status = bytearray()
        self._attempts = bytearray()
        self.lines: list[dict[str, Any]] = []
        for log in files.logs():
            for line in log:
                self._note(line)

    def _note(self, line: dict[str, Any]) -> None:
        at = line["row"] * self._wide + line["place"]
        if at >= len(self._status):
            more = bytes(at + 1 - len(self._status) + 4096)
            self._status += more
            self._attempts += more
        if line["attempt"] >= self._attempts[at]:
            self._attempts[at] = min(255, line["attempt"])
            self._status[at] = _FAILED if line["status"] == "failed" else _DONE

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
        for name, target in json.loads(row[PLAN]):
            place = self.job.place(name)
            at = number * self._wide + place
            status = self._status[at] if at < len(self._status) else 0
            if status == _DONE or (status == _FAILED and not again):
                continue
            attempts = max(attempts, self._attempts[at] if at < len(self._attempts) else 0)
            recipe = None if name == ORIGINAL and self.job.originals else recipes[name]
            wanted.append(Wanted(name, place, bound(Wanted(name, place, recipe), row), target))
        if not wanted:
            return None
        item = item_of(number, row[ASSET], tuple(wanted), attempts)
        if any(one.target is None and one.recipe and one.recipe.format for one in wanted):
            item.late.update(layout_values(row))
        return item

    def count(self, *, again: bool = False) -> int:
        """Count the results that are left."""
        return sum(len(item.wanted) for item in self.items(again=again))
