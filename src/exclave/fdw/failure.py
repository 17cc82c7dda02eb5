"""How an exception is told to PostgreSQL: SQLSTATE, message, detail and hint."""

from __future__ import annotations

import traceback

from exclave.errors import ExclaveError
from exclave.fdw.redaction import redacted

_STATES: tuple[tuple[type[BaseException], str], ...] = (
    (MemoryError, "53200"),
    (RecursionError, "54001"),
    (NotImplementedError, "0A000"),
    (ImportError, "HV00L"),
)
_MEMORY = (
    "What Python may take in a session is set by exclave_fdw.memory_limit; "
    "rows can be given in smaller batches."
)


class WrapperError(ExclaveError):
    """An error that a wrapper reports to the client, with the SQLSTATE of its choice.

    Parameters
    ----------
    message
        The primary message.
    sqlstate
        Five characters, see "PostgreSQL Error Codes" in its documentation.
    detail, hint
        As in PostgreSQL's messages; the detail replaces the traceback.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str = "HV000",
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint


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
    if f"{type(error).__module__}.{type(error).__qualname__}" == "pyarrow.lib.ArrowCancelled":
        state = "57014"  # pyarrow hears of a cancel itself while it works
    name = type(error).__qualname__
    message = f"{name}: {said}" if said else name
    if state == "53200":
        hint = _MEMORY
    lines = traceback.format_exception(error, limit=-40)
    return state, message, "".join(lines).rstrip(), hint
