"""One SQL statement, in which secrets stand as references until it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from exclave.catalog import Connection
from exclave.objects.quoting import quote_literal
from exclave.objects.secret import Secret
from exclave.plan.query import query

Fragment = str | Secret
"""A piece of SQL, or a secret that becomes a string constant."""


@dataclass(frozen=True, slots=True)
class SecretVariables:
    """The psql variables that stand for the secrets of several statements, each its own."""

    _taken: dict[str, Secret] = field(default_factory=dict[str, Secret])

    def __call__(self, secret: Secret) -> str:
        """Give the variable of a secret, numbered where another secret has that name."""
        name, number = secret.variable, 2
        while self._taken.setdefault(name, secret) != secret:
            name, number = f"{secret.variable}_{number}", number + 1
        return name


@dataclass(frozen=True, slots=True)
class Statement:
    """An SQL statement.

    Parameters
    ----------
    fragments
        Its pieces in order.
    """

    fragments: tuple[Fragment, ...]

    @classmethod
    def of(cls, *fragments: Fragment | Iterable[Fragment]) -> Statement:
        """Make a statement of pieces, and of sequences of pieces."""
        flat: list[Fragment] = []
        for fragment in fragments:
            flat.extend([fragment] if isinstance(fragment, str | Secret) else fragment)
        return cls(tuple(flat))

    @property
    def text(self) -> str:
        """The statement to show: a psql variable stands where a secret would."""
        return self.shown(SecretVariables())

    def shown(self, variables: SecretVariables) -> str:
        """Give the statement to show among others, whose secrets have variables of their own."""
        return "".join(
            f":'{variables(fragment)}'" if isinstance(fragment, Secret) else fragment
            for fragment in self.fragments
        )

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets it sends, in order."""
        return tuple(fragment for fragment in self.fragments if isinstance(fragment, Secret))

    def run(
        self, connection: Connection, resolve: Callable[[Secret], str] = Secret.resolve
    ) -> None:
        """Send the statement.

        Secrets travel as bind parameters into a setting that lasts for the transaction, from
        which a DO block builds the statement, so that statement logging at ``ddl`` level does
        not record them, not even when the statement fails.

        Parameters
        ----------
        connection
            Where to.
        resolve
            What gives the value of a secret.

        Raises
        ------
        SecretError
            When a secret cannot be resolved.
        """
        values = [resolve(secret) for secret in self.secrets]
        if not values:
            connection.execute(self.text)
            return
        with connection.transaction():
            for number, value in enumerate(values, start=1):
                connection.execute_secret(_setter(number), value)
            connection.execute(self._block())
            for number in range(1, len(values) + 1):
                connection.execute_secret(_setter(number), "")

    def _block(self) -> str:
        number = 0
        pieces: list[str] = []
        for fragment in self.fragments:
            if isinstance(fragment, Secret):
                number += 1
                pieces.append(
                    f"pg_catalog.quote_literal(pg_catalog.current_setting({_name(number)}))"
                )
            else:
                pieces.append(quote_literal(fragment))
        body = query("execute_with_secrets").replace("/* statement */", " || ".join(pieces))
        return f"DO LANGUAGE plpgsql {quote_literal(body)}"


def _name(number: int) -> str:
    return f"'exclave.secret_{number}'"


def _setter(number: int) -> str:
    return f"SELECT pg_catalog.set_config({_name(number)}, $1, true)"
