"""One run at a time: who takes a lock over, who loses it, and that it is never held twice."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediaframe.errors import RunError, StoreError
from mediaframe.storage.store import Store
from mediaframe.work import lock
from mediaframe.work.lock import AFTER, NAME, Lock


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path)


def dead(owner: str = "gone") -> bytes:
    return json.dumps({"id": owner, "host": "elsewhere", "pid": 1, "expires": time.time() - 1}).encode()


def alive(owner: str = "other") -> bytes:
    return json.dumps({"id": owner, "host": "elsewhere", "pid": 1, "expires": time.time() + 60}).encode()


def held(store: Store) -> list[str]:
    return [stat.name for stat in store.list("_mediaframe/")]


def test_a_lock_is_let_go_at_the_end_and_leaves_nothing(store: Store) -> None:
    with Lock(store):
        assert held(store) == [NAME]
        with pytest.raises(RunError, match="expected no other run here") as refused, Lock(store):
            pass

    assert refused.value.code == "E_RUN_LOCKED"
    assert held(store) == []


@pytest.mark.parametrize(
    "left", [dead(), b"{}", b"", b"[]", b'{"id": "x", "expires": 0}', b"\xff"], ids=map(str, range(6))
)
def test_a_lock_of_a_dead_owner_is_taken_over(store: Store, left: bytes) -> None:
    store.write(NAME, left)

    with Lock(store):
        assert held(store) == [NAME]

    assert held(store) == []


def test_a_lock_of_a_killed_process_of_this_machine_is_taken_over_at_once(store: Store, tmp_path: Path) -> None:
    code = (
        "import os, sys; from mediaframe.storage.store import Store; from mediaframe.work.lock import Lock\n"
        "Lock(Store.open(sys.argv[1])).__enter__(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert json.loads(store.read(NAME))["expires"] > time.time()

    with Lock(store):
        pass


def test_a_process_in_another_container_is_not_taken_for_dead(store: Store) -> None:
    there = {"id": "x", "host": socket.gethostname(), "pid": 2**22 + 1, "space": "pid:[1]", "started": None}
    store.write(NAME, json.dumps({**there, "expires": time.time() + 60}).encode())

    with pytest.raises(RunError, match="wait for it"), Lock(store):
        pass


def test_who_died_while_it_took_over_is_succeeded(store: Store) -> None:
    store.write(NAME, dead("first"))
    store.write(lock._after({"id": "first"}), dead("second"))
    store.write(lock._after({"id": "second"}), dead("third"))

    with Lock(store):
        assert held(store) == [NAME]


def test_who_is_just_taking_over_is_waited_for(store: Store) -> None:
    store.write(NAME, dead("first"))
    store.write(lock._after({"id": "first"}), alive("second"))

    with pytest.raises(RunError, match="expected no other run here"), Lock(store):
        pass

    assert json.loads(store.read(NAME))["id"] == "first"


def test_who_comes_late_to_a_dead_lock_does_not_take_it_from_who_came_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(NAME, dead())
    late, first = Lock(store), Lock(store)
    refuse = Lock._refuse

    def slow(self: Lock, owner: dict[str, Any]) -> None:
        refuse(self, owner)
        if self is late and owner["id"] == "gone":
            first.__enter__()  # Begins and has it, while the late one still believes that the owner is dead.

    monkeypatch.setattr(Lock, "_refuse", slow)
    with pytest.raises(RunError, match="expected no other run here"):
        late.__enter__()

    assert json.loads(store.read(NAME))["id"] == first._id
    assert held(store) == [NAME]
    first.__exit__(None, None, None)


def test_who_comes_late_to_a_lock_that_was_taken_over_and_let_go_takes_it_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(NAME, dead())
    late, first = Lock(store), Lock(store)
    refuse = Lock._refuse

    def slow(self: Lock, owner: dict[str, Any]) -> None:
        refuse(self, owner)
        if self is late and owner["id"] == "gone":
            with first:
                pass

    monkeypatch.setattr(Lock, "_refuse", slow)
    with late:
        assert json.loads(store.read(NAME))["id"] == late._id
        assert held(store) == [NAME]


def test_of_many_that_take_over_at_once_one_has_it(store: Store) -> None:
    for _ in range(8):
        store.write(NAME, dead(), replace=True)
        got = _at_once(8, lambda: Lock(Store.open(store.local or "")).__enter__())

        assert len(got) == 1
        assert json.loads(store.read(NAME))["id"] == got[0]._id
        got[0].__exit__(None, None, None)
        assert held(store) == []


def _at_once(count: int, take: Callable[[], Lock]) -> list[Lock]:
    start, got, refused = threading.Barrier(count), list[Lock](), list[str]()

    def one() -> None:
        start.wait()
        try:
            got.append(take())
        except RunError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["E_RUN_LOCKED"] * (count - len(got))
    return got


def test_who_slept_through_its_claim_is_told_and_takes_nothing_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "EXPIRY", 0.2)
    told = threading.Event()

    with Lock(store, told.set):
        store.write(NAME, alive(), replace=True)
        assert told.wait(5)

    assert json.loads(store.read(NAME))["id"] == "other"


def test_a_claim_is_renewed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "EXPIRY", 0.2)

    with Lock(store):
        first = json.loads(store.read(NAME))["expires"]
        until = time.monotonic() + 5
        while json.loads(store.read(NAME))["expires"] == first and time.monotonic() < until:
            time.sleep(0.01)

        assert json.loads(store.read(NAME))["expires"] > first


def test_a_store_that_does_not_answer_is_no_free_lock(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(NAME, alive())

    def read(*_: object) -> bytes:
        raise StoreError("no answer", code="E_STORE_UNAVAILABLE")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "read", read)
        with pytest.raises(StoreError, match="no answer"), Lock(store):
            pass

    assert json.loads(store.read(NAME))["id"] == "other"


def test_of_two_in_a_store_that_cannot_refuse_the_later_writer_has_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_SETTLING", 0.05)
    monkeypatch.setattr(Store, "single_writer", True)
    write = Store.write

    def both(self: Store, name: str, data: bytes, **how: Any) -> None:
        write(self, name, data, **how)
        write(self, name, alive("later"), replace=True)

    monkeypatch.setattr(Store, "write", both)
    with pytest.raises(RunError, match="at the same moment"), Lock(store):
        pass

    assert json.loads(store.read(NAME))["id"] == "later"


def test_what_is_left_of_taking_over_is_named_as_ours() -> None:
    assert AFTER.startswith("_mediaframe/")
    assert lock._after({"id": os.urandom(3)}).startswith(AFTER)


def test_a_store_that_fails_while_a_lock_is_taken_leaves_no_lock(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Store) -> bool:
        raise StoreError("the store did not answer", code="E_STORE_UNAVAILABLE")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "single_writer", property(failing))
        with pytest.raises(StoreError, match="did not answer"), Lock(store):
            pass

    assert held(store) == []
    with Lock(store):
        assert held(store) == [NAME]
