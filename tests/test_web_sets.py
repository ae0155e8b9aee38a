"""Web sets: a ladder from one decode, and HTML that names what was made."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.engines.base import Source
from mediaframe.errors import UsageError
from mediaframe.work.child.render import render
from tests.engines.pictures import large, write
from tests.run.media import picture

HERO = mf.web_set(mf.image, name="hero", widths=[100, 50, 200], formats=["webp(quality=60)", "jpeg"])


class Tags(HTMLParser):
    """Reads tags as a browser does."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def candidates(srcset: str) -> list[tuple[str, int]]:
    """Read a srcset by the rules of HTML: a URL is what has no white space; the commas around it are not its own."""
    found = []
    rest = srcset.strip(" ,")
    while rest:
        url, _, rest = rest.partition(" ")
        width, _, rest = rest.lstrip().partition(",")
        assert url == url.strip(",")
        assert width.endswith("w")
        found.append((url, int(width[:-1])))
        rest = rest.strip(" ,")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("in")
    picture(1, 320, 240).save(root / "wide.jpg")
    picture(2, 80, 120).save(root / "tiny.png")
    (root / "broken.jpg").write_bytes((root / "wide.jpg").read_bytes()[:900])
    return root


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> mf.Run:
    to = tmp_path_factory.mktemp("to")
    frame = mf.scan(folder).probe().with_columns(title=pl.lit('The "red" <sofa> & more'))
    return frame.with_columns(**HERO, tiny=HERO.base.lqip(), tones=HERO.base.dominant_colors(3)).export(to)


def of(manifest: pl.DataFrame, name: str, **options: Any) -> str:
    made = mf.picture_html(manifest, HERO, **{"alt": None, **options})
    (found,) = made.filter(pl.col("source").str.ends_with(name))["html"]
    return str(found)


def test_a_web_set_names_each_width_and_format() -> None:
    assert list(HERO) == [f"hero_{width}_{one}" for width in (50, 100, 200) for one in ("webp", "jpeg")]
    assert HERO["hero_100_webp"] == mf.image.resize(200).resize(100).webp(quality=60)
    assert HERO["hero_200_jpeg"] == HERO.base.jpeg() == mf.image.resize(200).jpeg()


def test_formats_may_be_words_recipes_and_formats() -> None:
    webp = mf.image.webp(quality=60)

    for form in ("webp(quality=60)", "image.webp(quality=60)", webp, webp.end):
        assert mf.web_set(mf.image, formats=[form]).formats == (webp.end,)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"recipe": mf.image.png()}, "an image recipe without a format"),
        ({"recipe": mf.video}, "an image recipe"),
        ({"name": "two words"}, "letters, digits and _"),
        ({"widths": []}, "widths in pixels"),
        ({"widths": [400, 0]}, "1 to 65535 px, got 0"),
        ({"widths": ["400"]}, "got '400'"),
        ({"widths": [400, 400]}, "each width once"),
        ({"formats": "jpeg"}, "formats, such as"),
        ({"formats": []}, "formats, such as"),
        ({"formats": ["jpge"]}, "did you mean 'jpeg'"),
        ({"formats": ["jpeg", "jpeg(quality=50)"]}, "each format once"),
        ({"formats": ["phash"]}, "formats alone"),
        ({"formats": ["resize(5).png()"]}, "formats alone"),
        ({"formats": [5]}, "formats alone"),
    ],
)
def test_a_wrong_set_raises_before_the_first_byte(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        mf.web_set(**{"recipe": mf.image, **wrong})


def test_a_set_and_its_placeholders_take_one_decode_of_a_large_jpeg() -> None:
    web = mf.web_set(mf.image.crop(3000, 2000), widths=[300, 800, 1600], formats=["webp", "jpeg"])
    recipes = {**web, "tiny": web.base.lqip(), "hash": web.base.thumbhash()}
    request = {"kind": "image", "format": "jpeg", "renditions": [
        {"name": name, "recipe": json.loads(json.dumps(one.to_json()))} for name, one in recipes.items()
    ]}  # fmt: skip
    sent: dict[str, Any] = {}

    told = render(
        request,
        Source(write(large(3200, 2400), "JPEG")),
        lambda header, data: sent.update({header["rendition"]: header}),
    )

    assert {header["status"] for header in sent.values()} == {"ok"}
    assert (told["counts"]["opens"], told["counts"]["decodes"], told["counts"]["encodes"]) == (1, 1, 6)
    assert told["counts"]["steps"] == 4  # the crop, the largest, and two below it
    assert [sent[f"web_{width}_jpeg"]["width"] for width in web.widths] == [300, 800, 1600]


def test_a_measure_may_give_a_list_and_it_stays_one_through_a_run(run: mf.Run) -> None:
    tones = run.assets.filter(pl.col("name") == "wide.jpg")["tones"]

    assert tones.dtype == pl.List(pl.String)
    assert len(tones[0]) == 3
    assert json.loads(
        run.measures.filter(pl.col("source").str.ends_with("wide.jpg"), measure="tones")["value"][0]
    ) == list(tones[0])


def test_a_list_can_be_collected_named_by_the_next_step_and_shown(folder: Path) -> None:
    frame = mf.scan(folder).probe().filter(pl.col("status") == "ok").with_columns(tones=mf.image.dominant_colors(2))

    rows = (
        frame.with_columns(first=pl.col("tones").list.first())
        .with_columns(thumb=mf.image.resize(20, 20, fit="contain", background=pl.col("first")).png())
        .collect()
    )

    assert frame.schema["tones"] == rows["tones"].dtype == pl.List(pl.String)
    for row in rows.iter_rows(named=True):
        with Image.open(io.BytesIO(row["thumb"]["data"])) as thumb:
            corner = thumb.convert("RGB").getpixel((0, 0) if row["width"] > row["height"] else (0, 19))
        assert "#{:02x}{:02x}{:02x}".format(*corner) == row["first"] == row["tones"][0]
    assert ", ".join(rows["tones"][0]) in frame.preview(2)._repr_html_()


def test_the_html_names_files_that_are_there_with_the_widths_that_they_have(run: mf.Run) -> None:
    tags = Tags(of(run.manifest, "wide.jpg"))

    (source,), (img,) = tags.all("source"), tags.all("img")
    assert [tag for tag, _ in tags.found] == ["picture", "source", "img"]
    assert source["type"] == "image/webp"
    for tag, form in ((source, "WEBP"), (img, "JPEG")):
        found = candidates(tag["srcset"])
        assert [width for _, width in found] == [50, 100, 200]
        for url, width in found:
            with Image.open(Path(run.to) / unquote(url)) as file:
                assert (file.width, file.format) == (width, form)
        assert tag["sizes"] == "100vw"
    assert img["src"] == candidates(img["srcset"])[-1][0]
    assert (img["width"], img["height"], img["loading"], img["alt"]) == ("200", "150", "lazy", "")


def test_a_picture_narrower_than_the_ladder_is_named_once_at_its_own_width(run: mf.Run) -> None:
    (source,), (img,) = Tags(of(run.manifest, "tiny.png")).all("source"), Tags(of(run.manifest, "tiny.png")).all("img")

    assert [width for _, width in candidates(img["srcset"])] == [50, 80]
    assert "hero_100_jpeg/" in img["src"]
    assert [width for _, width in candidates(source["srcset"])] == [50, 80]
    assert (img["width"], img["height"]) == ("80", "120")


def test_an_asset_of_which_nothing_was_made_keeps_its_row(run: mf.Run) -> None:
    made = mf.picture_html(run.manifest, HERO, alt=None)

    assert made.height == 3
    assert made.filter(pl.col("source").str.ends_with("broken.jpg"))["html"].to_list() == [None]


def test_a_format_that_failed_is_left_out(run: mf.Run) -> None:
    failed = pl.col("rendition").str.ends_with("jpeg")
    manifest = run.manifest.with_columns(status=pl.when(failed).then(pl.lit("failed")).otherwise("status"))

    found = mf.picture_html(manifest, HERO, alt=None).filter(pl.col("source").str.ends_with("wide.jpg"))["html"][0]

    assert [tag for tag, _ in Tags(found).found] == ["picture", "img"]
    assert Tags(found).all("img")[0]["src"].endswith(".webp")


def test_alt_placeholder_class_and_data_come_from_columns(run: mf.Run) -> None:
    options: dict[str, Any] = {
        "assets": run.assets,
        "alt": "title",
        "placeholder": "tiny",
        "css_class": "a b",
        "data": {"tone": "name"},
    }

    (img,) = Tags(of(run.manifest, "wide.jpg", **options)).all("img")

    assert img["alt"] == 'The "red" <sofa> & more'
    assert img["style"].startswith('background:url("data:image/webp;base64,')
    assert (img["class"], img["data-tone"]) == ("a b", "wide.jpg")


def test_a_color_or_the_first_of_several_is_a_background(run: mf.Run) -> None:
    first = run.assets.filter(pl.col("name") == "wide.jpg")["tones"][0][0]

    (img,) = Tags(of(run.manifest, "wide.jpg", assets=run.assets, placeholder="tones")).all("img")

    assert img["style"] == f"background:{first}"


def test_what_is_not_known_has_no_background_and_no_text(run: mf.Run) -> None:
    assets = run.assets.with_columns(tiny=pl.lit(None, pl.String), title=pl.lit(None, pl.String))

    (img,) = Tags(
        of(run.manifest, "wide.jpg", assets=assets, alt="title", placeholder="tiny", data={"hash": "tiny"})
    ).all("img")

    assert img["alt"] == ""
    assert not {"style", "data-hash"} & set(img)


NAMES = [
    "a b,c.jpg",
    "q\"u'o<te>&amp;.jpg",
    "日本語 ñ.jpg",
    "100%25.jpg",
    "java:script.jpg",
    "x?y#z;.jpg",
    ",comma,.jpg",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("base", ["", "/media/", "https://cdn.example.com/a,b"])
def test_odd_names_are_written_so_that_the_file_is_found(run: mf.Run, name: str, base: str) -> None:
    manifest = run.manifest.with_columns(uri=pl.lit(f"{name[:-4]}/") + pl.col("rendition") + pl.lit(name))

    (img,) = Tags(of(manifest, "wide.jpg", base_url=base)).all("img")

    for url, _ in [(img["src"], 0), *candidates(img["srcset"])]:
        path = url.removeprefix(base.rstrip("/") + "/" if base else "")
        assert unquote(path).startswith(f"{name[:-4]}/hero_")
        assert unquote(path).endswith(name)
        assert not set(path) & set("\"'<>&?#;:, \\")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"base_url": "javascript:alert(1)//"}, "base_url"),
        ({"base_url": "data:text/html,"}, "base_url"),
        ({"base_url": 'https://a/" onload="'}, "base_url"),
        ({"base_url": "https://a/b?c=d"}, "without . and #"),
        ({"base_url": "https://a b/"}, "base_url"),
        ({"loading": "later"}, "'lazy' or 'eager'"),
        ({"sizes": ""}, "sizes"),
        ({"data": {"On Load": "x"}}, "small letters"),
        ({"web": {"a": mf.image.png()}}, "what mf.web_set"),
        ({"alt": "title"}, "give assets=run.assets"),
        ({"assets": pl.DataFrame({"id": [], "titel": []}), "alt": "title"}, "no column 'title'; did you mean 'titel'"),
        ({"assets": pl.DataFrame({"title": []}), "alt": "title"}, "no column 'id'"),
    ],
)
def test_wrong_options_raise(run: mf.Run, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        mf.picture_html(**{"manifest": run.manifest, "web": HERO, "alt": None, **wrong})


@pytest.mark.parametrize("value", ["3/cJbAJ3", "url(https://evil)", "#ff0000;x:y", "data:text/html;base64,AAAA"])
def test_a_background_that_is_none_raises(run: mf.Run, value: str) -> None:
    assets = run.assets.with_columns(hash=pl.lit(value))

    with pytest.raises(UsageError, match=r"a column of colors or of lqip\(\)"):
        mf.picture_html(run.manifest, HERO, alt=None, assets=assets, placeholder="hash")
