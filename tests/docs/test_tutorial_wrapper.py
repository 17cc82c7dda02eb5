"""The tutorial of wrappers, followed as it is printed: from an empty folder to a queried table.

What `pip install` does to a virtual environment is done here without a network: what is installed
for these tests is seen in it, and so is the project, and there are the programs.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.docs.test_pages import ROOT, Block, blocks_of
from tests.hosting import host_environment, hosted_installation

from exclave.fdw.trial import Trial

VERSIONS = [int(major) for major in os.environ.get("EXCLAVE_TEST_PG", "18,15").split(",")]
PAGE = ROOT / "docs" / "tutorial-wrapper.md"
PREPARED = ("python3 -m venv", "pip install")
PROGRAM = "#!{python}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"


class Follower:
    """Somebody who does what the page says, in a folder and an environment of his own."""

    def __init__(self, folder: Path, installation: Path) -> None:
        self.here = folder
        self.venv = host_environment(folder / "env", folder / "zips" / "src")
        for name, module, function in (
            ("exclave", "exclave.cli", "main"),
            ("pytest", "pytest", "console_main"),
        ):
            program = self.venv / "bin" / name
            program.write_text(
                PROGRAM.format(python=self.venv / "bin/python", module=module, function=function)
            )
            program.chmod(0o755)
        paths = [self.venv / "bin", installation, os.environ["PATH"]]
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join(map(str, paths)),
            "VIRTUAL_ENV": str(self.venv),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "EXCLAVE_PG": str(installation),
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
            "COLUMNS": "200",
            "PGCONNECT_TIMEOUT": "10",
            "COPT": "-O0",  # the host is built twice, which shall be quick
        }
        self.environment.pop("PYTHONPATH", None)
        self.port = ""

    def run(self, *command: str | Path, check: bool = True) -> str:
        """Run a program, and give what it prints."""
        done = subprocess.run(
            command, cwd=self.here, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{command}\n{done.stdout}"
        return done.stdout

    def shell(self, code: str, check: bool) -> str:
        """Run a block of commands; the folder that it ends in is where the next one begins."""
        lines = [line for line in code.splitlines() if not line.startswith(PREPARED)]
        told = self.run("bash", "-ec", "\n".join([*lines, "echo; pwd"]), check=check)
        if check:
            told, _, folder = told.rstrip("\n").rpartition("\n")
            self.here = Path(folder)
        return told

    def sql(self, code: str) -> str:
        """Run SQL in psql."""
        url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        return self.run("psql", "-X", "-q", url, "-c", code, check=False)

    @contextmanager
    def server(self, code: str) -> Iterator[None]:
        """Run the server of `exclave cluster run` as long as it is needed."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {code}"], cwd=self.here, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            try:
                told = ""
                for line in process.stdout:
                    told += line
                    if found := re.search(r"port=(\d+)", line):
                        self.port = found[1]
                        break
                assert self.port, told
                yield
            finally:
                process.send_signal(signal.SIGINT)
                process.stdout.read()
        self.port = ""


@pytest.fixture
def follower() -> Iterator[Follower]:
    """A reader with a PostgreSQL that has no host yet, and a folder that the server can read."""
    original = hosted_installation(VERSIONS[0])  # one is enough
    if not (original.bin_dir / "psql").is_file():
        pytest.skip(f"the PostgreSQL {original.version} has no psql")
    root = next(folder for folder in original.bin_dir.parents if folder.parent.name == "host")
    with tempfile.TemporaryDirectory(prefix="exclave-tutorial-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        shutil.copytree(root, folder / "postgresql", symlinks=True)
        for found in [*(folder / "postgresql").rglob("*exclave_fdw*")]:
            shutil.rmtree(found) if found.is_dir() else found.unlink()
        yield Follower(folder, folder / "postgresql" / original.bin_dir.relative_to(root))


def with_texts(blocks: list[Block]) -> Iterator[tuple[Block, str | None]]:
    """Give blocks, each with the text that the page says it prints."""
    for number, block in enumerate(blocks):
        follows = blocks[number + 1] if number + 1 < len(blocks) else None
        yield block, follows.code if follows is not None and follows.language == "text" else None


def stripped(text: str) -> list[str]:
    """Give lines without blanks at their ends."""
    return [line.rstrip() for line in text.strip("\n").rstrip().splitlines()]


def test_a_reader_of_the_tutorial_gets_what_it_says(follower: Follower) -> None:
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, "/tmp/zips", ignore_errors=True)  # where the page puts it
        for block, printed in with_texts(blocks_of(PAGE)):
            told = ""
            if block.file:
                file = follower.here / block.file
                assert file.parent.is_dir()
                file.write_text(block.code)
            elif block.language == "sh" and block.code.startswith("exclave cluster run"):
                stack.enter_context(follower.server(block.code.strip()))
            elif block.language == "sh" and block.code.startswith("psql"):
                assert follower.port
            elif block.language == "sh":
                told = follower.shell(block.code, check="invalid option" not in (printed or ""))
            elif block.language == "sql":
                told = follower.sql(block.code)
                assert printed is not None or "ERROR" not in told, told
            if printed is not None:
                assert stripped(told) == stripped(printed), f"{block} printed"


def test_the_class_of_the_readme_gives_its_rows() -> None:
    [block] = [block for block in blocks_of(ROOT / "README.md") if block.file == "primes.py"]
    module: dict[str, Any] = {"__name__": "primes"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "primes", ModuleType("primes"))
        exec(compile(block.code, "primes.py", "exec"), module)
    trial = Trial(module["Primes"], {"n": "int"}, {"below": "12"})
    assert trial.rows() == [(2,), (3,), (5,), (7,), (11,)]
