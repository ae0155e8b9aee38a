"""Work done by a Dask cluster: the one place that knows Dask, loaded by name when a run is given a client."""
