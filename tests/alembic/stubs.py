"""Writes ``op.pyi`` from the operations: ``python tests/alembic/stubs.py``."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "src" / "exclave" / "alembic"
STUB = ROOM / "op.pyi"

HEADER = '''"""Alembic's operations and exclave's, with types.

Generated from `exclave.alembic.operations` by tests/alembic/stubs.py.
"""

'''


def generated() -> str:
    """Give the text of the stub."""
    methods: list[ast.FunctionDef] = []
    imported: dict[str, str] = {}
    for path in sorted((ROOM / "operations").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported |= dict(imports_of(tree))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                module = f"exclave.alembic.operations.{path.stem}"
                imported[node.name] = module
                methods += [as_function(method) for method in methods_of(node)]
    used = {
        node.id for method in methods for node in ast.walk(method) if isinstance(node, ast.Name)
    }
    modules: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(used & imported.keys()):
        modules[imported[name]].append(name)
    lines = ["from alembic.op import *"]
    lines += [f"from {module} import {', '.join(names)}" for module, names in modules.items()]
    body = "\n\n".join(map(ast.unparse, methods))
    return formatted(HEADER + "\n".join(lines) + "\n\n" + body + "\n")


def imports_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give the names that a module imports, and from where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None
            yield from ((alias.name, node.module) for alias in node.names)


def methods_of(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """Give the method of an operation that becomes one of `op`."""
    names = {
        call.args[0].value
        for call in node.decorator_list
        if isinstance(call, ast.Call) and isinstance(call.args[0], ast.Constant)
    }
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name in names:
            yield member


def as_function(method: ast.FunctionDef) -> ast.FunctionDef:
    """Give a class method as a function, without its class, its operations and its body."""
    del method.args.args[:2]
    defaults = method.args.defaults, method.args.kw_defaults
    for values in defaults:
        values[:] = [None if each is None else ast.Constant(...) for each in values]  # type: ignore[misc]
    method.decorator_list = []
    method.body = method.body[:1]
    return method


def formatted(text: str) -> str:
    """Give Python text as the repository formats it."""
    for command in (["check", "--fix-only", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(STUB), "-"],
            input=text,
            capture_output=True,
            check=True,
            encoding="utf-8",
            cwd=ROOT,
        )
        text = done.stdout
    return text


if __name__ == "__main__":
    STUB.write_text(generated(), encoding="utf-8")
