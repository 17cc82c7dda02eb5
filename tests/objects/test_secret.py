"""A secret is a reference; its value is never shown, not even by a failure."""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from pathlib import Path

import pytest

from exclave.errors import SecretError
from exclave.objects import (
    HIDDEN,
    Catalog,
    Column,
    ForeignTable,
    Hidden,
    Options,
    Secret,
    Server,
    UserMapping,
)

VALUE = "s3cr3t-value"


def give_value() -> str:
    return VALUE


def fail_with_value() -> str:
    raise RuntimeError(VALUE)


def give_none() -> str:
    return None  # type: ignore[return-value]


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Secret]:
    """One secret of each kind, all of the same value."""
    monkeypatch.setenv("THE_PASSWORD", VALUE)
    file = tmp_path / "password"
    file.write_text(VALUE + "\n")
    return {
        "env": Secret.env("THE_PASSWORD"),
        "file": Secret.file(file),
        "command": Secret.command("printenv", "THE_PASSWORD"),
        "call": Secret.call(give_value),
        "literal": Secret.literal(VALUE),
    }


KINDS = ["env", "file", "command", "call", "literal"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_resolves_to_its_value(secrets: dict[str, Secret], kind: str) -> None:
    assert secrets[kind].kind == kind
    assert secrets[kind].resolve() == VALUE


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_shows_its_value(secrets: dict[str, Secret], kind: str) -> None:
    secret = secrets[kind]
    secret.resolve()
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        format(secret),
        "%s %r" % (secret, secret),  # noqa: UP031
        f"{secret!r}",
        repr([secret]),
        repr({"password": secret}),
        secret.variable,
        repr(copy.copy(secret)),
        logging.LogRecord("n", 1, "p", 1, "%s", (secret,), None).getMessage(),
    ]
    assert VALUE not in "".join(shown)


@pytest.mark.parametrize("kind", KINDS)
def test_no_object_that_holds_a_secret_shows_it(secrets: dict[str, Secret], kind: str) -> None:
    options = {"password": secrets[kind]}
    values = [
        Options(options),
        UserMapping("s", options=options),
        Server("s", "mongo_fdw", options=options),
        ForeignTable("t", [Column("a", "int", options=options)], server="s", options=options),
        Catalog([UserMapping("s", options=options)]),
    ]
    for value in values:
        assert VALUE not in repr(value) + str(value) + f"{value}"


def test_a_plain_password_is_held_as_a_secret() -> None:
    for options in (
        {"password": VALUE},
        {"sslpassword": VALUE},
        *({name: VALUE} for name in ("api_key", "accessKey", "bearer", "Authorization", "cookie")),
        {"url": f"https://me:{VALUE}@host/"},
        {"options": f"host=h password={VALUE}"},
    ):
        assert VALUE not in repr(Server("s", options=options))
        assert VALUE not in repr(UserMapping("s", options=options))
    assert VALUE not in repr(UserMapping("s", options={"unheard_of": VALUE}))


def test_secrets_are_equal_when_they_are_the_same_reference() -> None:
    assert Secret.env("A") == Secret.env("A")
    assert Secret.env("A") != Secret.env("B")
    assert Secret.env("A") != Secret.file("A")
    assert Secret.literal("a") == Secret.literal("a")
    assert Secret.literal("a") != Secret.literal("b")
    assert Secret.literal("a") != "a"
    assert hash(Secret.env("A")) == hash(Secret.env("A"))


def test_a_value_may_be_empty_or_hold_newlines(tmp_path: Path) -> None:
    file = tmp_path / "password"
    for written, value in (("", ""), ("\n", ""), ("a\n\n", "a\n"), ("a\r\n", "a"), ("é\r", "é\r")):
        file.write_bytes(written.encode())
        assert Secret.file(file).resolve() == value
        assert Secret.command("cat", str(file)).resolve() == value


def test_a_function_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "test_value", give_value, raising=False)
    secret = Secret.call("sys:test_value")
    assert repr(secret) == "Secret.call('sys:test_value')"
    assert secret.resolve() == VALUE


@pytest.mark.parametrize(
    ("secret", "named"),
    [
        (Secret.env("NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
        (Secret.file("no/such/file"), "no/such/file"),
        (Secret.file("."), "'.'"),
        (Secret.file("nul\0"), "nul"),
        (Secret.command("no-such-program-here"), "no-such-program-here"),
        (Secret.command("false"), "exit status 1"),
        (Secret.command(), "Secret.command()"),
        (Secret.command("printf", "\\377"), "UTF-8"),
        (Secret.command("printf", "a\\000b"), "NUL"),
        (Secret.call("no.such:function"), "no.such:function"),
        (Secret.call("sys:no_such"), "sys:no_such"),
        (Secret.call("sys"), "'sys'"),
        (Secret.call(""), "Secret.call('')"),
        (Secret.call(":x"), "Secret.call(':x')"),
        (Secret.call("sys:path"), "sys:path"),
        (Secret.call(give_none), "NoneType"),
        (Secret.call(fail_with_value), "RuntimeError"),
        (Secret.literal("a\0b"), "NUL"),
    ],
)
def test_a_secret_that_cannot_be_had_is_an_error_that_names_the_reference(
    secret: Secret, named: str
) -> None:
    with pytest.raises(SecretError) as caught:
        secret.resolve()
    assert named in str(caught.value)


def test_a_file_that_is_not_utf8_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff" + VALUE.encode())
    assert_hidden(Secret.file(file))


def test_a_failing_program_is_an_error_that_does_not_show_its_output() -> None:
    script = f"import sys; print('{VALUE}'); print('{VALUE}', file=sys.stderr); sys.exit(3)"
    with pytest.raises(SecretError) as caught:
        Secret.command(
            sys.executable, "-c", "import sys; exec(sys.stdin.read() or 'exit(3)')"
        ).resolve()
    assert "exit status 3" in str(caught.value)
    with pytest.raises(SecretError) as caught:
        Secret.command(sys.executable, "-c", script).resolve()
    # The program's own arguments are the reference, so they are named.
    assert "exit status 3" in str(caught.value)


def test_a_failing_function_does_not_show_the_value_in_any_link_of_the_chain() -> None:
    assert_hidden(Secret.call(fail_with_value))


def assert_hidden(secret: Secret) -> None:
    with pytest.raises(SecretError) as caught:
        secret.resolve()
    error: BaseException | None = caught.value
    printed = "".join(traceback.format_exception(caught.value, chain=True))
    assert VALUE not in printed.replace(f'VALUE = "{VALUE}"', "")
    while error is not None:
        assert VALUE not in repr(error) + str(error) + repr(error.args)
        assert VALUE not in repr(vars(error))
        assert error.__cause__ is None or VALUE not in repr(error.__cause__)
        error = error.__context__


def test_hidden_equals_nothing_that_was_declared() -> None:
    for other in (Options(), "", None, Secret.literal(""), Hidden(changed=True), {}, 0):
        assert other != HIDDEN
    assert Hidden() == HIDDEN
    assert repr(HIDDEN) == "HIDDEN"
    assert UserMapping("s", options=HIDDEN) != UserMapping("s")


@pytest.mark.parametrize(
    ("secret", "variable"),
    [
        (Secret.env("A_B"), "A_B"),
        (Secret.file("/run/secrets/db-password"), "secrets_db_password"),
        (Secret.command("pass", "show", "db"), "pass_show_db"),
        (Secret.call("a.b:c"), "a_b_c"),
        (Secret.literal("x"), "secret"),
        (Secret.env("é"), "secret"),
        (Secret.file("/"), "secret"),
        (Secret.file("password"), "password"),
        (Secret.file("/etc/billing/password"), "billing_password"),
        (Secret.command(), "secret"),
    ],
)
def test_a_secret_has_a_variable_for_sql_that_is_shown(secret: Secret, variable: str) -> None:
    assert secret.variable == variable
