"""The corpus of real files with its truth; skipped where the folder is absent."""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("MEDIAFRAME_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")


@dataclass(frozen=True)
class Truth:
    """One row of corpus.csv."""

    path: str
    kind: str
    format: str
    expect: str
    width: float | None
    height: float | None
    seconds: float | None
    orientation: int | None
    pages: int | None
    notes: str

    @property
    def file(self) -> Path:
        return CORPUS / self.path

    @property
    def displayed(self) -> tuple[int, int] | None:
        """The size as displayed, where the truth knows one; for drawings it is the declared size."""
        said = re.search(r"displayed (\d+)x(\d+)", self.notes)
        if said:
            return int(said[1]), int(said[2])
        if self.width is None or self.height is None:
            return None
        turned = self.orientation in (90, 270) or (self.kind == "image" and self.orientation in (5, 6, 7, 8))
        width, height = round(self.width), round(self.height)
        return (height, width) if turned else (width, height)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _whole(text: str) -> int | None:
    return int(text) if text else None


@pytest.fixture(scope="session")
def truth() -> list[Truth]:
    """All rows of corpus.csv."""
    if not (CORPUS / "corpus.csv").is_file():
        pytest.skip(f"no corpus in {CORPUS}")
    with (CORPUS / "corpus.csv").open(newline="", encoding="utf-8") as file:
        return [
            Truth(
                path=row["path"],
                kind=row["kind"],
                format=row["format"],
                expect=row["expect"],
                width=_number(row["width"]),
                height=_number(row["height"]),
                seconds=_number(row["duration_s"]),
                orientation=_whole(row["orientation"]),
                pages=_whole(row["pages_or_frames"]),
                notes=row["notes"],
            )
            for row in csv.DictReader(file)
        ]
