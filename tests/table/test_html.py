"""What is shown as HTML is safe, static, small, and says what it shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
from PIL import Image

from mediaframe.table.html import LIMIT, Rows, rows_html
from mediaframe.table.markup import Thumb, cell, size, text
from mediaframe.table.report import Facts, Figure, Gallery, Made, Table, Tile, Totals, page_html

HOSTILE = [
    "<script>alert(1)</script>.jpg",
    '" onerror="alert(1)',
    "' style='background:url(https://example.org/x)",
    "</style><img src=x onerror=alert(1)>",
    "</td></table><iframe src=//example.org>",
    "a\nb\rc\x00\x1b[31m.png",
    "gpj.\u202eexe",
    "a&lt;b&amp;.gif",
    "bad\udcff.jpg",
    "[x](javascript:alert(1))",
    "日本語 🎞️ é.webp",
]


def thumb(alt: str = "a picture", noise: int = 0) -> Thumb:
    made = BytesIO()
    Image.effect_noise((noise, noise), 80).save(made, "PNG") if noise else Image.new("RGB", (8, 6)).save(made, "PNG")
    return Thumb(made.getvalue(), "image/png", alt)


def rows(names: list[str], **more: object) -> Rows:
    given: dict = {
        "facts": [f"{len(names)} assets", *names],
        "thumbs": [thumb(name) for name in names],
        "schema": dict.fromkeys(names, "String"),
        "columns": ["path", "bytes", "status", *names],
        "rows": [{"path": name, "bytes": 1234, "status": "ok", name: name} for name in names],
        "pending": {name: f"image.text({name!r}).webp()" for name in names},
        "hint": " ".join(names),
    }
    return Rows(**(given | more))


def report(names: list[str]) -> str:
    tiles = [
        Tile(name, 1000, 8, 6, thumb(name), [Made(name, "image/webp", 100, 4, 3, thumb(name)), Made(name, name, 2000)])
        for name in names
    ]
    sections = [
        Totals([Figure(name, name, name, tone="bad") for name in names]),
        Gallery(names[0], tiles, names[-1]),
        Table(names[0], ["source", "code", *names], [{"source": name, "code": name, name: name} for name in names]),
        Table("nothing", ["source"], [], empty=names[0]),
        Facts(names[0], {name: name for name in names}),
    ]
    return page_html(names[0], sections, subtitle=names[1])


class Parts(HTMLParser):
    """Tags, attributes and text as a browser would find them; unclosed tags are kept in `open`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


PAGES = {"rows": lambda names: rows_html(rows(names)), "report": report}


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_names_from_strangers_make_no_markup(make):
    hostile, plain = Parts(make(HOSTILE)), Parts(make([f"name-{i}" for i in range(len(HOSTILE))]))

    assert not hostile.open
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [set(attrs) for _, attrs in hostile.tags] == [set(attrs) for _, attrs in plain.tags]


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_nothing_runs_and_nothing_is_loaded(make):
    parts = Parts(make(HOSTILE))

    for tag, attrs in parts.tags:
        assert tag not in {"script", "iframe", "link", "object", "embed", "svg", "base", "form", "a"}
        assert not [name for name in attrs if name.startswith("on") or name in ("href", "srcset", "action")]
        assert "url(" not in (attrs.get("style") or "")
        assert (attrs.get("src") or "data:image/").startswith("data:image/")


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_every_picture_has_words_for_it(make):
    pictures = [attrs for tag, attrs in Parts(make(HOSTILE)).tags if tag == "img"]

    assert pictures
    assert all(one["alt"] for one in pictures)


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_characters_that_cannot_be_seen_are_shown_as_a_sign(make):
    page = make(HOSTILE)

    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    assert "a⏎b⏎c��[31m.png" in page
    assert page.encode()


def test_rows_have_no_style_block():
    page = rows_html(rows(["a.jpg"]))

    assert not {"style", "meta", "html", "body"} & {tag for tag, _ in Parts(page).tags}


def test_rows_stay_under_the_cap_by_leaving_out_large_thumbnails_first():
    heavy = [thumb("small"), thumb("large", noise=256), thumb("other"), thumb("larger", noise=300)]

    page = rows_html(rows(["a.jpg"], thumbs=heavy))

    assert len(page.encode()) <= LIMIT
    shown = [attrs["alt"] for tag, attrs in Parts(page).tags if tag == "img"]
    assert shown == ["small", "other"]
    assert "a.jpg" in page


@pytest.mark.parametrize("count", [10, 1000, 20_000])
def test_rows_stay_under_the_cap_whatever_is_given(count):
    names = [f"column-{i}-{'é' * 40}" for i in range(count)]
    row = dict.fromkeys(names, "🎞" * 100)

    page = rows_html(Rows(facts=names, schema=dict.fromkeys(names, "String"), columns=names, rows=[row] * 8))

    assert len(page.encode()) <= LIMIT
    assert not Parts(page).open


def test_at_most_eight_thumbnails_are_shown():
    assert rows_html(rows(["a"], thumbs=[thumb(str(i)) for i in range(20)])).count("<img") == 8


def test_a_thumbnail_of_anything_but_pixels_is_refused():
    with pytest.raises(ValueError, match="image/svg"):
        rows_html(rows(["a"], thumbs=[Thumb(b"<svg/>", "image/svg+xml", "x")]))


def test_pending_media_are_shown_with_their_recipes():
    said = " ".join(Parts(rows_html(Rows(pending={"hero": "image.resize(width=1600).avif()"}))).said)

    assert "hero" in said
    assert "image.resize(width=1600).avif()" in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("bytes", 999_700, "1 MB"),
        ("bytes", 5_000_000_000_000_000, "5000 TB"),
        ("alpha", True, "yes"),
        (
            "hero",
            {"media_type": "image/webp", "status": "ok", "width": 4, "height": 3, "bytes": 1200},
            "webp 4×3 1.2 kB",
        ),
        ("hero", {"media_type": None, "status": "error", "error_code": "E_TRUNCATED"}, "E_TRUNCATED"),
        ("hero", {"media_type": None, "status": None}, "–"),
        ("data", b"12345", "5 B of data"),
        ("list", ["<b>"], "&lt;b&gt;"),
    ],
)
def test_values_are_said_in_short(name, value, said):
    assert cell(name, value) == said


def test_long_text_is_cut_before_it_is_escaped():
    assert text("&" * 300, 10) == "&amp;" * 9 + "…"
    assert size(0) == "0 B"


def test_a_report_says_what_was_saved_and_what_grew():
    said = " ".join(Parts(report(HOSTILE)).said)

    assert "−90 %" in said
    assert "+100 %" in said


def test_a_report_follows_the_color_scheme_and_forbids_loading():
    page = report(HOSTILE)

    assert "prefers-color-scheme:dark" in page
    assert "default-src 'none'" in page
    assert "http" not in re.sub("http-equiv", "", page.partition("<body>")[0])
