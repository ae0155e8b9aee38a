"""Names that sources and results claim at a destination: what would take the place of what."""

from __future__ import annotations

from dataclasses import dataclass, field

from mediaframe.errors import LayoutError
from mediaframe.model.package import folder_of, folders_above
from mediaframe.storage.closing import Closing
from mediaframe.storage.index import Index
from mediaframe.storage.names import clash_key
from mediaframe.storage.store import Store
from mediaframe.work.among import Within

EXAMPLES = 3
"""Names that an error tells as examples."""
_SOURCE = "\0"
"""Stands for a source among those that claim a name."""
_SHARED = "\2"
"""Stands for those that claim a folder which others may stand in as well."""


@dataclass(slots=True)
class Tellings:
    """How often something was found, and some of it, so that an error can tell."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(text)


class Claims(Closing):
    """Who claims which name; kept on disk. With `packages`, nobody else may stand in the folder of a package."""

    def __init__(self, store: Store, *, packages: bool) -> None:
        self._packages = packages
        self._within = Within(store)
        self._names = Index()
        self._clashes, self._overwritten = Tellings(), Tellings()

    def result(self, target: str, what: str, *, package: bool = False) -> None:
        """Claim a name for a result; `what` tells of it in errors."""
        other = self._names.claim(clash_key(target), what)
        if other == _SOURCE:
            self._overwritten.note(target)
        elif other is not None:
            self._clash(target, other, what)
        elif self._packages:
            self._folders(target, what, package=package)

    def source(self, uri: str) -> None:
        """See that no result takes the place of a source."""
        name = self._within.name(uri)
        if name and self._names.claim(clash_key(name), _SOURCE) not in (None, _SOURCE):
            self._overwritten.note(name)
        elif name and self._packages:
            self._folders(name, f"the source {name!r}", package=False)

    def refuse(self, layout: str) -> None:
        """Raise when two results have one name, or one has the name of a source."""
        if self._overwritten.count:
            raise LayoutError(
                f"layout {layout!r}: {self._overwritten.count} results would take the place of a source, such "
                f"as {', '.join(self._overwritten.examples)}; choose another layout, or another place",
                code="E_NAME_COLLISION",
            )
        if self._clashes.count:
            raise LayoutError(
                f"layout {layout!r}: {self._clashes.count} results have a name that another has too, such as "
                f"{'; '.join(self._clashes.examples)}; add a column to the layout, such as {{id}}, or say "
                "{name} for {stem}",
                code="E_NAME_COLLISION",
            )

    def close(self) -> None:
        """Let the disk go."""
        self._names.close()

    def _folders(self, target: str, what: str, *, package: bool) -> None:
        """See that nothing else stands in the folder of a package, whichever of them is planned first."""
        own = folder_of(target) if package else ""
        for folder in folders_above(target):
            claim = f"\1{what}" if folder == own else _SHARED
            other = self._names.claim(clash_key(folder), claim)
            if other is not None and (folder == own or other != _SHARED):
                self._clash(folder, "a file or a folder of others" if other == _SHARED else other[1:], what)
        if own and (other := self._names.claim(clash_key(own[:-1]), what)) is not None:
            self._clash(own[:-1], other, what)

    def _clash(self, target: str, other: str, what: str) -> None:
        self._clashes.note(f"{target!r} for {'a source' if other == _SOURCE else other} and for {what}")
