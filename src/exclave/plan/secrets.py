"""Secrets that are there against secrets that were declared, without showing either."""

from __future__ import annotations

import hmac
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from exclave.errors import SecretError
from exclave.objects import Catalog, ForeignObject, Hidden, Options, Secret
from exclave.objects.options import OptionValue


class Resolver:
    """Resolves each secret once, however often it is needed."""

    def __init__(self) -> None:
        self._values: dict[Secret, str] = {}

    def __call__(self, secret: Secret) -> str:
        """Give the value of a secret.

        Raises
        ------
        SecretError
            As `Secret.resolve`.
        """
        if secret not in self._values:
            self._values[secret] = secret.resolve()
        return self._values[secret]

    def value(self, value: OptionValue) -> str | None:
        """Give an option's value as text; ``None`` for a hidden one."""
        if isinstance(value, Hidden):
            return None
        return self(value) if isinstance(value, Secret) else value


@contextmanager
def needed_for(what: object) -> Generator[None]:
    """Say of a secret that cannot be resolved what it was needed for."""
    try:
        yield
    except SecretError as error:
        raise SecretError(f"{what}: {error}") from None


def refer_to_declared(actual: Catalog, desired: Catalog, resolve: Resolver) -> Catalog:
    """Give what is there with each secret that has the declared value as the declared reference.

    Parameters
    ----------
    actual
        What is there, its secrets as literals.
    desired
        The declarations, whose references are resolved where there is something to compare.
    resolve
        What resolves them.

    Raises
    ------
    SecretError
        When a declared secret cannot be resolved.
    """
    changed: dict[tuple[type[ForeignObject], object], ForeignObject] = {}
    namesakes: Mapping[tuple[type[ForeignObject], object], ForeignObject] = {
        (type(value), value.key): value for value in desired
    }
    for value in actual:
        key = (type(value), value.key)
        there, wanted = _options(value), _options(namesakes.get(key))
        if there is None or wanted is None or there == wanted:
            continue
        with needed_for(value):
            options = _with_references(there, wanted, resolve)
        if options != there:
            changed[key] = replace(value, options=options)  # pyright: ignore[reportCallIssue]
    if not changed:
        return actual
    return Catalog(changed.get((type(value), value.key), value) for value in actual)


def _options(value: ForeignObject | None) -> Options | None:
    options = getattr(value, "options", None)
    return options if isinstance(options, Options) else None


def _with_references(there: Options, wanted: Options, resolve: Resolver) -> Options:
    return Options(
        {
            name: wanted[name]
            if isinstance(wanted.get(name), Secret) and _is_same(value, wanted[name], resolve)
            else value
            for name, value in there.items()
        }
    )


def _is_same(there: OptionValue, wanted: OptionValue, resolve: Resolver) -> bool:
    if there == wanted:
        return True
    one, other = resolve.value(there), resolve.value(wanted)
    if one is None or other is None:
        return False
    return hmac.compare_digest(one.encode(), other.encode())
