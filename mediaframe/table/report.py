"""A page about a run that a person can open: totals, pictures before and after, failures, facts; one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mediaframe.table.markup import Thumb, cell, data_uri, size, text

Tone = Literal["", "good", "warn", "bad"]


class Section(Protocol):
    """A part of the page."""

    def html(self) -> str:
        """Give the part as HTML."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number in large type."""

    label: str
    value: str
    note: str = ""
    tone: Tone = ""

    def html(self) -> str:
        """Give the part as HTML."""
        note = f"<small>{text(self.note)}</small>" if self.note else ""
        return f'<div class="figure {self.tone}"><span>{text(self.label)}</span><b>{text(self.value)}</b>{note}</div>'


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures at the top."""

    figures: Sequence[Figure]

    def html(self) -> str:
        """Give the part as HTML."""
        return f'<section class="totals">{"".join(one.html() for one in self.figures)}</section>'


@dataclass(frozen=True, slots=True)
class Made:
    """One rendition of a tile."""

    name: str
    media_type: str
    bytes: int
    width: int | None = None
    height: int | None = None
    thumb: Thumb | None = None

    def html(self, before: int | None) -> str:
        """Give the part as HTML; `before` is the size of the source."""
        share = self.bytes / before if before else 1.0
        change = (
            f"{share - 1:+.{1 if 0 < share < 0.005 else 0}%}".replace("-", "−").replace("%", " %") if before else ""
        )
        tone = "good" if share < 1 else "warn"
        words = [self.media_type.rpartition("/")[2], _sides(self.width, self.height)]
        return (
            f"<li>{_picture(self.thumb, 'small')}<div><b>{text(self.name, 40)}</b> "
            f"<span>{text(' · '.join(one for one in words if one))}</span>"
            f'<i class="bar"><i style="width:{min(share, 1):.1%}"></i></i></div>'
            f'<div class="sizes"><b>{size(self.bytes)}</b><span class="{tone}">{change}</span></div></li>'
        )


@dataclass(frozen=True, slots=True)
class Tile:
    """One source and what was made of it."""

    name: str
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    thumb: Thumb | None = None
    made: Sequence[Made] = ()

    def html(self) -> str:
        """Give the part as HTML."""
        words = [_sides(self.width, self.height), size(self.bytes) if self.bytes is not None else ""]
        made = "".join(one.html(self.bytes) for one in self.made)
        return (
            f"<article>{_picture(self.thumb, 'large')}<h3>{text(self.name, 80)}</h3>"
            f"<p>{text(' · '.join(one for one in words if one))}</p><ul>{made}</ul></article>"
        )


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures before and after."""

    title: str
    tiles: Sequence[Tile]
    note: str = ""

    def html(self) -> str:
        """Give the part as HTML."""
        tiles = "".join(one.html() for one in self.tiles)
        return f'<section>{_heading(self.title, self.note)}<div class="gallery">{tiles}</div></section>'


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text, such as failures with their codes and what to do."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, object]]
    note: str = ""
    empty: str = "None."
    codes: frozenset[str] = field(default_factory=lambda: frozenset({"code", "error_code"}))
    """Columns that are set as code."""

    def html(self) -> str:
        """Give the part as HTML."""
        if not self.rows:
            return f'<section>{_heading(self.title, self.note)}<p class="empty">{text(self.empty)}</p></section>'
        head = "".join(f"<th>{text(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(self._cell(name, row.get(name)) for name in self.columns)}</tr>" for row in self.rows
        )
        return (
            f'<section>{_heading(self.title, self.note)}<div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div></section>"
        )

    def _cell(self, name: str, value: object) -> str:
        said = text(value, 400) if isinstance(value, str) else cell(name, value)
        return f"<td><code>{said}</code></td>" if name in self.codes else f"<td>{said}</td>"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values: how the run was done."""

    title: str
    facts: Mapping[str, object]

    def html(self) -> str:
        """Give the part as HTML."""
        pairs = "".join(
            f"<dt>{text(name)}</dt><dd>{text(value, 1000) if isinstance(value, str) else cell(name, value)}</dd>"
            for name, value in self.facts.items()
        )
        return f"<section>{_heading(self.title)}<dl>{pairs}</dl></section>"


def page_html(title: str, sections: Sequence[Section], *, subtitle: str = "") -> str:
    """Give a whole page: one file without scripts that loads nothing from anywhere.

    >>> page_html("A run", [Totals([Figure("sources", "12")])]).startswith("<!doctype html>")
    True
    """
    under = f"<p>{text(subtitle, 400)}</p>" if subtitle else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'\"><title>{text(title)}</title><style>{_STYLE}</style></head>"
        f"<body><header><h1>{text(title)}</h1>{under}</header>"
        f"<main>{''.join(one.html() for one in sections)}</main>"
        "<footer>made by mediaframe</footer></body></html>\n"
    )


def _heading(title: str, note: str = "") -> str:
    small = f"<small>{text(note, 400)}</small>" if note else ""
    return f"<h2>{text(title)}{small}</h2>"


def _sides(width: int | None, height: int | None) -> str:
    return f"{width} × {height}" if width and height else ""


def _picture(thumb: Thumb | None, kind: str) -> str:
    if thumb is None:
        return f'<div class="{kind} none"></div>'
    return f'<div class="{kind}"><img src="{data_uri(thumb)}" alt="{text(thumb.alt)}"></div>'


_STYLE = """
:root{color-scheme:light dark;--bg:#f6f6f4;--card:#fff;--ink:#1c1d1f;--soft:#6b6e74;--line:#e3e3df;--fill:#ececea;
--good:#15803d;--warn:#a16207;--bad:#c2322d;--bar:#3f7f63}
@media(prefers-color-scheme:dark){:root{--bg:#131416;--card:#1c1e21;--ink:#ececea;--soft:#9a9da3;--line:#2e3135;
--fill:#292c30;--good:#4ade80;--warn:#facc15;--bad:#ff8079;--bar:#5fb58f}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:44px}
h1{font-size:28px;line-height:1.2;letter-spacing:-.015em;margin:0}
header p{color:var(--soft);margin:6px 0 0;overflow-wrap:anywhere}
h2{font-size:18px;letter-spacing:-.01em;margin:44px 0 14px;
display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline}
h2 small{font-weight:400;font-size:13px;color:var(--soft)}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:28px}
.figure{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.figure span{display:block;color:var(--soft);font-size:13px}
.figure b{display:block;font-size:26px;line-height:1.25;letter-spacing:-.02em;font-weight:650;
font-variant-numeric:tabular-nums}
.figure small{color:var(--soft)}
.figure.good b,.good{color:var(--good)}.figure.warn b,.warn{color:var(--warn)}.figure.bad b,.bad{color:var(--bad)}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:18px}
article{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;min-width:0}
.large,.small{background:repeating-conic-gradient(var(--fill) 0 25%,transparent 0 50%) 0 0/16px 16px}
.large{aspect-ratio:3/2}
.large img,.small img{width:100%;height:100%;display:block;object-fit:contain}
.large img{object-fit:cover}
.none{background:var(--fill)}
article h3{font-size:14px;margin:12px 16px 0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
article p{margin:0 16px;color:var(--soft);font-size:13px;font-variant-numeric:tabular-nums}
article ul{list-style:none;margin:10px 0 0;padding:0;border-top:1px solid var(--line)}
article li{display:flex;gap:12px;align-items:center;padding:9px 16px}
article li+li{border-top:1px solid var(--line)}
article li>div:nth-child(2){flex:1;min-width:0;font-size:13px}
article li span{color:var(--soft)}article li .good{color:var(--good)}article li .warn{color:var(--warn)}
.small{width:48px;height:36px;border-radius:5px;overflow:hidden;flex:none;background-size:8px 8px}
.bar{display:block;height:4px;border-radius:2px;background:var(--fill);margin-top:5px;overflow:hidden}
.bar i{display:block;height:100%;min-width:2px;background:var(--bar);border-radius:2px}
.sizes{text-align:right;font-size:13px;font-variant-numeric:tabular-nums;white-space:nowrap}
.sizes b{display:block;font-weight:600}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:9px 16px;vertical-align:top}
th{font-weight:600;color:var(--soft);font-size:13px;white-space:nowrap}
td{border-top:1px solid var(--line);overflow-wrap:anywhere;min-width:110px}
code,dd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
code{white-space:nowrap;background:var(--fill);border-radius:5px;padding:2px 6px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0;margin:0;background:var(--card);
border:1px solid var(--line);border-radius:12px;padding:6px 16px}
dt{color:var(--soft);padding:7px 24px 7px 0}dd{margin:0;padding:7px 0;overflow-wrap:anywhere;align-self:center}
.empty{color:var(--soft);margin:0}
footer{color:var(--soft);font-size:13px;padding-top:44px;padding-bottom:44px}
@media(max-width:560px){header,main,footer{padding-left:16px;padding-right:16px}dl{grid-template-columns:1fr}
dt{padding-bottom:0}dd{padding-top:0}}
@media print{body{background:#fff}article,.figure{break-inside:avoid}}
""".strip()
