"""A cluster that runs wrappers in Python, for the benchmarks of wrappers.

``EXCLAVE_BENCH_PG`` names the major version of PostgreSQL, 18 unless given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from exclave.cluster import Cluster
from exclave.cluster.hosted import hosted_installation

MAJOR = int(os.environ.get("EXCLAVE_BENCH_PG", "18"))


@contextmanager
def host_cluster(modules: Mapping[str, str], **settings: object) -> Iterator[Cluster]:
    """Start a cluster whose Python sees this environment's packages, and these modules.

    Parameters
    ----------
    modules
        Name and source of each module with wrappers.
    settings
        Of PostgreSQL; what is not given is set for one process and data in memory.
    """
    with tempfile.TemporaryDirectory(prefix="exclave-bench-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        sources = Path(folder) / "modules"
        sources.mkdir()
        for name, source in modules.items():
            (sources / f"{name}.py").write_text(source, encoding="utf-8")
        environment = Path(folder) / "venv"
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True
        )
        packages = next(environment.glob("lib/python*/site-packages"))
        seen = [path for path in sys.path if path.endswith(("site-packages", "src"))]
        (packages / "bench.pth").write_text("\n".join([str(sources), *seen]), encoding="utf-8")
        wanted = {
            "exclave_fdw.python": str(environment),
            "max_parallel_workers_per_gather": 0,
            "shared_buffers": "512MB",
            **settings,
        }
        with Cluster(installation=hosted_installation(MAJOR), settings=wanted) as cluster:
            yield cluster


def say(metric: str, value: float, unit: str) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"metric": metric, "value": round(value, 3), "unit": unit}), flush=True)  # noqa: T201
