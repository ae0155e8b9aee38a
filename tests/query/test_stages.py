"""Stages do what the chain says, with media read as seldom and for as few rows as can be."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

import polars as pl
import polars.selectors as cs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mediaframe.errors import UsageError
from mediaframe.model.recipe import Finished
from mediaframe.query import (
    RENDITION_STRUCT,
    Drop,
    Filter,
    Head,
    Media,
    Node,
    Probe,
    Query,
    Rename,
    Runner,
    Select,
    Stage,
    WithColumns,
    apply,
)
from mediaframe.recipes import image

col = pl.col
SOURCE = {"path": pl.String, "bytes": pl.Int64, "sku": pl.String}
PROBED = {"kind": pl.String, "width": pl.Int32}
THUMB, HERO, SHARP, PHASH = image.resize(32).webp(), image.jpeg(), image.sharpness(), image.phash()


def query(*nodes: Node) -> Query:
    return Query(SOURCE, nodes, probed=PROBED)


def shape(stages: Iterable[Stage]) -> list[tuple[list[str], list[str], list[str]]]:
    return [
        ([said(one) for one in stage.before], list(stage.media), [said(one) for one in stage.after]) for stage in stages
    ]


def said(node: Node) -> str:
    return type(node).__name__


def media(**columns: Finished) -> Media:
    return Media(tuple(columns.items()))


def test_a_query_without_nodes_is_one_empty_stage():
    assert shape(query().stages()) == [([], [], [])]


def test_neighbors_fuse_into_one_stage():
    stages = query(media(thumb=THUMB), media(sharp=SHARP), Drop(("sku",)), media(hero=HERO)).stages()

    assert [list(stage.media) for stage in stages] == [["thumb", "sharp", "hero"]]


def test_expressions_between_media_do_not_part_them():
    upper = WithColumns((col("sku").str.to_uppercase(),))

    stages = query(media(thumb=THUMB), upper, media(hero=HERO)).stages()

    assert shape(stages) == [(["WithColumns"], ["thumb", "hero"], [])]


def test_an_expression_that_names_a_media_column_comes_after_it():
    stages = query(media(sharp=SHARP), WithColumns(((col("sharp") * 2).alias("twice"),))).stages()

    assert shape(stages) == [([], ["sharp"], ["WithColumns"])]


def test_a_filter_that_names_a_measure_ends_the_stage():
    stages = query(media(sharp=SHARP), Filter((col("sharp") > 1,)), media(phash=PHASH)).stages()

    assert shape(stages) == [([], ["sharp"], []), (["Filter"], ["phash"], [])]


def test_renditions_wait_for_a_filter_that_does_not_need_them():
    stages = query(media(sharp=SHARP, phash=PHASH, thumb=THUMB), Filter((col("sharp") > 1,))).stages()

    assert shape(stages) == [([], ["sharp", "phash"], []), (["Filter"], ["thumb"], [])]


def test_filters_on_asset_columns_go_ahead_of_the_media_and_those_on_the_listing_ahead_of_the_probe():
    both = Filter((col("bytes") > 10, (col("width") > 10) & col("path").str.contains("x")))

    stages = query(Probe(), media(thumb=THUMB), both).stages()

    (stage,) = stages
    assert [one.describe() for part in stage.sections for one in part] == [
        'filter [(col("bytes")) > (dyn int: 10)]',
        'filter col("path").str.contains(["x"])',
        'filter [(col("width")) > (dyn int: 10)]',
    ]
    assert [len(part) for part in stage.sections] == [2, 1]


def test_a_filter_never_goes_past_a_head():
    stages = query(media(thumb=THUMB), Head(2), Filter((col("bytes") > 1,))).stages()

    assert shape(stages) == [(["Head", "Filter"], ["thumb"], [])]


def test_a_head_goes_ahead_of_probe_and_media_but_not_of_a_filter():
    stages = query(Probe(), Filter((col("width") > 1,)), media(thumb=THUMB), Head(2)).stages()

    assert shape(stages) == [(["Probe", "Filter", "Head"], ["thumb"], [])]


def test_a_filter_does_not_go_past_what_redefines_its_column():
    stages = query(media(bytes=SHARP), Filter((col("bytes") > 1,))).stages()

    assert shape(stages) == [([], ["bytes"], []), (["Filter"], [], [])]


def test_a_filter_that_may_raise_does_not_go_past_the_filter_that_may_be_its_guard():
    guarded = query(media(sharp=SHARP), Filter((col("sharp") > 1,)), Filter((col("sku").cast(pl.Int64) > 1,)))

    assert shape(guarded.stages()) == [([], ["sharp"], []), (["Filter", "Filter"], [], [])]


def test_an_argument_taken_from_a_column_keeps_its_value_when_the_column_is_redefined():
    wide = image.resize(col("bytes")).webp()

    stages = query(media(thumb=wide), WithColumns((col("bytes") * 2,)), media(hero=wide)).stages()

    assert shape(stages) == [([], ["thumb"], []), (["WithColumns"], ["hero"], [])]


def test_media_that_nobody_sees_are_not_made():
    stages = query(media(thumb=THUMB, sharp=SHARP), Drop(("thumb",)), WithColumns((pl.lit(1).alias("sharp"),))).stages()

    assert all(not stage.media for stage in stages)


def test_a_rename_gives_the_media_their_last_names_at_once():
    stages = query(media(thumb=THUMB), Rename((("thumb", "small"),)), media(hero=HERO)).stages()

    assert shape(stages) == [([], ["small", "hero"], [])]


# ---- moved equals unmoved --------------------------------------------------------------------------------

ROWS = pl.DataFrame(
    {
        "path": [f"{i}.jpg" for i in range(12)],
        "bytes": [i * 7 % 11 for i in range(12)],
        "sku": [None if i % 5 == 4 else "ab"[i % 2] for i in range(12)],
        "__mf_id": list(range(12)),
    }
)
NAMES = st.sampled_from(["path", "bytes", "sku", "kind", "width", "m", "r", "x"])


def number(name: str) -> pl.Expr:
    return (
        col(name).cast(pl.String, strict=False).hash(seed=3) % 7
        if name in ("path", "sku", "kind")
        else col(name).hash(1) % 7
    )


PREDICATES = NAMES.map(lambda name: number(name) > 2)
EXPRESSIONS = st.tuples(NAMES, NAMES).map(lambda two: number(two[0]).cast(pl.Int64).alias(two[1]))
RECIPES = st.one_of(st.sampled_from([THUMB, SHARP, PHASH]), NAMES.map(lambda name: image.resize(col(name)).webp()))
NODES = st.one_of(
    st.just(Probe()),
    PREDICATES.map(lambda one: Filter((one,))),
    st.tuples(PREDICATES, PREDICATES).map(lambda two: Filter((two[0] & two[1],))),
    EXPRESSIONS.map(lambda one: WithColumns((one,))),
    st.sampled_from(
        [
            WithColumns((cs.integer() + 1,)),
            WithColumns((pl.coalesce(cs.integer().cast(pl.Int64), 0).alias("x"),)),
            WithColumns((pl.nth(-1).is_null().alias("x"),)),
            Filter((pl.any_horizontal(cs.integer() > 4),)),
            Filter((pl.coalesce(cs.integer().cast(pl.Int64), 5) > 3,)),
            Select((cs.integer(), pl.concat_str(cs.string()).alias("r"))),
        ]
    ),
    st.lists(
        st.tuples(st.sampled_from(["m", "r", "x", "bytes"]), RECIPES),
        min_size=1,
        max_size=2,
        unique_by=lambda x: x[0],
    ).map(lambda columns: Media(tuple(columns))),
    NAMES.map(lambda name: Drop((name,))),
    st.tuples(NAMES, NAMES).map(lambda pair: Rename((pair,))),
    st.lists(NAMES, min_size=2, max_size=5, unique=True).map(lambda names: Select(tuple(map(col, names)))),
    st.tuples(NAMES, NAMES, NAMES).map(
        lambda three: Select((col(three[0]).alias(three[1]), number(three[2]).alias("x")))
    ),
    st.integers(0, 9).map(Head),
)


def chain(nodes: Iterable[Node]) -> Query:
    """Keep the nodes that can stand where they stand."""
    made = query()
    for node in nodes:
        try:
            made = made.then(node)
        except UsageError:
            continue
    return made


def probe(batch: pl.DataFrame) -> pl.DataFrame:
    ids = col("__mf_id")
    return batch.with_columns(
        kind=pl.when(ids % 3 == 0).then(pl.lit("video")).otherwise(pl.lit("image")),
        width=(ids * 37 % 100).cast(pl.Int32),
    )


def render(recipes: Mapping[str, Finished], batch: pl.DataFrame, count: Counter[str]) -> pl.DataFrame:
    """Make up a value that depends on the asset, the recipe and its arguments alone."""
    made = []
    for name, recipe in recipes.items():
        values = []
        for row in batch.iter_rows(named=True):
            given = [(one, str(row[one])) for one in sorted(recipe.columns)]
            plain = repr(recipe).replace(*next(((repr(one), "_") for one in recipe.columns), ("", "")))
            text = f"{row['__mf_id']} {plain} {[value for _, value in given]}"
            values.append(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))
            count["made"] += 1
        column = pl.Series(name, values, dtype=pl.Int64)
        if recipe.measure is None:
            made.append(pl.DataFrame({"bytes": column}).select(struct(name)).to_series())
        else:
            made.append(column.cast(pl.Float64 if recipe.measure.gives == "float" else pl.String))
    return batch.with_columns(made)


def struct(name: str) -> pl.Expr:
    fields = [
        col("bytes") if one.name == "bytes" else pl.lit(None, one.dtype).alias(one.name)
        for one in RENDITION_STRUCT.fields
    ]
    return pl.struct(fields).alias(name)


def as_written(made: Query, count: Counter[str]) -> pl.DataFrame:
    batch = ROWS
    for node in made.nodes:
        if isinstance(node, Probe):
            batch = probe(batch)
        elif isinstance(node, Media):
            batch = render(dict(node.columns), batch, count)
        elif isinstance(node, Head):
            batch = batch.head(node.n)
        else:
            batch = apply([node], batch)
    return made.order(batch)


def in_stages(made: Query, size: int, count: Counter[str]) -> pl.DataFrame:
    stages = [(stage, [Runner(part) for part in stage.sections]) for stage in made.stages()]
    done = []
    for batch in ROWS.iter_slices(size):
        for stage, runners in stages:
            for i, runner in enumerate(runners):
                batch = runner.feed(probe(batch) if i else batch).kept
            batch = apply(stage.after, render(stage.media, batch, count))
        done.append(made.order(batch))
    return pl.concat(done)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NODES, min_size=1, max_size=9), st.sampled_from([1, 5, 12]))
def test_moved_equals_unmoved(nodes, size):
    made = chain(nodes)
    written, staged = Counter(), Counter()

    expected = as_written(made, written)
    got = in_stages(made, size, staged)

    assert_frame_equal(got, expected)
    assert dict(got.drop("__mf_id").schema) == dict(made.schema)
    assert staged["made"] <= written["made"]
    assert set(made.media) <= set(made.schema)
