"""What ruff, a formatter and linter, says of a module that was written."""

from __future__ import annotations

import subprocess
import sys
from tempfile import TemporaryDirectory


def what_ruff_says(text: str, *, lint: bool = True) -> str:
    """Give what ruff would change in a module, and what it has against it; nothing if all is well.

    It sees the module as one of a project that has exclave installed.
    """
    runs = [["format", "--diff"], *([["check", "--select=E4,E7,E9,F,I,W"]] if lint else [])]
    options = ["--isolated", "--line-length=100", "--stdin-filename=written.py", "-"]
    said = ""
    with TemporaryDirectory() as folder:
        for arguments in runs:
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *arguments, *options],
                input=text,
                capture_output=True,
                encoding="utf-8",
                cwd=folder,
            )
            said += done.stdout.replace("All checks passed!\n", "")
            assert done.returncode in (0, 1), done.stderr
            assert bool(said) >= bool(done.returncode), done.stderr
    return said
