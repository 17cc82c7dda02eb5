"""A dump without its secrets, as it is read."""

from __future__ import annotations

from collections.abc import Callable

from exclave.errors import ExclaveError
from exclave.redact.finding import Finding
from exclave.redact.parts import CHUNK, Reader
from exclave.redact.statement import redact_statement

_OTHER_FORMATS = {
    "PGDMP": "is in custom format; write: pg_restore -f - the.dump | exclave redact",
    "toc.dat": "is a tar archive; write: pg_restore -f - the.tar | exclave redact",
    "\x1f\udc8b": "is compressed; write: zcat the.sql.gz | exclave redact",
    "(\udcb5/\udcfd": "is compressed; write: zstdcat the.sql.zst | exclave redact",
}
"""How other dumps begin, bytes that are no UTF-8 as surrogates."""


def redact(read: Callable[[int], str], write: Callable[[str], object]) -> list[Finding]:
    """Copy a dump in SQL without the secrets in it.

    What is masked: options of user mappings that are not known to be open, options of other
    objects whose name or value says that they are secret, passwords of roles (which become NULL),
    and passwords in connection strings and URLs: of subscriptions, and in any constant, as
    for dblink, also within functions. Data (COPY, INSERT) and comments are left alone. All else
    stays as it is, and what was masked loads into PostgreSQL.

    Parameters
    ----------
    read
        Gives up to so many characters of the dump, and none at its end. Bytes that are not UTF-8
        may stand as surrogates.
    write
        Takes the parts of the clean dump in order.

    Returns
    -------
    list of Finding
        What was masked, in order.

    Raises
    ------
    ExclaveError
        When the dump is not SQL, or ends within a constant or comment; what was read of it has
        been written.
    """
    beginning = read(CHUNK)
    for sign, fault in _OTHER_FORMATS.items():
        if beginning.startswith(sign):
            raise ExclaveError(f"The dump {fault}")
    first = [beginning]
    reader = Reader(lambda size: first.pop() if first else read(size))
    findings: list[Finding] = []
    for part in reader.parts():
        if part.kind == "other":
            write(part.text)
            continue
        redacted = redact_statement(part.text, line=part.line, escapes=part.escapes)
        write(redacted.text)
        findings += redacted.findings
    if not reader.complete:
        raise ExclaveError("The dump ends within a quoted text or comment: it is not whole.")
    return findings
