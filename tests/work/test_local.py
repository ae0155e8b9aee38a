"""Tasks on this machine: taken lazily, given as they complete, stopped within a second."""

import gc
import itertools
import os
import signal
import threading
import time

import pytest

from mediaframe.errors import AssetError, UsageError
from mediaframe.model.limits import Limits
from mediaframe.work import machine
from mediaframe.work.admission import Admission
from mediaframe.work.local import LocalPool


def plain(task, slot):
    return task * 2


def ping(task, slot):
    return list(slot.ask({"do": "ping"}, b"x" * task))[-1][0]["size"]


def hang(task, slot):
    return list(slot.ask({"do": "hang"}))


def test_every_task_gives_its_result_once():
    with LocalPool(3) as pool:
        results = list(pool.run(plain, range(100)))

    assert sorted(results) == [2 * n for n in range(100)]


def test_tasks_are_done_by_the_children_of_the_slots(handlers):
    with LocalPool(2, handlers=handlers) as pool:
        sizes = sorted(pool.run(ping, range(20)))

        assert sizes == list(range(20))
        assert sum(slot.counts.asks for slot in pool.slots) == 20
        assert all(slot.counts.starts <= 1 for slot in pool.slots)


def talking(task, slot):
    for part in range(3):
        slot.tell({"task": task, "part": part, "thread": threading.get_ident()})
    return task


def test_what_tasks_say_of_themselves_is_heard_before_their_results_and_here():
    heard, order = [], []

    with LocalPool(2) as pool:
        for result in pool.run(talking, range(8), hear=lambda news: heard.append((news, threading.get_ident()))):
            order += [news["part"] for news, _ in heard if news["task"] == result]

    assert order == [0, 1, 2] * 8
    assert {thread for _, thread in heard} == {threading.get_ident()}
    assert threading.get_ident() not in {news["thread"] for news, _ in heard}


def test_children_stay_from_one_run_to_the_next(handlers):
    with LocalPool(1, handlers=handlers) as pool:
        list(pool.run(ping, [1]))
        list(pool.run(ping, [2]))

        assert pool.slots[0].counts.starts == 1


def test_an_endless_list_is_taken_no_further_than_is_in_flight():
    taken = itertools.count()
    last = [0]

    def tasks():
        for n in taken:
            last[0] = n
            yield n

    with LocalPool(2) as pool:
        results = pool.run(plain, tasks(), ahead=2)
        for given in range(1, 50):
            next(results)
            assert last[0] < given + 4
        results.close()


def test_what_a_task_raises_is_raised_here_and_the_rest_is_not_begun():
    done = []

    def do(task, slot):
        done.append(task)
        if task == 3:
            raise KeyError("task 3")

    with LocalPool(1) as pool:
        with pytest.raises(KeyError, match="task 3"):
            list(pool.run(do, range(100)))

        assert done == [0, 1, 2, 3]
        assert sorted(pool.run(plain, [1, 2])) == [2, 4]  # the pool is as good as new


def test_what_the_list_of_tasks_raises_is_raised_here():
    def tasks():
        yield 1
        raise OSError("the listing broke")

    with LocalPool(2) as pool, pytest.raises(OSError, match="listing"):
        list(pool.run(plain, tasks()))


@pytest.mark.parametrize("how", ["stop", "close the pool", "leave the iterator"])
def test_what_runs_is_stopped_within_a_second(handlers, how):
    begun = threading.Semaphore(0)

    def do(task, slot):
        if task == 0:
            return "first"
        begun.release()
        return hang(task, slot)

    pool = LocalPool(2, Limits(stall=30), handlers=handlers)
    try:
        results = pool.run(do, itertools.count())
        assert next(results) == "first"
        begun.acquire()
        pids = [slot.hello.get("pid") for slot in pool.slots]
        began = time.monotonic()
        if how == "leave the iterator":
            results.close()
        else:
            threading.Timer(0.05, pool.stop if how == "stop" else pool.close).start()
            assert list(results) == []
        assert time.monotonic() - began < 1.2
    finally:
        pool.close()
    assert not any(pid and os.path.exists(f"/proc/{pid}") for pid in pids)


def test_an_interrupt_from_the_keyboard_ends_a_run_within_a_second(handlers):
    with LocalPool(2, Limits(stall=30), handlers=handlers) as pool:
        threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()

        with pytest.raises(KeyboardInterrupt):
            list(pool.run(hang, range(10)))

        assert time.monotonic() - began < 1.6


def test_stopping_may_be_done_by_a_signal_handler(handlers):
    with LocalPool(2, Limits(stall=30), handlers=handlers) as pool:
        before = signal.signal(signal.SIGUSR1, lambda *_: pool.stop())
        try:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()

            assert list(pool.run(hang, range(10))) == []
        finally:
            signal.signal(signal.SIGUSR1, before)


def test_a_run_that_ends_leaves_the_other_run_alone(handlers):
    with LocalPool(2, Limits(stall=30), handlers=handlers) as pool:
        long = pool.run(ping, range(40))
        next(long)

        for _ in range(5):
            assert sorted(pool.run(plain, [1, 2, 3])) == [2, 4, 6]

        assert len(list(long)) == 39


def test_a_pool_that_is_forgotten_lets_its_threads_go():
    pool = LocalPool(2)
    list(pool.run(plain, range(4)))
    threads = list(pool._threads)

    del pool
    gc.collect()

    for thread in threads:
        thread.join(2)
    assert not any(thread.is_alive() for thread in threads)


def test_a_closed_pool_says_so():
    pool = LocalPool(1)
    pool.close()
    pool.close()

    with pytest.raises(UsageError, match="closed"):
        list(pool.run(plain, [1]))


def test_a_pool_needs_a_slot():
    with pytest.raises(UsageError, match="above 0"):
        LocalPool(0)


def test_there_is_one_slot_more_than_there_are_cores():
    with LocalPool() as pool:
        assert len(pool.slots) == machine.cores() + 1


def test_admission_never_gives_more_than_there_is():
    admission, most, lock = Admission(100), [0], threading.Lock()

    def work(need):
        with admission.hold(need):
            with lock:
                most[0] = max(most[0], admission.held)
            time.sleep(0.002)

    threads = [threading.Thread(target=work, args=(need,)) for need in [10, 60, 90, 30, 50, 100] * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 0 < most[0] <= 100
    assert admission.held == 0


def test_what_needs_more_than_all_memory_runs_alone():
    admission = Admission(100)

    with admission.hold(10**9):
        assert admission.held == 100
        with pytest.raises(AssetError):
            admission._enter(1, lambda: True)


def test_a_large_one_is_not_passed_by_small_ones_for_ever():
    admission, order = Admission(100), []

    def work(need):
        with admission.hold(need):
            order.append(need)

    with admission.hold(50):
        large = threading.Thread(target=work, args=(100,))
        large.start()
        while not admission._queue:
            time.sleep(0.001)
        small = threading.Thread(target=work, args=(10,))
        small.start()
        time.sleep(0.05)
        assert order == []
    large.join()
    small.join()

    assert order == [100, 10]


def test_the_machine_has_cores_and_memory():
    assert 1 <= machine.cores() <= os.cpu_count()
    assert 1 << 26 < machine.budget() < machine.memory()
