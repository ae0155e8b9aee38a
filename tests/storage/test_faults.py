"""An export over a network that loses answers, refuses and resets."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

import mediaframe as mf
from mediaframe.storage.store import Store
from tests.run.media import pictures
from tests.storage.conftest import options
from tests.storage.faults import FaultProxy, Faults

BAD = Faults(lost=0.05, refused=0.05, reset=0.02)


def exported(endpoint: str, source: str, to: str) -> mf.Run:
    frame = mf.scan(source, storage_options=options(endpoint))
    frame = frame.with_columns(thumb=mf.image.resize(32).webp(), sharp=mf.image.sharpness())
    return frame.export(to, slots=2, storage_options=options(endpoint))


@pytest.mark.slow
@pytest.mark.parametrize(
    "count", [40, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(900)])], ids=["few", "many"]
)
def test_an_export_over_a_bad_network_is_the_same_and_asks_little_more(moto: str, tmp_path: Path, count: int) -> None:
    root = f"s3://shop/{uuid.uuid4().hex}"
    source = Store.open(f"{root}/in", options(moto))
    for path in sorted(pictures(tmp_path / "in", count, 96, 64).iterdir()):
        source.write(path.name, path)
    with FaultProxy(moto, Faults()) as calm:
        exported(calm.endpoint, f"{root}/in", f"{root}/calm")

    with FaultProxy(moto, BAD) as rough:
        run = exported(rough.endpoint, f"{root}/in", f"{root}/rough")

    assert rough.done["lost"] and rough.done["refused"]  # noqa: PT018 - both must have happened
    assert run.state == "complete"
    rows = mf.manifest(f"{root}/rough", storage_options=options(moto))
    assert rows.height == count
    assert set(rows["status"]) == {"written"}
    assert rows["uri"].is_duplicated().sum() == 0
    found = mf.verify(f"{root}/rough", deep=True, storage_options=options(moto))
    assert (found.ok, found.checked, found.extra) == (True, count, ())
    assert rough.requests <= 1.3 * calm.requests, (rough.requests, calm.requests, rough.done)


def test_the_faults_are_the_same_for_a_seed() -> None:
    requests = [f"PUT /shop/{number}" for number in range(300)]

    proxies = [FaultProxy("http://127.0.0.1:9", BAD, seed) for seed in (1, 1, 2)]
    first, second, other = ([proxy._fault(one) for one in requests] for proxy in proxies)

    assert first == second != other
    assert {"lost", "refused", "reset", "none"} == set(first)
