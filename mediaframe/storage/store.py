"""Store: a root at any url, below which whole objects are read, listed and written once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mediaframe.errors import UsageError
from mediaframe.storage.bulk import in_order
from mediaframe.storage.connect import may_travel
from mediaframe.storage.local import LocalPlace
from mediaframe.storage.names import check_name, is_url, local_path
from mediaframe.storage.redact import redact
from mediaframe.storage.remote import RemotePlace
from mediaframe.storage.retry import Requests
from mediaframe.storage.stat import Leftover, Stat

__all__ = ["Leftover", "Requests", "Stat", "Store"]


class Store:
    """A root at any url of fsspec; objects below it have names with forward slashes.

    An object is there whole or not at all, and is never written twice unless told. No listing is kept: what
    another program writes is seen at once.

    >>> store = Store.open("memory://shop")
    >>> store.write("thumb/a.webp", b"RIFF", media_type="image/webp")
    >>> store.uri("thumb/a.webp"), store.read("thumb/a.webp")
    ('memory://shop/thumb/a.webp', b'RIFF')
    >>> store.write("thumb/a.webp", b"other")
    Traceback (most recent call last):
    mediaframe.errors.StoreError: memory://shop/thumb/a.webp: something stands under this name
    >>> store.remove("thumb/a.webp")
    """

    def __init__(self, place: LocalPlace | RemotePlace, opened: tuple[Any, ...]) -> None:
        self._place = place
        self._opened = opened

    @classmethod
    def open(
        cls,
        url: str | os.PathLike[str],
        storage_options: Mapping[str, Any] | None = None,
        requests: Requests | None = None,
        *,
        ship_secrets: bool = False,
    ) -> Store:
        """Open a store; nothing is written and a local folder need not be there yet.

        Parameters
        ----------
        url
            A folder, or a url of fsspec.
        storage_options
            Those of the file system of fsspec; or `{"connection": name}`, see `docs/how-to/s3.md`.
        requests
            How many requests at once and in a second, and how often one is tried again.
        ship_secrets
            Whether the store may be pickled with the literal secrets of its options.
        """
        text = os.fspath(url)
        options = dict(storage_options or {})
        if not text or "\0" in text:
            raise UsageError(f"store {text!r}: expected a folder or a url")
        if "::" in text and is_url(text):
            raise UsageError(f"store {redact(text)!r}: expected one place, got a chain of urls")
        path = text if isinstance(url, os.PathLike) else local_path(text)
        if path is not None:
            return cls(LocalPlace(path), (os.path.abspath(path),))
        return cls(RemotePlace(text, options, requests), (text, options, requests, ship_secrets))

    def __repr__(self) -> str:
        return f"Store.open({self.url!r})"

    def __reduce__(self) -> tuple[Callable[..., Store], tuple[Any, ...]]:
        if isinstance(self._place, LocalPlace):
            return Store.open, (Path(self._opened[0]),)
        url, options, requests, ship_secrets = self._opened
        if redact(url) != url and not ship_secrets:
            raise UsageError(f"store {redact(url)!r}: a url with a secret cannot be sent to another process")
        options = dict(may_travel(options, ship_secrets=ship_secrets))
        return partial(Store.open, ship_secrets=ship_secrets), (url, options, requests)

    @property
    def url(self) -> str:
        """The root, without credentials."""
        return self._place.url

    @property
    def local(self) -> str | None:
        """The folder on the local disk, where it is one."""
        return self._place.root if isinstance(self._place, LocalPlace) else None

    @property
    def single_writer(self) -> bool:
        """Whether the store cannot refuse the second of two writers of one name.

        S3 is asked when this is first read, with a probe object that is removed again.
        """
        return self._place.single_writer

    def uri(self, name: str) -> str:
        """Give the uri of an object, whether it is there or not."""
        return self._place.uri(check_name(name))

    def read(self, name: str) -> bytes:
        """Read an object."""
        return self._place.read(check_name(name))

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Read some bytes of an object; fewer where it ends before."""
        if start < 0 or length < 0:
            raise UsageError(f"read_range(start={start}, length={length}): expected numbers from 0")
        return self._place.read_range(check_name(name), start, length)

    def read_many(self, names: Iterable[str], ahead: int | None = None) -> Iterator[bytes]:
        """Read objects in the order of their names, many at once, at most so many ahead of who takes them."""
        return in_order(self.read, names, ahead or self.at_once)

    def stat_many(self, names: Iterable[str]) -> Iterator[Stat | None]:
        """Look at objects in the order of their names, many at once."""
        return in_order(self.stat, names, self.at_once)

    def remove_many(self, names: Iterable[str]) -> int:
        """Remove objects, many at once; gives their number."""
        return sum(1 for _ in in_order(self.remove, names, self.at_once))

    @property
    def at_once(self) -> int:
        """How many requests it is worth to make at once: a disk gains nothing by many, a network much."""
        return self._place.at_once

    @property
    def retried(self) -> int:
        """How many requests were sent again so far."""
        return self._place.retried

    def stat(self, name: str) -> Stat | None:
        """Look at an object without reading it; None where there is none."""
        return self._place.stat(check_name(name))

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """List the objects whose names begin with the prefix, lazily.

        On a local disk in order of names, folder by folder. A root that is not there is empty. Names that
        are not Unicode are shown with percents, and cannot be read by what is shown.
        """
        if prefix:
            check_name(prefix.rstrip("/"))
        return self._place.list(prefix)

    def write(
        self,
        name: str,
        data: bytes | Path,
        *,
        replace: bool = False,
        durable: bool = True,
        media_type: str | None = None,
        cache_control: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Publish an object from bytes or from a local file.

        With `replace` it takes the place of what stands there at one stroke, else that is an error, and of
        several writers one succeeds. `durable=False` is quicker on a local disk: until `settle()`, a loss of
        power (not the end of a process) can make the object vanish; it is never cut short.
        """
        self._place.write(
            check_name(name),
            data,
            replace=replace,
            durable=durable,
            media_type=media_type,
            cache_control=cache_control,
            metadata=dict(metadata) if metadata else None,
        )

    def settle(self) -> None:
        """Make what was published so far survive a loss of power; once for many objects is cheap."""
        self._place.settle()

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens where there is none."""
        self._place.remove(check_name(name))

    def sweep(self, *, older_than: float = 3600.0) -> int:
        """Remove what writers left that were killed, if older than some seconds; gives its number.

        Temporary files on a disk; uploads in parts on S3, of which a log tells. A run that holds the lock of its
        destination may sweep with 0.
        """
        return self._place.sweep(older_than)

    def leftovers(self) -> Iterator[Leftover]:
        """Give what writers left that were killed: temporary files on a disk, uploads in parts on S3."""
        return self._place.leftovers()

    def discard(self, leftover: Leftover) -> None:
        """Remove what a killed writer left."""
        self._place.discard(leftover)

    def ours(self, name: str) -> bool:
        """Whether the store itself tells that mediaframe has written an object; a disk cannot."""
        return self._place.ours(check_name(name))
