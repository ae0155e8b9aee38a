"""Expressions that may pass a lazy frame give in batches what they give on the whole; others are refused."""

from __future__ import annotations

import datetime as dt
import inspect
import itertools
import warnings
from collections.abc import Iterator

import polars as pl
import polars.selectors as cs
import pytest
from polars.exceptions import PanicException, PolarsError
from polars.testing import assert_frame_equal

from mediaframe.errors import ExpressionError
from mediaframe.query.expressions import (
    check_expression,
    column_names,
    may_raise,
)

col = pl.col

ROWS = pl.DataFrame(
    {
        "a": [3, 1, None, 2, 2, -5, 7, 0],
        "b": [1, 1, 2, 3, None, 4, 1, 3],
        "f": [0.5, -1.25, None, float("nan"), 2.0, 1e9, float("inf"), 0.0],
        "s": ["b_1.jpg", "A_22.png", None, "", "ünï.gif", "b_1.jpg", "a b c", "12"],
        "p": ["_", "b", "a", "x", "n", "1", " ", "2"],
        "n": ["1", "2", "3", "4", None, "6", "7", "8"],
        "t": [True, False, None, True, False, True, True, False],
        "d": [dt.date(2024, 1, day) if day != 5 else None for day in range(1, 9)],
        "when": [dt.datetime(2024, month, 1, 12, 30, 15) for month in range(1, 9)],  # noqa: DTZ001  # as cameras say it
        "took": [dt.timedelta(hours=hours) for hours in range(8)],
        "l": [[3, 1, 2], [], None, [5], [1, 1, None], [9, 8], [0], [4, 4]],
        "w": [["x", "y"], [], None, ["z"], ["a", "b", "a"], ["q"], ["w", None], ["e"]],
        "arr": [[1, 2], [3, 4], [5, 6], [7, None], [9, 10], [1, 1], [2, 2], [0, 1]],
        "st": [{"x": i, "y": str(i)} for i in range(8)],
        "bin": [b"a", b"bc", None, b"", b"\xff", b"zz", b"y", b"x"],
        "j": ['{"x": 1}', '{"x": 2}', None, '{"x": null}', "{}", '{"x": 5}', '{"x": 6}', '{"x": 7}'],
    },
    schema_overrides={"arr": pl.Array(pl.Int64, 2)},
)

ACCEPTED: dict[str, pl.Expr] = {
    "a column": col("a"),
    "arithmetic": (col("a") + col("b") * 2 - 1) / 3 // 2 % 5,
    "power": col("a") ** 2 + col("f").sqrt() + col("f").cbrt(),
    "comparison": (col("a") > 1) & (col("b") <= 3) | ~col("t"),
    "missing": col("a").eq_missing(col("b")) ^ col("t").ne_missing(None),
    "null tests": col("a").is_null() | col("f").is_nan() | col("f").is_finite() | col("a").is_not_null(),
    "between": col("a").is_between(0, col("b")),
    "in a list": col("a").is_in([1, 2, None]),
    "in a set": col("s").is_in({"b_1.jpg", "12"}),
    "in a series": col("a").is_in(pl.Series([1, 2])),
    "close": col("f").is_close(0.5),
    "a constant": pl.lit(7),
    "a text constant": pl.lit("x").alias("constant"),
    "a list constant": pl.lit([1, 2]),
    "a date constant": col("d") > pl.lit(dt.date(2024, 1, 3)),
    "fill with a value": col("a").fill_null(0),
    "fill with a column": col("a").fill_null(col("b")),
    "fill nan": col("f").fill_nan(None),
    "cast": col("a").cast(pl.String),
    "loose cast": col("s").cast(pl.Int64, strict=False),
    "enum": col("n").cast(pl.Enum(list("12345678"))),
    "categorical": col("s").cast(pl.Categorical).cast(pl.String),
    "rounding": col("f").round(1) + col("f").floor() + col("f").ceil() + col("f").round_sig_figs(2),
    "clip": col("a").clip(0, 3),
    "clip by a column": col("a").clip(0, col("b")),
    "signs": col("a").abs() + col("a").sign() - (-col("a")),
    "logs": col("f").log() + col("f").log1p() + col("f").exp() + col("f").log10(),
    "angles": col("f").sin() + col("f").cos() + col("f").arctan() + col("f").degrees(),
    "arctan2": pl.arctan2("a", "b"),
    "hash": col("s").hash(seed=1),
    "bits": col("a").bitwise_count_ones() + col("a").bitwise_leading_zeros(),
    "replace": col("a").replace({1: 10, 2: 20}),
    "replace strictly": col("a").replace_strict({1: "one"}, default=None),
    "replace with a column": col("a").replace_strict({1: 100}, default=col("b")),
    "when": pl.when(col("a") > 1).then(col("b")).when(col("t")).then(1).otherwise(None),
    "coalesce": pl.coalesce("a", "b", pl.lit(0)),
    "horizontal": pl.sum_horizontal("a", "b") + pl.max_horizontal("a", "b") - pl.min_horizontal("a", "b"),
    "mean of columns": pl.mean_horizontal("a", "b"),
    "all of": pl.all_horizontal(col("t"), col("a") > 0) | pl.any_horizontal("t", col("a") < 0),
    "repeat": col("s").repeat_by(2),
    "struct": pl.struct("a", "b", c=col("s")),
    "field": col("st").struct.field("x") + 1,
    "fields": col("st").struct.field("x", "y"),
    "unnest": col("st").struct.unnest(),
    "with fields": col("st").struct.with_fields(z=pl.field("x") * 2),
    "json of a struct": col("st").struct.json_encode(),
    "rename fields": col("st").struct.rename_fields(["u", "v"]),
    "upper": col("s").str.to_uppercase() + col("s").str.to_lowercase() + col("s").str.to_titlecase(),
    "lengths": col("s").str.len_chars() + col("s").str.len_bytes(),
    "contains": col("s").str.contains(r"^b") | col("s").str.starts_with("a") | col("s").str.ends_with("g"),
    "contains a column": col("s").str.contains(col("p"), literal=True),
    "starts with a column": col("s").str.starts_with(col("p")),
    "extract": col("s").str.extract(r"(\w+)_(\d+)", 2),
    "extract all": col("s").str.extract_all(r"\d"),
    "extract groups": col("s").str.extract_groups(r"(?<word>\w+)_(?<number>\d+)"),
    "count": col("s").str.count_matches("b"),
    "replace text": col("s").str.replace("b", "c").str.replace_all(r"\d", "#"),
    "replace many": col("s").str.replace_many({"b": "B", "a": "A"}),
    "strip": col("s").str.strip_chars("b").str.strip_suffix(".jpg").str.strip_prefix("_"),
    "slice text": col("s").str.slice(1, 2) + col("s").str.head(2) + col("s").str.tail(1),
    "pad": col("n").str.zfill(4) + col("n").str.pad_start(3, "."),
    "split": col("s").str.split("_"),
    "split exactly": col("s").str.split_exact("_", 1),
    "reverse text": col("s").str.reverse(),
    "normalize": col("s").str.normalize("NFD"),
    "integers": col("n").str.to_integer(),
    "decimals": col("n").str.to_decimal(scale=2),
    "dates by format": (pl.lit("2024-0") + col("b").cast(pl.String) + "-01").str.to_date("%Y-%m-%d"),
    "json": col("j").str.json_decode(pl.Struct({"x": pl.Int64})),
    "json path": col("j").str.json_path_match("$.x"),
    "concat": pl.concat_str("s", pl.lit("/"), "n", ignore_nulls=True),
    "format": pl.format("{}-{}", "s", "a"),
    "encode": col("s").str.encode("hex"),
    "date parts": col("d").dt.year() + col("d").dt.month() + col("d").dt.weekday() + col("d").dt.ordinal_day(),
    "time parts": col("when").dt.hour() + col("when").dt.minute() + col("when").dt.second(),
    "truncate": col("when").dt.truncate("1mo"),
    "offset": col("d").dt.offset_by("1mo").dt.month_end(),
    "strftime": col("when").dt.strftime("%Y/%m"),
    "time zone": col("when").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo"),
    "epoch": col("when").dt.epoch("ms"),
    "duration": col("took").dt.total_minutes() + pl.duration(hours=col("b")).dt.total_hours(),
    "a date made": pl.date(2024, col("b"), 1),
    "business days": col("d").dt.is_business_day() & (pl.business_day_count("d", dt.date(2024, 2, 1)) > 1),
    "list length": col("l").list.len() + col("w").list.len(),
    "list sums": col("l").list.sum() + col("l").list.max() + col("l").list.min(),
    "list mean": col("l").list.mean(),
    "list get": col("l").list.get(0, null_on_oob=True),
    "list first": col("l").list.first(),
    "list contains": col("l").list.contains(col("a")),
    "list join": col("w").list.join(",", ignore_nulls=True),
    "list sort": col("l").list.sort().list.reverse(),
    "list eval": col("l").list.eval(pl.element() - pl.element().mean()),
    "list sets": col("l").list.set_union([1, 2]).list.sort(),
    "list filter": col("l").list.filter(pl.element() > 1),
    "list made": pl.concat_list("a", "b"),
    "int ranges": pl.int_ranges(0, col("b").fill_null(0)),
    "array": col("arr").arr.sum() + col("arr").arr.get(0),
    "array to list": col("arr").arr.to_list(),
    "bytes": col("bin").bin.size() + col("bin").bin.starts_with(b"z").cast(pl.Int64),
    "bytes in hex": col("bin").bin.encode("hex"),
    "names": col("a").name.suffix("_x"),
    "upper names": col("a").name.to_uppercase(),
    "reinterpret": col("a").reinterpret(signed=False),
    "all columns": pl.all(),
    "by pattern": col("^(a|b)$") * 2,
    "by type": cs.numeric() + 1,
    "all but": pl.exclude("a", "b"),
    "across columns": pl.any_horizontal(pl.all().is_null()),
    "sql": pl.sql_expr("a + b > 2"),
}

REFUSED: dict[str, tuple[pl.Expr, str]] = {
    "mean": (col("a") > col("a").mean(), "mean() needs all rows"),
    "sum": (col("a") / col("a").sum(), "sum() needs all rows"),
    "first": (col("a").first(), "first() needs all rows"),
    "quantile": (col("a").quantile(0.5), "quantile() needs all rows"),
    "count": (col("a").count(), "count() needs all rows"),
    "len": (pl.len(), "len() needs all rows"),
    "any": (col("t").any(), "any() needs all rows"),
    "null count": (col("a").null_count(), "null_count() needs all rows"),
    "implode": (col("a").implode(), "implode() needs all rows"),
    "str.join": (col("s").str.join(","), "str.join() needs all rows"),
    "over": (col("a").sum().over("b"), "over() looks at other rows"),
    "sort": (col("a").sort(), "sort() looks at other rows"),
    "sort by": (col("a").sort_by("b"), "sort_by() looks at other rows"),
    "shift": (col("a").shift(), "shift() looks at other rows"),
    "diff": (col("a").diff(), "diff() looks at other rows"),
    "cumulative": (col("a").cum_sum(), "cum_sum() looks at other rows"),
    "rank": (col("a").rank(), "rank() looks at other rows"),
    "reverse": (col("a").reverse(), "reverse() looks at other rows"),
    "rolling": (col("a").rolling_mean(2), "rolling_*() looks at other rows"),
    "forward fill": (col("a").forward_fill(), "fill_null(strategy=...) looks at other rows"),
    "fill by strategy": (col("a").fill_null(strategy="mean"), "fill_null(strategy=...)"),
    "interpolate": (col("a").interpolate(), "interpolate() looks at other rows"),
    "is unique": (col("a").is_unique(), "is_unique() looks at other rows"),
    "first distinct": (col("a").is_first_distinct(), "is_first_distinct() looks at other rows"),
    "qcut": (col("a").rle_id(), "rle_id() looks at other rows"),
    "row index": (pl.int_range(pl.len()), "int_range() or row_index() looks at other rows"),
    "ewm": (col("a").ewm_mean(com=1), "ewm_mean() looks at other rows"),
    "cumulative eval": (
        col("a").cumulative_eval(pl.element().sum()),
        "cumulative_eval() looks at other rows",
    ),
    "explode": (col("l").explode(), "explode() changes the number of rows"),
    "list explode": (col("l").list.explode(), "explode() changes the number of rows"),
    "filter": (col("a").filter(col("a") > 1), "filter() changes the number of rows"),
    "unique": (col("a").unique(), "unique() changes the number of rows"),
    "drop nulls": (col("a").drop_nulls(), "drop_nulls() changes the number of rows"),
    "head": (col("a").head(2), "slice() changes the number of rows"),
    "gather": (col("a").gather([0]), "gather() changes the number of rows"),
    "append": (col("a").append(col("b")), "append() changes the number of rows"),
    "value counts": (col("a").value_counts(), "value_counts() changes the number of rows"),
    "top k": (col("a").top_k(2), "top_k() changes the number of rows"),
    "mode": (col("a").mode(), "mode() changes the number of rows"),
    "reshape": (col("a").reshape((2, -1)), "reshape() changes the number of rows"),
    "shuffle": (col("a").shuffle(), "gives other rows each time"),
    "sample": (col("a").sample(2), "gives other rows each time"),
    "list sample": (col("l").list.sample(1), "gives other rows each time"),
    "chance in a list": (col("l").list.eval(pl.element().shuffle()), "gives other rows each time"),
    "map elements": (col("a").map_elements(abs, return_dtype=pl.Int64), "Python function"),
    "map batches": (col("a").map_batches(abs), "Python function"),
    "Python in a list": (col("l").list.eval(pl.element().map_batches(abs)), "Python function"),
    "fold": (pl.fold(0, lambda x, y: x + y, [col("a")]), "Python function"),
    "name map": (col("a").name.map(str.upper), "Python function"),
    "series": (pl.lit(pl.Series([1, 2])), "a Series as a literal"),
    "series plus": (col("a") + pl.Series([1, 2, 3, 4, 5, 6, 7, 8]), "a Series as a literal"),
    "in a column": (col("a").is_in(col("b").implode()), "is_in() of a column"),
    "in a list column": (col("a").is_in(col("l")), "list.contains()"),
    "replace by columns": (col("a").replace([1, 2], col("b").implode()), "replace()"),
    "dates without a format": (col("s").str.to_date(), "give format="),
    "times without a format": (col("s").str.to_datetime(), "give format="),
    "physical": (col("s").cast(pl.Categorical).to_physical(), "to_physical()"),
    "deep inside": (
        pl.when(col("a") > 1).then(pl.struct(x=col("b") + col("a").max())),
        "max() needs all rows",
    ),
    "fill by a mean": (col("a").fill_null(col("a").mean()), "mean() needs all rows"),
    "mean of a field": (col("st").struct.with_fields(z=pl.field("x").mean()), "mean() needs all rows"),
    "sorted flag": (col("a").set_sorted(), "set_sorted() is not known"),
    "type of a column": (col("a").cast(pl.dtype_of("b")), "cast() is not known"),
    "replace text by a column": (
        col("s").str.replace(col("p"), "x"),
        "str.replace() with an argument from a column",
    ),
    "compare with a struct": (col("st") == pl.lit({"x": 1, "y": "1"}), "Eq with these operands"),
    "a plain element": (pl.element() + 1, "element() outside of list.eval()"),
}


@pytest.mark.parametrize("expr", ACCEPTED.values(), ids=ACCEPTED)
def test_batched_equals_whole_for_each_accepted_expression(expr):
    check_expression(expr, ROWS.schema)

    whole = evaluate(expr, ROWS)

    assert whole.height == ROWS.height
    for size in (1, 3, 7, ROWS.height):
        assert_frame_equal(pl.concat([evaluate(expr, part) for part in ROWS.iter_slices(size)]), whole)


@pytest.mark.parametrize(("expr", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_row_by_row_is_refused_by_its_name_with_advice(expr, said):
    with pytest.raises(ExpressionError) as refusal:
        check_expression(expr, ROWS.schema, filter=True)

    assert said in refusal.value.message
    assert refusal.value.message.endswith("collect() first and go on with polars")
    assert refusal.value.code == "E_EXPRESSION"


def evaluate(expr: pl.Expr, rows: pl.DataFrame) -> pl.DataFrame:
    """Run the expression; the anchor makes constants as long as the rows."""
    return rows.select(col("t").is_null().alias("anchor"), expr).drop("anchor")


# ---- a sweep over everything that polars offers ----------------------------------------------------------

NAMESPACES = {
    "": ["a", "b", "f", "s", "t", "d", "l", "w", "arr", "st", "bin", "when", "took"],
    "str": ["s", "n", "j"],
    "dt": ["d", "when", "took"],
    "list": ["l", "w"],
    "arr": ["arr"],
    "struct": ["st"],
    "bin": ["bin"],
    "cat": ["k"],
    "name": ["a"],
    "ext": ["a"],
}
GIVEN = [
    *(1, 2.5, "a", [1, 2], ["x", "y"], {1: 2}, {"a": "b"}, "1d", "%Y", pl.Int64),
    *(col("b"), col("p"), col("t"), pl.element() * 2),
]
ASIDE = {"meta", "deserialize", "inspect", "pipe", "map_elements", "map_batches", "rolling_map"}


def calls(base: pl.Expr, space: str) -> Iterator[tuple[str, pl.Expr]]:
    home = getattr(base, space) if space else base
    for name in sorted(set(dir(home)) - ASIDE):
        method = None if name.startswith("_") else inspect.getattr_static(home, name)
        if not inspect.isfunction(method):
            continue
        parameters = list(inspect.signature(getattr(home, name)).parameters.values())
        needed = [one for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
        varied = [one for one in parameters if one.kind is one.VAR_POSITIONAL]
        counts = {
            min(len(needed), 2),
            1 if parameters and not needed else 0,
            0 if varied else min(len(needed), 2),
        }
        for count in sorted(counts):
            for given in itertools.product(GIVEN, repeat=count):
                try:
                    made = getattr(home, name)(*given)
                except Exception:
                    continue
                if isinstance(made, pl.Expr):
                    yield f"{space}.{name}{given}", made


@pytest.mark.slow
@pytest.mark.parametrize("space", NAMESPACES)
def test_whatever_of_polars_is_accepted_is_the_same_in_batches(space):
    rows = ROWS.with_columns(k=col("s").cast(pl.Categorical))
    tried = accepted = 0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for column in NAMESPACES[space]:
            for said, expr in calls(col(column), space):
                tried += 1
                accepted += compare(f"{column}{said}", expr, rows)

    assert tried
    assert accepted


def compare(said: str, expr: pl.Expr, rows: pl.DataFrame) -> bool:
    try:
        check_expression(expr, rows.schema)
        whole = rows.select("t", expr.alias("it"))
    except (ExpressionError, PolarsError, PanicException):
        return False
    assert whole.height == rows.height, f"{said} changes the length"
    for size in (1, 3):
        parts = [part.select("t", expr.alias("it")) for part in rows.iter_slices(size)]
        assert_frame_equal(pl.concat(parts), whole, check_dtypes=True)
    return True


# ---- what an expression reads ----------------------------------------------------------------------------


def test_columns_are_found_wherever_they_are_named():
    expr = pl.when(col("a") > 1).then(col("l").list.eval(pl.element() + 1).list.sum()).otherwise(col("^b$"))

    assert column_names(expr, ROWS.schema) == {"a", "b", "l"}
    assert column_names(cs.temporal().is_null(), ROWS.schema) == {"d", "when", "took"}
    assert column_names(pl.lit("Column"), ROWS.schema) == frozenset()


@pytest.mark.parametrize("expr", [col("s").cast(pl.Int64), col("n").str.to_integer(), col("l").list.get(0)])
def test_what_a_value_can_make_raise_is_known(expr):
    assert may_raise(expr)
    assert not may_raise(col("s").cast(pl.Int64, strict=False) > col("a") + 1)
    assert not may_raise(col("s").str.contains("x") & col("t"))


def test_an_expression_nested_too_deeply_is_refused_not_crashed_on():
    """How deep is too deep differs between versions of Python."""
    expr = col("a")
    for _ in range(3000):
        expr = expr + 1

    said = ""
    try:
        check_expression(expr, ROWS.schema)
    except ExpressionError as refused:
        said = refused.message

    assert not said or "nested too deeply" in said
    if not said:
        assert ROWS.select(expr)["a"].to_list() == ROWS.select(col("a") + 3000)["a"].to_list()
