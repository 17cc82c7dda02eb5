"""How an exception is told to PostgreSQL: SQLSTATE, message, detail and hint."""

from __future__ import annotations

import traceback

from exclave.fdw.redaction import redacted

_STATES: tuple[tuple[type[BaseException], str], ...] = (
    (MemoryError, "53200"),
    (RecursionError, "54001"),
    (NotImplementedError, "0A000"),
    (ImportError, "HV00L"),
)


def describe(error: BaseException) -> tuple[str, str, str, str]:
    """Give SQLSTATE, message, detail and hint of an exception; text that is not there is empty.

    Errors that say their own SQLSTATE are meant for the user, so they come without traceback.
    Values of secret options are not shown, wherever they stand.
    """
    sqlstate, *texts = _described(error)
    message, detail, hint = map(redacted, texts)
    return sqlstate, message, detail, hint


def _described(error: BaseException) -> tuple[str, str, str, str]:
    said = str(error)
    sqlstate = getattr(error, "sqlstate", None)
    hint = getattr(error, "hint", None) or ""
    if isinstance(sqlstate, str):
        return sqlstate, said, getattr(error, "detail", None) or "", hint
    state = next((state for kind, state in _STATES if isinstance(error, kind)), "HV000")
    name = type(error).__qualname__
    message = f"{name}: {said}" if said else name
    lines = traceback.format_exception(error, limit=-40)
    return state, message, "".join(lines).rstrip(), hint
