"""IMPORT FOREIGN SCHEMA in the host: a class's tables, checked, as plain lists and tuples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from exclave.fdw.failure import WrapperError
from exclave.fdw.importing import ImportContext, ImportedColumn, ImportedTable, ImportRequest
from exclave.fdw.options import Level, OptionError, Options
from exclave.fdw.wrapper import ForeignDataWrapper

_LONGEST_NAME = 63

Pairs = list[tuple[str, str]]
Column = tuple[str, str, bool, str | None, Pairs]
Imported = tuple[str, Pairs, list[Column]]


def imported(
    wrapper: ForeignDataWrapper, request: ImportRequest, context: ImportContext
) -> list[Imported]:
    """Give name, options and columns of each table that the request wants.

    Raises
    ------
    WrapperError
        If what the class gave is none of what it should give, or has wrong names or options; the
        message names the table and the column.
    """
    return checked(wrapper, request, wrapper.import_schema(request, context))


def checked(
    wrapper: ForeignDataWrapper, request: ImportRequest, tables: Iterable[ImportedTable]
) -> list[Imported]:
    """Check tables that a class gave; raises what `imported` does."""
    return list(_tables(wrapper, request, tables))


def _tables(
    wrapper: ForeignDataWrapper, request: ImportRequest, tables: Iterable[ImportedTable]
) -> Iterator[Imported]:
    for table in tables:
        _check_kind(table, ImportedTable, "a table")
        if not request.wants(table.name):
            continue
        what = f"the imported table {_quoted(table.name)}"
        _check_text(table.name, what)
        options = _options(wrapper.TableOptions, "table", table.options, what)
        yield table.name, options, [_column(wrapper, column, what) for column in table.columns]


def _column(wrapper: ForeignDataWrapper, column: ImportedColumn, table: str) -> Column:
    _check_kind(column, ImportedColumn, f"a column of {table}")
    what = f"column {_quoted(column.name)} of {table}"
    _check_text(column.name, what)
    _check_kind(column.type, str, f"the type of {what}")
    if column.collation is not None:
        _check_text(column.collation, f"the collation of {what}")
    options = _options(wrapper.ColumnOptions, "column", column.options, what)
    return column.name, column.type, bool(column.not_null), column.collation, options


def _check_kind(value: object, kind: type, what: str) -> None:
    if not isinstance(value, kind):
        raise WrapperError(
            f"expected {kind.__name__} as {what}, found {type(value).__qualname__}",
            sqlstate="HV004",
        )


def _check_text(name: object, what: str) -> None:
    if not isinstance(name, str) or not name or "\0" in name or not _is_unicode(name):
        raise WrapperError(f"{what} has a name that is none", sqlstate="42602")
    if len(name.encode()) > _LONGEST_NAME:
        raise WrapperError(
            f"{what} has a name of more than {_LONGEST_NAME} bytes",
            sqlstate="42622",
            hint="The class has to give a shorter one, and to keep the long one as an option.",
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(name: object) -> str:
    return f'"{name}"' if isinstance(name, str) and name.isprintable() else repr(name)


def _options(
    known: type[Options], level: Level, given: Mapping[str, object], what: str
) -> list[tuple[str, str]]:
    texts = {name: _text(value, name, what) for name, value in given.items() if value is not None}
    try:
        known.parse(texts, level)
    except OptionError as error:
        raise WrapperError(f"{what}: {error}", sqlstate=error.sqlstate, hint=error.hint) from None
    return [*texts.items()]


def _text(value: object, name: str, what: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Decimal) and "\0" not in str(value):
        return str(value)
    raise WrapperError(
        f'{what}: the option "{name}" is a {type(value).__qualname__}, expected text or a number',
        sqlstate="HV024",
    )
