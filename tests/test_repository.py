"""What holds for the whole repository: who imports whom, what an import costs, how code is kept."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "exclave"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted(PACKAGE.rglob("*.py"))

FLOORS: dict[str, set[str]] = {
    "errors": set(),
    "objects": {"errors"},
    "catalog": {"errors", "objects"},
    "plan": {"errors", "objects", "catalog"},
    "query": {"errors", "objects"},
    "federation": {"errors", "objects", "catalog", "plan", "query"},
    "sqlalchemy": {"errors", "objects", "catalog", "plan", "query", "federation"},
    "alembic": {"errors", "objects", "catalog", "plan", "sqlalchemy"},
    "doctor": {"errors", "objects", "catalog", "plan"},
    "project": {"errors", "objects", "catalog", "plan", "federation", "sqlalchemy"},
    "redact": {"errors", "objects"},
    "cluster": {"errors", "objects"},
    "fdw": {"errors", "objects"},
    "wrappers": {"errors", "objects", "fdw"},
    "testing": {
        "errors", "objects", "catalog", "plan", "cluster", "federation", "sqlalchemy",
    },
    "cli": {
        "errors", "objects", "catalog", "plan", "doctor", "federation", "sqlalchemy", "project",
        "redact", "cluster", "fdw",
    },
}  # fmt: skip
"""Which rooms each room may import."""

PACKAGES: dict[str, set[str]] = {
    "errors": set(),
    "objects": set(),
    "catalog": {"psycopg"},
    "plan": {"pglast", "psycopg", "rich"},
    "query": {"pglast"},
    "federation": {"psycopg"},
    "sqlalchemy": {"sqlalchemy"},
    "alembic": {"alembic", "sqlalchemy"},
    "doctor": {"psycopg", "rich"},
    "project": {"psycopg", "sqlalchemy"},
    "redact": set(),
    "cluster": {"psycopg"},
    "fdw": {"_exclave_host", "pyarrow"},
    "wrappers": {"_exclave_host", "duckdb", "httpx", "pyarrow", "sqlalchemy"},
    "testing": {"psycopg", "pytest", "sqlalchemy"},
    "cli": {"psycopg", "typer", "rich"},
}
"""Which packages from elsewhere each room may import."""

LONGEST_MODULE = 450
"""Lines."""

ALLOWED = (
    "collections.abc", "contextlib", "dataclasses", "enum", "functools", "importlib", "itertools",
    "operator", "os", "pathlib", "re", "string", "types", "typing",
)  # fmt: skip
"""What `import exclave` may load besides itself: these, and what they load themselves."""


def room_of(path: Path) -> str:
    """Give the room that a module of the package is in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Give the full names of all that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the whole name of the module"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def named(path: Path) -> str:
    """Give a path as test reports show it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    room = room_of(path)
    if path.parent == PACKAGE and room != "errors":
        return  # exclave/__init__.py
    inside = {name.split(".")[1] for name in imports_of(path) if name.startswith("exclave.")}
    assert inside - {room} <= FLOORS[room], f"{room} stands below what it imports"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_room_imports_no_package_but_its_own(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imports_of(path)}
    foreign = roots - set(sys.stdlib_module_names) - {"exclave"}
    assert foreign <= PACKAGES.get(room_of(path), set())


def test_every_room_has_its_floor() -> None:
    rooms = {room_of(path) for path in MODULES} - {"__init__"}
    assert rooms <= FLOORS.keys()
    assert FLOORS.keys() == PACKAGES.keys()


def imported_by(*modules: str) -> set[str]:
    """Give the modules that a fresh interpreter loads for an import of others."""
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(PACKAGE.parent)!r})\n"
        "before = set(sys.modules)\n"
        f"import {', '.join(modules)}\n"
        "print(*(set(sys.modules) - before))"
    )
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    return set(done.stdout.split())


def test_importing_exclave_loads_nothing_slow_and_none_of_the_extras() -> None:
    loaded = {name for name in imported_by("exclave") if not name.startswith("exclave")}
    assert loaded <= imported_by("__future__", *ALLOWED)


def test_importing_exclave_loads_the_objects_and_nothing_else_of_it() -> None:
    rooms = {name.split(".")[1] for name in imported_by("exclave") if name.startswith("exclave.")}
    assert rooms == {"errors", "objects"}


@pytest.mark.parametrize(
    ("room", "absent"),
    [
        ("exclave.catalog", {"psycopg", "sqlalchemy", "rich"}),
        ("exclave.plan", {"psycopg", "sqlalchemy", "rich"}),
        ("exclave.cluster", {"psycopg", "sqlalchemy", "rich"}),
        ("exclave.sqlalchemy", {"psycopg", "psycopg2", "asyncpg", "rich"}),
        ("exclave.cli", {"typer", "rich"}),
        ("exclave.testing", {"psycopg", "pytest", "sqlalchemy", "asyncio"}),
        ("exclave.testing.plugin", {"psycopg", "sqlalchemy", "asyncio"}),
    ],
)
def test_a_room_loads_packages_only_when_they_are_used(room: str, absent: set[str]) -> None:
    assert not absent & imported_by(room)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_what_it_is_for_and_is_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "it has no docstring"
    assert text.count("\n") <= LONGEST_MODULE, "it is too long to be one idea"
    assert path.stem not in {"utils", "util", "helpers", "common", "base", "misc"}


_SQL = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|DO|GRANT|BEGIN|COPY)\b"
    r"[^a-z]*\S.*\n.*\S",
    re.DOTALL,
)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_sql_of_several_lines_stands_in_sql_files(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in docstrings or not isinstance(node, ast.Constant):
            continue
        if isinstance(node.value, str):
            assert not _SQL.match(node.value), f"SQL of several lines in line {node.lineno}"


def test_every_public_class_function_and_method_has_a_docstring() -> None:
    without: list[str] = []
    for path in MODULES:
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                without += _without_docstring(node, f"{module}.{node.name}")
    assert without == []


def _without_docstring(node: ast.ClassDef | ast.FunctionDef, name: str) -> Iterator[str]:
    if node.name.startswith("_"):
        return
    if not ast.get_docstring(node):
        yield name
    for member in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(member, ast.FunctionDef):
            yield from _without_docstring(member, f"{name}.{member.name}")


def test_what_a_package_exports_is_there() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        parts = path.parent.relative_to(PACKAGE.parent).parts
        module = importlib.import_module(".".join(parts))
        names = list(getattr(module, "__all__", ()))
        assert len(set(names)) == len(names)
        assert [name for name in names if not hasattr(module, name)] == []
        shadowed = [name for name in names if inspect.ismodule(getattr(module, name))]
        assert shadowed == [], "a module of the package has the same name"


def wheel_files() -> set[str]:
    """Give what a wheel would hold: all files below the package that git knows."""
    done = subprocess.run(
        ["git", "ls-files", "src/exclave"], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        pytest.skip("this is no git checkout")
    return set(done.stdout.split())


def test_types_and_data_files_are_part_of_the_package() -> None:
    files = wheel_files()
    assert "src/exclave/py.typed" in files
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/exclave"]
    assert {path for path in files if path.endswith(".toml")}
    assert {path for path in files if path.endswith(".sql")}


def test_the_sources_of_the_host_are_part_of_the_package() -> None:
    done = subprocess.run(
        ["git", "ls-files", "extension"], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        pytest.skip("this is no git checkout")
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in shipped.items():
        assert (ROOT / source).exists()
        assert target == f"exclave/{source}"
    built = {"Makefile", ".c", ".h", ".control"}
    for name in done.stdout.split():
        path = Path(name)
        if {path.name, path.suffix} & built or path.match("extension/*--*.sql"):
            assert any(path.is_relative_to(source) for source in shipped), f"{name} is not shipped"


def declared() -> list[Requirement]:
    """Give all requirements of the project: its own, the extras' and those for its work."""
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
        *(line for group in groups.values() for line in group),
    ]
    return [found for line in lines if (found := Requirement(line)).name != "exclave"]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_a_requirement_has_a_floor_that_the_installed_version_reaches(
    requirement: Requirement,
) -> None:
    assert any(each.operator == ">=" for each in requirement.specifier)
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        pytest.skip(f"{requirement.name} is not installed")
    assert requirement.specifier.contains(installed, prereleases=True)


def test_a_package_is_required_with_one_floor_wherever_it_is() -> None:
    floors: dict[str, set[str]] = {}
    for requirement in declared():
        floors.setdefault(requirement.name, set()).add(str(requirement.specifier))
    assert {name: found for name, found in floors.items() if len(found) > 1} == {}


def test_every_extra_is_in_all() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    [everything] = [Requirement(line) for line in extras["all"]]
    assert everything.extras == extras.keys() - {"all"}


def test_all_tools_agree_on_the_oldest_python() -> None:
    needed = SpecifierSet(PROJECT["project"]["requires-python"])
    oldest = next(f"3.{minor}" for minor in range(30) if needed.contains(f"3.{minor}"))
    tools = PROJECT["tool"]
    classifiers = PROJECT["project"]["classifiers"]
    named = {line.rpartition(" ")[2] for line in classifiers if ":: Python :: 3." in line}
    assert oldest in named
    assert min(named, key=lambda each: int(each.partition(".")[2])) == oldest
    assert tools["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert tools["pyright"]["pythonVersion"] == oldest


def test_the_package_can_be_imported_by_its_name_and_has_a_version() -> None:
    assert distribution("exclave").version == PROJECT["project"]["version"]


PLACES = re.compile(r"(?<![\w.])/(?:work|home|Users)/\w")


def test_no_file_names_a_place_on_one_machine() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip("this is no git checkout")
    named = [
        name
        for name in done.stdout.splitlines()
        if (ROOT / name).is_file()
        and name != "tests/test_repository.py"
        and PLACES.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []
