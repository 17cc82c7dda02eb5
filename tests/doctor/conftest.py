"""A healthy hub with one remote, to prepare faults on; and a PgBouncer to put in between."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from exclave.cluster import Database
from exclave.cluster.endpoint import Port
from exclave.cluster.privilege import give_to_server_user, server_user, unprivileged

from .pair import PASSWORD, Pair

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


@pytest.fixture
def pair(database: Database, remote_database: Database) -> Iterator[Pair]:
    """Give a hub and a remote at which there is nothing to find."""
    number = next(_numbers)
    made = Pair(database, remote_database, f"app_{number}", f"shop_{number}")
    made.on_remote(
        f"CREATE ROLE {made.shop} LOGIN PASSWORD '{PASSWORD}'",
        # whatever writes there fails
        f"ALTER ROLE {made.shop} SET default_transaction_read_only = on",
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
        "CREATE DOMAIN positive AS numeric(10, 2) CHECK (VALUE > 0)",
        "CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(40) NOT NULL, feels mood)",
        'CREATE TABLE "Orders" (id int PRIMARY KEY, customer bigint NOT NULL, total positive, '
        "tags varchar(9)[])",
        "INSERT INTO customers VALUES (1, 'Ada', 'good')",
        f'GRANT SELECT ON customers, "Orders" TO {made.shop}',
    )
    made.on_hub(
        f"CREATE ROLE {made.app} LOGIN PASSWORD '{PASSWORD}'",
        "CREATE EXTENSION postgres_fdw",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {made.app}",
        f"GRANT CREATE ON DATABASE {database.name} TO {made.app}",
        f"ALTER DATABASE {database.name} CONNECTION LIMIT 20",
    )
    with made.as_app() as app:
        for statement in (
            "CREATE SERVER accounts FOREIGN DATA WRAPPER postgres_fdw OPTIONS ("
            f"host '127.0.0.1', port '{remote_database.cluster.port}', "
            f"dbname '{remote_database.name}', connect_timeout '2', fetch_size '1000', "
            "use_remote_estimate 'true')",
            "CREATE USER MAPPING FOR CURRENT_USER SERVER accounts "
            f"OPTIONS (user '{made.shop}', password '{PASSWORD}')",
            "CREATE SCHEMA erp",
            "CREATE TYPE erp.mood AS ENUM ('good', 'bad')",
            "CREATE FOREIGN TABLE erp.customers (id bigint NOT NULL, name text NOT NULL, "
            "feels erp.mood) SERVER accounts OPTIONS (schema_name 'public')",
            "CREATE FOREIGN TABLE erp.orders (id bigint NOT NULL, customer bigint, "
            "amount numeric OPTIONS (column_name 'total'), tags text[]) "
            "SERVER accounts OPTIONS (schema_name 'public', table_name 'Orders')",
        ):
            app.execute(statement.encode())
    yield made
    for cluster, role in ((database.cluster, made.app), (remote_database.cluster, made.shop)):
        with cluster.connect() as connection:
            connection.execute(f"ALTER ROLE {role} NOLOGIN".encode())


Pooler = Callable[[Pair, str], AbstractContextManager[int]]


@pytest.fixture
def pooler() -> Pooler:
    """Run PgBouncer in front of the remote of a pair, in some pool_mode; gives its port."""
    unpacked = ROOT / ".cache" / "pgbouncer"
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", str(unpacked / "usr" / "sbin")])
    program = shutil.which("pgbouncer", path=path)
    if program is None:
        message = "THERE IS NO PGBOUNCER: poolers are not tested; `make pgbouncer` may get it"
        if os.environ.get("EXCLAVE_PGBOUNCER") == "required":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    libraries = ":".join(map(str, (unpacked / "usr" / "lib").glob("*")))

    @contextmanager
    def run(pair: Pair, mode: str) -> Iterator[int]:
        port = Port()
        with tempfile.TemporaryDirectory(prefix="exclave-") as name:
            folder = Path(name)
            (folder / "users").write_text(f'"{pair.shop}" "{PASSWORD}"\n')
            (folder / "ini").write_text(
                "[databases]\n"
                f"{pair.remote.name} = host=127.0.0.1 port={pair.remote.cluster.port}\n"
                "[pgbouncer]\n"
                f"pool_mode = {mode}\n"
                "listen_addr = 127.0.0.1\n"
                f"listen_port = {port.number}\n"
                "unix_socket_dir =\n"
                "auth_type = scram-sha-256\n"
                f"auth_file = {folder / 'users'}\n"
            )
            give_to_server_user(folder)
            user = server_user()
            process = subprocess.Popen(
                unprivileged([program, str(folder / "ini")]),
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "LD_LIBRARY_PATH": libraries},
                user=user and user.uid,
                group=user and user.gid,
            )
            try:
                assert process.stderr is not None
                lines = iter(process.stderr.readline, "")
                assert any("process up" in line for line in lines), "PgBouncer ended"
                yield port.number
            finally:
                process.terminate()
                process.communicate(timeout=30)
                port.release()

    return run
