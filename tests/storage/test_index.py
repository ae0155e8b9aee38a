"""The index keeps who came first, in little memory."""

import os
import resource
import threading

import pytest

from mediaframe.storage.index import Index


def digest(number):
    return number.to_bytes(16, "big")


def test_who_claims_first_keeps_it():
    with Index() as index:
        assert index.claim(digest(1), "a") is None
        assert index.claim(digest(1), "b") == "a"
        assert index.get(digest(1)) == "a"
        assert index.get(digest(2)) is None
        assert len(index) == 1


def test_many_are_put_and_got():
    with Index() as index:
        index.put_many((digest(number), str(number)) for number in range(2000))
        index.put_many([(digest(5), "five")])

        found = index.get_many(digest(number) for number in range(-0, 4000))

        assert len(index) == len(found) == 2000
        assert (found[digest(5)], found[digest(1999)]) == ("five", "1999")


def test_nothing_is_left_behind(tmp_path):
    with Index(tmp_path) as index:
        index.claim(digest(1), "a")

    assert os.listdir(tmp_path) == []


def test_a_digest_of_another_length_is_refused():
    with Index() as index, pytest.raises(ValueError, match="16 bytes"):
        index.claim(b"short", "a")


def test_of_many_threads_one_wins():
    won = []

    def claim(name):
        won.extend(number for number in range(200) if index.claim(digest(number), name) is None)

    with Index() as index:
        threads = [threading.Thread(target=claim, args=(name,)) for name in "abcd"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    assert sorted(won) == list(range(200))


@pytest.mark.slow
def test_memory_is_bounded():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with Index() as index:
        index.put_many((digest(number * 7919), f"hero/some/folder/IMG_{number}.webp") for number in range(600_000))
        assert len(index) == 600_000

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 * 1024


def test_of_many_digests_it_says_which_are_new():
    with Index() as index:
        assert index.add_many([digest(1), digest(2), digest(1)]) == [True, True, False]
        assert index.add_many([digest(2), digest(3)]) == [False, True]
        assert len(index) == 3


def test_what_is_taken_is_there_no_more():
    with Index() as index:
        index.put_many((digest(number), str(number)) for number in range(1200))

        taken = index.take_many(digest(number) for number in [*range(700), 5000])

        assert taken == {digest(number): str(number) for number in range(700)}
        assert list(index.values()) == [str(number) for number in range(700, 1200)]
