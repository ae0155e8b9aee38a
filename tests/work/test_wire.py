"""Frames that a stranger may have written are read as data, or refused."""

import socket
import threading

import pytest

from mediaframe.work import wire


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"3", b"\xff\xfe", b"[" * 100_000, b'{"a":' + b"9" * 10_000 + b"}", b"\x80\x04N."]
)
def test_what_is_no_json_object_is_refused(data):
    with pytest.raises(wire.WireError):
        wire.unpack(data)


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 16) + 1, 3_000_000])
def test_a_frame_arrives_whole(size):
    ours, theirs = socket.socketpair()
    payload = b"x" * size
    with ours, theirs:
        sender = threading.Thread(target=wire.send, args=(ours, {"a": 1}, payload))
        sender.start()

        header, got, fds = wire.receive(theirs)

        sender.join()
    assert (header, got, fds) == ({"a": 1}, payload, [])


def test_the_end_of_the_link_is_no_frame():
    ours, theirs = socket.socketpair()
    ours.close()

    with theirs:
        assert wire.receive(theirs) is None


def test_a_frame_that_is_cut_is_refused():
    ours, theirs = socket.socketpair()
    ours.sendall(wire.pack({"a": 1}, 10) + b"half")
    ours.close()

    with theirs, pytest.raises(wire.WireError, match="cut"):
        wire.receive(theirs)


def test_a_header_without_measure_is_not_sent():
    with pytest.raises(wire.WireError, match="holds"):
        wire.pack({"a": "x" * wire.HEADER_LIMIT})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("line one\nline two\x00", "line one line two"),
        ("open /usr/lib/x/libvips.so.42: no", "open libvips.so.42: no"),
        ("https://ann:pw@host/a?X-Amz-Signature=abc&b=1", "https://***@host/a?X-Amz-Signature=***&b=1"),
        ("\u202eevil", "evil"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("Cookie: a=b; c=d", "Cookie: ***"),
    ],
)
def test_messages_are_one_line_without_keys_and_folders(said, told):
    assert wire.tidy(said) == told
