"""Put if absent over a network where answers get lost."""

import pytest

from mediaframe.errors import StoreError
from mediaframe.storage.remote import UPLOADS
from mediaframe.storage.store import Store


class LossyStore:
    """An S3 whose first answer is lost, so that the client tries again and meets its own object."""

    def __init__(self, *, already):
        self.found = {"mf-write": "of somebody else"} if already else None
        self.puts = 0

    def call_s3(self, method, **given):
        if method == "head_object":
            return {"Metadata": self.found, "ContentLength": 1}
        assert (method, given["IfNoneMatch"]) == ("put_object", "*")
        self.puts += 1
        if self.found is None:
            self.found = given["Metadata"]
            raise ConnectionResetError
        raise FileExistsError("412")


@pytest.fixture
def store():
    opened = Store.open("s3://shop/out", {"anon": True})
    opened._place.access.gate._sleep = lambda seconds: None
    return opened


def test_a_lost_answer_to_our_own_write_is_no_conflict(store, monkeypatch):
    lossy = LossyStore(already=False)
    monkeypatch.setattr(store._place.access, "files", lossy)

    store.write("a", b"1")

    assert lossy.puts == 2


def test_the_object_of_another_writer_is_a_conflict(store, monkeypatch):
    monkeypatch.setattr(store._place.access, "files", LossyStore(already=True))

    with pytest.raises(StoreError) as caught:
        store.write("a", b"1")

    assert caught.value.code == "E_STORE_CONFLICT"


def test_an_upload_that_ends_while_it_is_swept_is_nothing_to_sweep(monkeypatch):
    store = Store.open("memory://swept")
    gone = (f"{UPLOADS}/gone.json", {"name": f"/swept/{UPLOADS}/gone.json", "size": 9, "type": "file"})
    monkeypatch.setattr(store._place.access, "find", lambda *_: iter([gone]))

    assert store.sweep(older_than=0) == 0
