"""What is known of polars' functions: which work row by row, why others do not, how users call them."""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES = {
    "StringExpr": "str.",
    "TemporalExpr": "dt.",
    "ListExpr": "list.",
    "ArrayExpr": "arr.",
    "StructExpr": "struct.",
    "BinaryExpr": "bin.",
    "Categorical": "cat.",
    "Boolean": (),
    "Trigonometry": (),
    "Pow": (),
    "Bitwise": "bitwise_",
    "Business": "dt.",
    "Range": (),
    "Extension": "ext.",
}
"""Functions of a family stand under its word; how users write the family."""

_WORDS = {
    "": (
        "Abs Atan2 Cbrt Ceil Clip Coalesce Cut Erf Erfc Exp FillNull Floor Hash Log Log1p "
        "MaxHorizontal MeanHorizontal MinHorizontal Negate Reinterpret RepeatBy Replace "
        "ReplaceStrict Round RoundSF Sign SumHorizontal AsStruct Truncate"
    ),
    "Boolean": (
        "AllHorizontal AnyHorizontal IsBetween IsClose IsFinite IsIn IsInfinite IsNan IsNotNan IsNotNull IsNull Not"
    ),
    "Trigonometry": ("ArcCos ArcCosh ArcSin ArcSinh ArcTan ArcTanh Cos Cosh Cot Degrees Radians Sin Sinh Tan Tanh"),
    "Pow": "Cbrt Generic Sqrt",
    "Bitwise": "CountOnes CountZeros LeadingOnes LeadingZeros TrailingOnes TrailingZeros",
    "StringExpr": (
        "ConcatHorizontal Contains ContainsAny CountMatches HexDecode Base64Decode HexEncode "
        "Base64Encode EndsWith EscapeRegex Extract ExtractAll ExtractGroups ExtractMany Find "
        "FindMany Format Head JsonDecode JsonPathMatch LenBytes LenChars Normalize PadEnd "
        "PadStart Replace ReplaceMany Reverse Slice Split SplitExact SplitN StartsWith StripChars "
        "StripCharsEnd StripCharsStart StripPrefix StripSuffix Strptime Tail ToDecimal ToInteger "
        "Lowercase Titlecase Uppercase ZFill"
    ),
    "TemporalExpr": (
        "BaseUtcOffset CastTimeUnit Century Combine ConvertTimeZone Date Day DaysInMonth "
        "DSTOffset Hour IsLeapYear IsoYear Microsecond Millennium Millisecond Minute Month "
        "MonthEnd MonthStart Nanosecond OffsetBy OrdinalDay Quarter Replace ReplaceTimeZone Round "
        "Second Time TimeStamp ToString TotalDays TotalHours TotalMicroseconds TotalMilliseconds "
        "TotalMinutes TotalNanoseconds TotalSeconds Truncate Week WeekDay Year DatetimeFunction "
        "Duration"
    ),
    "Business": "AddBusinessDay IsBusinessDay BusinessDayCount",
    "Range": "IntRanges DateRanges DatetimeRanges TimeRanges LinearSpaces",
    "ListExpr": (
        "ArgMax ArgMin Concat Contains CountMatches Diff DropNulls Gather GatherEvery Get Join "
        "Length Max Mean Median Min SetOperation Shift Slice Sort Std Sum ToArray ToStruct Var"
    ),
    "ArrayExpr": (
        "ArgMax ArgMin Concat Contains CountMatches Dot Get Join Length Max Mean Median Min Shift "
        "Slice Sort Std Sum ToList ToStruct Var"
    ),
    "StructExpr": "Drop FieldByName JsonEncode PrefixFields RenameFields SelectFields SuffixFields",
    "BinaryExpr": (
        "Contains EndsWith Get Head HexDecode HexEncode Base64Decode Base64Encode Reinterpret "
        "Size Slice StartsWith Tail"
    ),
    "Categorical": "EndsWith LenBytes LenChars Slice StartsWith To",
    "Extension": "Storage To",
}


def _tags(words: Mapping[str, str]) -> frozenset[str]:
    return frozenset(f"{family}.{word}".lstrip(".") for family, text in words.items() for word in text.split())


KNOWN = _tags(_WORDS)
"""Functions that work row by row."""

WITH_SERIES = _tags({"Boolean": "IsIn", "Business": _WORDS["Business"]})
"""Those that hold a literal Series as a set: the values of is_in, the holidays."""

CONSTANT: dict[str, slice] = {
    "Replace": slice(1, None),
    "ReplaceStrict": slice(1, 3),
    "StringExpr.Replace": slice(1, None),
    "ListExpr.CountMatches": slice(1, None),
    "ArrayExpr.CountMatches": slice(1, None),
}
"""Inputs that polars takes as one value for all rows: from a column they work in a batch of one row only."""

PARTIAL = _tags(
    {
        "": "Clip Pow.Generic RepeatBy ReplaceStrict",
        "StringExpr": "HexDecode Base64Decode JsonDecode Strptime ToInteger ToDecimal",
        "TemporalExpr": ("Combine DatetimeFunction Duration OffsetBy Replace ReplaceTimeZone Round ToString Truncate"),
        "Business": _WORDS["Business"],
        "Range": _WORDS["Range"],
        "ListExpr": "Gather GatherEvery Get Slice ToArray",
        "ArrayExpr": "Get Shift",
        "BinaryExpr": "HexDecode Base64Decode Get Reinterpret",
        "Categorical": "To",
        "Extension": "To",
    }
)
"""Functions that a value of a row can make raise."""

PATTERNS = _tags(
    {
        "StringExpr": (
            "Contains CountMatches Extract ExtractAll Find JsonPathMatch PadEnd PadStart Replace Split ZFill"
        ),
    }
)
"""Functions that raise for some patterns, so that a pattern from a column can."""

OPERATORS = _tags(
    {
        "": (
            "And Divide Eq EqValidity FloorDivide Gt GtEq LogicalAnd LogicalOr Lt LtEq Minus "
            "Modulus Multiply NotEq NotEqValidity Or Plus RustDivide TrueDivide TruncDivide Xor "
        )
    }
)

REASONS: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "cannot be checked to work row by row, nor be sent to other machines",
        _tags(
            {
                "": (
                    "AnonymousFunction CumFoldHorizontal CumReduceHorizontal FfiPlugin FoldHorizontal "
                    "PipeWithDtype ReduceHorizontal RenameAlias ScanHorizontal StructExpr.MapFieldNames "
                )
            }
        ),
    ),
    (
        "gives other rows each time",
        _tags({"": ("ListExpr.Sample Random Sample ")}),
    ),
    (
        "changes the number of rows",
        _tags(
            {
                "": (
                    "Append ArgUnique ArgWhere ArrayExpr.Explode DropNans DropNulls Explode ExtendConstant "
                    "Filter Gather GatherEvery Hist Mode RLE Repeat Reshape Slice TopK TopKBy Unique "
                    "UniqueCounts ValueCounts "
                )
            }
        ),
    ),
    (
        "looks at other rows",
        _tags(
            {
                "": (
                    "ArgSort Boolean.IsDuplicated Boolean.IsFirstDistinct Boolean.IsLastDistinct "
                    "Boolean.IsUnique CumCount CumMax CumMin CumProd CumSum Diff Eval EwmMean EwmMeanBy "
                    "EwmStd EwmSum EwmSumBy EwmVar FillNullWithStrategy Interpolate InterpolateBy Over "
                    "PctChange PeakMax PeakMin QCut RLEID Range.IntRange Rank Reverse Rolling RollingExpr "
                    "RollingExprBy Shift Sort SortBy "
                )
            }
        ),
    ),
    (
        "needs all rows",
        _tags(
            {
                "": (
                    "ApproxNUnique ApproxQuantile ArgMax ArgMin Bitwise.And Bitwise.Or Bitwise.Xor "
                    "Boolean.All Boolean.Any Boolean.HasNulls Boolean.IsEmpty Boolean.IsSorted Correlation "
                    "Entropy IndexOf Kurtosis Len LowerBound MaxBy MinBy NullCount Product Quantile "
                    "SearchSorted Skew StringExpr.ConcatVertical UpperBound "
                )
            }
        ),
    ),
    (
        "gives numbers that depend on what was read before; cast() gives the same each time",
        _tags({"": ("Categorical.Physical ToPhysical ")}),
    ),
)
"""Why those that are known not to work row by row do not."""

SPOKEN = {
    "Len": "len()",
    "Over": "over()",
    "AnonymousFunction": "map_elements(), map_batches() or another Python function",
    "RenameAlias": "name.map() or another Python function for names",
    "FoldHorizontal": "fold() or another Python function",
    "ReduceHorizontal": "reduce() or another Python function",
    "PipeWithDtype": "pipe_with_dtype() or another Python function",
    "FfiPlugin": "a plugin",
    "FillNullWithStrategy": "fill_null(strategy=...)",
    "ArgWhere": "arg_true()",
    "QCut": "qcut()",
    "RLE": "rle()",
    "RLEID": "rle_id()",
    "Random": "shuffle() or sample()",
    "Range.IntRange": "int_range() or row_index()",
    "SetSortedFlag": "set_sorted()",
    "ListExpr.Sample": "list.sample()",
    "StringExpr.ConcatVertical": "str.join()",
    "StringExpr.ConcatHorizontal": "concat_str()",
    "RollingExpr": "rolling_*()",
    "RollingExprBy": "rolling_*_by()",
    "Element": "element() outside of list.eval()",
}
"""What users call it, where that is not the inner name in small letters."""
