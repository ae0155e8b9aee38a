"""One asset costs one row: each way to go wrong has its own code, and the next asset is untouched."""

import os
import signal
import threading
import time

import pytest

from mediaframe.errors import AssetError, RunError, UsageError
from mediaframe.model.limits import Limits
from mediaframe.work import confine
from mediaframe.work import slot as slot_module
from mediaframe.work.admission import Admission
from mediaframe.work.slot import Slot

WRONG = [
    ({"do": "crash"}, "E_DECODER_CRASH", "SIGSEGV"),
    ({"do": "crash", "signal": int(signal.SIGILL)}, "E_DECODER_CRASH", "SIGILL"),
    ({"do": "crash", "signal": int(signal.SIGKILL)}, "E_DECODER_CRASH", "SIGKILL"),
    ({"do": "nonsense"}, "E_DECODER_CRASH", "out of turn"),
    ({"do": "noise", "lines": 20_000, "crash": True}, "E_DECODER_CRASH", "line 19999 of much noise"),
    ({"do": "hang"}, "E_LIMIT_TIME", "no progress for 0.5 s"),
    ({"do": "bomb"}, "E_LIMIT_MEMORY", "more memory"),
    ({"do": "abort"}, "E_LIMIT_MEMORY", "failed to allocate"),
    ({"do": "big", "size": 33 << 20}, "E_LIMIT_OUTPUT", "Limits.output"),
    ({"do": "fail", "message": "no"}, "E_INTERNAL", "ValueError: no"),
    ({"do": "dance"}, "E_INTERNAL", "'dance'"),
]


@pytest.mark.parametrize(("request_", "code", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_each_way_to_go_wrong_has_its_code_and_the_next_asset_is_untouched(slot, done, request_, code, words):
    with pytest.raises(AssetError, match=words) as caught:
        list(slot.ask(request_, b"poison"))

    assert caught.value.code == code
    assert done(slot, "ping", b"innocent")["size"] == 8


def test_frames_come_in_order_and_the_last_is_marked(slot):
    frames = list(slot.ask({"do": "echo", "times": 3}, b"bytes"))

    assert frames[:-1] == [({"n": n}, b"bytes") for n in range(3)]
    assert frames[-1][0] == {"size": 5, "head": b"bytes".hex(), "done": True}


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_537, 10_000_000])
def test_bytes_arrive_as_they_were_sent_in_both_directions(shared, size):
    data = os.urandom(size)

    (_, payload), (header, _) = shared.ask({"do": "echo"}, data)

    assert payload == data
    assert header["size"] == size


def test_a_file_is_handed_over_without_its_name(slot, done, tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"12345678")

    answer = done(slot, "echo", path)

    assert answer["size"] == 8


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, "E_SOURCE_NOT_FOUND"),
        (lambda path: path.mkdir(), "E_UNSUPPORTED_FORMAT"),
        (lambda path: os.mkfifo(path), "E_UNSUPPORTED_FORMAT"),
        (lambda path: path.symlink_to(path), "E_SOURCE_UNAVAILABLE"),
    ],
)
def test_what_is_no_plain_file_is_not_read(slot, done, tmp_path, make, code):
    make(tmp_path / "a")

    with pytest.raises(AssetError) as caught:
        done(slot, "ping", tmp_path / "a")

    assert caught.value.code == code


def test_where_descriptors_cannot_be_made_the_bytes_travel_in_the_frame(slot, done, monkeypatch):
    monkeypatch.setattr(confine, "sealed", lambda data: None)

    answer = list(slot.ask({"do": "inputs"}, b"the source", inputs={"font": b"a font", "logo": b""}))[-1][0]

    assert answer["size"] == len(b"the source")
    assert answer["inputs"] == {"font": "a font", "logo": ""}


def test_inputs_reach_the_handler_by_name(shared):
    answer = list(shared.ask({"do": "inputs"}, b"source", inputs={"font": b"a font", "logo": b"a logo"}))[-1][0]

    assert answer["inputs"] == {"font": "a font", "logo": "a logo"}
    assert answer["size"] == 6


def test_progress_keeps_a_long_work_alive(handlers):
    with Slot(Limits(stall=0.2), handlers=handlers) as slot:
        frames = slot.ask({"do": "spin"})
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            header, _ = next(frames)
        frames.close()

    assert header == {"progress": 0.5}


def test_the_time_of_the_one_who_asks_is_not_silence(slot):
    frames = slot.ask({"do": "echo", "times": 2}, b"x")
    next(frames)

    time.sleep(0.7)

    assert len(list(frames)) == 2


@pytest.mark.skipif(not confine.LINUX, reason="only Linux limits the time on the processor from outside")
def test_time_on_the_processor_is_counted_for_each_asset(handlers):
    with Slot(Limits(stall=20), handlers=handlers) as slot:
        frames = slot.ask({"do": "burn"}, seconds=0.1)

        with pytest.raises(AssetError, match="processor") as caught:
            next(frames)

    assert caught.value.code == "E_LIMIT_TIME"


@pytest.mark.skipif(not confine.LINUX, reason="only Linux tells the memory of another process")
def test_a_child_that_lifts_its_own_limit_is_seen_from_outside(handlers):
    with Slot(Limits(stall=10, memory=64 << 20), handlers=handlers) as slot:
        frames = slot.ask({"do": "creep"})

        with pytest.raises(AssetError, match="MiB") as caught:
            next(frames)

    assert caught.value.code == "E_LIMIT_MEMORY"


def test_the_memory_that_a_plan_declares_is_capped_by_the_limits(slot):
    with pytest.raises(AssetError) as caught:
        list(slot.ask({"do": "bomb", "size": 1 << 30}, memory=4 << 30))

    assert caught.value.code == "E_LIMIT_MEMORY"


def test_messages_tell_no_folders_and_no_keys(shared):
    message = "cannot open /home/ann/secret/x.so\x1b[31m, token=abc123 s3://ann:pw@bucket" + "x" * 900

    with pytest.raises(AssetError) as caught:
        list(shared.ask({"do": "fail", "message": message}))

    text = caught.value.message
    assert len(text) <= 500
    assert not any(word in text for word in ("/home", "abc123", "ann:pw", "\x1b"))


def test_poison_among_innocents_costs_its_own_rows_alone(handlers):
    bad = {
        20: "crash",
        50: "hang",
        80: "bomb",
        90: "crash",
        91: "hang",
        92: "bomb",
        120: "crash",
        150: "hang",
        199: "bomb",
    }
    codes = {"crash": "E_DECODER_CRASH", "hang": "E_LIMIT_TIME", "bomb": "E_LIMIT_MEMORY"}
    seen = {}

    with Slot(Limits(stall=0.3, memory=256 << 20), handlers=handlers) as slot:
        for n in range(200):
            try:
                frames = list(slot.ask({"do": bad.get(n, "echo")}, b"%d" % n))
                seen[n] = frames[0][1]
            except AssetError as error:
                seen[n] = error.code
        counts = slot.counts

    assert {n: code for n, code in seen.items() if n in bad} == {n: codes[do] for n, do in bad.items()}
    assert all(seen[n] == b"%d" % n for n in range(200) if n not in bad)
    assert counts.asks == 200
    assert (counts.crashes, counts.kills) == (3, 3)
    assert counts.starts == 1 + 6  # a MemoryError is an answer; the child lives


def test_many_poisoned_files_in_a_row_do_not_stop_a_run(slot, done):
    for _ in range(8):
        with pytest.raises(AssetError):
            list(slot.ask({"do": "crash"}))

    assert done(slot, "ping")["done"]


def test_a_child_that_never_starts_stops_the_run_and_names_the_doctor(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemError('this machine is broken')")

    with (
        Slot(handlers=broken) as slot,
        pytest.raises(RunError, match=r"this machine is broken.*mediaframe doctor"),
    ):
        list(slot.ask({"do": "ping"}))


def test_a_child_that_died_while_idle_is_replaced_in_silence(slot, done):
    done(slot, "ping")
    os.kill(slot.hello["pid"], signal.SIGKILL)

    assert done(slot, "ping", b"next")["size"] == 4
    assert slot.counts.starts == 2


@pytest.mark.parametrize("how", ["close", "forget", "keep"])
def test_an_iterator_left_midway_leaves_the_slot_usable(slot, done, how):
    frames = slot.ask({"do": "echo", "times": 5}, b"first")
    assert next(frames)[0] == {"n": 0}

    if how == "close":
        frames.close()
    elif how == "forget":
        del frames

    assert done(slot, "ping", b"second")["size"] == 6
    if how == "keep":
        with pytest.raises(UsageError, match="another request"):
            next(frames)
        assert done(slot, "ping", b"third one")["size"] == 9


def test_a_child_outlives_the_thread_that_asked_first(slot, done):
    pids = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: pids.append(done(slot, "leak", size=1)["pid"]))
        thread.start()
        thread.join()
        time.sleep(0.05)

    assert len(set(pids)) == 1
    assert slot.counts.starts == 1


def test_a_child_is_replaced_after_many_assets(handlers, done, monkeypatch):
    monkeypatch.setattr(slot_module, "_ASSETS", 3)

    with Slot(handlers=handlers) as slot:
        pids = [done(slot, "leak", size=1)["pid"] for _ in range(7)]

        assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]
        assert slot.counts.recycled == 2


@pytest.mark.skipif(not confine.LINUX, reason="only Linux tells the memory of another process")
def test_a_child_that_has_grown_is_replaced(handlers, done, monkeypatch):
    monkeypatch.setattr(slot_module, "_GROWTH", 32 << 20)

    with Slot(handlers=handlers) as slot:
        pids = [done(slot, "leak", size=size)["pid"] for size in (1, 64 << 20, 1)]

    assert pids[0] == pids[1] != pids[2]


def test_stopping_from_another_thread_takes_less_than_a_second(handlers):
    with Slot(Limits(stall=30), handlers=handlers) as slot:
        frames = slot.ask({"do": "hang", "frames": 1})
        next(frames)
        threading.Timer(0.1, slot.cancel).start()
        began = time.monotonic()

        with pytest.raises(AssetError) as caught:
            next(frames)

        assert caught.value.code == "E_CANCELLED"
        assert time.monotonic() - began < 1
        with pytest.raises(AssetError):
            list(slot.ask({"do": "ping"}))
        slot.resume()
        assert list(slot.ask({"do": "ping"}))


def test_what_a_child_has_started_goes_with_it(slot):
    frames = slot.ask({"do": "family"})
    grandchild = next(frames)[0]["pid"]

    with pytest.raises(AssetError):
        next(frames)

    until = time.monotonic() + 1
    while os.path.exists(f"/proc/{grandchild}") and time.monotonic() < until:
        time.sleep(0.01)
    state = _state(grandchild)
    assert state in (None, "Z")


def test_a_closed_slot_says_so(handlers):
    slot = Slot(handlers=handlers)
    slot.close()

    with pytest.raises(UsageError, match="closed"):
        list(slot.ask({"do": "ping"}))


def test_a_slot_waits_for_the_memory_that_others_hold(handlers):
    admission = Admission(100)
    with Slot(handlers=handlers, admission=admission) as slot:
        with admission.hold(50):
            threading.Timer(0.1, slot.cancel).start()

            with pytest.raises(AssetError) as caught:
                list(slot.ask({"do": "ping"}, memory=60))

        assert caught.value.code == "E_CANCELLED"
        slot.resume()
        assert list(slot.ask({"do": "ping"}, memory=60))
        assert admission.held == 0


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def test_what_must_be_clean_is_done_by_a_child_in_which_nothing_was_left(slot, done):
    assert done(slot, "ping", b"1")["size"] == 1
    pids = [slot.hello["pid"]]

    for stains, clean in ((False, True), (True, False), (False, False), (False, True), (False, True)):
        list(slot.ask({"do": "ping"}, b"1", stains=stains, clean=clean))
        pids.append(slot.hello["pid"])

    assert len(set(pids[:4])) == 1
    assert pids[4] != pids[3]
    assert pids[5] == pids[4]
