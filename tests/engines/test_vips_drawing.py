"""Drawings are looked through first: nothing from outside, no bombs, a bounded size."""

from __future__ import annotations

import gzip

import pytest

from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.recipes import image
from tests.engines.pictures import pixels_of, rendered

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
RED = '<rect width="40" height="30" fill="red"/>'


def _svg(inside: str = RED, size: str = 'width="40" height="30"', before: str = "") -> bytes:
    return f"{before}<svg {NAMES} {size}>{inside}</svg>".encode()


def _code(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(AssetError) as caught:
        rendered(data, image.png(), limits)
    return caught.value.code


@pytest.mark.parametrize(
    "data", [_svg(), gzip.compress(_svg()), "\ufeff".encode() + _svg()], ids=["plain", "gz", "bom"]
)
def test_a_drawing_is_drawn_at_its_size(data: bytes) -> None:
    got = pixels_of(data, image.png())

    assert got.shape == (30, 40, 4)
    assert got[15, 20].tolist() == [255, 0, 0, 255]


@pytest.mark.parametrize(
    "inside",
    [
        '<image href="file:///etc/hostname" width="9" height="9"/>',
        '<image xlink:href="http://127.0.0.1:9/a.png" width="9" height="9"/>',
        '<image href="a.png" width="9" height="9"/>',
        '<use href="other.svg#a"/>',
        '<rect fill="url(http://example.com/a.svg#b)" width="9" height="9"/>',
        '<rect style="fill: URL( \'x.svg#a\' )" width="9" height="9"/>',
        "<style>@import 'https://example.com/a.css';</style>",
        "<style>@font-face { src: url(font.woff) }</style>",
        '<filter id="f"><feImage href="b.png"/></filter>',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname" parse="text"/>',
        '<image href="data:text/html,x" width="9" height="9"/>',
    ],
)
def test_what_asks_for_another_file_is_refused(inside: str) -> None:
    assert _code(_svg(inside)) == "E_EXTERNAL_REF"


@pytest.mark.parametrize(
    "before",
    [
        '<?xml-stylesheet href="a.css" type="text/css"?>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_what_asks_for_another_file_before_the_drawing_is_refused(before: str) -> None:
    assert _code(_svg(before=before)) == "E_EXTERNAL_REF"


@pytest.mark.parametrize(
    "inside",
    [
        RED + '<a href="https://example.com"><text>a link is not loaded</text></a>',
        f'<defs><g id="a">{RED}</g></defs><use href="#a"/>',
        '<linearGradient id="g"><stop stop-color="red"/></linearGradient><rect width="40" height="30" fill="url(#g)"/>',
        RED + "<script>fetch('http://127.0.0.1')</script>",
        RED + "<style>.a { fill: url('#g') }</style>",
    ],
)
def test_what_stays_within_the_file_is_drawn(inside: str) -> None:
    assert pixels_of(_svg(inside), image.png())[15, 20].tolist() == [255, 0, 0, 255]


def test_the_doctype_and_the_names_that_editors_write_are_harmless() -> None:
    before = (
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" '
        '[<!ENTITY ns_svg "http://www.w3.org/2000/svg">]>'
    )

    assert pixels_of(_svg(before=before), image.png()).shape == (30, 40, 4)


def test_entities_made_of_entities_are_refused() -> None:
    before = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'

    assert _code(_svg("<text>&b;</text>", before=before)) == "E_LIMIT_MEMORY"


def test_references_that_multiply_are_refused() -> None:
    levels = [f'<g id="l0">{RED}</g>']
    levels += [f'<g id="l{level}">' + f'<use href="#l{level - 1}"/>' * 10 + "</g>" for level in range(1, 8)]

    assert _code(_svg("<defs>" + "".join(levels) + '</defs><use href="#l7"/>')) == "E_LIMIT_MEMORY"


def test_references_in_a_circle_end() -> None:
    inside = RED + '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'

    assert pixels_of(_svg(inside), image.png()).shape == (30, 40, 4)


def test_a_drawing_that_is_too_large_is_refused() -> None:
    with pytest.raises(AssetError, match=r"see Limits\.svg_pixels") as caught:
        rendered(_svg(size='width="100000" height="100000"'), image.resize(10).png())

    assert caught.value.code == "E_LIMIT_PIXELS"


def test_a_packed_drawing_that_inflates_too_far_is_refused() -> None:
    data = gzip.compress(_svg("<!--" + " " * 3_000_000 + "-->" + RED))

    assert _code(data, Limits(bytes=2_000_000)) == "E_LIMIT_BYTES"


def test_a_cut_drawing_is_truncated() -> None:
    assert _code(_svg()[:-5]) == "E_TRUNCATED"
    assert _code(gzip.compress(_svg("<!-- a -->" * 400))[:-9]) == "E_TRUNCATED"
