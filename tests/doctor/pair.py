"""A hub and its remote, as tests prepare them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from exclave.cluster import Cluster, Database

PASSWORD = "of the remote: s3cret"


@dataclass(frozen=True)
class Pair:
    """A hub and a remote; the role `app` owns what is on the hub, and logs in there as `shop`."""

    hub: Database
    remote: Database
    app: str
    shop: str

    @property
    def dsn(self) -> str:
        """How the role `app` connects to the hub."""
        return self.hub.url(driver=None, user=self.app, password=PASSWORD)

    @property
    def names(self) -> dict[str, str]:
        """What to call things in statements."""
        return {
            "app": self.app,
            "shop": self.shop,
            "hub": self.hub.name,
            "database": self.remote.name,
            "port": str(self.remote.cluster.port),
        }

    def on_hub(self, *statements: str) -> None:
        """Run statements on the hub as superuser."""
        _run(self.hub, statements)

    def on_remote(self, *statements: str) -> None:
        """Run statements on the remote as superuser."""
        _run(self.remote, statements)

    def as_app(self) -> psycopg.Connection[Any]:
        """Connect to the hub as `app`."""
        return psycopg.connect(self.dsn, autocommit=True)


def _run(database: Database, statements: tuple[str, ...]) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def only_these_logins(cluster: Cluster, *lines: str) -> Iterator[None]:
    """Have a cluster let in over TCP whom some lines of pg_hba.conf name, for a while."""
    path = cluster.data_dir / "pg_hba.conf"
    before = path.read_text()
    _write_hba(cluster, path, "\n".join(["local all all trust", *lines, ""]))
    try:
        yield
    finally:
        _write_hba(cluster, path, before)


def _write_hba(cluster: Cluster, path: Path, text: str) -> None:
    """Write the file, and wait until new sessions are let in by it."""
    path.write_text(text)
    with cluster.connect() as connection:
        loaded = connection.execute("SELECT pg_conf_load_time() FROM pg_reload_conf()").fetchone()
    seen = loaded
    while seen == loaded:
        with cluster.connect() as connection:
            seen = connection.execute("SELECT pg_conf_load_time()").fetchone()
