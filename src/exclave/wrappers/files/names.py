"""Which column of the files a name means, where DuckDB tells no names apart by case alone."""

from __future__ import annotations

import re
from collections.abc import Collection

from exclave.fdw import WrapperError

_NUMBERED = re.compile(r"(.+)_\d+")


def meant(table: str, wanted: str, found: Collection[str], *, keys: bool = False) -> str | None:
    """Give the column of the files that a name means; None if there is none.

    Parameters
    ----------
    table
        Whose files they are, for errors.
    wanted
        The name, which may differ in case.
    found
        The names of all columns. Where files have ``x`` and ``X``, DuckDB calls the second one
        ``X_1``, and nothing tells that from a column with this name.
    keys
        Whether they are keys of JSON, which DuckDB does not find by the names that it gives them.

    Raises
    ------
    WrapperError
        If it may mean one column or another.
    """
    folded = [name for name in found if name.lower() == wanted.lower()]
    doubtful = [name for name in found if folded and wanted != name and _stem(name) == wanted]
    if wanted in found:
        doubtful = [name for name in found if keys and _differs_in_case(name, _stem(wanted))]
    if doubtful:
        others = [name for name in found if name in folded or name in doubtful]
        raise WrapperError(
            f'"{wanted}" in the files of table "{table}" may mean {" or ".join(others)}, as they '
            "have names that differ only in case",
            sqlstate="HV005",
            hint="Let names in the files differ in more than case."
            if keys
            else "DuckDB numbers the later ones of such names; the option column names one.",
        )
    return wanted if wanted in found else next(iter(folded), None)


def _stem(name: str) -> str:
    numbered = _NUMBERED.fullmatch(name)
    return numbered[1] if numbered else ""


def _differs_in_case(one: str, other: str) -> bool:
    return one != other and one.lower() == other.lower()
