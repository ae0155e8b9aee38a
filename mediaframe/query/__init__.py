"""What a frame says: a chain of nodes as values, which expressions may pass, and the stages it is done in."""

from mediaframe.query.chain import Query
from mediaframe.query.expressions import HIDDEN, as_expressions, as_predicates, check_expression, column_names
from mediaframe.query.nodes import (
    RENDITION_STRUCT,
    Drop,
    Filter,
    Head,
    Media,
    Node,
    Probe,
    Rename,
    Select,
    WithColumns,
    apply,
    media_dtype,
)
from mediaframe.query.runner import Fed, Runner
from mediaframe.query.stages import Stage

__all__ = [
    "HIDDEN",
    "RENDITION_STRUCT",
    "Drop",
    "Fed",
    "Filter",
    "Head",
    "Media",
    "Node",
    "Probe",
    "Query",
    "Rename",
    "Runner",
    "Select",
    "Stage",
    "WithColumns",
    "apply",
    "as_expressions",
    "as_predicates",
    "check_expression",
    "column_names",
    "media_dtype",
]
