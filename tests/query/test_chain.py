"""A query is checked at every link before a byte is read, and knows its columns and media."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs
import pytest

from mediaframe.errors import ExpressionError, MediaframeError, RecipeError
from mediaframe.query import (
    RENDITION_STRUCT,
    Drop,
    Filter,
    Head,
    Media,
    Probe,
    Query,
    Rename,
    Runner,
    Select,
    WithColumns,
    apply,
    as_expressions,
    as_predicates,
)
from mediaframe.recipes import image

col = pl.col
SOURCE = {"path": pl.String, "bytes": pl.Int64, "sku": pl.String, "__mf_uri": pl.String}
PROBED = {"kind": pl.String, "width": pl.Int32, "status": pl.String}
THUMB, SHARP = image.resize(32).webp(), image.sharpness()


@pytest.fixture
def query() -> Query:
    return Query(SOURCE, probed=PROBED)


def test_a_query_does_not_change(query):
    query.then(Drop(("sku",)))

    with pytest.raises(AttributeError, match="make a new one"):
        query.nodes = ()

    assert list(query.schema) == ["path", "bytes", "sku"]


def test_a_probe_adds_its_columns(query):
    assert list(query.then(Probe()).schema) == ["path", "bytes", "sku", "kind", "width", "status"]


def test_media_columns_have_the_type_of_what_the_recipe_makes(query):
    made = query.then(Media((("thumb", THUMB), ("sharp", SHARP), ("hash", image.phash()))))

    assert made.schema["thumb"] == RENDITION_STRUCT
    assert made.schema["sharp"] == pl.Float64
    assert made.schema["hash"] == pl.String
    assert made.media == {"thumb": THUMB, "sharp": SHARP, "hash": image.phash()}


WRONG = {
    "an unknown column": (Filter((col("byts") > 1,)), "no column 'byts'; did you mean 'bytes'?"),
    "a column of the probe": (Filter((col("width") > 1,)), "'width' is known after probe()"),
    "text compared with a number": (Filter((col("path") > 1,)), "cannot compare string with numeric type"),
    "a predicate that is no truth": (
        Filter((col("bytes") + 1,)),
        "expected true or false for each row, got Int64",
    ),
    "several answers": (Filter((cs.string() == "a",)), "wrap it in pl.all_horizontal"),
    "an unknown column to drop": (Drop(("pth",)), "drop: no column 'pth'; did you mean 'path'?"),
    "everything dropped": (Drop(("path", "bytes", "sku")), "keep at least one"),
    "an unknown column to rename": (Rename((("pth", "x"),)), "rename: no column 'pth'"),
    "two columns of one name": (Rename((("path", "sku"),)), "two columns would be named 'sku'"),
    "a hidden name made": (WithColumns((col("path").alias("__mf_x"),)), "mediaframe's own"),
    "a hidden name read": (Filter((col("__mf_uri") == "x",)), "mediaframe's own"),
    "a hidden name for media": (Media((("__mf_x", THUMB),)), "mediaframe's own"),
    "a hidden name by rename": (Rename((("path", "__mf_x"),)), "mediaframe's own"),
    "an empty name": (WithColumns((col("path").alias(""),)), "expected text"),
    "a column twice": (WithColumns((col("path"), col("path"))), "duplicate"),
    "media twice": (Media((("x", THUMB), ("x", SHARP))), "given twice"),
    "a recipe of an unknown column": (
        Media((("x", image.resize(col("wide")).webp()),)),
        "x = image.resize(width=col('wide')).webp(): no column 'wide'",
    ),
    "an aggregation": (Filter((col("bytes") > col("bytes").mean(),)), "collect() first"),
    "fewer than no rows": (Head(-1), "expected 0 or more rows, got -1"),
}


@pytest.mark.parametrize(("node", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_raises_before_the_first_byte(query, node, said):
    with pytest.raises((ExpressionError, RecipeError)) as error:
        query.then(node)

    assert said in str(error.value)


def test_media_columns_are_followed_through_renames_and_selections(query):
    made = query.then(Media((("thumb", THUMB), ("sharp", SHARP), ("hero", image.jpeg()))))

    assert made.then(Rename((("thumb", "t"),))).media == {"t": THUMB, "sharp": SHARP, "hero": image.jpeg()}
    assert made.then(Rename((("thumb", "hero"), ("hero", "thumb")))).media["hero"] == THUMB
    assert made.then(Drop(("thumb",))).media == {"sharp": SHARP, "hero": image.jpeg()}
    assert made.then(Select((col("path"), col("thumb").alias("t")))).media == {"t": THUMB}
    assert made.then(Select((cs.string(), cs.by_name("sharp")))).media == {"sharp": SHARP}
    assert made.then(WithColumns((col("path").alias("thumb"),))).media == {
        "sharp": SHARP,
        "hero": image.jpeg(),
    }


def test_a_media_column_takes_the_place_of_a_column_of_its_name(query):
    made = query.then(Media((("sku", SHARP),)))

    assert dict(made.schema) == {"path": pl.String, "bytes": pl.Int64, "sku": pl.Float64}


def test_expressions_and_recipes_of_one_call_do_not_see_one_another(query):
    upper = col("sku").str.to_uppercase()
    wide = image.resize(col("bytes")).webp()

    after = query.with_columns([(col("bytes") * 2).alias("bytes")], {"thumb": wide})

    assert [type(node) for node in after.nodes] == [Media, WithColumns]
    assert [type(node) for node in query.with_columns([upper], {"thumb": THUMB}).nodes] == [
        WithColumns,
        Media,
    ]
    with pytest.raises(ExpressionError, match="given twice"):
        query.with_columns([upper], {"sku": THUMB})
    with pytest.raises(ExpressionError, match="no column 'thumb'"):
        query.with_columns([col("thumb").is_null().alias("x")], {"thumb": THUMB})


def test_drop_takes_names_and_selectors(query):
    assert query.chosen(["sku", cs.integer()]) == ("sku", "bytes")
    with pytest.raises(ExpressionError, match="expected names or selectors"):
        query.chosen([col("bytes") + 1])


def test_expressions_are_read_as_polars_reads_them():
    given = as_expressions(["a", [col("b")]], {"c": "a"})

    assert [one.meta.output_name() for one in given] == ["a", "b", "c"]
    with pytest.raises(ExpressionError, match="Series"):
        as_expressions([pl.Series("x", [1])], {})
    assert str(as_predicates([], {"kind": "image"})[0]) == '[(col("kind")) == ("image")]'


# ---- on batches ------------------------------------------------------------------------------------------

BATCH = pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "__mf_uri": ["u", "v", "w"]})


@pytest.mark.parametrize(
    "node",
    [
        Select((col("a"),)),
        Select((pl.lit(1).alias("one"),)),
        Select((pl.all(),)),
        Drop(("a",)),
        Rename((("a", "z"),)),
        WithColumns((pl.all().is_null().name.suffix("_null"),)),
        Filter((pl.all_horizontal(pl.all().is_not_null()) | True,)),
    ],
    ids=lambda node: node.describe(),
)
def test_hidden_columns_stay_beside_their_rows_and_are_not_seen(node):
    done = apply([node], BATCH)

    assert done["__mf_uri"].to_list() == ["u", "v", "w"]
    assert [name for name in done.columns if name.startswith("__mf_")] == ["__mf_uri"]


def test_a_select_of_a_constant_has_a_row_for_each_asset():
    assert apply([Select((pl.lit(1).alias("one"),))], BATCH)["one"].to_list() == [1, 1, 1]
    assert apply([Select((pl.lit(1).alias("one"),))], BATCH.clear()).height == 0


def test_a_value_that_does_not_fit_says_where():
    with pytest.raises(ExpressionError, match=r"with_columns .*cast.*conversion from"):
        apply([WithColumns((col("b").cast(pl.Int64),))], BATCH)


def test_a_runner_gives_the_rows_that_a_filter_dropped_as_they_stood_before():
    fed = Runner([WithColumns((col("a").alias("c"),)), Filter((col("b") == "x",)), Drop(("c",))]).feed(BATCH)

    assert fed.kept.columns == ["a", "b", "__mf_uri"]
    assert fed.kept["a"].to_list() == [1]
    (dropped,) = fed.dropped
    assert dropped["__mf_uri"].to_list() == ["v", "w"]
    assert "c" in dropped.columns


def test_a_head_counts_over_batches_and_says_when_it_is_full():
    runner = Runner([Filter((col("a") != 2,)), Head(3)])

    kept = [runner.feed(BATCH).kept["a"].to_list() for _ in range(2)]

    assert kept == [[1, 3], [1]]
    assert runner.finished
    assert Runner([Head(0)]).finished
    assert not Runner([Filter((col("a") > 5,))]).finished


def test_a_runner_refuses_what_needs_the_media():
    with pytest.raises(TypeError, match=r"Stage\.sections"):
        Runner([Probe()])


def test_errors_of_expressions_have_their_code(query):
    with pytest.raises(MediaframeError) as error:
        query.then(Drop(("x",)))

    assert error.value.code == "E_EXPRESSION"
