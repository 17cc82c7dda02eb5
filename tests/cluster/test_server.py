"""The life of a cluster."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import (
    Cluster,
    ClusterSpec,
    Database,
    fresh_database,
    installations,
    privilege,
    start_clusters,
)
from exclave.cluster.endpoint import Port
from exclave.errors import ClusterError


def setting(cluster: Cluster, name: str) -> str:
    with cluster.connect() as connection:
        row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    """An empty folder that an unprivileged server can reach, unlike root's own `tmp_path`."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def lives(process: int) -> bool:
    """Whether a process exists and is not merely waiting for its parent to notice its end."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_cluster_runs_the_version_asked_for(cluster: Cluster) -> None:
    with cluster.connect() as connection:
        assert connection.info.server_version // 10000 == cluster.major


def test_it_listens_on_its_socket_and_on_its_port(cluster: Cluster) -> None:
    assert (cluster.socket_dir / f".s.PGSQL.{cluster.port}").is_socket()
    with psycopg.connect(cluster.dsn(tcp=True)) as connection:
        assert connection.info.hostaddr == "127.0.0.1"
        assert connection.info.port == cluster.port


def test_two_clusters_have_different_system_identifiers(
    cluster: Cluster, remote_cluster: Cluster
) -> None:
    identifiers: set[int] = set()
    for one in (cluster, remote_cluster):
        with one.connect() as connection:
            row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
            assert row is not None
            identifiers.add(row[0])
    assert len(identifiers) == 2


def test_stopping_keeps_the_data_and_the_port_until_it_is_closed(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation) as own:
        port, folder = own.port, own.data_dir.parent
        own.create_database("kept")
        own.stop()
        assert not own.running
        with pytest.raises(psycopg.OperationalError):
            own.connect()
        own.start()
        assert own.port == port
        own.connect("kept").close()
    assert not own.running
    assert not folder.exists()


@pytest.mark.parametrize("mode", ["smart", "fast", "immediate"])
def test_a_restart_ends_in_a_server_that_answers(cluster: Cluster, mode: str) -> None:
    with Cluster(installation=cluster.installation) as own:
        before = own.pid
        own.restart(mode)  # type: ignore[arg-type]
        assert own.pid != before
        own.connect().close()


def test_killing_it_leaves_no_process_and_it_recovers(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation) as own:
        connection = own.connect()
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        postmaster = own.pid
        assert postmaster is not None
        own.kill()
        assert not own.running
        assert not lives(postmaster)
        assert not lives(row[0])
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()
        own.start()
        with own.connect() as again:
            assert again.execute("SELECT a FROM t").fetchall() == [(1,)]
        assert "automatic recovery in progress" in own.log()


def test_a_server_that_somebody_else_killed_can_be_started_again(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation) as own:
        assert own.pid is not None
        with own.connect() as connection:
            connection.execute("SELECT 1")
        os.kill(own.pid, 15)
        own.stop()
        assert not own.running
        own.start()
        own.connect().close()


def test_starting_what_runs_and_stopping_what_does_not_do_nothing(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation) as own:
        before = own.pid
        own.start()
        assert own.pid == before
        own.stop()
        own.stop()
        own.kill()
    own.close()


def test_a_way_to_log_in_or_to_stop_that_there_is_not_is_refused(cluster: Cluster) -> None:
    unknown: Any = "md5"
    with pytest.raises(ClusterError, match="auth trust or scram, found 'md5'"):
        Cluster(auth=unknown)
    with pytest.raises(ClusterError, match="mode smart or fast or immediate, found 'md5'"):
        cluster.stop(unknown)
    assert cluster.running


def test_the_log_has_all_that_the_server_has_said(cluster: Cluster) -> None:
    with cluster.connect() as connection:
        for number in range(300):
            line = f"line {number} of many"
            connection.execute(f"DO $$ BEGIN RAISE LOG '{line} %', repeat('x', 8000); END $$")
            assert line in cluster.log()


def test_many_threads_may_read_the_log_while_the_server_restarts(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation) as own, ThreadPoolExecutor(4) as threads:
        logs = [threads.submit(own.log) for _ in range(100)]
        own.stop()
        own.start()
        assert own.running
        logs += [threads.submit(own.log) for _ in range(100)]
        sizes = [len(log.result()) for log in logs]
        assert sizes[-1] >= sizes[0] > 0
        own.connect().close()


def test_a_closed_cluster_says_that_it_must_be_started(cluster: Cluster) -> None:
    own = Cluster(installation=cluster.installation)
    for question in (own.dsn, own.url, own.log):
        with pytest.raises(ClusterError, match="call start"):
            question()


def test_settings_reach_the_server(cluster: Cluster) -> None:
    settings = {"work_mem": "77MB", "max_connections": 33, "jit": True, "cluster_name": r"it's \n"}
    with Cluster(installation=cluster.installation, settings=settings) as own:
        assert setting(own, "work_mem") == "77MB"
        assert setting(own, "max_connections") == "33"
        assert setting(own, "jit") == "on"
        assert setting(own, "cluster_name") == r"it's \n"
        assert setting(own, "fsync") == "off"


def test_alter_system_overrides_settings_after_a_restart(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation, settings={"work_mem": "5MB"}) as own:
        with own.connect() as connection:
            connection.execute("ALTER SYSTEM SET work_mem = '6MB'")
        own.restart()
        assert setting(own, "work_mem") == "6MB"


@pytest.mark.parametrize("name", ["port", "logging_collector", "Listen_Addresses"])
def test_settings_by_which_we_find_the_server_are_refused(name: str) -> None:
    with pytest.raises(ClusterError, match=name.lower()):
        Cluster(settings={name.lower(): "1"})


def test_a_server_that_cannot_start_tells_its_log_and_leaves_nothing(cluster: Cluster) -> None:
    own = Cluster(installation=cluster.installation, settings={"shared_buffers": "lots"})
    with pytest.raises(ClusterError, match=r'invalid value for parameter "shared_buffers"'):
        own.start()
    with pytest.raises(ClusterError, match="call start"):
        _ = own.socket_dir


def test_an_initdb_that_fails_tells_why(cluster: Cluster, reachable_folder: Path) -> None:
    (reachable_folder / "something").touch()
    with pytest.raises(ClusterError, match="is not empty"):
        Cluster(installation=cluster.installation, data_dir=reachable_folder).start()


def test_a_lost_race_for_the_port_is_run_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        numbers = [taken.getsockname()[1]]

        class UnluckyPort(Port):
            def __init__(self) -> None:
                super().__init__()
                if numbers:
                    self.number = numbers.pop()

        monkeypatch.setattr("exclave.cluster.server.Port", UnluckyPort)
        with Cluster(installation=cluster.installation) as own:
            assert own.port != taken.getsockname()[1]
            own.connect().close()


def test_a_port_that_is_kept_is_not_given_to_others() -> None:
    port = Port()
    with (
        socket.socket() as other,
        pytest.raises(OSError, match="Address already in use"),
    ):
        other.bind(("127.0.0.1", port.number))
    port.release()


def test_a_deep_temporary_folder_still_gives_a_socket(
    cluster: Cluster, reachable_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = reachable_folder / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with Cluster(installation=cluster.installation) as own:
        own.connect().close()
        assert not own.socket_dir.is_relative_to(deep)
    assert list(deep.iterdir()) == []


def test_a_data_directory_of_ones_own_is_kept_and_gone_on_with(
    cluster: Cluster, reachable_folder: Path
) -> None:
    data = reachable_folder / "data"
    with Cluster(installation=cluster.installation, data_dir=data) as own:
        own.create_database("kept")
    assert not (data / "postmaster.pid").exists()
    with Cluster(installation=cluster.installation, data_dir=data, auth="scram") as own:
        own.connect("kept").close()
        psycopg.connect(own.dsn("kept", tcp=True)).close()


def test_a_data_directory_in_use_is_refused_and_stays_as_it_is(
    cluster: Cluster, reachable_folder: Path
) -> None:
    data = reachable_folder / "data"
    other = Cluster(installation=cluster.installation, data_dir=data, settings={"work_mem": "7MB"})
    with Cluster(installation=cluster.installation, data_dir=data, auth="scram") as own:
        files = {name: (data / name).read_text() for name in ("pg_hba.conf", "exclave.conf")}
        with pytest.raises(ClusterError, match=f"process {own.pid}, runs on {data}"):
            other.start()
        assert files == {name: (data / name).read_text() for name in files}
        assert setting(own, "server_version_num")
        own.kill()
        assert (data / "postmaster.pid").exists()
        with other:
            assert setting(other, "work_mem") == "7MB"


def test_a_data_directory_of_another_version_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ClusterError, match=r"was made by PostgreSQL 9\.6"):
        Cluster(installation=cluster.installation, data_dir=tmp_path).start()


def test_trust_lets_everybody_in_over_tcp(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation, auth="trust") as own:
        assert own.password is None
        with psycopg.connect(own.dsn(tcp=True)) as connection:
            assert not connection.pgconn.used_password


def test_scram_demands_a_password_over_tcp_and_none_on_the_socket(cluster: Cluster) -> None:
    assert cluster.password is not None
    with psycopg.connect(cluster.dsn(tcp=True)) as connection:
        assert connection.pgconn.used_password
        connection.execute('DROP ROLE IF EXISTS "o\'app"')
        connection.execute("CREATE ROLE \"o'app\" LOGIN PASSWORD 'it''s'")
    psycopg.connect(cluster.dsn(user="o'app")).close()
    psycopg.connect(cluster.dsn(user="o'app", password="it's", tcp=True)).close()
    psycopg.connect(cluster.url(driver=None, user="o'app", password="it's")).close()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(cluster.dsn(user="o'app", tcp=True))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.dsn(user="o'app", password="no", tcp=True))
    with cluster.connect() as connection:
        connection.execute('DROP ROLE "o\'app"')


def test_names_are_quoted_in_connection_strings_and_urls(cluster: Cluster) -> None:
    name = "a b/c?d'e%f\\é"
    cluster.create_database(name)
    try:
        cluster.connect(name).close()
        with psycopg.connect(cluster.url(name, driver=None)) as connection:
            assert connection.info.dbname == name
        assert cluster.url(name).startswith("postgresql+psycopg://postgres:")
    finally:
        cluster.drop_database(name)


def test_a_database_is_cloned_with_its_rows(cluster: Cluster) -> None:
    with fresh_database(cluster) as template:
        with template.connect() as connection:
            connection.execute("CREATE TABLE t AS SELECT 42 AS a")
        cluster.clone_database(template.name, "clone_of_it")
        with cluster.connect("clone_of_it") as connection:
            assert connection.execute("SELECT a FROM t").fetchall() == [(42,)]
        cluster.drop_database("clone_of_it")


def test_a_database_can_belong_to_a_role(cluster: Cluster) -> None:
    with cluster.connect() as connection:
        connection.execute("CREATE ROLE landlord")
        cluster.create_database("owned", owner="landlord")
        row = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'owned'"
        ).fetchone()
        cluster.drop_database("owned")
        connection.execute("DROP ROLE landlord")
    assert row == ("landlord",)


def test_a_database_in_use_is_dropped_only_by_force(cluster: Cluster) -> None:
    cluster.create_database("in_use")
    with cluster.connect("in_use") as connection:
        with pytest.raises(psycopg.errors.ObjectInUse):
            cluster.drop_database("in_use", force=False)
        cluster.drop_database("in_use")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_dropping_an_absent_database_is_not_an_error(cluster: Cluster) -> None:
    cluster.drop_database("never_was")


def test_each_test_has_a_database_of_its_own(database: Database, remote_database: Database) -> None:
    assert database.cluster is not remote_database.cluster
    with database.connect() as connection:
        assert connection.info.dbname == database.name
        assert connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchone() == (0,)
    psycopg.connect(remote_database.dsn).close()
    psycopg.connect(database.url(driver=None)).close()


def test_foreign_tables_work_between_clusters(
    database: Database, remote_database: Database
) -> None:
    with remote_database.connect() as remote:
        remote.execute("CREATE TABLE t AS SELECT 7 AS a")
    there = remote_database.cluster
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute(
            sql.SQL(
                "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw "
                "OPTIONS (host {}, port {}, dbname {})"
            ).format(there.host, str(there.port), remote_database.name)
        )
        connection.execute(
            sql.SQL(
                "CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user {}, password {})"
            ).format(there.superuser, there.password)
        )
        connection.execute("CREATE FOREIGN TABLE t (a int) SERVER s")
        assert connection.execute("SELECT a FROM t").fetchall() == [(7,)]


def test_clusters_of_all_versions_run_side_by_side() -> None:
    majors = {one.major: one for one in reversed(installations())}
    specs = [ClusterSpec(installation=one) for one in majors.values()]
    with start_clusters(specs) as clusters:
        assert [cluster.major for cluster in clusters] == list(majors)
        for cluster in clusters:
            with cluster.connect() as connection:
                assert connection.info.server_version // 10000 == cluster.major


def test_four_clusters_start_in_parallel_on_ports_of_their_own() -> None:
    with start_clusters(4) as clusters:
        assert len({cluster.port for cluster in clusters}) == 4
        folders = [cluster.data_dir for cluster in clusters]
        with ThreadPoolExecutor(4) as threads:
            for connection in threads.map(Cluster.connect, clusters):
                connection.close()
    assert not any(folder.exists() for folder in folders)


def test_if_one_of_several_cannot_start_the_others_are_closed(
    cluster: Cluster, reachable_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(reachable_folder))
    good = ClusterSpec(installation=cluster.installation)
    bad = ClusterSpec(installation=cluster.installation, settings={"work_mem": "no"})
    with pytest.raises(ClusterError, match="work_mem"), start_clusters([good, bad]):
        pytest.fail("it must not get here")
    assert list(reachable_folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_root_without_user_namespaces_runs_the_server_as_another_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = [one for one in installations() if Path("/usr") in one.bin_dir.parents]
    if not system:
        pytest.skip("no PostgreSQL stands where every user can read it")
    monkeypatch.setattr(privilege, "_unshare", lambda: None)
    user = privilege.server_user()
    assert user is not None
    assert user.uid != 0
    with Cluster(installation=system[0], auth="scram") as own:
        assert own.data_dir.stat().st_uid == user.uid
        own.restart()
        own.kill()
        own.start()
        own.connect().close()
        folder = own.data_dir.parent
    assert not folder.exists()
