"""Inputs: the files that recipes name, such as logos and fonts: read once in a process, known by what is in them."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from mediaframe.errors import AssetError, MediaframeError, RecipeError, RunError
from mediaframe.model.argument import Argument
from mediaframe.model.input import Input
from mediaframe.model.kind import KINDS
from mediaframe.model.limits import Limits
from mediaframe.model.media_type import sniff
from mediaframe.model.merge import Merge
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import Spec
from mediaframe.storage.names import local_path
from mediaframe.storage.redact import redact
from mediaframe.storage.source import Sources
from mediaframe.table.header import HEAD, read_header
from mediaframe.work.need import held_memory

HELD = 256 << 20
"""Bytes of inputs that a process holds at the most, unless one alone has more; what is let go is read again."""
KNOWN = 10_000
"""Inputs whose hashes are remembered."""

DRAWN = frozenset({"svg", "svgz"})
"""Formats that may hold text."""

_STARS = "***"

N = TypeVar("N", Finished, Merge)


@dataclass(slots=True)
class Content:
    """What an input holds."""

    sha256: str
    data: bytes | None
    size: int
    pixels: int | None
    """Of a picture."""
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """What a child is handed beside the source."""

    blobs: dict[str, bytes]
    memory: int
    """Bytes that it may need for that."""
    stains: bool
    """Whether fonts stay behind in the child."""
    clean: bool
    """Whether a drawing is among it, whose text might be drawn with fonts that stayed behind."""

    @classmethod
    def of(cls, recipes: Iterable[Finished], given: Mapping[str, Content], format: str | None) -> Handover:
        """Say what is handed over for a source of this format."""
        return cls(
            {sha256: content.data or b"" for sha256, content in given.items()},
            max((held_memory(content.size, content.pixels) for content in given.values()), default=0),
            stains=any(_names_font(word) for recipe in recipes for word in recipe.words),
            clean=not DRAWN.isdisjoint({format, *(content.format for content in given.values())}),
        )


def _names_font(word: Spec) -> bool:
    return any(word.values[name] is not None for name, one in word.arguments.items() if one.holds == "font")


class Inputs:
    """Reads the files that recipes name, within a limit; many threads may share one.

    A recipe is *settled* when each of its inputs knows the hash of its content. From then on the content counts and
    not the name: other content under the same name is refused.
    """

    def __init__(self, sources: Sources, limits: Limits | None = None) -> None:
        self.sources = sources
        self.limits = limits or Limits()
        self._known: OrderedDict[str, Content] = OrderedDict()
        self._lock = Lock()

    def __reduce__(self) -> tuple[Callable[..., Inputs], tuple[Any, ...]]:
        return Inputs, (self.sources, self.limits)  # Bytes stay: each process reads for itself (law 1).

    def settle(self, recipe: N) -> N:
        """Give the recipe, or one word, with the hashes of its inputs, read now where they are not known.

        Raises AssetError, `E_INPUT` where an input is not there or cannot be what the recipe takes.
        """
        return recipe.with_inputs(self._settled)

    def settle_all(self, recipes: Mapping[str, N]) -> dict[str, N]:
        """Give the recipes with the hashes of the inputs that they name; raises RecipeError before anything is done."""
        settled = {}
        for name, recipe in recipes.items():
            try:
                settled[name] = self.settle(recipe)
            except MediaframeError as error:
                raise RecipeError(f"{name} = {recipe!r}: {error.message}", code=error.code) from None
        return settled

    def require(self, recipes: Iterable[Finished]) -> None:
        """See that all inputs of a run can be read here and are those it was planned with; raises RunError."""
        for recipe in recipes:
            try:
                self.contents(recipe)
            except MediaframeError as error:
                raise RunError(f"{recipe!r}: {error.message}", code=error.code) from error

    def contents(self, recipe: Finished | Spec) -> dict[str, Content]:
        """Give what the inputs of a settled recipe hold, by their hashes; raises AssetError where one has changed."""
        return {content.sha256: content for content in map(self._content, recipe.inputs)}

    def gathered(self, recipes: Mapping[str, Finished]) -> tuple[dict[str, Content], dict[str, MediaframeError]]:
        """Give what the inputs of settled recipes hold; and of recipes that lack one, by their names, why."""
        given, missing = dict[str, Content](), dict[str, MediaframeError]()
        for name, recipe in recipes.items():
            try:
                given.update(self.contents(recipe))
            except MediaframeError as error:
                missing[name] = error
        return given, missing

    def _settled(self, one: Input, argument: Argument) -> Input:
        if one.sha256 is not None:
            return one
        name = _absolute(one.name)
        with self._lock:
            known = self._known.get(name) or self._read(name, one.told, argument.holds)
        return Input(name, known.sha256)

    def _content(self, one: Input) -> Content:
        if one.sha256 is None:
            raise AssetError(f"{one}: it was not read when the run was planned; export anew", code="E_INPUT")
        with self._lock:
            found = self._known.get(one.name)
            if found is None or found.data is None:
                found = self._read(one.name, one.told)
            self._known.move_to_end(one.name)
        if found.sha256 != one.sha256:
            raise AssetError(
                f"{one}: expected the content that the run was planned with (SHA-256 {one.sha256[:12]}), "
                f"got {found.sha256[:12]}; put the old file back, or export anew",
                code="E_INPUT_CHANGED",
            )
        return found

    def _read(self, name: str, told: str, holds: str = "") -> Content:
        found = self._known[name] = self._fetched(name, told, holds)
        self._known.move_to_end(name)
        self._let_go()
        return found

    def _fetched(self, name: str, told: str, holds: str) -> Content:
        try:
            data = self.sources.read(name, self.limits.input_bytes)
        except MediaframeError as error:
            raise AssetError(f"{told!r}: {_reason(error, name)}", code=_code(error)) from None
        if not data:
            raise AssetError(f"{told!r}: the file is empty", code="E_INPUT")
        found = sniff(data[:HEAD])
        if holds in KINDS and (found is None or found.kind != holds):
            got = found.format if found else "bytes of no known format"
            raise AssetError(f"{told!r}: expected an {holds}, got {got}", code="E_INPUT")
        pixels = None
        if found is not None and found.kind == "image":
            header = read_header(data[:HEAD], len(data))
            pixels = (header.width or 0) * (header.height or 0) or None
        return Content(hashlib.sha256(data).hexdigest(), data, len(data), pixels, found.format if found else None)

    def _let_go(self) -> None:
        held = sum(one.size for one in self._known.values() if one.data is not None)
        for name, one in list(self._known.items())[:-1]:
            if held <= HELD and len(self._known) <= KNOWN:
                return
            if one.data is not None:
                one.data, held = None, held - one.size
            if len(self._known) > KNOWN:
                del self._known[name]


def _reason(error: MediaframeError, name: str) -> str:
    if error.code == "E_LIMIT_BYTES":
        return "it has too many bytes; see Limits.input_bytes"
    if error.code == "E_SOURCE_NOT_FOUND" and local_path(name) is not None:
        return "the file is not there; name one that is (a relative path is of the folder where the work begins)"
    if redact(name).endswith(_STARS) or _STARS in name:
        return f"{error.message}; secrets of a URL are not kept: export anew, or name a connection"
    return error.message


def _code(error: MediaframeError) -> str:
    """Give the code of the trouble: that of the store where trying again may help."""
    return error.code if error.retryable else "E_INPUT"


def _absolute(name: str) -> str:
    """Give a name that means the same in every process."""
    path = local_path(name)
    if path is None or path != name:
        return name
    return os.path.abspath(os.path.expanduser(path))
