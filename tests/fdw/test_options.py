"""Options as classes: what they take, what they refuse, what they say of themselves."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.fdw import Doc, OptionError, Options, SecretText
from exclave.fdw.failure import describe
from exclave.fdw.options import Level
from exclave.fdw.redaction import redacted


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exclave.fdw.redaction._known", {})


class Account(Options):
    """Options of every kind."""

    host: Annotated[str, Doc("The machine.")]
    port: Annotated[int, Doc("Where it listens | what it hears.")] = 443
    mode: Literal["fast", "safe"] = "safe"
    ratio: float | None = None
    verify: bool = True
    user: Annotated[str | None, Doc("Who asks.")] = None
    password: Annotated[SecretText | None, Doc("His password.")] = None

    def check(self) -> None:
        if self.password is not None and self.user is None:
            raise OptionError("a password without a user", hint="Give both, or none.")


def test_options_are_read_as_their_types_say() -> None:
    account = Account.parse({"host": "h", "port": "1", "ratio": "0.5", "verify": "off"})
    assert (account.host, account.port, account.mode) == ("h", 1, "safe")
    assert (account.ratio, account.verify, account.user) == (0.5, False, None)


def test_options_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(OptionError, match="without a user") as refused:
        Account.parse({"host": "h", "password": "hush-hush"})
    assert refused.value.hint == "Give both, or none."
    assert Account.parse({"host": "h", "password": "hush-hush", "user": "u"}).user == "u"


@pytest.mark.parametrize(("level", "told"), [("import", "an import"), ("server", "a server")])
def test_an_option_that_is_not_known_is_refused(level: Level, told: str) -> None:
    with pytest.raises(OptionError, match=f'invalid option "hots" of {told}$') as refused:
        Account.parse({"hots": "h"}, level)
    assert refused.value.hint == 'Perhaps you meant the option "host".'


def test_options_document_themselves() -> None:
    assert Account.documentation().splitlines()[2:5] == [
        "| `host` | text | must be given | The machine. |",
        "| `port` | an integer | `443` | Where it listens \\| what it hears. |",
        "| `mode` | one of fast, safe | `safe` |  |",
    ]
    assert "| `password` | a secret |  | His password. |" in Account.documentation()


def test_options_of_a_class_above_belong_to_the_class() -> None:
    class More(Account):
        depth: int = 1

    assert list(More.declared) == [*Account.declared, "depth"]
    with pytest.raises(OptionError, match="without a user"):
        More.parse({"host": "h", "password": "hush-hush"})


@pytest.mark.parametrize("annotation", [list, "list[str]", "int | str", "Annotated[bytes, 1]"])
def test_an_option_of_another_type_is_an_error_of_the_class(annotation: object) -> None:
    with pytest.raises(TypeError, match=r"Bad\.it"):
        type("Bad", (Options,), {"__annotations__": {"it": annotation}, "__module__": __name__})


@given(st.text(st.characters(exclude_characters="*"), min_size=6), st.text(), st.text())
def test_no_message_of_an_exception_holds_a_secret(secret: str, before: str, after: str) -> None:
    Account.parse({"host": "h", "user": "u", "password": secret})
    error = ValueError(f"{before} could not log in with {secret} {after}")
    _, message, detail, _ = describe(error)
    assert secret not in message
    assert secret not in detail


def test_short_secrets_are_replaced_only_as_words() -> None:
    Account.parse({"host": "h", "user": "u", "password": "ab7"})
    assert redacted("ab7, cab7s and (ab7)") == "***, cab7s and (***)"
