"""A directive that puts a table of the reference where it stands: `declared`, with the name of the table."""

from __future__ import annotations

import re
from typing import Any

from declared import TABLES
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Declared(SphinxDirective):
    """Put one of the tables here."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        # What stands before the first heading is parsed by itself: together with sections it would be lost.
        parts = re.split(r"^(?=## )", TABLES[self.arguments[0]](), maxsplit=1, flags=re.MULTILINE)
        return [node for part in parts if part for node in self.parse_text_to_nodes(part, allow_section_headings=True)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the directive."""
    app.add_directive("declared", Declared)
    return {"parallel_read_safe": True, "version": "1"}
