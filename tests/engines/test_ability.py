"""What can be done here is told whole, whatever an engine cannot try."""

from __future__ import annotations

import pytest

from mediaframe.model.finish import Format
from mediaframe.model.spec import every
from mediaframe.work.child.formats import formats


@pytest.fixture(scope="module")
def told() -> dict[str, list[dict[str, str]]]:
    return formats({})


@pytest.mark.parametrize("spec", every(Format), ids=lambda spec: f"{spec.takes}.{spec.word}")
def test_every_format_is_told_with_the_engine_that_writes_it(spec, told):
    rows = [row for row in told["writes"] if row["media_type"] == spec.media_type]

    assert rows
    assert all(row["engine"] for row in rows)
