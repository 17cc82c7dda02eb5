"""A foreign table and its columns: remote data that is read like a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, cast, get_args

from exclave.errors import DeclarationError
from exclave.objects.collected import collected
from exclave.objects.data_type import canonical_type
from exclave.objects.grant import Grants, GrantsInput, make_grants
from exclave.objects.names import QualifiedName, check_name, check_role, former_name
from exclave.objects.options import NO_OPTIONS, OptionInput, Options
from exclave.objects.server import Server
from exclave.objects.text import check_text

Identity = Literal["ALWAYS", "BY DEFAULT"]


@dataclass(frozen=True, slots=True)
class Generated:
    """The expression of a generated column.

    Parameters
    ----------
    expression
        SQL over the other columns.
    stored
        ``True`` for STORED, ``False`` for VIRTUAL (PostgreSQL 18).
    """

    expression: str
    stored: bool = True

    def __post_init__(self) -> None:
        check_text(self.expression, "expression of a generated column")


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint of a foreign table; PostgreSQL believes it and does not enforce it.

    Parameters
    ----------
    name
        Its name.
    expression
        SQL, without the word CHECK and its parentheses.
    no_inherit
        Whether children of the table go without it.
    """

    name: str
    expression: str
    no_inherit: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "constraint")
        check_text(self.expression, f'expression of the constraint "{self.name}"')


@dataclass(frozen=True, slots=True)
class Partition:
    """Which partition of which table a foreign table is.

    Parameters
    ----------
    parent
        The partitioned table, with its schema.
    bound
        Such as ``FOR VALUES FROM ('a') TO ('m')`` or ``DEFAULT``, its constants spelled as
        PostgreSQL prints them.
    """

    parent: QualifiedName
    bound: str

    def __init__(self, parent: QualifiedName | str, bound: str) -> None:
        object.__setattr__(self, "parent", QualifiedName.of(parent, "table"))
        check_text(bound, "bound of a partition")
        object.__setattr__(self, "bound", _one_line(bound))


def check_partition(partition: Partition | None, what: str) -> Partition | None:
    """Check that what a declaration gives as its partition is one.

    Parameters
    ----------
    partition
        The partition; ``None`` is accepted.
    what
        The foreign table, for the message.

    Raises
    ------
    DeclarationError
        When it is something else, such as the parent's name.
    """
    if isinstance(partition, Partition | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        return partition
    raise DeclarationError(
        f"{what}: partition_of must be a Partition(parent, bound), "
        f"not {cast('object', partition)!r}."
    )


def make_parents(inherits: Iterable[QualifiedName | str], what: str) -> frozenset[QualifiedName]:
    """Make the names of parent tables from what a declaration gives.

    Parameters
    ----------
    inherits
        The names.
    what
        The foreign table, for the message.

    Raises
    ------
    DeclarationError
        When they are none, or one string alone.
    """
    names = collected(inherits, QualifiedName | str, f"parents (inherits) of {what}", "'parent'")
    return frozenset(QualifiedName.of(parent) for parent in names)


_PIECE = re.compile(
    r"""(?P<constant>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<comma>\s*,\s*)|(?P<space>\s+)"""
    r"""|(?P<word>[^\W\d]\w*)"""
)
_CAPITALS = frozenset(
    ["DEFAULT", "FOR", "FROM", "IN", "MAXVALUE", "MINVALUE", "NULL", "TO", "VALUES", "WITH"]
)
_SMALL = frozenset(["false", "modulus", "remainder", "true"])


def _one_line(bound: str) -> str:
    """Write key words and white space as PostgreSQL does, and leave string constants alone."""
    return _PIECE.sub(_printed, bound).strip()


def _printed(piece: re.Match[str]) -> str:
    match piece.lastgroup:
        case "comma":
            return ", "
        case "space":
            return " "
        case "word" if piece[0].upper() in _CAPITALS:
            return piece[0].upper()
        case "word" if piece[0].lower() in _SMALL:
            return piece[0].lower()
        case _:
            return piece[0]


_TEXT = re.compile(r"(text|bpchar|character( varying)?)(\(\d+\))?(\[\])?")
_DEFAULT_COLLATIONS = (QualifiedName("default"), QualifiedName("default", "pg_catalog"))


@dataclass(frozen=True, slots=True, init=False)
class Column:
    """A column of a foreign table.

    Two columns are equal when they mean the same: `type` is kept in one spelling, and an option
    ``column_name`` that repeats the column's own name counts as absent.

    Parameters
    ----------
    name
        Its name.
    type
        Its data type, in any spelling.
    collation
        A collation other than the type's own; a string is its name as it is, unquoted.
    not_null
        Whether PostgreSQL may believe that no value is NULL. A wrong one gives wrong results.
    default
        An SQL expression that the *hub* evaluates on INSERT.
    generated
        An expression, or a `Generated`.
    identity
        ``"ALWAYS"`` or ``"BY DEFAULT"``, from a sequence on the *hub*.
    options
        Options of the column, such as ``column_name``.
    comment
        The comment; ``None`` means that there is none.
    grants
        Privileges (SELECT, INSERT, UPDATE, REFERENCES) on this column alone; ``None`` leaves
        them.
    renamed_from
        Its former name, so that a change of name is a RENAME and no DROP.

    Notes
    -----
    PostgreSQL documentation, "CREATE FOREIGN TABLE".
    """

    name: str
    type: str
    collation: QualifiedName | None
    not_null: bool
    default: str | None
    generated: Generated | None
    identity: Identity | None
    options: Options = field(compare=False)
    comment: str | None
    grants: Grants | None
    renamed_from: str | None = field(compare=False)
    effective_options: Options = field(repr=False)

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002 - PostgreSQL's word
        *,
        collation: QualifiedName | str | None = None,
        not_null: bool = False,
        default: str | None = None,
        generated: Generated | str | None = None,
        identity: Identity | None = None,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        comment: str | None = None,
        grants: GrantsInput | None = None,
        renamed_from: str | None = None,
        effective_options: Options | None = None,
    ) -> None:
        del effective_options  # derived; accepted so that dataclasses.replace works
        assign = object.__setattr__
        assign(self, "name", check_name(name, "column"))
        if not isinstance(type, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DeclarationError(
                f"The type of column \"{name}\" must be a string such as 'integer', not {type!r}."
            )
        assign(self, "type", canonical_type(type))
        if isinstance(collation, str):
            collation = QualifiedName(check_name(collation, "collation"))
        if collation in _DEFAULT_COLLATIONS and _TEXT.fullmatch(self.type):
            collation = None  # their own
        assign(self, "collation", collation)
        assign(self, "not_null", not_null or identity is not None)
        if default:
            check_text(default, f'default of column "{name}"')
        assign(self, "default", default)
        assign(self, "generated", Generated(generated) if isinstance(generated, str) else generated)
        assign(self, "identity", _checked_identity(identity, name))
        all_options = Options(options, f'column "{name}"') if options else NO_OPTIONS
        assign(self, "options", all_options)
        if comment:
            check_text(comment, f'comment of column "{name}"')
        assign(self, "comment", comment or None)
        assign(self, "grants", make_grants(grants, "column", f'column "{name}"'))
        assign(self, "renamed_from", renamed_from)
        repeated = all_options is not NO_OPTIONS and all_options.get("column_name") == name
        assign(
            self,
            "effective_options",
            all_options.without("column_name") if repeated else all_options,
        )
        if (default is not None) + (generated is not None) + (identity is not None) > 1:
            raise DeclarationError(
                f'column "{name}": default, generated and identity exclude each other.'
            )

    def __hash__(self) -> int:
        # Tells most columns apart, and is asked of each column of a table.
        return hash((self.name, self.type))


def _checked_identity(identity: str | None, column: str) -> str | None:
    if identity is None:
        return None
    words = identity.upper() if isinstance(identity, str) else identity  # pyright: ignore[reportUnnecessaryIsInstance]
    if words not in get_args(Identity):
        allowed = " or ".join(map(repr, get_args(Identity)))
        raise DeclarationError(
            f'The identity of column "{column}" must be {allowed}, not {identity!r}.'
        )
    return words


@lru_cache(maxsize=4096)
def as_set(columns: tuple[Column, ...]) -> frozenset[Column]:
    """Give columns less their order; one set for all tables of a hub that have the same ones."""
    return frozenset(columns)


@dataclass(frozen=True, slots=True, init=False)
class ForeignTable:
    """A foreign table.

    Tables are compared column by name: PostgreSQL cannot change the order of columns, so their
    order is not a difference.

    Parameters
    ----------
    name
        Its name, or a `QualifiedName`.
    columns
        Its columns.
    server
        The foreign server, or its name.
    schema
        The schema that holds it.
    options
        Options of the table, such as ``schema_name`` and ``table_name``.
    checks
        CHECK constraints.
    inherits
        Parent tables.
    partition_of
        The partitioned table it belongs to, and its bound.
    owner
        The owning role; ``None`` leaves it as it is.
    grants
        Privileges by role, less the owner's own; ``None`` leaves them.
    comment
        The comment; ``None`` means that there is none.
    extension
        The extension it belongs to, which creates and drops it; set when read from a database.
    renamed_from
        Its former name, as it was, so that a change of name is an ALTER and no DROP; a
        `QualifiedName` if the schema changed too.

    Raises
    ------
    DeclarationError
        When two columns or checks have one name, or a table is both a child and a partition.

    Notes
    -----
    PostgreSQL documentation, "CREATE FOREIGN TABLE".
    """

    schema: str
    name: str
    server: str
    columns: tuple[Column, ...] = field(compare=False)
    options: Options
    checks: frozenset[Check]
    inherits: frozenset[QualifiedName]
    partition_of: Partition | None
    owner: str | None
    grants: Grants | None
    comment: str | None
    extension: str | None = field(compare=False)
    renamed_from: QualifiedName | None = field(compare=False)
    column_set: frozenset[Column] = field(repr=False)

    def __init__(
        self,
        name: QualifiedName | str,
        columns: Iterable[Column],
        *,
        server: Server | str,
        schema: str | None = None,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        checks: Iterable[Check] = (),
        inherits: Iterable[QualifiedName | str] = (),
        partition_of: Partition | None = None,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
        extension: str | None = None,
        renamed_from: QualifiedName | str | None = None,
        column_set: frozenset[Column] | None = None,
    ) -> None:
        del column_set  # derived; accepted so that dataclasses.replace works
        if isinstance(name, QualifiedName):
            schema, name = schema or name.schema, name.name
        schema = schema or "public"
        assign = object.__setattr__
        assign(self, "schema", check_name(schema, "schema"))
        assign(self, "name", check_name(name, "foreign table"))
        server_name = server.name if isinstance(server, Server) else server
        assign(self, "server", check_name(server_name, "foreign server"))
        assign(
            self,
            "columns",
            collected(columns, Column, f"columns of {self}", "Column('id', 'integer')"),
        )
        assign(self, "options", Options(options, str(self)))
        example = "Check('positive', 'id > 0')"
        assign(self, "checks", frozenset(collected(checks, Check, f"checks of {self}", example)))
        assign(self, "inherits", make_parents(inherits, str(self)))
        assign(self, "partition_of", check_partition(partition_of, str(self)))
        assign(self, "owner", owner and check_role(owner, "role"))
        assign(self, "grants", make_grants(grants, "foreign table", str(self)))
        assign(self, "comment", check_text(comment, f"comment of {self}") or None)
        assign(self, "extension", extension)
        assign(self, "renamed_from", former_name(renamed_from, schema, "foreign table"))
        assign(self, "column_set", as_set(self.columns))
        self._check_shape()

    def _check_shape(self) -> None:
        names = [column.name for column in self.columns]
        former = [column.renamed_from for column in self.columns if column.renamed_from]
        for kind, given in (
            ("columns are called", names),
            ("columns say that they were", former),
            ("checks are called", [check.name for check in self.checks]),
        ):
            if len(set(given)) < len(given):
                [(twice, _)] = Counter(given).most_common(1)
                raise DeclarationError(f"{self}: two {kind} {twice!r}.")
        if self.inherits and self.partition_of is not None:
            raise DeclarationError(
                f"{self}: a partition has one parent; leave `inherits` or `partition_of` out."
            )

    @property
    def qualified_name(self) -> QualifiedName:
        """Its name with its schema."""
        return QualifiedName(self.name, self.schema)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it in a database."""
        return (self.schema, self.name)

    def __str__(self) -> str:
        return f'foreign table "{self.schema}"."{self.name}"'
