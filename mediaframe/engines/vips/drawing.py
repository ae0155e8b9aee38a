"""SVG looked through before it is drawn: nothing from outside, no bombs, a bounded size."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from typing import Any
from xml.parsers import expat

from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits

_INFLATED = 64 << 20
_DRAWN = 200_000
"""Elements that are drawn once all references are followed. Real drawings stay under 50,000; librsvg gives up at
500,000 after seconds."""

_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")\s]*)", re.IGNORECASE)
_IMPORT = re.compile(r"@import\s+(?:url\(\s*)?['\"]?([^'\")\s;]*)", re.IGNORECASE)
_LOCAL = re.compile(r"#|data:(?:image/(?:png|jpeg|jpg|gif|webp|svg\+xml)|font/|application/(?:x-)?font)", re.IGNORECASE)


def drawing(data: Any, limits: Limits) -> bytes:
    """Give the bytes of a drawing that may be drawn; raises AssetError where they may not."""
    text = _inflate(bytes(data), limits) if bytes(data[:2]) == b"\x1f\x8b" else bytes(data)
    _Reader().read(text)
    return text


def _inflate(data: bytes, limits: Limits) -> bytes:
    limit = min(_INFLATED, limits.bytes)
    stream = zlib.decompressobj(31)
    try:
        text = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise AssetError(f"SVGZ: {error}", code="E_CORRUPT") from None
    if len(text) > limit:
        raise AssetError(f"SVGZ: inflates to more than {limit} bytes", code="E_LIMIT_BYTES")
    if not stream.eof:
        raise AssetError("SVGZ: bytes are missing at the end", code="E_TRUNCATED")
    return text


class _Reader:
    """Reads the elements, and counts what would be drawn once all references are followed."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.EntityDeclHandler = self.entity
        self.parser.ProcessingInstructionHandler = self.instruction
        self.open: list[int] = []
        self.named: dict[str, int] = {}
        self.inside: list[list[int]] = []
        self.asks: dict[int, list[str]] = defaultdict(list)
        self.style = 0

    def read(self, text: bytes) -> None:
        try:
            self.parser.Parse(text, True)
        except expat.ExpatError as error:
            message = expat.errors.messages[error.code]
            if "amplification" in message:
                raise AssetError(f"SVG: {message}", code="E_LIMIT_MEMORY") from None
            cut = message in ("no element found", "unclosed token", "unclosed CDATA section")
            raise AssetError(f"SVG: {error}", code="E_TRUNCATED" if cut else "E_CORRUPT") from None
        if self.inside and self._drawn(0, {}, set()) > _DRAWN:
            raise AssetError(
                f"SVG: more than {_DRAWN} elements would be drawn once references are followed",
                code="E_LIMIT_MEMORY",
            )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        number = len(self.inside)
        self.inside.append([])
        if self.open:
            self.inside[self.open[-1]].append(number)
        self.open.append(number)
        tag = name.rpartition(":")[2]
        self.style += tag == "style"
        if tag == "include":
            raise _outside(attributes.get("href", "xi:include"))
        for key, value in attributes.items():
            self._attribute(number, tag, key.rpartition(":")[2], value)

    def _attribute(self, number: int, tag: str, key: str, value: str) -> None:
        if key == "id":
            self.named.setdefault(value, number)
        elif key == "href" and tag != "a":  # A link is not loaded.
            self._refer(number, value.strip(), tag)
        elif "(" in value:
            for target in _URL.findall(value):
                self._refer(number, target, tag)

    def _refer(self, number: int, target: str, tag: str) -> None:
        if target.startswith("#"):
            self.asks[number].append(target[1:])
        elif target and tag != "script" and not _LOCAL.match(target):
            raise _outside(target)

    def text(self, data: str) -> None:
        if self.style:
            for target in (*_URL.findall(data), *_IMPORT.findall(data)):
                self._refer(self.open[-1], target, "style")

    def end(self, name: str) -> None:
        self.open.pop()
        self.style -= name.rpartition(":")[2] == "style"

    def entity(self, *declared: Any) -> None:
        name, _, value, _, system, *_ = declared
        if system is not None:
            raise _outside(system)
        if value and "&" in value:
            raise AssetError(f"SVG: the entity {name!r} is made of other entities", code="E_LIMIT_MEMORY")

    def instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet" and "href" in data:
            raise _outside(data)

    def _drawn(self, number: int, known: dict[int, int], above: set[int]) -> int:
        """Count an element, what is inside it and what it refers to; a circle counts once."""
        if number in known:
            return known[number]
        if number in above or len(above) > 400:
            return 1
        above.add(number)
        total = 1
        targets = [self.named[one] for one in self.asks.get(number, ()) if one in self.named]
        for one in (*self.inside[number], *targets):
            total += self._drawn(one, known, above)
            if total > _DRAWN:
                break
        above.discard(number)
        known[number] = total
        return total


def _outside(target: str) -> AssetError:
    return AssetError(f"SVG: refers to {target[:120]!r}, which is outside of the file; embed it", code="E_EXTERNAL_REF")
