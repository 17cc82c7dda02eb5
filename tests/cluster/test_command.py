"""The commands ``exclave cluster …``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from exclave.cluster import Cluster, installations

pytest.importorskip("typer")

EXCLAVE = str(Path(sys.executable).with_name("exclave"))


def test_list_shows_what_is_installed() -> None:
    done = subprocess.run([EXCLAVE, "cluster", "list", "--json"], capture_output=True, check=True)
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["bin_dir"] for one in listed] == [str(one.bin_dir) for one in installations()]
    table = subprocess.run([EXCLAVE, "cluster", "list"], capture_output=True, text=True, check=True)
    assert listed[0]["bin_dir"] in table.stdout


@pytest.mark.parametrize(("ending", "auth"), [(signal.SIGINT, "trust"), (signal.SIGTERM, "scram")])
def test_run_gives_clusters_until_it_is_interrupted(
    cluster: Cluster, ending: signal.Signals, auth: str
) -> None:
    environment = {**os.environ, "EXCLAVE_PG": str(cluster.installation.bin_dir)}
    command = [EXCLAVE, "cluster", "run", "--count", "2", "--version", str(cluster.major)]
    command += ["--auth", auth, "--json", "--setting", "work_mem=5MB"]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            shown = [json.loads(process.stdout.readline()) for _ in range(2)]
            assert len({one["port"] for one in shown}) == 2
            for one in shown:
                with psycopg.connect(one["dsn"]) as connection:
                    assert connection.info.server_version // 10000 == cluster.major
                    assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
                with psycopg.connect(one["url"].replace("+psycopg", "")) as connection:
                    assert connection.pgconn.used_password is (auth == "scram")
            process.send_signal(ending)
            assert process.wait() == 0
        finally:
            process.kill()
    for one in shown:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(one["dsn"])


def test_an_absent_version_is_a_message_and_not_a_traceback() -> None:
    done = subprocess.run(
        [EXCLAVE, "cluster", "run", "--version", "7"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no PostgreSQL 7 found" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_the_command_says_what_to_install() -> None:
    program = "import sys; sys.modules['typer'] = None; from exclave.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "cluster", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert 'pip install "exclave[cli]"' in done.stderr
