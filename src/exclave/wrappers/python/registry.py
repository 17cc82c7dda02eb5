"""Functions that are tables: what the decorator keeps of them, and how they are found by name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exclave.fdw import WrapperError

CONTEXT = "context"
"""A parameter of this name is given the `ScanContext`."""

_FUNCTION_NOT_FOUND = "42883"


@dataclass(frozen=True)
class TableFunction:
    """A function that may be read as a table; it can still be called as any function.

    Parameters
    ----------
    function
        The function itself.
    columns
        Name and PostgreSQL type of each column, in their order.
    rows
        How many rows a call gives, as an estimate.
    """

    function: Callable[..., Any]
    columns: dict[str, str]
    rows: float = 1000
    parameters: dict[str, inspect.Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        signature = inspect.signature(self.function)
        object.__setattr__(self, "parameters", dict(signature.parameters))
        for name, parameter in self.parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"{self.name}: a table cannot be asked for *args or **kwargs")
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise TypeError(
                    f"{self.name}: the parameter {name} must have a name to be given by"
                )
            optional = parameter.default is not parameter.empty
            if name not in self.columns and name != CONTEXT and not optional:
                raise TypeError(
                    f"{self.name}: the parameter {name} is no column, and has no default; "
                    f'declare it, for instance {name}="text"'
                )

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.function(*arguments, **named)

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.function.__name__

    @property
    def arguments(self) -> tuple[str, ...]:
        """The columns that are parameters of the function."""
        return tuple(name for name in self.columns if name in self.parameters)

    @property
    def results(self) -> tuple[str, ...]:
        """The columns that the function's rows have, in their order."""
        return tuple(name for name in self.columns if name not in self.parameters)

    @property
    def required(self) -> tuple[str, ...]:
        """The arguments without a default."""
        return tuple(
            name
            for name in self.arguments
            if self.parameters[name].default is inspect.Parameter.empty
        )


def table(
    named: Mapping[str, str] | None = None, /, *, rows: float = 1000, **columns: str
) -> Callable[[Callable[..., Any]], TableFunction]:
    """Declare that a function may be read as a table.

    Parameters
    ----------
    columns
        Name and PostgreSQL type of each column, in their order. Those that have the name of a
        parameter of the function are its arguments: their values come from the query
        (``WHERE currency = 'EUR'``), and the function's rows do not have them.
    named
        More columns, before the others: for names that Python does not take.
    rows
        How many rows a call gives, as an estimate.

    Returns
    -------
    callable
        What makes a `TableFunction` of a function. The function gives anything that
        `ForeignDataWrapper.scan` may give: tuples with a value for each column that is no argument,
        mappings or record batches with such columns, or an Arrow stream.

    Raises
    ------
    TypeError
        If there is no column, or a parameter that nothing gives a value.

    Examples
    --------
    >>> @table(n="bigint", square="bigint")
    ... def squares(n: int):
    ...     yield (n * n,)
    >>> squares.arguments, squares.results
    (('n',), ('square',))
    """
    all_columns = {**(named or {}), **columns}
    if not all_columns:
        raise TypeError('a table needs columns, for instance @table(id="bigint", label="text")')

    def declare(function: Callable[..., Any]) -> TableFunction:
        return TableFunction(function, all_columns, rows)

    return declare


def modules_of(allowed: str) -> tuple[str, ...]:
    """Give the names in the wrapper's option ``modules``."""
    return tuple(name.strip() for name in allowed.split(",") if name.strip())


def functions_of(module: str) -> Iterator[tuple[str, TableFunction]]:
    """Import a module and give its functions that are tables, with the names they have there."""
    for name, found in vars(importlib.import_module(module)).items():
        if isinstance(found, TableFunction):
            yield name, found


def find(path: str, allowed: str) -> TableFunction:
    """Find ``package.module.function``, or ``function`` alone in any of the allowed modules.

    Parameters
    ----------
    path
        As the table's option ``function`` has it.
    allowed
        The wrapper's option ``modules``; no other module is looked into, nor imported.

    Raises
    ------
    WrapperError
        If it is not there, is not declared with `table`, or is in a module that is not allowed.
    """
    module, _, name = path.rpartition(".")
    modules = modules_of(allowed)
    if module and module not in modules:
        raise WrapperError(
            f'functions of the module "{module}" are not allowed as tables',
            sqlstate="42501",
            hint="A superuser names modules in the option modules of the foreign-data wrapper.",
        )
    for each in [module] if module else modules:
        found = vars(importlib.import_module(each)).get(name)
        if isinstance(found, TableFunction):
            return found
    raise WrapperError(
        f'there is no function "{name}" that is a table in {module or ", ".join(modules)}',
        sqlstate=_FUNCTION_NOT_FOUND,
        hint='Functions are declared with @exclave.wrappers.python.table(column="type", …).',
    )
