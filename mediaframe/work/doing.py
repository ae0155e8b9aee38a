"""Doing: how work is carried out: by whom, how much at once, how stores are asked; never part of what it makes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mediaframe.model.door import Door
from mediaframe.model.limits import Limits
from mediaframe.storage.retry import Requests
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.work.events import Watcher
from mediaframe.work.inputs import Inputs
from mediaframe.work.local import LocalPool
from mediaframe.work.pool import Pool, cluster_of

CLUSTER = Door("mediaframe.work.cluster.pool", "ClusterPool")


@dataclass(frozen=True, slots=True)
class Doing:
    """How a run is carried out: never part of what it makes."""

    slots: int | None = None
    limits: Limits = field(default_factory=Limits)
    storage_options: Mapping[str, Any] | None = field(default=None, repr=False)
    """For the sources."""
    watch: tuple[Watcher, ...] = ()
    client: Any = None
    """A client of a Dask cluster or the address of a scheduler; None takes the default client, False none."""
    patience: float = 120.0
    """Seconds that are waited for workers when there are none."""
    requests: Requests | None = None
    """How each store is asked."""
    ship_secrets: bool = False
    """Whether literal secrets of storage options may be sent to a cluster."""
    inputs: Inputs | None = None
    """What has read the files that the recipes name."""

    def sources(self) -> Sources:
        """Give what reads the sources."""
        return Sources(self.storage_options, self.requests, ship_secrets=self.ship_secrets)


def pool_of(doing: Doing, limits: Limits, store: Store | None) -> Pool:
    """Give the slots that do the work: those of the cluster that is meant, else of this process."""
    client = cluster_of(doing.client)
    if client is None:
        return LocalPool(doing.slots, limits)
    # Before anything is planned: what holds a literal secret does not travel, and says what to do instead.
    pickle.dumps((store, doing.sources()))
    pool: Pool = CLUSTER()(client, limits, patience=doing.patience)
    return pool
