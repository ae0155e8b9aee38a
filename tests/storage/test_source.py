"""Sources are read by uri, within limits, and counted."""

import os
import pickle
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pytest

from mediaframe.errors import MediaframeError, StoreError, UsageError
from mediaframe.storage.names import local_uri
from mediaframe.storage.retry import Requests
from mediaframe.storage.source import Sources


@pytest.fixture(params=["local", "memory", "http"])
def put(request, tmp_path):
    """Give what puts a source and says its uri."""
    if request.param == "local":

        def on_disk(name, data):
            (tmp_path / name).write_bytes(data)
            return str(tmp_path / name)

        yield on_disk
    elif request.param == "memory":
        base = f"/{uuid.uuid4().hex}"

        def in_memory(name, data):
            fsspec.filesystem("memory").pipe_file(f"{base}/{name}", data)
            return f"memory:/{base}/{name}"

        yield in_memory
    else:
        yield from _web()


def _web():
    files = {}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            data = files.get(self.path.partition("?")[0])
            self.send_response(200 if data is not None else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if self.command == "GET":
                try:
                    self.wfile.write(data or b"")
                except OSError:
                    self.close_connection = True

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def on_the_web(name, data):
        files[f"/{name}"] = data
        return f"http://127.0.0.1:{server.server_address[1]}/{name}"

    yield on_the_web
    server.shutdown()
    server.server_close()


def test_a_source_is_read_whole_and_counted(put):
    sources = Sources()
    uri = put("a.bin", b"0123456789")

    assert sources.read(uri, 10) == b"0123456789"
    assert (sources.reads, sources.read_bytes) == (1, 10)


def test_an_empty_source_is_no_bytes(put):
    assert Sources().read(put("empty", b""), 10) == b""


def test_more_than_the_limit_is_refused(put):
    sources = Sources()
    uri = put("a.bin", b"x" * 5_000_000)

    with pytest.raises(MediaframeError) as caught:
        sources.read(uri, 4_999_999)

    assert caught.value.code == "E_LIMIT_BYTES"
    assert sources.read_bytes <= 5_000_000


def test_what_is_not_there_is_said(put):
    uri = put("a.bin", b"1").replace("a.bin", "b.bin")

    with pytest.raises(StoreError) as caught:
        Sources().read(uri, 10)

    assert caught.value.code == "E_SOURCE_NOT_FOUND"
    assert Sources().stat(uri) is None


def test_stat_tells_the_size(put):
    uri = put("a.bin", b"12345")

    found = Sources().stat(uri)

    assert (found.name, found.bytes) == (uri, 5)


@pytest.mark.parametrize(("start", "length", "expected"), [(2, 3, b"234"), (8, 9, b"89"), (20, 5, b"")])
def test_a_range_is_read(tmp_path, start, length, expected):
    (tmp_path / "a").write_bytes(b"0123456789")
    fsspec.filesystem("memory").pipe_file("/range/a", b"0123456789")
    sources = Sources()

    for uri in (str(tmp_path / "a"), "memory://range/a"):
        assert sources.read_range(uri, start, length) == expected

    assert (sources.reads, sources.read_bytes) == (2, 2 * len(expected))


def test_no_more_is_read_than_was_asked_for(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1_000_000)
    sources = Sources()

    sources.read_range(str(tmp_path / "a"), 0, 65_536)

    assert sources.read_bytes == 65_536


@pytest.mark.parametrize(
    "name", [b"a%20b.jpg", b"#1?.jpg", b"[x]*.jpg", b"new\nline", b"latin1_\xe9.jpg", "🐈.jpg".encode()]
)
def test_odd_local_names_are_reached_by_their_uri(tmp_path, name):
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))
    with open(path, "wb") as file:
        file.write(b"here")

    uri = local_uri(path)

    uri.encode("utf-8")
    assert Sources().read(uri, 100) == b"here"
    assert Sources().stat(uri).bytes == 4


def test_file_urls_are_decoded(tmp_path):
    (tmp_path / "a b.jpg").write_bytes(b"here")

    assert Sources().read(f"file://{tmp_path}/a%20b.jpg", 100) == b"here"
    assert Sources().read(f"file://localhost{tmp_path}/a%20b.jpg", 100) == b"here"


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(MediaframeError) as caught:
            Sources().read(str(path), 100)
        assert caught.value.code == "E_UNSUPPORTED_FORMAT"


@pytest.mark.parametrize("uri", ["relative.jpg", "a\0b", "/a\0b", ""])
def test_a_uri_that_names_no_place_is_refused(uri):
    with pytest.raises(StoreError) as caught:
        Sources().read(uri, 100)

    assert caught.value.code == "E_SOURCE_NOT_FOUND"


def test_a_message_holds_no_secret():
    with pytest.raises(StoreError) as caught:
        Sources(requests=Requests(attempts=1)).read("http://user:CANARY@127.0.0.1:9/a.jpg?sig=CANARY", 100)

    assert "CANARY" not in str(caught.value)


def test_a_server_that_does_not_answer_is_not_an_empty_place():
    sources = Sources(requests=Requests(attempts=1))
    for ask in (lambda uri: sources.read(uri, 100), sources.stat):
        with pytest.raises(StoreError) as caught:
            ask("http://127.0.0.1:9/a.jpg")
        assert caught.value.code == "E_SOURCE_UNAVAILABLE"


def test_sources_travel_without_secrets_only():
    copy = pickle.loads(pickle.dumps(Sources({"profile": "shop", "anon": True})))

    assert copy.reads == 0
    with pytest.raises(UsageError, match="secret"):
        pickle.dumps(Sources({"key": "K", "secret": "S"}))


def test_many_threads_count_together(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    sources = Sources()

    def read():
        for _ in range(50):
            sources.read(str(tmp_path / "a"), 10)

    threads = [threading.Thread(target=read) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert (sources.reads, sources.read_bytes) == (200, 1000)
