"""Settings: where they are found, what they may say; and targets."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from exclave import Catalog, Column, Extension, ForeignTable, Server
from exclave.cluster import Database
from exclave.errors import DeclarationError, ExclaveError, ProjectError
from exclave.plan import Policy
from exclave.project import load

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write files below a folder that is the current one; its modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)

    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def session(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


def test_settings_are_found_in_the_folder_or_above_it(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = write("a/b/c/x", "").parent
    monkeypatch.chdir(deep)
    assert load().settings is None
    assert load().folder == deep
    pyproject = write("pyproject.toml", "[tool.exclave.servers.s]\n")
    assert load().settings == pyproject
    assert load().declared == Catalog([Server("s")])
    nearer = write("a/exclave.toml", "[servers.t]\n")
    write("a/b/pyproject.toml", "[tool.other]\n")
    assert load().settings == nearer
    assert load().folder == nearer.parent
    write("a/pyproject.toml", "[tool.exclave.servers.u]\n")
    assert load().settings == nearer
    for given in (pyproject, tmp_path / "a", nearer):
        assert load(given).settings == (nearer if given != pyproject else pyproject)


def test_settings_say_target_database_and_policy(write: Write, tmp_path: Path) -> None:
    write(
        "exclave.toml",
        """
        target = ["a:b", "c:d"]
        database = { env = "DATABASE_URL" }
        pythonpath = "src"
        [policy]
        unmanaged = "drop"
        existing = "keep"
        cascade = true
        hidden = "set"
        schemas = ["erp"]
        """,
    )
    project = load()
    assert project.targets == ("a:b", "c:d")
    assert project.pythonpath == (tmp_path / "src",)
    assert project.policy == Policy("drop", "keep", True, "set", frozenset({"erp"}))
    assert "DATABASE_URL" in repr(project.database)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("exclave.toml", "tagret = 'a:b'", "tagret: no such key. Did you mean 'target'?"),
        ("exclave.toml", "[severs.a]", "severs: no such key. Did you mean 'servers'?"),
        ("exclave.toml", "target = 5", "exclave.toml: target: expected a list, found a whole"),
        ("exclave.toml", "[policy]\nunmanaged = 'x'", "policy.unmanaged: expected 'ignore' or"),
        ("exclave.toml", "a = \nb", "exclave.toml is no TOML: Invalid value (at line 1"),
        ("exclave.toml", "a = 'é'", "exclave.toml is not UTF-8."),
        ("pyproject.toml", "[tool.exclave]\nx = 1", "pyproject.toml: tool.exclave.x: no such key"),
        ("pyproject.toml", "[tool]\nexclave = 1", "tool.exclave: expected a table, found a whole"),
    ],
)
def test_a_mistake_in_settings_is_told(write: Write, name: str, text: str, message: str) -> None:
    write(name, "").write_bytes(text.encode("latin-1"))
    with pytest.raises(ExclaveError) as caught:
        load()
    assert message in str(caught.value)


def test_all_that_the_page_shows_can_be_read(write: Write) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 4
    for block in blocks:
        write("exclave.toml", block)
        load()
        if "[federations.archive]" in block:
            federations = load().federations()
            assert [len(each.tables) for each in federations.values()] == [2, 2]
            of_branch = federations["branches"].table("customers")
            assert str(of_branch.at["berlin"]) == 'berlin."Kunden"'
    assert len(load().declared) == 9


def test_settings_that_are_not_there_are_told(write: Write, tmp_path: Path) -> None:
    write("pyproject.toml", "[tool.x]")
    for given, message in (
        (Path("no.toml"), r"no\.toml cannot be read: No such file"),
        (tmp_path, r"exclave\.toml cannot be read"),
        (Path("pyproject.toml"), r"has no table \[tool\.exclave\]"),
    ):
        with pytest.raises(ProjectError, match=message):
            load(given)


MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from exclave import Catalog, Server
from exclave.sqlalchemy import foreign_table_args, register_foreign

class Base(DeclarativeBase): pass

class Order(Base):
    __tablename__ = "orders"
    __table_args__ = foreign_table_args("s")
    id: Mapped[int] = mapped_column(primary_key=True)

class Local(Base):
    __tablename__ = "local"
    id: Mapped[int] = mapped_column(primary_key=True)

server = Server("s")
register_foreign(Base.metadata, server)
objects = [server, *Catalog([server])]
catalog = Catalog(objects)
number = 5
def made(): return Base.metadata
def nested(): return made
def fails(): return {}["SHOP"]
def leaves(): raise SystemExit(2)
def takes(argument): return []
class Thing:
    inner = Base.metadata
"""


@pytest.mark.parametrize(
    ("target", "tables"),
    [
        ("Base", 1),
        ("Base.metadata", 1),
        ("Thing.inner", 1),
        ("made", 1),
        ("nested", 1),
        ("Order", 1),
        ("server", 0),
        ("objects", 0),
        ("catalog", 0),
    ],
)
def test_a_target_is_anything_that_declares(
    write: Write, session: psycopg.Connection, target: str, tables: int
) -> None:
    write("src/shop_models.py", MODELS)
    write("exclave.toml", f"target = 'shop_models:{target}'\npythonpath = 'src'")
    session.execute("CREATE SCHEMA mine")
    session.execute("SET search_path = mine")
    desired = load().desired(session)
    assert desired.servers == {"s": Server("s")}
    wanted = [ForeignTable("orders", [Column("id", "integer", not_null=True)], server="s",
                           schema="mine")]  # fmt: skip
    assert list(desired.foreign_tables.values()) == wanted[:tables]
    assert session.execute("SELECT 1").fetchall() == [(1,)]  # it stays open


def test_targets_and_settings_are_joined(write: Write, session: psycopg.Connection) -> None:
    write("one_more.py", "from exclave import Server\nservers = [Server('t')]\n")
    write("exclave.toml", "target = 'one_more:servers'\n[extensions.postgres_fdw]\n[servers.s]")
    project = load()
    wanted = Catalog([Extension("postgres_fdw"), Server("s"), Server("t")])
    assert project.desired(session) == wanted
    write("exclave.toml", "target = 'one_more:servers'\n[servers.t]\ncomment = 'another'")
    with pytest.raises(DeclarationError, match='declarations of foreign server "t"'):
        load().desired(session)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("shop_models", "is not of the form module:name"),
        (":x", "is not of the form module:name"),
        ("no.such:x", "there is no module 'no'"),
        ("shop_models.deeper:x", "there is no module 'shop_models.deeper'"),
        ("shop_models:Bsae", "module shop_models has nothing called 'Bsae'. Did you mean 'Base'?"),
        ("shop_models:number", "is a int; expected a SQLAlchemy MetaData"),
        ("broken:x", "its import raised ZeroDivisionError: division by zero"),
        ("lacking:x", "its import raised ModuleNotFoundError: No module named 'no_such_package'"),
        ("leaving:x", "its import raised SystemExit: 0"),
        ("shop_models:leaves", "the function raised SystemExit: 2"),
        ("refused:x", "fetch_sise"),
        ("shop_models:fails", "the function raised KeyError: 'SHOP'"),
        ("shop_models:takes", "the function raised TypeError: takes() missing 1 required"),
        ("shop_models:Thing", "is a type; expected a SQLAlchemy MetaData"),
    ],
)
def test_a_target_that_cannot_be_had_is_told(
    write: Write, session: psycopg.Connection, target: str, message: str
) -> None:
    write("shop_models.py", MODELS)
    write("broken.py", "1 / 0")
    write("lacking.py", "import no_such_package")
    write("leaving.py", "import sys; sys.exit(0)")
    write("refused.py", "raise __import__('exclave.errors').errors.DeclarationError('fetch_sise')")
    write("exclave.toml", f"target = '{target}'")
    with pytest.raises(ExclaveError) as caught:
        load().desired(session)
    assert message in str(caught.value)


def test_nothing_declared_is_an_error_and_says_what_to_do(
    write: Write, session: psycopg.Connection
) -> None:
    with pytest.raises(ProjectError, match=r"there is no exclave\.toml"):
        load().desired(session)
    write("exclave.toml", "")
    with pytest.raises(ProjectError, match="declares nothing and names no target"):
        load().desired(session)
