"""The plug-in in small projects, each run by a pytest of its own."""

from __future__ import annotations

import os
import textwrap
from importlib.metadata import entry_points

import pytest

from exclave.cluster import Cluster

pytest_plugins = ["pytester"]

PLUGIN = "exclave.testing.plugin"
INSTALLED = PLUGIN in {entry.name for entry in entry_points(group="pytest11")}

CONFTEST = """
    import pytest
    from tests.testing.servers import MEMBER_SCHEMA, foreign_servers

    @pytest.fixture(scope="session")
    def exclave_schema():
        return MEMBER_SCHEMA

    @pytest.fixture(scope="session")
    def exclave_hub_schema():
        return foreign_servers
"""


ROLLBACK = """
    import pytest
    import sqlalchemy as sa

    def tails(members):
        found = {}
        for slug, member in members.items():
            with member.connect() as there:
                rows = there.execute("SELECT tail FROM flights ORDER BY id").fetchall()
            found[slug] = [tail for (tail,) in rows]
        return found

    UNTOUCHED = {"ewr": ["N1", "N2"], "jfk": ["N1", "N2"]}

    @pytest.mark.parametrize("slug", ["ewr", "jfk"])
    @pytest.mark.parametrize("time", ["first", "second"])
    def test_written_with_psycopg(exclave_connection, exclave_members, slug, time):
        table = f"{slug}.flights"
        exclave_connection.execute(f"INSERT INTO {table} (id, tail) VALUES (3, 'N3')")
        exclave_connection.commit()
        count = exclave_connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert count == (3,)
        assert tails(exclave_members) == UNTOUCHED

    @pytest.mark.parametrize("time", ["first", "second"])
    def test_written_with_a_session(exclave_session, exclave_connection, exclave_members, time):
        exclave_session.execute(sa.text("DELETE FROM jfk.flights"))
        exclave_session.commit()
        count = exclave_connection.execute("SELECT count(*) FROM jfk.flights").fetchone()
        assert count == (0,)
        assert tails(exclave_members) == UNTOUCHED

    def test_left_nothing(exclave_members, exclave_engine):
        assert tails(exclave_members) == UNTOUCHED
        with exclave_engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM jfk.flights")) == 2
"""

FAULTS = """
    import psycopg
    import pytest

    @pytest.mark.parametrize("time", ["first", "second"])
    @pytest.mark.parametrize(
        "fault", ["refuse", "silence", "wrong_password", "drop_database", "stop", "kill"]
    )
    def test_left_broken(exclave_connection, exclave_members, fault, time):
        sql = "SELECT count(*) FROM ewr.flights"
        assert exclave_connection.execute(sql).fetchone() == (2,)
        exclave_connection.execute("INSERT INTO ewr.flights VALUES (3, 'N3')")
        getattr(exclave_members["ewr"], fault)()
"""


class Project:
    """A project with tests that use the plug-in."""

    def __init__(
        self,
        pytester: pytest.Pytester,
        environment: pytest.MonkeyPatch,
        cluster: Cluster,
        remote: Cluster,
    ) -> None:
        self._pytester = pytester
        self._environment = environment
        self.settings = {
            "exclave_members": "ewr jfk",
            "exclave_proxies": "true",
            "exclave_postgresql": str(cluster.major),
            "filterwarnings": "error",
        }
        self.environment = {
            "EXCLAVE_TEST_HUB": cluster.dsn(tcp=True),
            "EXCLAVE_TEST_MEMBER_EWR": remote.dsn(tcp=True),
            "EXCLAVE_TEST_MEMBER_JFK": remote.dsn(tcp=True),
        }

    def run(self, tests: str, *options: str) -> pytest.RunResult:
        """Run the tests of the project."""
        lines = "\n".join(f"{name} = {value}" for name, value in self.settings.items())
        self._pytester.makeini(f"[pytest]\n{lines}\n")
        self._pytester.makeconftest(textwrap.dedent(CONFTEST))
        self._pytester.makepyfile(textwrap.dedent(tests))
        for name, value in self.environment.items():
            self._environment.setenv(name, value)
        plugin = () if INSTALLED else ("-p", PLUGIN)
        return self._pytester.runpytest_subprocess(*plugin, *options)


@pytest.fixture
def project(
    pytester: pytest.Pytester,
    cluster: Cluster,
    remote_cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> Project:
    """Give a project whose databases stand on the servers of these tests."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    paths = [str(pytestconfig.rootpath), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return Project(pytester, monkeypatch, cluster, remote_cluster)


def test_what_tests_write_is_undone_before_the_next(project: Project) -> None:
    project.run(ROLLBACK).assert_outcomes(passed=7)


def test_without_dsns_there_are_throw_away_servers_and_tests_leave_no_fault_behind(
    project: Project, cluster: Cluster
) -> None:
    project.environment = {"EXCLAVE_PG": str(cluster.installation.bin_dir)}
    project.settings |= {"exclave_proxies": "", "exclave_servers": "own"}
    project.run(FAULTS).assert_outcomes(passed=12)


def test_a_setting_that_means_nothing_is_told_by_the_test_that_needs_it(project: Project) -> None:
    project.settings["exclave_servers"] = "mine"
    result = project.run(ROLLBACK, "-k", "left_nothing")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*FixtureError: exclave_servers: expected*found 'mine'"])


def test_a_project_that_does_not_use_it_pays_nothing(project: Project) -> None:
    project.run(
        """
        import sys

        def test_of_something_else():
            slow = {"psycopg", "sqlalchemy", "asyncio", "exclave.cluster", "exclave.testing.member"}
            assert not slow & sys.modules.keys()
        """,
        "--noconftest",
        "-p",
        "no:xdist",
        "-p",
        "no:anyio",  # it comes with httpx, and brings asyncio
    ).assert_outcomes(passed=1)


def test_it_may_be_named_although_it_is_installed(project: Project) -> None:
    tests = "def test_of_something_else(): pass"
    project.run(tests, "-p", PLUGIN, "--noconftest").assert_outcomes(passed=1)
