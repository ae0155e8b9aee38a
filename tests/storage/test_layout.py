"""Layouts: checked templates, safe names."""

import os
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediaframe.errors import LayoutError, StoreError
from mediaframe.storage.layout import DEFAULT, Layout
from mediaframe.storage.names import check_name, clash_key
from mediaframe.storage.segment import KEY_BYTES, SEGMENT_BYTES

ROW = {"id": "0123456789abcdef", "path": "summer/2024/IMG_1.JPG", "name": "IMG_1.JPG", "sku": "A 7", "n": 5}


def expand(template=DEFAULT, key=None, **columns):
    return Layout(template).expand({**ROW, **columns}, rendition="hero", recipe_id="ab12", ext="webp", key=key)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (DEFAULT, "hero/summer/2024/IMG_1.webp"),
        ("{rendition}/{sku}.{ext}", "hero/A 7.webp"),
        ("{sku|slug}/{rendition}-{n|04d}.{ext}", "a-7/hero-0005.webp"),
        ("{name|lower}.{ext}", "img_1.jpg.webp"),
        ("{stem|upper}@2x.{ext}", "IMG_1@2x.webp"),
        ("{path|stem}.{ext}", "IMG_1.webp"),
        ("{id}/{recipe}.{ext}", "0123456789abcdef/ab12.webp"),
        ("{dir}/{rendition}_{stem}.{ext}", "summer/2024/hero_IMG_1.webp"),
        ("x-{dir}/{stem}.{ext}", "x-summer_2024/IMG_1.webp"),
        ("{dir|slug}/{stem}.{ext}", "summer-2024/IMG_1.webp"),
        ("{key}.{ext}", "k9.webp"),
        ("plain.txt", "plain.txt"),
    ],
)
def test_a_template_is_filled(template, name):
    assert expand(template, key="k9") == name


def test_a_file_at_the_root_has_no_folder():
    assert expand(path="a.jpg", name="a.jpg") == "hero/a.webp"
    assert expand("{dir}/{stem}.{ext}", path="a.jpg", name="a.jpg") == "a.webp"


@pytest.mark.parametrize(
    "template",
    [
        "",
        "/abs/{stem}.{ext}",
        "C:/x",
        "s3://b/{stem}",
        "../{stem}.{ext}",
        "a/../{stem}",
        "a//b",
        "./a",
        "a/",
        "{stem",
        "stem}",
        "{}",
        "{stem.__class__}",
        "{stem[0]}",
        "{stem!r}",
        "{stem:>10}",
        "{{stem}}",
        "{0}",
        "{stem|nope}",
        "{stem|0d}",
        "_mediaframe/{stem}.{ext}",
        "_MediaFrame/{stem}.{ext}",
        "a\\b",
        "a*b.{ext}",
        "a\nb.{ext}",
        "{rendition}/{dir}",
        ".hidden/{stem}.{ext}",
        "-{stem}.{ext}",
        "{stem}.",
    ],
)
def test_a_wrong_template_is_refused_at_once(template):
    with pytest.raises(LayoutError):
        Layout(template)


def test_a_column_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(LayoutError, match="did you mean 'sku'"):
        Layout("{skuu}.{ext}").check(["id", "sku", "name"])

    Layout(DEFAULT).check(["id", "path", "name"])


def test_a_layout_says_what_it_needs():
    layout = Layout("{rendition}/{dir}/{sku|slug}-{stem}-{key}.{ext}")

    assert layout.fields == {"rendition", "dir", "sku", "stem", "key", "ext"}
    assert layout.columns == {"path", "name", "sku"}
    assert layout.needs_key
    assert not Layout(DEFAULT).needs_key


@pytest.mark.parametrize("value", [None, "", " ", "\u202e", [1], b"x", {"a": 1}])
def test_a_value_that_gives_no_name_is_refused(value):
    with pytest.raises(StoreError) as caught:
        expand("{sku}.{ext}", sku=value)

    assert caught.value.code == "E_NAME_INVALID"


@pytest.mark.parametrize("value", ["5", 5.0, True, None])
def test_zeros_are_for_whole_numbers(value):
    with pytest.raises(StoreError) as caught:
        expand("{n|04d}.{ext}", n=value)

    assert caught.value.code == "E_NAME_INVALID"


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("../../etc/passwd", "_._.._etc_passwd"),
        ('a/b\\c:d*e?f"g<h>i|j[k]', "a_b_c_d_e_f_g_h_i_j_k_"),
        (".htaccess", "_htaccess"),
        ("-rf", "_rf"),
        ("~root", "_root"),
        ("dot. . ", "dot"),
        ("...", "_"),
        ("CON", "_CON"),
        ("nul.tar", "_nul.tar"),
        ("COM1", "_COM1"),
        ("lpt9.x", "_lpt9.x"),
        ("CONSOLE", "CONSOLE"),
        ("new\nline\t\x00\x1b[0m", "newline_0m"),
        ("gpj.\u202egpj\u200b", "gpj.gpj"),
        ("cafe\u0301", "café"),
        ("{sku}", "{sku}"),
        ("caf\udce9", "caf%E9"),
        ("100%", "100%"),
        (7, "7"),
        (2.5, "2.5"),
    ],
)
def test_values_are_made_safe(value, safe):
    assert expand("{sku}/{stem}.{ext}", sku=value) == f"{safe}/IMG_1.webp"


def test_no_value_leads_into_our_own_folder():
    assert expand("{sku}/{stem}.{ext}", sku="_mediaframe") == "__mediaframe/IMG_1.webp"
    assert expand("{sku}/{stem}.{ext}", sku="_MEDIAFRAME").casefold() == "__mediaframe/img_1.webp"


def test_long_names_are_cut_and_stay_two():
    one, two = (expand("{stem}.{ext}", name="é" * 300 + ending + ".jpg") for ending in ("a", "b"))

    assert one != two
    assert one == expand("{stem}.{ext}", name="é" * 300 + "a.jpg")
    for name in (one, two):
        assert len(name.encode()) <= SEGMENT_BYTES
        assert name.endswith(".webp")


def test_a_key_too_long_for_a_store_is_refused():
    with pytest.raises(StoreError) as caught:
        expand(path="/".join(["d" * 50] * 24) + "/a.jpg")

    assert caught.value.code == "E_NAME_INVALID"


@pytest.mark.parametrize(
    ("one", "two"),
    [("A.webp", "a.webp"), ("caf\u00e9", "cafe\u0301"), ("straße", "STRASSE"), ("\u1e9e", "ss"), ("ſ", "S")],
)
def test_names_that_a_disk_may_take_for_one_clash(one, two):
    assert clash_key(one) == clash_key(two)
    assert len(clash_key(one)) == 16
    assert clash_key(one) != clash_key(one + "x")


TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
ANY = TEXT | st.sampled_from(
    [
        "..",
        ".",
        "con",
        "NUL.txt",
        "_mediaframe",
        "é" * 200,
        "a" * 255,
        "\u0301",
        "/",
        "\\\\host\\share",
        "C:\\x",
        "\u1fbe\u0345",
    ]
)
TEMPLATES = st.sampled_from(
    [DEFAULT, "{sku}/{stem}.{ext}", "{rendition}-{sku}.{ext}", "{sku}{name}", "{dir}/{sku|lower}"]
)


def _holds(template, sku, path):
    row = {"id": "0", "path": path, "name": path.rpartition("/")[2], "sku": sku}
    try:
        name = Layout(template).expand(row, "hero", "ab", "webp")
    except StoreError as error:
        if error.code != "E_NAME_INVALID":
            raise
        return
    again = Layout(template).expand(row, "hero", "ab", "webp")
    root = "/srv/out"
    assert name == again
    assert check_name(name) == name
    assert os.path.normpath(os.path.join(root, name)).startswith(root + "/")
    assert len(name.encode()) <= KEY_BYTES
    assert name.split("/")[0].casefold() != "_mediaframe"
    assert unicodedata.is_normalized("NFC", name)
    for part in name.split("/"):
        assert 0 < len(part.encode()) <= SEGMENT_BYTES
        assert not part.startswith((".", "-", "~"))
        assert not part.endswith((".", " "))
        assert not set(part) & set('\\:*?"<>|[]')
        assert all(unicodedata.category(one) not in ("Cc", "Cf", "Cs") for one in part)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEMPLATES, ANY, ANY)
def test_no_row_gives_a_bad_name(template, sku, path):
    _holds(template, sku, path)


@pytest.mark.soak
@settings(max_examples=50_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEMPLATES, ANY, ANY)
def test_no_row_gives_a_bad_name_at_length(template, sku, path):
    _holds(template, sku, path)


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT)
def test_equal_keys_are_equal_names_to_a_disk(one, two):
    def folded(text):
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())

    if folded(one) == folded(two):
        assert clash_key(one) == clash_key(two)
    assert clash_key(one) == clash_key(unicodedata.normalize("NFD", one))
    assert clash_key(one) == clash_key(one.casefold())
