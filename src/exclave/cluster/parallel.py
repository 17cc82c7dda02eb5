"""Several clusters at once, started in parallel, of one version or of several."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from exclave.cluster.data_directory import Auth
from exclave.cluster.installation import Installation
from exclave.cluster.server import Cluster
from exclave.cluster.settings import Setting


@dataclass(frozen=True)
class ClusterSpec:
    """What one of several clusters shall be; the fields are `Cluster`'s parameters."""

    major: int | None = None
    installation: Installation | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    auth: Auth = "trust"

    def cluster(self) -> Cluster:
        """Make the cluster, without starting it."""
        return Cluster(
            self.major, installation=self.installation, settings=self.settings, auth=self.auth
        )


@contextmanager
def start_clusters(wanted: int | Sequence[ClusterSpec]) -> Generator[list[Cluster]]:
    """Start clusters in parallel, and close them in the end.

    Parameters
    ----------
    wanted
        What each shall be; a number stands for that many of the default.

    Yields
    ------
    list of Cluster
        The running clusters, in the order of `wanted`.

    Raises
    ------
    ClusterError
        If one of them cannot be started; the others are closed.
    """
    specs = [ClusterSpec()] * wanted if isinstance(wanted, int) else wanted
    clusters = [spec.cluster() for spec in specs]
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(max(1, len(clusters))))
        stack.callback(lambda: list(threads.map(Cluster.close, clusters)))
        started = [threads.submit(cluster.start) for cluster in clusters]
        for future in started:
            future.exception()  # wait for all of them before any is closed
        for future in started:
            future.result()
        yield clusters
