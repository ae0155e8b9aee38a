"""Layout: where a result is put; a checked template over the columns of a row."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mediaframe.errors import LayoutError, StoreError, did_you_mean
from mediaframe.storage.names import SYSTEM, clash_key
from mediaframe.storage.segment import check_key, safe_path, safe_segment, slug

__all__ = ["DEFAULT", "Layout", "clash_key"]

DEFAULT = "{rendition}/{dir}/{stem}.{ext}"

_OWN = ("rendition", "id", "recipe", "ext", "key", "stem", "dir", "name")
_FIELD = re.compile(r"(?P<name>[^\W\d]\w*)(?:\|(?P<filter>\w+))?")
_ZEROS = re.compile(r"0(?P<width>[1-9]\d?)d")
_FILTERS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "slug": slug,
    "stem": lambda text: os.path.splitext(text.rpartition("/")[2])[0],
}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    filter: str = ""


class Layout:
    """A template that gives every result its name below the destination.

    `{field}` is a column of the row, or one of `{rendition}`, `{id}`, `{recipe}` (a digest of the recipe),
    `{ext}`, `{key}` (a digest of the result's making), `{name}`, `{stem}` (the name without extension) and
    `{dir}` (the folders of the path). `{field|filter}` passes it through `lower`, `upper`, `slug`, `stem`, or
    `04d` for whole numbers.

    >>> layout = Layout("{rendition}/{sku|slug}-{n|03d}.{ext}")
    >>> layout.expand({"sku": "Été 7", "n": 5}, rendition="hero", recipe_id="ab12", ext="avif")
    'hero/ete-7-005.avif'
    """

    def __init__(self, template: str = DEFAULT) -> None:
        self.template = template
        self._segments = [_parse(segment, template) for segment in _split(template)]
        _check_place(template, self._segments)

    def __repr__(self) -> str:
        return f"Layout({self.template!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and other.template == self.template

    def __hash__(self) -> int:
        return hash(self.template)

    @property
    def fields(self) -> frozenset[str]:
        """The names that the template asks for."""
        return frozenset(part.name for segment in self._segments for part in segment if isinstance(part, _Field))

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the row that the template needs."""
        behind = {"rendition": (), "recipe": (), "ext": (), "key": (), "stem": ("name",), "dir": ("path",)}
        return frozenset(column for field in self.fields for column in behind.get(field, (field,)))

    @property
    def needs_key(self) -> bool:
        """Whether names are known only once a result is made."""
        return "key" in self.fields

    @property
    def needs_ext(self) -> bool:
        """Whether names tell the format of a result."""
        return "ext" in self.fields

    def check(self, columns: Iterable[str]) -> None:
        """Raise LayoutError where the template asks for what is no column."""
        known = {*_OWN, *columns}
        for field in sorted(self.fields - known):
            raise LayoutError(
                f"layout {self.template!r}: no column {field!r}{did_you_mean(field, known)}; "
                f"allowed are the columns and {', '.join(f'{{{one}}}' for one in _OWN)}"
            )

    def expand(self, row: Mapping[str, Any], rendition: str, recipe_id: str, ext: str, key: str | None = None) -> str:
        """Give the name of one result; E_NAME_INVALID where the row has nothing to fill in.

        Values are made safe: they add no folders (but `{dir}`), hidden files, or names that a disk refuses.
        The same row gives the same name; what is too long is cut and told apart by a digest.
        """
        values = {"rendition": rendition, "recipe": recipe_id, "ext": ext, "key": key}
        parts = [part for segment in self._segments if (part := self._expand(segment, row, values))]
        if parts and parts[0].casefold() == SYSTEM:
            parts[0] = f"_{parts[0]}"
        return check_key("/".join(parts))

    def _expand(self, segment: list[str | _Field], row: Mapping[str, Any], own: Mapping[str, str | None]) -> str:
        if segment == [_Field("dir")]:
            return safe_path(_folder(row, self.template))
        text = "".join(
            part if isinstance(part, str) else _safe_value(part, row, own, self.template) for part in segment
        )
        return safe_segment(text, keep=_extension(segment, own))


def _split(template: str) -> list[str]:
    if not isinstance(template, str) or not template:
        raise LayoutError(f"layout {template!r}: expected a template such as {DEFAULT!r}")
    if template.startswith("/") or "\\" in template or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", template):
        raise LayoutError(f"layout {template!r}: expected a path below the destination, with forward slashes")
    segments = template.split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise LayoutError(f"layout {template!r}: expected no empty part, no '.' and no '..' between slashes")
    return segments


def _parse(segment: str, template: str) -> list[str | _Field]:
    parts: list[str | _Field] = []
    for index, text in enumerate(re.split(r"\{([^{}]*)\}", segment)):
        if index % 2:
            parts.append(_field(text, template))
        elif "{" in text or "}" in text:
            raise LayoutError(f"layout {template!r}: a brace without its partner; fields are {{column}}")
        elif text:
            parts.append(_literal(text, template))
    ends = (parts[0], parts[-1])
    if str(ends[0]).startswith((".", "-", "~", " ")) or str(ends[1]).endswith((".", " ")):
        raise LayoutError(
            f"layout {template!r}: expected parts that do not begin with '.', '-', '~' or a space, "
            "nor end with '.' or a space"
        )
    return parts


def _literal(text: str, template: str) -> str:
    if bad := re.search(r'[\x00-\x1f\x7f:*?"<>|\[\]]', text):
        raise LayoutError(f"layout {template!r}: the character {bad[0]!r} is not allowed in names")
    return text


def _field(text: str, template: str) -> _Field:
    match = _FIELD.fullmatch(text.replace(" ", ""))
    if match is None:
        raise LayoutError(f"layout {template!r}: expected {{column}} or {{column|filter}}, got {{{text}}}")
    chosen = match["filter"] or ""
    if chosen and chosen not in _FILTERS and not _ZEROS.fullmatch(chosen):
        raise LayoutError(
            f"layout {template!r}: no filter {chosen!r}{did_you_mean(chosen, _FILTERS)}; "
            f"allowed are {', '.join(_FILTERS)} and 04d"
        )
    return _Field(match["name"], chosen)


def _check_place(template: str, segments: list[list[str | _Field]]) -> None:
    first = segments[0]
    if len(first) == 1 and isinstance(first[0], str) and first[0].casefold() == SYSTEM:
        raise LayoutError(f"layout {template!r}: the folder {SYSTEM}/ is ours; choose another")
    if all(isinstance(part, _Field) and part.name == "dir" for part in segments[-1]):
        raise LayoutError(f"layout {template!r}: expected a file name at the end, got a folder")


def _safe_value(field: _Field, row: Mapping[str, Any], own: Mapping[str, str | None], template: str) -> str:
    value = _folder(row, template) if field.name == "dir" else _value(field.name, row, own)
    if field.name == "dir" and not value:
        return ""
    if value is None or value == "":
        raise StoreError(f"layout {template!r}: {{{field.name}}} is empty for this row", code="E_NAME_INVALID")
    if isinstance(value, bytes | list | tuple | dict):
        raise StoreError(
            f"layout {template!r}: {{{field.name}}} is {value!r}, not text or a number", code="E_NAME_INVALID"
        )
    text = _filtered(value, field, template)
    safe = safe_segment(text, limit=None)
    if not safe:
        raise StoreError(
            f"layout {template!r}: {{{field.name}}} is {text!r}, which leaves nothing for a name",
            code="E_NAME_INVALID",
        )
    return safe


def _value(name: str, row: Mapping[str, Any], own: Mapping[str, str | None]) -> Any:
    if name in own:
        return own[name]
    if name == "stem":
        text = str(row.get("name") or "")
        return os.path.splitext(text)[0] or text
    return row.get(name)


def _folder(row: Mapping[str, Any], template: str) -> str:
    path = row.get("path")
    if path is None:
        raise StoreError(f"layout {template!r}: the row has no path for {{dir}}", code="E_NAME_INVALID")
    return str(path).rpartition("/")[0]


def _filtered(value: Any, field: _Field, template: str) -> str:
    if not field.filter or field.filter in _FILTERS:
        text = str(value)
        return _FILTERS[field.filter](text) if field.filter else text
    width = int(_ZEROS.fullmatch(field.filter)["width"])  # type: ignore[index]  # checked by _field
    if isinstance(value, bool) or not isinstance(value, int):
        raise StoreError(
            f"layout {template!r}: {{{field.name}|{field.filter}}} expected a whole number, got {value!r}",
            code="E_NAME_INVALID",
        )
    return f"{value:0{width}d}"


def _extension(segment: list[str | _Field], own: Mapping[str, str | None]) -> str:
    """Give the end of the segment that must outlive a cut: the extension."""
    if segment[-2:-1] and isinstance(segment[-2], str) and segment[-2].endswith(".") and segment[-1] == _Field("ext"):
        return f".{safe_segment(own['ext'] or '', limit=None)}"
    return ""
