"""Results published: each under its name, whole or not at all, the parts of a package before what names them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mediaframe.errors import StoreError
from mediaframe.model.package import folder_of
from mediaframe.storage.bulk import in_order
from mediaframe.storage.layout import Layout
from mediaframe.storage.store import Store
from mediaframe.work.batch import Wanted
from mediaframe.work.job import Job
from mediaframe.work.spool import SpooledPart


@dataclass(frozen=True, slots=True)
class Made:
    """A result that is to be published."""

    data: bytes | Path
    sha256: str
    media_type: str | None
    parts: tuple[SpooledPart, ...] = ()

    @property
    def held(self) -> int:
        """Bytes of memory that it takes until it is published."""
        return sum(len(one) for one in (self.data, *(part.data for part in self.parts)) if isinstance(one, bytes))


class Publisher:
    """Writes results of a job into its store."""

    def __init__(self, store: Store, job: Job) -> None:
        self.store, self.job = store, job
        self._layout = Layout(job.layout)

    def publish(self, wanted: Wanted, made: Made, late: Mapping[str, Any], key: str | None) -> dict[str, Any]:
        """Write a result, and tell where it is; `late` and `key` name it where its name was not known before."""
        name = wanted.target or self._late_name(wanted, made, late, key)
        replace = self.job.replace and not wanted.taken
        if made.parts:
            self._put_parts(name, made, replace=replace)
        status = self._put(name, made, replace=replace)
        if status == "reused" and wanted.target is not None:
            # Nothing stood there when the run began: an attempt that was lost with its worker wrote it.
            status = "written"
        return {"status": status, "uri": name, "sha256": made.sha256, "written_at": datetime.now(UTC).isoformat()}

    def _put_parts(self, name: str, made: Made, *, replace: bool) -> None:
        """Write the parts of a package; its main file must not stand there while they are others than it names."""
        if replace:
            self.store.remove(name)
        elif self.store.stat(name) is not None and not self._holds(name, made.sha256):
            raise StoreError(f"{self.store.uri(name)}: something stands under this name", code="E_STORE_CONFLICT")
        folder = folder_of(name)

        def put(part: SpooledPart) -> None:
            self._put(folder + part.name, Made(part.data, part.sha256, part.media_type), replace=replace)

        for _ in in_order(put, made.parts, self.store.at_once):
            pass

    def _put(self, name: str, made: Made, *, replace: bool) -> str:
        try:
            self.store.write(
                name,
                made.data,
                replace=replace,
                durable=False,  # settled before the row log says that it is there
                media_type=made.media_type,
                cache_control=self.job.cache_control,
                metadata=self.job.metadata,
            )
        except StoreError as error:
            if error.code != "E_STORE_CONFLICT" or not self._holds(name, made.sha256):
                raise
            return "reused"
        return "written"

    def _holds(self, name: str, sha256: str) -> bool:
        return hashlib.sha256(self.store.read(name)).hexdigest() == sha256

    def _late_name(self, wanted: Wanted, made: Made, late: Mapping[str, Any], key: str | None) -> str:
        form = wanted.recipe.format if wanted.recipe else None
        assert form is not None  # noqa: S101  # late names are for files
        extension = form.extension_of(made.media_type)
        return self.job.prefix + form.placed(self._layout.expand(late, wanted.name, wanted.recipe_id, extension, key))
