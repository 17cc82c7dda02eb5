"""How a database sorts text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin", "d": "libc"}


@dataclass(frozen=True, slots=True)
class Collation:
    """The default collation of a database; equal ones sort alike.

    Parameters
    ----------
    provider
        ``libc``, ``icu``, ``builtin``, or ``bytes`` where these alone are compared.
    locale
        The locale's name, spelled alike for ``en_US.UTF-8`` and ``en_US.utf8``; the encoding
        where bytes are compared.
    shown
        What to call it in a message.

    Notes
    -----
    PostgreSQL documentation, "Locale Providers", and the catalog ``pg_database``.
    """

    provider: str
    locale: str
    shown: str = field(compare=False)

    @classmethod
    def of(cls, row: Mapping[str, Any], encoding: str) -> Collation:
        """Read a row of ``pg_database``, of any version.

        Parameters
        ----------
        row
            The columns by name; those that a version lacks are absent.
        encoding
            The database's encoding: under ``C`` it decides how bytes are compared.
        """
        provider = _PROVIDERS.get(str(row.get("datlocprovider") or "c"), "libc")
        if provider == "libc":
            name = str(row["datcollate"])
        else:
            name = str(row.get("datlocale") or row.get("daticulocale"))
        locale = name.replace("-", "").lower() if provider != "icu" else name
        if locale in ("c", "posix", "c.utf8"):
            # bytes are compared; these encodings have them in the order of Unicode
            in_order = encoding in ("UTF8", "LATIN1", "SQL_ASCII")
            return cls("bytes", "UTF8" if in_order else encoding, f"{name} in {encoding}")
        return cls(provider, locale, f"{name} ({provider})")
