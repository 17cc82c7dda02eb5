"""Nothing is left of a cluster when the process that wanted it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from exclave.cluster import Cluster

START = """
import os, sys
from pathlib import Path
from exclave.cluster import Cluster, Installation
bin_dir, lib_dir, version = sys.argv[1:4]
major = int(version.split(".")[0])
cluster = Cluster(
    installation=Installation(version, major, Path(bin_dir), Path(lib_dir), "EXCLAVE_PG")
)
cluster.start()
connection = cluster.connect()
connection.execute("CREATE TABLE t AS SELECT 1 AS a")
"""

ENDING = """
ending = sys.argv[4]
if ending == "forked" and os.fork() == 0:
    os.close(1)
    os.read(0, 1)  # until the test is over, with all our pipes in hand
    os._exit(0)
if ending == "stopped":
    cluster.stop()
print(cluster.data_dir.parent, flush=True)
if ending == "error":
    raise RuntimeError("it went wrong")
if ending != "exit":
    os.read(0, 1)
"""

FORKING = """
child = os.fork()
if child == 0:
    cluster.close()
    os._exit(0)
os.waitpid(child, 0)
print(connection.execute("SELECT a FROM t").fetchone()[0])
"""


def wait_until_nothing_is_left(folder: Path) -> bool:
    """Wait for the end of the guardian, which is no child of ours, so that no event tells us."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not folder.exists() and not processes_that_name(folder):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("ending", ["exit", "error", "killed", "terminated", "forked", "stopped"])
def test_nothing_is_left_however_the_process_ends(cluster: Cluster, ending: str) -> None:
    used = cluster.installation
    with subprocess.Popen(
        [sys.executable, "-c", START + ENDING, used.bin_dir, used.lib_dir, used.version, ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        folder = Path(os.fsdecode(process.stdout.readline().rstrip()))
        running = (folder / "data" / "postmaster.pid").exists()
        if ending not in ("exit", "error"):
            assert running == (ending != "stopped")
            process.send_signal(signal.SIGTERM if ending == "terminated" else signal.SIGKILL)
        process.wait()
        assert wait_until_nothing_is_left(folder)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(cluster: Cluster) -> None:
    with Cluster(installation=cluster.installation) as own:
        assert own.pid is not None
        assert os.getpgid(own.pid) != os.getpgid(0)
        assert os.getsid(own.pid) != os.getsid(0)


def test_a_fork_of_the_process_does_not_close_the_cluster(cluster: Cluster) -> None:
    used = cluster.installation
    done = subprocess.run(
        [sys.executable, "-c", START + FORKING, used.bin_dir, used.lib_dir, used.version],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def processes_that_name(folder: Path) -> list[int]:
    """List processes with the folder in their command line, the server's and the guardian's."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in command:
            found.append(int(path.parent.name))
    return found
