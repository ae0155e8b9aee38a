"""XMP: a packet read, mended and written; ISO 16684-1 in RDF, by the XML of the standard library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.sax.saxutils import escape, quoteattr

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_META = "adobe:ns:meta/"
_XML = "http://www.w3.org/XML/1998/namespace"

_PREFIXES = {RDF: "rdf", DC: "dc", RIGHTS: "xmpRights", IPTC_CORE: "Iptc4xmpCore", _META: "x", _XML: "xml"}
_MOST, _DEEPEST = 16 << 20, 64


class Packet:
    """The properties of one packet."""

    def __init__(self) -> None:
        self.prefixes = dict(_PREFIXES)
        self.root = Element(f"{{{RDF}}}RDF")
        self.about: list[Element] = []

    def __bool__(self) -> bool:
        return any(len(one) or _own(one) for one in self.about)

    def drop(self, stale: Callable[[str, str], bool], *, deep: bool = False) -> None:
        """Take properties away by namespace and name; `deep` looks into structures as well."""
        for one in self.about:
            _drop(one, stale, deep=deep)

    def keep(self, wanted: Callable[[str, str], bool]) -> None:
        """Take all properties away but those that are wanted."""
        self.drop(lambda space, name: not wanted(space, name))

    def has(self, space: str, name: str) -> bool:
        """Whether there is such a property."""
        tag = f"{{{space}}}{name}"
        return any(tag in one.attrib or one.find(tag) is not None for one in self.about)

    def set(self, space: str, name: str, values: Iterable[str], form: str) -> None:
        """Set a property: `Alt` for a text with the default language, `Seq` or `Bag` for a list."""
        tag = f"{{{space}}}{name}"
        self.drop(lambda of, which: (of, which) == (space, name))
        items = [one for one in values if one]
        if not items:
            return
        if not self.about:
            self.about.append(Element(f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""}))
            self.root.append(self.about[0])
        container = Element(f"{{{RDF}}}{form}")
        for text in items:
            item = Element(f"{{{RDF}}}li", {f"{{{_XML}}}lang": "x-default"} if form == "Alt" else {})
            item.text = text
            container.append(item)
        made = Element(tag)
        made.append(container)
        self.about[0].append(made)

    def set_plain(self, space: str, name: str, text: str) -> None:
        """Exchange the text of a plain property that is there."""
        tag = f"{{{space}}}{name}"
        for one in self.about:
            if tag in one.attrib:
                one.attrib[tag] = text
            for found in one.findall(tag):
                found.text = text

    def get_plain(self, space: str, name: str) -> str:
        """Give the text of a plain property; nothing where there is none."""
        tag = f"{{{space}}}{name}"
        for one in self.about:
            if tag in one.attrib:
                return str(one.attrib[tag])
            if found := one.findtext(tag):
                return found.strip()
        return ""

    def add(self, other: Packet) -> None:
        """Take the properties of another packet in."""
        for space, prefix in other.prefixes.items():
            self.prefixes.setdefault(space, prefix)
        _own_prefixes(self)
        for one in other.about:
            self.root.append(one)
            self.about.append(one)

    def write(self) -> bytes:
        """Give the packet, in UTF-8."""
        start, end = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode(), b'\n<?xpacket end="w"?>'
        return start + self.write_bare() + end

    def write_bare(self) -> bytes:
        """Give the packet without what marks its ends."""
        body: list[str] = []
        used = {self.root.tag.partition("}")[0][1:]} | {space for one in self.root.iter() for space in _spaces(one)}
        spaces = {space: self._prefix(space) for space in sorted(used | {RDF}) if space and space != _XML}
        _write(self.root, {**spaces, _XML: "xml"}, body, spaces)
        return ('<x:xmpmeta xmlns:x="adobe:ns:meta/">' + "".join(body) + "</x:xmpmeta>").encode()

    def _prefix(self, space: str) -> str:
        if space not in self.prefixes:
            self.prefixes[space] = f"ns{len(self.prefixes)}"
        return self.prefixes[space]


def parse(data: bytes) -> Packet | None:
    """Read a packet; None where it is damaged, too large, or has declarations (which XMP does not have)."""
    if len(data) > _MOST or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return None
    packet, root, depth = Packet(), None, 0
    try:
        parser: XMLPullParser[Any] = XMLPullParser(["start-ns", "start", "end"])
        parser.feed(data.strip(b"\0 \r\n\t").decode("utf-8-sig"))
        parser.close()
        events: Iterator[Any] = parser.read_events()
        for event, found in events:
            depth += {"start": 1, "end": -1}.get(event, 0)
            if depth > _DEEPEST:
                return None
            if event == "start-ns":
                packet.prefixes.setdefault(found[1], found[0] or "")
            elif event == "start" and root is None and found.tag == f"{{{RDF}}}RDF":
                root = found
    except (ParseError, UnicodeDecodeError, ValueError):
        return None
    if root is None:
        return None
    _own_prefixes(packet)
    packet.root = root
    packet.about = list(root.findall(f"{{{RDF}}}Description"))
    return packet


def _own_prefixes(packet: Packet) -> None:
    """Give each namespace a prefix of its own; one prefix may have meant two things in two places."""
    taken: set[str] = set()
    for number, (space, prefix) in enumerate(packet.prefixes.items()):
        if not prefix or prefix in taken:
            prefix = packet.prefixes[space] = f"ns{number}"
        taken.add(prefix)


def _split(tag: str) -> tuple[str, str]:
    space, _, name = tag.rpartition("}")
    return space[1:], name


def _own(element: Element) -> list[str]:
    """Name the attributes that are properties."""
    return [one for one in element.attrib if _split(one)[0] not in (RDF, _XML, "")]


def _drop(element: Element, stale: Callable[[str, str], bool], *, deep: bool) -> None:
    for one in _own(element):
        if stale(*_split(one)):
            del element.attrib[one]
    for child in list(element):
        if _split(child.tag)[0] != RDF and stale(*_split(child.tag)):
            element.remove(child)
        elif deep:
            _drop(child, stale, deep=True)


def _spaces(element: Element) -> set[str]:
    return {_split(one)[0] for one in (element.tag, *element.attrib)}


def _write(element: Element, prefixes: dict[str, str], body: list[str], declared: dict[str, str] | None) -> None:
    name = _named(element.tag, prefixes)
    spaces = "".join(f" xmlns:{prefix}={quoteattr(space)}" for space, prefix in (declared or {}).items())
    attributes = "".join(f" {_named(key, prefixes)}={quoteattr(value)}" for key, value in element.attrib.items())
    body.append(f"<{name}{spaces}{attributes}>{escape(element.text or '')}")
    for child in element:
        _write(child, prefixes, body, None)
        body.append(escape(child.tail or ""))
    body.append(f"</{name}>")


def _named(tag: str, prefixes: dict[str, str]) -> str:
    space, name = _split(tag)
    return f"{prefixes[space]}:{name}" if space else name
