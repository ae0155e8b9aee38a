"""Put if absent over a network where answers get lost."""

import pytest

from mediaframe.errors import StoreError
from mediaframe.storage.store import Store


class LossyStore:
    """An S3 whose first answer is lost, so that the client tries again and meets its own object."""

    def __init__(self, *, already):
        self.found = {"mf-write": "of somebody else"} if already else None

    def pipe_file(self, _path, _data, mode, **headers):
        assert mode == "create"
        self.found = self.found or headers["Metadata"]
        raise FileExistsError("412")

    def metadata(self, _path, refresh):
        assert refresh
        return self.found


@pytest.fixture
def store():
    return Store.open("s3://shop/out", {"anon": True})


def test_a_lost_answer_to_our_own_write_is_no_conflict(store, monkeypatch):
    monkeypatch.setattr(store._place, "files", LossyStore(already=False))

    store.write("a", b"1")


def test_the_object_of_another_writer_is_a_conflict(store, monkeypatch):
    monkeypatch.setattr(store._place, "files", LossyStore(already=True))

    with pytest.raises(StoreError) as caught:
        store.write("a", b"1")

    assert caught.value.code == "E_STORE_CONFLICT"
