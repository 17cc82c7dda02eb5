"""What holds for every command: help, options that are shared, errors, and no secret anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exclave.cluster import Database

from .conftest import DECLARED, Shell

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A folder alone, for what needs no database."""

    class Nowhere:
        @staticmethod
        def url() -> str:
            return "postgresql://app:hunter2@localhost:1/nowhere"

    return Shell(tmp_path, Nowhere())  # type: ignore[arg-type]


def commands(bare: Shell) -> list[str]:
    shown = bare.run("--help", NO_COLOR="1").out
    return re.findall(r"^│ ([a-z]+) ", shown, re.MULTILINE)


def test_wrong_use_ends_with_1_for_2_means_differences(bare: Shell) -> None:
    for words in (["plan", "--bogus"], ["plan", "--hidden", "x"], ["nothing"], ["plan", "x"]):
        done = bare.run(*words)
        assert (done.status, done.out) == (1, ""), words
        assert "Traceback" not in done.err


def test_the_version_is_shown(bare: Shell) -> None:
    assert re.fullmatch(r"exclave \d+\.\d+\S*\n", bare.run("--version").out)


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands_and_options(bare: Shell, shell_name: str) -> None:
    asked = {
        "COMP_WORDS": "exclave pl",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "exclave pl",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    with bare.start(**asked, _EXCLAVE_COMPLETE=f"complete_{shell_name}") as process:
        assert "plan" in process.communicate()[0]
    assert "--install-completion" in bare.run("--help").out


def test_every_command_and_option_is_on_the_page(bare: Shell) -> None:
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    found = commands(bare)
    assert {"plan", "apply", "check"} <= set(found)
    for command in found:
        assert f"`exclave {command}" in page, command
        for option in re.findall(r"^│ .*?(--[a-z-]+)", bare.run(command, "--help").out, re.M):
            assert f"`{option}`" in page or f"`{option} " in page, f"{command} {option}"


# Errors -------------------------------------------------------------------------------------------


def test_an_error_is_a_message_in_red_and_status_1(bare: Shell) -> None:
    bare.settings("[severs.a]")
    for words in (["plan"], ["check"], ["apply", "--yes"], ["plan", "--json"]):
        done = bare.run(*words)
        assert (done.status, done.out) == (1, "")
        assert done.err.startswith("exclave.toml: severs: no such key. Did you mean 'servers'?")
        assert done.err.count("\n") == 1
    done = bare.run("plan", FORCE_COLOR="1")
    assert done.err.startswith("\x1b[31mexclave.toml")


def test_a_traceback_is_shown_when_asked_for(bare: Shell) -> None:
    bare.settings(DECLARED)
    for done in (bare.run("plan", "--traceback"), bare.run("plan", EXCLAVE_DEBUG="1")):
        assert done.status == 1
        assert "Traceback (most recent call last)" in done.err
        assert "\nThe database cannot be reached: " in done.err
        assert "hunter2" not in done.err


def test_what_should_not_happen_is_told_without_its_text(
    bare: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr("exclave.cli.run.load", fail)
    done = bare.run("plan")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("This should not have happened: RuntimeError (--traceback shows")


# Secrets ------------------------------------------------------------------------------------------


def test_no_command_shows_a_secret(shell: Shell, database: Database) -> None:
    password = database.cluster.password
    assert password
    with database.connect() as session:
        for name, value in (("log_statement", "ddl"), ("log_min_error_statement", "error")):
            session.execute(f"ALTER DATABASE {database.name} SET {name} = {value}".encode())
    logged = len(database.cluster.log())
    shell.settings(DECLARED)
    outcomes = [
        shell.run(*words, PYTHONLOGLEVEL="DEBUG", EXCLAVE_DEBUG="1")
        for words in (
            ("plan",),
            ("plan", "--json"),
            ("plan", "--sql"),
            ("check",),
            ("check", "--json"),
            ("apply", "--dry-run"),
            ("apply", "--yes", "--json"),
            ("plan",),
            ("plan", "--hidden", "set"),
        )
    ]
    outcomes += [
        shell.run(*words, ACCOUNTS_PASSWORD="rotated hunter2", EXCLAVE_DEBUG="1")
        for words in (("plan",), ("plan", "--json"), ("plan", "--sql"), ("apply", "--yes"))
    ]
    shell.settings(DECLARED.replace("hunter2", "").replace('"numeric(10,2)"', '"no_such_type"'))
    outcomes += [shell.run("apply", "--yes", EXCLAVE_DEBUG="1")]
    shell.settings(DECLARED.replace("{ env", "{ command = ['false'] } } #"))
    outcomes += [shell.run("apply", "--yes", EXCLAVE_DEBUG="1")]
    assert {done.status for done in outcomes} == {0, 1, 2}
    for done in outcomes:
        for secret in ("hunter2", password):
            assert secret not in done.out + done.err
    log = database.cluster.log()[logged:]
    assert "CREATE SERVER accounts" in log
    assert not [secret for secret in ("hunter2", password) if secret in log]
    assert "Secret.env('ACCOUNTS_PASSWORD')" in outcomes[0].out
