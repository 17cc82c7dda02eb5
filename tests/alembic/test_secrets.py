"""No secret is seen in revisions, in what --sql writes, in logs or in errors."""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path

import pytest

import exclave as xc
from exclave.cluster import Database
from exclave.errors import ApplyError, SecretError

from ..plan.secret_search import few_values, found_in
from .conftest import NewProject
from .project import Project, downgrade_of, upgrade_of
from .shop import SERVER, declared

NAME = "ACCOUNTS_PUBLIC_PASSWORD"


def mapped(secret: xc.Secret | str | None, **options: str) -> xc.UserMapping:
    given = {"password": secret} if secret is not None else {}
    return xc.UserMapping(SERVER, "PUBLIC", options={"user": "reader", **options, **given})


def migrate(project: Project, *objects: xc.UserMapping) -> str:
    text = project.migrate(declared(*objects))
    project.downgrade("-1")
    project.upgrade()
    return text


def variables_in(text: str) -> set[str]:
    return set(re.findall(r'Secret\.env\("(\w+)"\)', text))


@pytest.mark.parametrize("value", few_values(), ids=["hostile", "long"])
def test_a_secret_is_seen_nowhere(
    new_project: NewProject,
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
) -> None:
    old, new = value, value[::-1] + "0123456789ab"
    caplog.set_level(logging.DEBUG)
    at = len(database.cluster.log())
    with database.connect() as administrator:
        for name, setting in (("log_statement", "ddl"), ("log_min_error_statement", "error")):
            administrator.execute(f"ALTER DATABASE {database.name} SET {name} = {setting}".encode())
    project = new_project(engine={"echo": "debug"})
    seen: list[str] = []

    monkeypatch.setenv("OWN_PASSWORD", old)
    migrate(project, mapped(xc.Secret.env("OWN_PASSWORD")))  # a reference
    monkeypatch.setenv(f"{NAME}_OLD", old)
    monkeypatch.setenv(NAME, new)
    migrate(project, mapped(new))  # a value, after another
    monkeypatch.setenv(f"{NAME}_OLD", new)
    migrate(project, mapped(None))  # none, after a value
    migrate(project, mapped(new))
    migrate(project)  # no mapping, after one with a value
    project.downgrade("-3")
    seen.append(project.sql())

    monkeypatch.delenv(NAME)
    with pytest.raises(SecretError) as missing:
        project.upgrade()
    monkeypatch.setenv(NAME, new)
    project.written(
        f'op.create_user_mapping("none", options={{"password": xc.Secret.env("{NAME}")}})'
    )
    with pytest.raises(ApplyError) as refused:
        project.upgrade("heads")
    for error in (missing.value, refused.value):
        seen += ["".join(traceback.format_exception(error)), repr(error), repr(error.__context__)]

    revisions = [path.read_text() for path in (tmp_path / "migrations" / "versions").glob("*.py")]
    assert len(revisions) >= 5
    found = found_in(
        {
            "revisions": "\n".join(revisions),
            "shown": "\n".join(seen),
            "Python's log": caplog.text + repr([r.__dict__ for r in caplog.records]),
            "server log": database.cluster.log()[at:],
        },
        [old, new],
    )
    assert found == set()


def test_a_reference_is_written_as_one(
    new_project: NewProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_PASSWORD", "x")
    text = migrate(new_project(), mapped(xc.Secret.env("OWN_PASSWORD")))
    assert variables_in(text) == {"OWN_PASSWORD"}
    assert "# " not in "".join(upgrade_of(text))


def test_a_value_becomes_a_variable_and_a_note_says_what_it_must_hold(
    new_project: NewProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project()
    monkeypatch.setenv(NAME, "x")
    text = migrate(project, mapped("x"))
    assert variables_in(text) == {NAME}
    notes = " ".join(line.lstrip("# ") for line in upgrade_of(text) if line.startswith("#"))
    assert notes == (
        f"{NAME} must hold the option 'password' of user mapping for PUBLIC on server "
        '"accounts", which is not written here.'
    )
    monkeypatch.setenv(NAME, "y")
    monkeypatch.setenv(f"{NAME}_OLD", "x")
    text = migrate(project, mapped("y"))
    assert f"# {NAME} must hold" in "\n".join(upgrade_of(text))
    down = "\n".join(downgrade_of(text))
    assert f"# {NAME}_OLD must hold" in down
    assert "as it was before this" in down


def test_a_rotated_reference_is_a_difference_whose_old_value_downgrade_asks_for(
    new_project: NewProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project()
    declaration = mapped(xc.Secret.env("OWN_PASSWORD"))
    monkeypatch.setenv("OWN_PASSWORD", "x")
    migrate(project, declaration)
    monkeypatch.setenv("OWN_PASSWORD", "y")
    text = project.migrate(declared(declaration))
    assert variables_in(text) == {"OWN_PASSWORD", f"{NAME}_OLD"}
    with pytest.raises(SecretError, match=f"{NAME}_OLD is not set"):
        project.downgrade("-1")
    monkeypatch.setenv(f"{NAME}_OLD", "x")
    project.downgrade("-1")
    [mapping] = project.read().user_mappings.values()
    assert isinstance(mapping.options, xc.Options)
    password = mapping.options["password"]
    assert isinstance(password, xc.Secret)
    assert password.resolve() == "x"


def test_options_that_the_role_may_not_see_are_neither_lost_nor_invented(
    new_project: NewProject, database: Database, new_role: object
) -> None:
    assert callable(new_role)
    owner, mapped_role = new_role("owner"), new_role("mapped")
    with database.connect() as administrator:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            f"GRANT CREATE ON DATABASE {database.name} TO {owner}",
            f"GRANT ALL ON SCHEMA public TO {owner}",
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {owner}",
        ):
            administrator.execute(statement.encode())
    project = new_project(engine={"connect_args": {"options": f"-c role={owner}"}})
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OWN_PASSWORD", "x")
        secret = xc.Secret.env("OWN_PASSWORD")
        mapping = xc.UserMapping(SERVER, mapped_role, options={"user": "u", "password": secret})
        project.migrate(declared(mapping))
        environment.setenv("OWN_PASSWORD", "y")
        rotated = "\n".join(upgrade_of(project.migrate(declared(mapping))))
        assert 'after={"options": {"password": xc.Secret.env("OWN_PASSWORD")}}' in rotated
        assert "_OLD" in rotated
        dropped = project.migrate(declared())
    down = "\n".join(downgrade_of(dropped))
    assert "the database would not show" in down.lower().replace("\n# ", " ")


@pytest.mark.parametrize("kind", ["file", "command", "call by name", "call"])
def test_other_references_are_written_as_they_are(
    new_project: NewProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "secret").write_text("x")
    monkeypatch.setenv(NAME, "x")
    secret, written = {
        "file": (xc.Secret.file(tmp_path / "secret"), f'Secret.file("{tmp_path / "secret"}")'),
        "command": (xc.Secret.command("echo", "x"), 'Secret.command("echo", "x")'),
        "call by name": (xc.Secret.call("os:getcwd"), 'Secret.call("os:getcwd")'),
        "call": (xc.Secret.call(lambda: "x"), f'Secret.env("{NAME}")'),
    }[kind]
    text = migrate(new_project(), mapped(secret))
    assert "".join(written.split()) in "".join(text.split())
