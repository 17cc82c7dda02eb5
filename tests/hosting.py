"""PostgreSQL with the host of wrappers in it: a copy of an installation, made once and kept.

Copies stand in ``.cache/host``, one for each version of PostgreSQL, of Python and of the sources.
``EXCLAVE_HOST_SANITIZE=address`` builds the host with AddressSanitizer: what is wrong aborts.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from exclave.cluster import Installation, find_installation
from exclave.cluster.hosted import copied, install_copy
from exclave.cluster.installation import output_of

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "extension"
COPIES = ROOT / ".cache" / "host"
HEADERS = ROOT / ".cache" / "headers"
SANITIZE = os.environ.get("EXCLAVE_HOST_SANITIZE", "")
CFLAGS = f"-Werror -O1 -g -fno-omit-frame-pointer -fsanitize={SANITIZE}" if SANITIZE else "-Werror"


def hosted_installation(major: int) -> Installation:
    """Give a PostgreSQL that has the host; skip the test where it cannot be built.

    Where ``EXCLAVE_HOST`` is ``required`` the test fails instead.
    """
    original = find_installation(major)
    COPIES.mkdir(parents=True, exist_ok=True)
    folder = COPIES / f"{major}-{_digest(original)}"
    with (COPIES / f"{major}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _skip_unless_buildable(original)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            flags = [f"COPT={CFLAGS}"]
            install_copy(original, folder, more_trees=_headers(original), flags=flags)
            if SANITIZE:
                _load_sanitizer_first(copied(original, folder).program("postgres"))
            (folder / "complete").touch()
            _forget_others(major, folder)
    return copied(original, folder)


def _load_sanitizer_first(postgres: Path) -> None:
    """Put a script before the server that loads the sanitizer, which must come before all else."""
    compiler = os.environ.get("CC", "gcc")
    libraries = [
        output_of(compiler, f"-print-file-name={name}").strip()
        for name in ("libasan.so", "libstdc++.so.6")
    ]
    real = postgres.with_name("postgres.sanitized")
    postgres.rename(real)
    postgres.write_text(
        "#!/bin/bash\n"
        "export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0\n"
        f"export LD_PRELOAD={':'.join(libraries)}\n"
        f'exec -a "$0" {real} "$@"\n',
        encoding="utf-8",
    )
    postgres.chmod(0o755)


def host_environment(folder: Path, *paths: Path) -> Path:
    """Make a virtual environment that sees what the tests see, and these folders."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    here = [path for path in sys.path if path.endswith("site-packages")]
    lines = [str(ROOT / "src"), *map(str, paths), *here]
    (packages / "here.pth").write_text("\n".join(lines), encoding="utf-8")
    return folder


def _headers(installation: Installation) -> list[Path]:
    """Give the folders of Debian's headers that were unpacked rather than installed."""
    prefix = installation.bin_dir.parent
    unpacked = HEADERS / prefix.name / "usr"
    trees = [unpacked / "lib/postgresql" / prefix.name, unpacked / "include/postgresql"]
    return [tree for tree in trees if tree.is_dir()]


def include_folder(installation: Installation) -> Path:
    """Give the folder of an installation's own headers."""
    pg_config = str(installation.bin_dir / "pg_config")
    said = output_of(pg_config, "--includedir-server", environment=installation.environment())
    return Path(said.strip() or "/nonexistent")


def _skip_unless_buildable(original: Installation) -> None:
    lacks = ""
    trees = [*_headers(original), include_folder(original)]
    if not any(found for tree in trees for found in tree.rglob("postgres.h")):
        lacks = f"the {original.source} PostgreSQL {original.version} has no server headers"
    elif not (original.bin_dir / "pg_config").is_file():
        lacks = f"the {original.source} PostgreSQL {original.version} has no pg_config"
    elif not Path(sysconfig.get_path("include"), "Python.h").is_file():
        lacks = "this Python has no headers"
    elif not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        lacks = "this Python has no shared library"
    if lacks and os.environ.get("EXCLAVE_HOST") == "required":
        pytest.fail(f"{lacks}; `make headers` may get them", pytrace=False)
    if lacks:
        pytest.skip(f"WRAPPERS IN PYTHON ARE NOT TESTED: {lacks}; `make headers` may get them")


def _digest(installation: Installation) -> str:
    digest = hashlib.sha256(f"{installation.version} {installation.bin_dir}".encode())
    digest.update(f"{sys.version} {sys.executable} {CFLAGS}".encode())
    for file in sorted(EXTENSION.rglob("*")):
        if file.suffix in {".c", ".h", ".sql", ".control"} or file.name == "Makefile":
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _forget_others(major: int, folder: Path) -> None:
    """Remove copies that were made of other sources, unless a server still runs in them."""
    for other in () if SANITIZE else COPIES.glob(f"{major}-*"):
        if other != folder and not _is_used(other):
            shutil.rmtree(other, ignore_errors=True)


def _is_used(folder: Path) -> bool:
    for process in Path("/proc").glob("[0-9]*/exe"):
        try:
            if process.resolve().is_relative_to(folder):
                return True
        except OSError:
            continue
    return False
