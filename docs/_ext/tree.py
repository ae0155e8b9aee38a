"""The tree of the package with the first sentence of each file; run it to bring the picture of the house up to date."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "design" / "architecture.md"
BEGIN, END = "<!-- tree: made by docs/_ext/tree.py -->\n", "<!-- end of the tree -->\n"


def tree(package: Path = ROOT / "mediaframe") -> str:
    """Give the tree as a fenced block."""
    return "```text\n" + f"{package.name}/\n" + "".join(f"{line}\n" for line in _lines(package, 1)) + "```\n"


def _lines(folder: Path, depth: int) -> Iterator[str]:
    for path in sorted(folder.iterdir(), key=lambda one: (one.is_dir(), one.name)):
        if path.is_dir() and (path / "__init__.py").exists():
            yield _line(f"{path.name}/", _sentence(path / "__init__.py"), depth)
            yield from _lines(path, depth + 1)
        elif path.suffix == ".py" and (path.name != "__init__.py" or depth == 1):
            yield _line(path.name, _sentence(path), depth)


def _line(name: str, says: str, depth: int) -> str:
    return f"{'  ' * depth + name:<26}  {says}"


def _sentence(path: Path) -> str:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.split(r"\n", doc)[0]


def shown(page: str) -> str:
    """Give the tree that the page shows."""
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)]


def main() -> None:
    """Write the tree into the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, after = page[: page.index(BEGIN)], page[page.index(END) :]
    PAGE.write_text(before + BEGIN + tree() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
