"""An Alembic project in a folder, driven by Alembic's own commands."""

from __future__ import annotations

import ast
import io
import shutil
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script

from exclave import Catalog
from exclave.cluster import Database
from exclave.sqlalchemy import inspect_foreign

ENV = '''"""As `alembic init` writes it, with the metadata and options of a test."""

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from alembic import context

config = context.config
settings = config.attributes
target_metadata = settings["metadata"]


def run_migrations_offline() -> None:
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **settings["options"],
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    connectable = create_engine(
        config.get_main_option("sqlalchemy.url"), poolclass=NullPool, **settings["engine"]
    )
    with connectable.connect() as connection:
        context.configure(
            connection=connection, target_metadata=target_metadata, **settings["options"]
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
'''


class Project:
    """A project of one database.

    Parameters
    ----------
    folder
        An empty folder.
    database
        The database.
    driver
        SQLAlchemy's driver.
    engine
        Options of the engine.
    options
        Options of ``context.configure``.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        *,
        driver: str = "psycopg",
        engine: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        (folder / "migrations" / "versions").mkdir(parents=True)
        self.output = io.StringIO()
        self.config = Config(output_buffer=self.output, stdout=io.StringIO())
        self.config.set_main_option("path_separator", "os")
        self.config.set_main_option("script_location", str(folder / "migrations"))
        url = database.url(driver=driver)
        self.config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        self.options = options
        self.config.attributes |= {
            "metadata": sa.MetaData(),
            "options": options,
            "engine": engine or {},
        }
        template = Path(self.config.get_template_directory()) / "generic" / "script.py.mako"
        shutil.copy(template, folder / "migrations")
        (folder / "migrations" / "env.py").write_text(ENV, encoding="utf-8")
        self._url = url

    def declare(self, metadata: sa.MetaData | list[sa.MetaData]) -> None:
        """Take a metadata as what is to be."""
        self.config.attributes["metadata"] = metadata

    def revision(self, message: str = "revision", **more: Any) -> str:
        """Let Alembic write a revision, and give its text."""
        made = command.revision(self.config, message, **{"autogenerate": True, **more})
        assert isinstance(made, Script)
        return Path(made.path).read_text(encoding="utf-8")

    def written(self, upgrade: str, downgrade: str = "pass") -> None:
        """Add a revision that was written by hand."""
        made = command.revision(self.config, "by hand")
        assert isinstance(made, Script)
        path = Path(made.path)
        text = path.read_text(encoding="utf-8")
        for name, body in (("Upgrade", upgrade), ("Downgrade", downgrade)):
            indented = body.replace("\n", "\n    ")
            text = text.replace(f'"""{name} schema."""\n    pass', f'"""."""\n    {indented}')
        path.write_text(text.replace("import sqlalchemy as sa", "import exclave as xc"))

    def upgrade(self, revision: str = "head") -> None:
        """Run migrations."""
        command.upgrade(self.config, revision)

    def downgrade(self, revision: str = "base") -> None:
        """Undo migrations."""
        command.downgrade(self.config, revision)

    def migrate(self, metadata: sa.MetaData | list[sa.MetaData], **more: Any) -> str:
        """Make a revision for a metadata and run it; afterwards there is nothing to do."""
        self.declare(metadata)
        text = self.revision(**more)
        self.upgrade()
        self.check()
        return text

    def check(self) -> None:
        """Raise when a revision would not be empty."""
        command.check(self.config)

    def forget(self) -> None:
        """Remove all revisions."""
        for path in (Path(self.config.get_main_option("script_location") or "") / "versions").glob(
            "*.py"
        ):
            path.unlink()

    def sql(self, direction: str = "upgrade", revision: str = "head") -> str:
        """Give what the offline mode writes."""
        self.output.seek(0)
        self.output.truncate()
        getattr(command, direction)(self.config, revision, sql=True)
        return self.output.getvalue()

    def read(self) -> Catalog:
        """Read the foreign objects of the database, less exclave's own schema."""
        engine = sa.create_engine(self._url)
        with engine.connect() as connection:
            found = inspect_foreign(connection)
        engine.dispose()
        return Catalog(value for value in found if value.key != "exclave")


def upgrade_of(text: str) -> list[str]:
    """Give the lines of a revision's upgrade, as they are run."""
    return _body(text, "upgrade")


def downgrade_of(text: str) -> list[str]:
    """Give the lines of a revision's downgrade, as they are run."""
    return _body(text, "downgrade")


def _body(text: str, name: str) -> list[str]:
    body = text.split(f"def {name}() -> None:\n")[1].split("\ndef ")[0].strip("\n")
    lines = [line.removeprefix("    ") for line in body.splitlines()]
    return [
        line
        for line in lines[1:]
        if line and not line.startswith(("# ### commands", "# ### end")) and line != "pass"
    ]


def calls(lines: list[str]) -> list[str]:
    """Give the names of the operations, and the first argument of each."""
    return [
        f"{call.func.attr} {call.args[0].value}"
        for statement in ast.parse("\n".join(lines)).body
        if isinstance(statement, ast.Expr)
        and isinstance(call := statement.value, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.args[0], ast.Constant)
    ]
