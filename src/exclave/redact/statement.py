"""One statement of a dump, with its secrets masked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from exclave.errors import DeclarationError
from exclave.objects import Options, Secret
from exclave.objects.registry import open_mapping_options
from exclave.objects.secret import MASK
from exclave.redact.connection_string import without_passwords
from exclave.redact.constant import meaning, written
from exclave.redact.finding import Finding
from exclave.redact.lexer import Token, tokens

_SUSPICIOUS = re.compile(r"OPTIONS|PASSW|SCRAM_|CONNECTION|://|SET\s+\"?\w+\"?\.", re.IGNORECASE)
"""No statement without one of these has a secret that is found here."""

_DATA = re.compile(r"\s*INSERT\b", re.IGNORECASE)
_OF_ROLES = {f"{verb} {kind}" for verb in ("CREATE", "ALTER") for kind in ("ROLE", "USER", "GROUP")}
_LANGUAGES_OF_SQL = frozenset({"sql", "plpgsql"})
_OF_SETTINGS = {
    *(f"ALTER {kind}" for kind in ("DATABASE", "ROLE", "USER", "SYSTEM")),
    *(f"{verb} {kind}" for verb in ("CREATE", "ALTER") for kind in ("FUNCTION", "PROCEDURE")),
}
_QUOTED_IN_CODE = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_MOST_NESTED = 8


@dataclass(frozen=True, slots=True)
class Redacted:
    """A statement without its secrets, and where they stood."""

    text: str
    findings: tuple[Finding, ...] = ()


def redact_statement(
    text: str, *, line: int = 1, escapes: bool = False, depth: int = 0
) -> Redacted:
    """Mask the secrets of one statement, or of several, as in a function's body.

    Parameters
    ----------
    text
        The statement.
    line
        The line it begins on.
    escapes
        Whether a backslash is an escape in its plain constants.
    depth
        In how many constants it stands.
    """
    if _DATA.match(text) or not _SUSPICIOUS.search(text) or depth > _MOST_NESTED:
        return Redacted(text)
    statement = _Statement(list(tokens(text, escapes=escapes)), line, depth)
    statement.redact()
    if not statement.findings:
        return Redacted(text)
    return Redacted(
        "".join(token.text for token in statement.tokens), tuple(sorted(statement.findings))
    )


class _Statement:
    """A statement while its tokens are changed."""

    def __init__(self, tokens: list[Token], line: int, depth: int) -> None:
        self.tokens = tokens
        self.findings: list[Finding] = []
        self._line = line
        self._depth = depth
        self._places = [place for place, token in enumerate(tokens) if token.kind != "space"]
        self._language = self._named_language()
        self._phrases: set[str] = set()
        """The words of the statement so far, and the pairs of words."""

    def redact(self) -> None:
        """Mask what is secret."""
        first = self._at(0)
        if first is not None and first.is_word("INSERT", "COMMENT"):
            return  # data, and text for people
        done: set[int] = set()
        for number in range(len(self._places)):
            token = self._at(number)
            assert token is not None
            self._note(number, token)
            if number in done:
                continue
            if token.is_word("OPTIONS"):
                done |= self._options(number)
            elif token.is_word("PASSWORD"):
                done |= self._password(number)
            elif token.is_word("CONNECTION"):
                done |= self._connection(number)
            elif token.is_word("SET"):
                done |= self._setting(number)
            elif token.kind in ("string", "name"):
                self._constant(number)

    def _note(self, number: int, token: Token) -> None:
        if token.is_sign(";"):
            self._phrases.clear()
        if token.kind == "word":
            word, before = token.text.upper(), self._at(number - 1)
            self._phrases.add(word)
            if before is not None and before.kind == "word":
                self._phrases.add(f"{before.text.upper()} {word}")

    def _at(self, number: int) -> Token | None:
        """Give a token by its number, white space not counted."""
        return self.tokens[self._places[number]] if 0 <= number < len(self._places) else None

    def _set(self, number: int, text: str) -> None:
        place = self._places[number]
        self.tokens[place] = replace(self.tokens[place], text=text)

    def _found(self, number: int, what: str) -> None:
        token = self._at(number)
        assert token is not None
        self.findings.append(Finding(self._line + token.line, what))

    def _strings(self, number: int) -> list[int]:
        """Give the numbers of the parts of a constant that begins at a place."""
        found: list[int] = []
        while (token := self._at(number)) is not None and token.kind == "string":
            found.append(number)
            number += 1
        return found

    def _meaning(self, numbers: list[int]) -> str:
        parts = [token for number in numbers if (token := self._at(number)) is not None]
        return "".join(meaning(token.text, escapes=token.escapes) for token in parts)

    def _replace(self, numbers: list[int], value: str) -> None:
        """Write another constant in the place of one, which may have several parts."""
        first, *others = numbers
        token = self._at(first)
        assert token is not None
        self._set(first, written(value, token.text, escapes=token.escapes))
        for number in others:
            self._set(number, "")

    # OPTIONS (name 'value', …) -------------------------------------------------------------------

    def _options(self, number: int) -> set[int]:
        """Mask the secret ones of some options."""
        opening = self._at(number + 1)
        if opening is None or not opening.is_sign("("):
            return set()
        of_mapping = "USER MAPPING" in self._phrases
        begin = number = number + 2
        while (token := self._at(number)) is not None and not token.is_sign(")"):
            strings = self._strings(number)
            if strings:
                self._option(strings, of_mapping=of_mapping)
            number += max(len(strings), 1)
        return set(range(begin, number))

    def _option(self, value: list[int], *, of_mapping: bool) -> None:
        before = self._at(value[0] - 1)
        if before is None or before.is_sign(":"):  # a psql variable
            return
        name = before.text.lower()
        if before.kind in ("name", "string"):
            name = meaning(before.text, escapes=False)
        text = self._meaning(value)
        if text == MASK or not _is_secret(name, text, of_mapping=of_mapping):
            return
        self._found(
            value[0], f"option {name} of a {'user mapping' if of_mapping else 'foreign object'}"
        )
        self._replace(value, MASK)

    # PASSWORD '…' --------------------------------------------------------------------------------

    def _password(self, number: int) -> set[int]:
        """Take the password of a role away: the role cannot log in with one then."""
        value = self._strings(number + 1)
        if not value or not self._phrases & _OF_ROLES:
            return set()
        self._found(value[0], "password of a role")
        self._set(value[0], "NULL")
        for other in value[1:]:
            self._set(other, "")
        before = self._at(number - 1)
        if before is not None and before.is_word("ENCRYPTED", "UNENCRYPTED"):
            self._set(number - 1, "")
        return set(value)

    # CONNECTION '…' ------------------------------------------------------------------------------

    def _connection(self, number: int) -> set[int]:
        """Mask the password by which a subscription connects."""
        value = self._strings(number + 1)
        if not value or "SUBSCRIPTION" not in self._phrases:
            return set()
        text = self._meaning(value)
        masked = without_passwords(text)
        if masked == text and "passw" in text and f"password={MASK}" not in text:
            masked = f"password={MASK}"  # libpq could not read it, and neither can we
        if masked != text:
            self._found(value[0], "connection string of a subscription")
            self._replace(value, masked)
        return set(value)

    # SET name TO '…' -----------------------------------------------------------------------------

    def _setting(self, number: int) -> set[int]:
        """Mask what is kept for a program in a setting of its own, such as ``app.jwt_secret``."""
        name = ""
        number += 1
        while (token := self._at(number)) is not None and not token.is_word("TO"):
            if token.kind not in ("word", "name") and not token.is_sign("."):
                break
            name += token.text if token.kind != "name" else meaning(token.text, escapes=False)
            number += 1
        value = self._strings(number + 1)
        if "." not in name or not value or not self._phrases & _OF_SETTINGS:
            return set()
        text = self._meaning(value)
        if text == MASK or not _is_secret(name, text, of_mapping=False):
            return set()
        self._found(value[0], f"setting {name}")
        self._replace(value, MASK)
        return set(value)

    # Any other constant --------------------------------------------------------------------------

    def _constant(self, number: int) -> None:
        """Mask what is secret in a constant: a connection string, a URL, or SQL."""
        token = self._at(number)
        assert token is not None
        if not _SUSPICIOUS.search(token.text):
            return
        text = meaning(token.text, escapes=token.escapes)
        masked = without_passwords(text)
        if masked != text:
            self._found(number, "connection string")
        if token.kind == "string":
            masked = self._nested(number, masked)
        if masked != text:
            self._replace([number], masked)

    def _nested(self, number: int, text: str) -> str:
        """Mask what is secret in SQL, or in code of another language, that a constant holds."""
        if self._language not in _LANGUAGES_OF_SQL:
            masked = _QUOTED_IN_CODE.sub(_without_password_in_code, text)
            if masked != text:
                self._found(number, "connection string")
            return masked
        line = self._line + self.tokens[self._places[number]].line
        redacted = redact_statement(text, line=line, depth=self._depth + 1)
        self.findings.extend(redacted.findings)
        return redacted.text

    def _named_language(self) -> str:
        """Give the language of the function that a statement creates, or of a DO block."""
        for number, place in enumerate(self._places):
            name = self._at(number + 1)
            if name is not None and self.tokens[place].is_word("LANGUAGE"):
                return name.text.strip("\"'").lower()
        return "plpgsql"


def _without_password_in_code(match: re.Match[str]) -> str:
    quoted = match[0]
    return quoted[0] + without_passwords(quoted[1:-1]) + quoted[-1]


def _is_secret(name: str, value: str, *, of_mapping: bool) -> bool:
    if of_mapping and name not in open_mapping_options():
        return True
    shown = value.encode("utf-8", "replace").decode()  # bytes that were no UTF-8
    try:
        return isinstance(Options({name: shown})[name], Secret)
    except DeclarationError:
        return True
