"""The pool of a cluster: bounded, lazy, typed in its errors, with the face of the local one."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

import mediaframe as mf
from mediaframe.errors import RunError, UsageError
from mediaframe.work.cluster import plugin
from mediaframe.work.cluster import pool as cluster
from mediaframe.work.cluster.pool import ClusterPool
from mediaframe.work.pool import cluster_of
from tests.cluster.conftest import ROOT
from tests.cluster.conftest import cluster as started
from tests.cluster.work import Deadly, double, slow, wrong

pytestmark = pytest.mark.slow


def test_results_come_back_each_once(client):
    with ClusterPool(client) as pool:
        assert sorted(pool.run(double, range(40))) == [2 * number for number in range(40)]


def test_endless_tasks_are_pulled_as_results_are_taken(client):
    pulled = itertools.count()
    last = 0

    def tasks():
        nonlocal last
        while True:
            last = next(pulled)
            yield last

    with ClusterPool(client) as pool:
        results = pool.run(slow, tasks(), ahead=2)
        for taken, _ in enumerate(results, 1):
            assert last < taken + 2 * 2 + 1
            if taken == 20:
                break
        results.close()


def test_what_a_task_raises_is_raised_where_results_are_taken(client):
    with ClusterPool(client) as pool, pytest.raises(RunError, match="ZeroDivisionError: task 0") as raised:
        list(pool.run(wrong, range(1)))

    assert raised.value.code == "E_INTERNAL"


def test_a_pool_can_be_stopped_by_another_thread_and_used_again(client):
    with ClusterPool(client) as pool:
        results = pool.run(slow, itertools.count())
        next(results)
        began = time.monotonic()
        threading.Thread(target=pool.stop).start()
        list(results)

        assert time.monotonic() - began < 12
        assert list(pool.run(double, [21])) == [42]


def test_a_closed_pool_leaves_nothing_on_the_workers(client):
    with ClusterPool(client) as pool:
        list(pool.run(double, [1]))

    held = client.run(lambda dask_worker: [name for name in dask_worker.plugins if name.startswith("mediaframe")])
    assert set(map(tuple, held.values())) == {()}
    with pytest.raises(UsageError, match="closed"):
        list(pool.run(double, [1]))


STAYS = """
import itertools, sys
from mediaframe.work.cluster import plugin
from mediaframe.work.cluster.pool import ClusterPool
from tests.cluster.work import slow

if __name__ == "__main__":
    plugin.GONE_FOR = 0.5
    with ClusterPool(sys.argv[1]) as pool:
        for number, _ in enumerate(pool.run(slow, itertools.count())):
            if not number:
                print(pool.name, flush=True)
"""


def left(client, name):
    """What scheduler and workers have of the slots of a pool."""

    def there(dask_scheduler):
        known = (dask_scheduler.plugins, dask_scheduler.worker_plugins, dask_scheduler._broker._topics)
        return [one for names in known for one in names if name in one]

    on_workers = client.run(lambda dask_worker: [one for one in dask_worker.plugins if name in one])
    return [*client.run_on_scheduler(there), *itertools.chain(*on_workers.values())]


def test_a_killed_driver_leaves_nothing_on_scheduler_and_workers(client):
    words = [sys.executable, "-c", STAYS, client.scheduler.address]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as driver:
        name = driver.stdout.readline().strip()
        before = left(client, name)
        driver.kill()

    until = time.monotonic() + 60
    while (found := left(client, name)) and time.monotonic() < until:
        time.sleep(0.1)

    assert len(before) == 5  # the watch, the slots and the topic; and the slots on two workers
    assert found == []


def test_a_driver_that_comes_back_keeps_its_slots(monkeypatch):
    forgotten = []

    async def forget(name, dask_scheduler):
        forgotten.append(name)

    monkeypatch.setattr(plugin, "forget", forget)
    farewell = plugin.Farewell("slots", "Client-1")
    there, gone = SimpleNamespace(clients={"Client-1": None}), SimpleNamespace(clients={})

    asyncio.run(farewell.let_go(there))
    kept = list(forgotten)
    asyncio.run(farewell.let_go(gone))

    assert kept == []
    assert forgotten == ["slots"]


def test_slots_that_a_cluster_forgot_are_given_again(client):
    with ClusterPool(client) as pool:
        results = pool.run(slow, range(60))
        found = [next(results)]
        client.unregister_worker_plugin(pool.name)
        found += results

    assert sorted(found) == list(range(60))


def test_workers_with_other_versions_are_named_before_work_starts(client, monkeypatch):
    here = cluster.fitness
    monkeypatch.setattr(cluster, "fitness", lambda slot: {**here(slot), "engine vips": "vips 7.0"})

    with ClusterPool(client) as pool, pytest.raises(RunError, match=r"worker tcp://127.*engine vips is vips 8.*vips 7"):
        list(pool.run(double, range(3)))


def test_a_task_that_takes_its_workers_down_costs_itself_alone():
    with (
        started(2, **{"distributed.scheduler.allowed-failures": 0}) as client,
        ClusterPool(client, patience=60) as pool,
    ):
        results = list(pool.run(Deadly(5), [[1, 2, 3], [4, 5, 6], [7, 8, 9]]))

    found = sorted(one for result in results for one in result)
    assert found == [(number, "lost" if number == 5 else "done") for number in range(1, 10)]


def test_an_address_where_nothing_answers_is_a_typed_error():
    with pytest.raises(RunError, match="expected the address of a scheduler that answers"):
        ClusterPool("tcp://127.0.0.1:1", patience=1)


@pytest.mark.parametrize("given", [3, object(), mf.image], ids=type)
def test_what_is_no_client_is_refused(given):
    with pytest.raises(UsageError, match=r"expected a distributed\.Client"):
        ClusterPool(given)


def test_the_default_client_is_meant_unless_another_is_given(client):
    with client.as_current():
        assert cluster_of(None) is client
        assert cluster_of(False) is None
        assert cluster_of("tcp://127.0.0.1:1") == "tcp://127.0.0.1:1"


def test_a_parcel_shows_its_label_alone():
    parcel = plugin.Parcel(b"s3://bucket/a?X-Amz-Signature=planted", "task 7")

    assert repr(parcel) == "<task 7>"
    assert pickle.loads(pickle.dumps(parcel)) == parcel
