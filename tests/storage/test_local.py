"""The local disk: whole or not at all, and never outside the root."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mediaframe.errors import AssetError, StoreError
from mediaframe.storage import local
from mediaframe.storage.store import Store

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "out")


def everything(folder):
    return sorted(str(one.relative_to(folder)) for one in Path(folder).rglob("*") if not one.is_dir())


def test_a_full_disk_leaves_nothing(store, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(StoreError) as caught:
            store.write("a/b.bin", b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert caught.value.code == "E_STORE_FULL"
    assert everything(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "link", "replace"])
def test_a_disk_that_is_full_late_leaves_the_old_file(store, tmp_path, monkeypatch, call, number):
    store.write("a", b"old")

    def full(*_args, **_kwargs):
        raise OSError(number, "full")

    monkeypatch.setattr(local.os, call, full)
    with pytest.raises(StoreError) as caught:
        store.write("a" if call == "replace" else "b", b"new", replace=call == "replace")

    assert caught.value.code == "E_STORE_FULL"
    assert everything(tmp_path) == ["out/a"]
    assert store.read("a") == b"old"


def test_an_interrupt_leaves_nothing(store, tmp_path, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(local.os, "link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write("a", b"new")

    assert everything(tmp_path) == []


def test_a_spool_file_that_shrinks_is_not_published(store, tmp_path, monkeypatch):
    spool = tmp_path / "spool"
    spool.write_bytes(b"12345")
    monkeypatch.setattr(local.shutil, "copyfileobj", lambda source, target, size: target.write(source.read(3)))

    with pytest.raises(StoreError, match="3 of 5 bytes"):
        store.write("a", spool)

    assert everything(tmp_path) == ["spool"]


def test_a_killed_writer_leaves_no_partial_file(tmp_path):
    script = (
        "import sys\nfrom mediaframe.storage.store import Store\n"
        "store = Store.open(sys.argv[1])\ndata = b'0123456789' * 50_000\nprint('on', flush=True)\n"
        "for number in range(10**6): store.write(f'{number % 3}/{number}.bin', data, durable=False)\n"
    )
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "out")], cwd=REPOSITORY, stdout=subprocess.PIPE
        )
        writer.stdout.readline()
        time.sleep(0.15)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        whole = [one for one in (tmp_path / "out").rglob("*.bin") if not one.name.startswith(".mf-tmp-")]
        assert whole
        assert all(one.read_bytes() == b"0123456789" * 50_000 for one in whole)
        for one in whole:
            one.unlink()


def test_sweeping_takes_old_temporary_files_alone(store, tmp_path):
    store.write("a/b", b"1")
    old, new = tmp_path / "out/a/.mf-tmp-old", tmp_path / "out/a/.mf-tmp-new"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)

    assert [one.name for one in store.list()] == ["a/b"]
    assert store.sweep(older_than=3600) == 1

    assert everything(tmp_path / "out") == ["a/.mf-tmp-new", "a/b"]


def test_a_disk_without_hard_links_still_has_one_winner(store, tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(local.os, "link", refuse)
    store.write("a", b"first")
    with pytest.raises(StoreError) as caught:
        store.write("a", b"second")

    assert caught.value.code == "E_STORE_CONFLICT"
    assert store.read("a") == b"first"
    assert everything(tmp_path) == ["out/a"]


def test_a_link_that_leads_out_is_refused(store, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/door").symlink_to(outside)
    (tmp_path / "out/file").symlink_to(outside / "secret")

    for read in (lambda: store.read("door/secret"), lambda: store.read("file"), lambda: store.stat("file")):
        with pytest.raises(StoreError) as caught:
            read()
        assert caught.value.code == "E_SOURCE_DENIED"
    for change in (
        lambda: store.write("door/new/deep", b"1"),
        lambda: store.write("door/x", b"1", replace=True),
        lambda: store.remove("door/secret"),
    ):
        with pytest.raises(StoreError) as caught:
            change()
        assert caught.value.code == "E_NAME_INVALID"
    assert everything(outside) == ["secret"]


def test_replacing_a_link_replaces_the_link(store, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "out/a").symlink_to(tmp_path / "target")

    store.write("a", b"new", replace=True)

    assert (tmp_path / "target").read_bytes() == b"old"
    assert store.read("a") == b"new"


def test_a_link_within_the_root_is_followed(store, tmp_path):
    store.write("real/a", b"1")
    (tmp_path / "out/door").symlink_to(tmp_path / "out/real")

    store.write("door/b", b"2")

    assert store.read("real/b") == b"2"


def test_a_file_where_a_folder_must_be_is_a_conflict(store):
    store.write("a", b"1")
    store.write("folder/x", b"1")

    for name, replace in (("a/b", False), ("folder", False), ("folder", True)):
        with pytest.raises(StoreError) as caught:
            store.write(name, b"2", replace=replace)
        assert caught.value.code == "E_STORE_CONFLICT"


def test_a_name_too_long_for_the_disk_is_said(store):
    with pytest.raises(StoreError) as caught:
        store.write("x" * 300, b"1")

    assert caught.value.code == "E_NAME_INVALID"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_refuses_us_is_said(store, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)

    with pytest.raises(StoreError) as caught:
        store.write("a", b"1")

    assert caught.value.code == "E_STORE_AUTH"


def test_a_pipe_is_refused_and_never_waited_for(store, tmp_path):
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out/pipe")

    with pytest.raises(AssetError) as caught:
        store.read("pipe")

    assert caught.value.code == "E_UNSUPPORTED_FORMAT"
    assert store.stat("pipe") is None
    assert list(store.list()) == []


def test_every_byte_and_every_name_is_synced(store, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(
        local.os,
        "fsync",
        lambda handle: synced.append(os.readlink(f"/proc/self/fd/{handle}")) or real(handle),
    )

    for number in range(5):
        store.write(f"new/folder/{number}", b"1", durable=False)
    data = [one for one in synced if ".mf-tmp-" in one]
    folders = [one for one in synced if ".mf-tmp-" not in one]
    store.settle()

    assert (len(data), len(folders)) == (5, 0)
    root = store.local
    assert sorted(synced[5:]) == [os.path.dirname(root), root, f"{root}/new", f"{root}/new/folder"]


def test_a_durable_write_settles_at_once(store, monkeypatch):
    store.write("a", b"1")
    synced = []
    monkeypatch.setattr(local, "_sync_folder", synced.append)

    store.write("b", b"1")
    store.settle()

    assert synced == [store.local]
