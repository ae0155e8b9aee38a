"""`<picture>` elements for what web sets have made, from the manifest."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import polars as pl

from mediaframe.errors import UsageError, did_you_mean, expected
from mediaframe.model.finish import Format
from mediaframe.web import WebSet

_COLOR = re.compile(r"#[0-9a-f]{3,8}")
_DATA = re.compile(r"data:image/(?:webp|png|jpeg|gif|avif);base64,[A-Za-z0-9+/]+=*")
_BASE = re.compile(r"(?:https?://|(?![A-Za-z][A-Za-z0-9+.-]*:))[^\s\"'<>\\?#\x00-\x1f]*", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_UNSAID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

File = tuple[int, int, str]
"""Width, height and URL of a rendition."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What is the same on all pictures."""

    web: WebSet
    sizes: str
    base_url: str
    loading: str
    css_class: str | None


def picture_html(
    manifest: pl.DataFrame,
    web: WebSet,
    *,
    alt: str | None,
    assets: pl.DataFrame | None = None,
    sizes: str = "100vw",
    base_url: str = "",
    loading: Literal["lazy", "eager"] = "lazy",
    placeholder: str | None = None,
    css_class: str | None = None,
    data: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Give a `<picture>` for each asset: what a browser needs to load the smallest file that will do.

    Each format is a `<source>` with the widths that were made; the last format is the `<img>`. Widths are those of
    the files: of a picture of 500 px, a set of 400, 800 and 1600 px says 400w and 500w. Width and height are said, so
    that the page does not move while it loads; give `img { max-width: 100%; height: auto }` in your style sheet.

    Parameters
    ----------
    manifest
        `run.manifest`, or `mf.manifest(destination)`.
    web
        The set that was exported.
    alt
        The column of `assets` that says what is seen; None for pictures that are decoration (`alt=""`).
    assets
        `run.assets`, or any table with the column `id`, where `alt`, `placeholder` or `data` name columns.
    sizes
        How wide the picture is shown, as in HTML: "(min-width: 60em) 50vw, 100vw".
    base_url
        What is put before the names of the files: "https://cdn.example.com/products", or "/media".
    loading
        "lazy" waits until the picture is near the view; "eager" is for the first picture of a page.
    placeholder
        The column of a background that shows until the picture is there: colors, or data URIs of `lqip()`.
    css_class
        The class of the `<img>`.
    data
        Attributes for scripts: `{"thumbhash": "hash"}` gives `data-thumbhash` with what the column `hash` holds.

    Returns
    -------
    polars.DataFrame
        `asset_id`, `source` and `html`, one row for each asset of the manifest; null where nothing was made.

    Examples
    --------
    >>> hero = mf.web_set(mf.image, name="hero", widths=[100, 200], formats=["webp", "jpeg"])
    >>> run = mf.scan(getfixture("photo")).with_columns(**hero).export(getfixture("tmp_path"))
    >>> print(mf.picture_html(run.manifest, hero, alt=None, base_url="/media")["html"][0])
    <picture>
      <source type="image/webp" srcset="/media/hero_100_webp/photo.webp 100w, /media/hero_200_webp/photo.webp 200w" sizes="100vw">
      <img src="/media/hero_200_jpeg/photo.jpg" srcset="/media/hero_100_jpeg/photo.jpg 100w, /media/hero_200_jpeg/photo.jpg 200w" sizes="100vw" width="200" height="150" alt="" loading="lazy" decoding="async">
    </picture>
    """  # noqa: E501  # tags are long
    named = {"alt": alt, "placeholder": placeholder, **{f"data-{key}": one for key, one in (data or {}).items()}}
    told = _told(web, sizes, base_url, loading, css_class, data or {})
    said = _said(assets, {key: column for key, column in named.items() if column is not None})
    files = _files(manifest, told)
    rows = manifest.filter(pl.col("rendition").is_in(list(web))).unique("asset_id", keep="first", maintain_order=True)
    made = [_picture(files.get(asset, {}), said.get(asset, {}), told) for asset in rows["asset_id"]]
    return rows.select("asset_id", "source").with_columns(pl.Series("html", made, dtype=pl.String))


def _told(
    web: object, sizes: object, base_url: object, loading: str, css_class: str | None, data: Mapping[str, str]
) -> _Told:
    if not isinstance(web, WebSet):
        raise UsageError(expected("picture_html(web)", "what mf.web_set(...) gave", web))
    if not isinstance(sizes, str) or not sizes.strip():
        raise UsageError(expected("picture_html(sizes=...)", "lengths as in HTML, such as '100vw'", sizes))
    if not isinstance(base_url, str) or not _BASE.fullmatch(base_url):
        allowed = "the beginning of a URL, such as 'https://cdn.example.com/a' or '/media', without ? and #"
        raise UsageError(expected("picture_html(base_url=...)", allowed, base_url))
    if loading not in ("lazy", "eager"):
        raise UsageError(expected("picture_html(loading=...)", "'lazy' or 'eager'", loading))
    for word in data:
        if not _WORD.fullmatch(word):
            raise UsageError(expected("picture_html(data=...)", "names of small letters, digits and -", word))
    return _Told(web, sizes, base_url, loading, css_class)


def _said(assets: pl.DataFrame | None, named: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Give what the columns say, by asset and by what it is for."""
    if not named:
        return {}
    if assets is None:
        names = ", ".join(map(repr, named.values()))
        raise UsageError(f"picture_html(): {names} are columns of the assets; give assets=run.assets")
    for column in ("id", *named.values()):
        if column not in assets.columns:
            raise UsageError(f"picture_html(): assets has no column {column!r}{did_you_mean(column, assets.columns)}")
    rows = assets.select(pl.col("id").alias("\0"), **{key: pl.col(column) for key, column in named.items()})
    return {row.pop("\0"): row for row in rows.reverse().iter_rows(named=True)}


def _files(manifest: pl.DataFrame, told: _Told) -> dict[str, dict[str, dict[int, File]]]:
    """Give the files that are there, by asset, format and width: of equal widths the smallest rung's."""
    web = told.web
    order = {web.column(width, one): (width, one.word) for width in web.widths for one in web.formats}
    there = manifest.filter(
        pl.col("rendition").is_in(list(order)) & (pl.col("status") != "failed"), pl.col("uri", "width").is_not_null()
    )
    found: dict[str, dict[str, dict[int, File]]] = {}
    columns = there.select("asset_id", "rendition", "width", "height", "uri").rows()
    for asset, rendition, width, height, uri in sorted(columns, key=lambda row: order[row[1]][0]):
        by_width = found.setdefault(asset, {}).setdefault(order[rendition][1], {})
        by_width.setdefault(width, (width, height, _url(told.base_url, uri)))
    return found


def _url(base: str, name: str) -> str:
    path = quote(name, safe="/", errors="surrogateescape")
    return path if not base else f"{base.rstrip('/')}/{path}"


def _picture(files: Mapping[str, Mapping[int, File]], said: Mapping[str, Any], told: _Told) -> str | None:
    there = [(one, sorted(files[one.word].values())) for one in told.web.formats if one.word in files]
    if not there:
        return None
    sources = [f"  {_tag('source', [('type', one.media_type), *_set(made, told)])}" for one, made in there[:-1]]
    return "\n".join(["<picture>", *sources, f"  {_image(there[-1], said, told)}", "</picture>"])


def _image(last: tuple[Format, list[File]], said: Mapping[str, Any], told: _Told) -> str:
    width, height, url = last[1][-1]
    background = _background(said.get("placeholder"))
    extra = [(key, said[key]) for key in said if key.startswith("data-") and said[key] is not None]
    attributes = [
        ("src", url), *_set(last[1], told), ("width", width), ("height", height), ("alt", said.get("alt") or ""),
        ("loading", told.loading), ("decoding", "async"),
        *([("class", told.css_class)] if told.css_class else []), *([("style", background)] if background else []),
        *extra,
    ]  # fmt: skip
    return _tag("img", attributes)


def _set(files: Iterable[File], told: _Told) -> list[tuple[str, object]]:
    return [("srcset", ", ".join(f"{url} {width}w" for width, _, url in files)), ("sizes", told.sizes)]


def _background(value: object) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    if value is None or value == []:
        return None
    if isinstance(value, str) and _COLOR.fullmatch(value):
        return f"background:{value}"
    if isinstance(value, str) and _DATA.fullmatch(value):
        return f'background:url("{value}") center/cover no-repeat'
    raise UsageError(
        expected("picture_html(placeholder=...)", "a column of colors or of lqip()", value)
        + "; hashes are drawn by a script: give them as data={'thumbhash': ...}"
    )


def _tag(name: str, attributes: Iterable[tuple[str, object]]) -> str:
    said = " ".join(f'{key}="{html.escape(_UNSAID.sub("�", str(value)))}"' for key, value in attributes)
    return f"<{name} {said}>"
