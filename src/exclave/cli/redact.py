"""``exclave redact``: a dump without the secrets in it."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console

from exclave.cli.exit import DIFFERENCES, told_errors
from exclave.errors import ExclaveError
from exclave.redact import Finding
from exclave.redact import redact as clean


def redact(
    dump: Annotated[
        Path | None,
        typer.Argument(help="A dump in SQL, as pg_dump and pg_dumpall write it; else stdin."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write it; else stdout.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; tell what would be masked.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    with_traceback: Annotated[
        bool,
        typer.Option("--traceback", envvar="EXCLAVE_DEBUG", help="Show where an error comes from."),
    ] = False,
) -> None:
    """Mask the secrets in a dump: options, passwords of roles, connection strings.

    Exit status: 0 written, or with --check nothing to mask; 2 with --check something to mask;
    1 error.
    """
    with told_errors(Console(stderr=True), with_traceback=with_traceback):
        with ExitStack() as stack:
            read = stack.enter_context(_reading(dump))
            write = stack.enter_context(_nowhere() if check else _writing(output, dump))
            findings = clean(read, write)
        if not quiet:
            _tell(findings, each=check)
        if check and findings:
            raise typer.Exit(DIFFERENCES)


def _tell(findings: list[Finding], *, each: bool) -> None:
    if each:
        for finding in findings:
            typer.echo(str(finding))
        return
    for what, count in sorted(Counter(finding.what for finding in findings).items()):
        typer.echo(f"masked: {what} ({count} times)" if count > 1 else f"masked: {what}", err=True)
    if not findings:
        typer.echo("There was nothing to mask.", err=True)


@contextmanager
def _reading(dump: Path | None) -> Generator[Callable[[int], str]]:
    """Read a file or the standard input, bytes that are not UTF-8 as surrogates."""
    if dump is None or str(dump) == "-":
        if sys.stdin.isatty():
            raise ExclaveError("Name a dump, or give one: pg_dump shop | exclave redact")
        yield _decoded(sys.stdin.buffer).read
        return
    try:
        source = dump.open("rb")
    except OSError as error:
        raise ExclaveError(f"{dump} cannot be read: {error.strerror}.") from None
    with source:
        yield _decoded(source).read


def _decoded(source: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(source, encoding="utf-8", errors="surrogateescape", newline="")


@contextmanager
def _writing(output: Path | None, dump: Path | None) -> Generator[Callable[[str], object]]:
    """Write to the standard output, or to a file that is there only when it is whole."""
    if output is None:
        target = sys.stdout.buffer
        yield lambda text: target.write(text.encode("utf-8", "surrogateescape"))
        target.flush()
        return
    if dump is not None and output.exists() and output.samefile(dump):
        raise ExclaveError(f"{output} is the dump itself; write to another file.")
    try:
        descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    except OSError as error:
        raise ExclaveError(f"{output} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield lambda text: file.write(text.encode("utf-8", "surrogateescape"))
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink()
        raise


@contextmanager
def _nowhere() -> Generator[Callable[[str], object]]:
    yield lambda _: None
