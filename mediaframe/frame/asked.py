"""What an export is asked, held against what can be: all of it before anything is read or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from mediaframe.errors import LayoutError, UsageError, expected
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.storage.layout import Layout
from mediaframe.work.begin import OnExists
from mediaframe.work.doing import Doing
from mediaframe.work.frozen import OWN
from mediaframe.work.inputs import Inputs
from mediaframe.work.job import ORIGINAL, Job

ORIGINALS = "originals/{dir}/{name}"
"""Where copies of the originals go, unless a layout is given."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be made, and under which names: the arguments of an export that its results depend on."""

    layout: str
    on_exists: OnExists
    originals: bool | str
    refresh: Literal["engine"] | None
    cache_control: str | None
    metadata: Mapping[str, str] | None

    def job(self, recipes: Mapping[str, Finished], columns: Sequence[str], limits: Limits) -> Job:
        """Make the job of these renditions and measures; raises where they cannot be done as asked."""
        if self.refresh not in (None, "engine"):
            raise UsageError(expected("export(refresh=...)", "None or 'engine'", self.refresh))
        if self.on_exists not in get_args(OnExists):
            allowed = " or ".join(map(repr, get_args(OnExists)))
            raise UsageError(expected("export(on_exists=...)", allowed, self.on_exists))
        if not recipes and not self.originals:
            raise UsageError(
                "export(): nothing to make; add a rendition first: with_columns(thumb=mf.image.resize(320).webp())"
            )
        copies = self._copies(recipes)
        for template in (self.layout, copies):
            if template:
                Layout(template).check([*columns, *OWN])
        return Job(
            recipes=tuple(recipes.items()),
            layout=self.layout,
            originals=copies,
            replace=self.on_exists == "replace",
            limits=limits,
            cache_control=self.cache_control,
            metadata=_metadata(self.metadata),
        )

    def _copies(self, recipes: Mapping[str, Finished]) -> str | None:
        """Give the layout of the copies of the originals, where they are asked for."""
        copies = ORIGINALS if self.originals is True else self.originals or None
        if copies and ORIGINAL in recipes:
            raise UsageError(f"export(originals=...): a column is named {ORIGINAL!r} already; rename it first")
        if copies and Layout(copies).needs_key:
            raise LayoutError(f"export(originals={copies!r}): copies have no {{key}}; name them by {{id}} or {{path}}")
        return copies


def with_inputs(doing: Doing, job: Job) -> tuple[Doing, Job]:
    """Read the files that the recipes name, so that one that is missing is told before anything else is done."""
    inputs = Inputs(doing.sources(), doing.limits)
    recipes = inputs.settle_all(dict(job.recipes))
    return replace(doing, inputs=inputs), replace(job, recipes=tuple(recipes.items()))


def check_slots(slots: object) -> None:
    """Refuse what is no number of slots."""
    if slots is not None and (isinstance(slots, bool) or not isinstance(slots, int) or slots < 1):
        raise UsageError(expected("slots=...", "a whole number above 0", slots))


def check_limits(limits: object) -> None:
    """Refuse what is no limits."""
    if not isinstance(limits, Limits | None):
        raise UsageError(expected("limits=...", "Limits, such as mf.Limits(pixels=50_000_000)", limits))


def _metadata(given: object) -> dict[str, str] | None:
    if given is None:
        return None
    pairs = list(given.items()) if isinstance(given, Mapping) else []
    texts = all(isinstance(one, str) and one.isascii() for pair in pairs for one in pair)
    if isinstance(given, Mapping) and texts and all(name == name.lower() for name, _ in pairs):
        return dict(given)
    raise UsageError(expected("export(metadata=...)", "ASCII texts by names in lower case", given))
