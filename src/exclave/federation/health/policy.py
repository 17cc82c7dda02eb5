"""Members that are down: an error, left out, or their last known rows; decided before sending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal, get_args

from exclave.errors import DeclarationError, ExclaveError, MembersDownError
from exclave.federation.health.completeness import Completeness
from exclave.federation.health.failure import TIMED_OUT, is_outage, is_suspension
from exclave.federation.health.standing import Standing
from exclave.federation.health.state import Health
from exclave.federation.health.watch import Watch
from exclave.federation.naming import last_known
from exclave.federation.shape import Federation
from exclave.query import JoinedName, Reading, Style, reading, restrict
from exclave.query.placeholders import Parameters

Down = Literal["raise", "skip", "stale"]
"""What becomes of a statement that reads members which are down."""

_ATTEMPTS: Final = 3
_JUST_NOW_SECONDS: Final = 2.0
"""How long what was found out while a statement ran is taken for true when it has failed."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of a statement that reads members which are down, and when one is.

    Parameters
    ----------
    down
        ``"raise"``: an error that names them. ``"skip"``: the others' rows. ``"stale"``: the
        others' rows, and of these the last known ones.
    timeout_seconds
        How long a member may stay silent until it counts as down.
    remember_seconds
        How long is taken for true what was found out about a member.
    """

    down: Down = "raise"
    timeout_seconds: float = 5.0
    remember_seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.down not in get_args(Down):
            known = ", ".join(map(repr, get_args(Down)))
            raise DeclarationError(f"down must be one of {known}, not {self.down!r}.")
        if self.timeout_seconds <= 0:
            raise DeclarationError(
                f"timeout_seconds must be more than 0, not {self.timeout_seconds}."
            )

    def changed(self, down: Down | None = None, timeout_seconds: float | None = None) -> Policy:
        """Give the same policy with what is not ``None`` changed."""
        return Policy(
            self.down if down is None else down,
            self.timeout_seconds if timeout_seconds is None else timeout_seconds,
            self.remember_seconds,
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as it is to be sent.

    Parameters
    ----------
    sql
        Its text, in the style in which it was given.
    completeness
        Whose rows its result will hold.
    """

    sql: str
    completeness: Completeness


@dataclass(frozen=True, slots=True)
class _Part:
    """What a statement reads and changes of one federation."""

    federation: Federation
    tables: tuple[JoinedName, ...]
    members: tuple[str, ...]
    prefix: str
    source: str | None
    """The member whose rows reference tables show, if any is read."""

    @property
    def references(self) -> list[str]:
        """The reference tables among those."""
        return [each.table for each in self.tables if self.federation.table(each.table).reference]


class Statement:
    """A statement over joined tables, from its text to a result that says whose rows it holds.

    A front end sends what `prepare` gives. When that fails, `again` gives what to send next, or
    raises.

    Parameters
    ----------
    watch
        What is known of members.
    federations
        The federations whose tables it may read.
    sql
        Its text.
    policy
        What becomes of members that are down.
    style
        How placeholders are written in it.
    parameters
        Their values, where they are known: which members are read may be among them.
    search_path
        The schemas in which names without a schema are looked up.
    asked
        Whether the policy was chosen for this statement. One that writes is refused then; under
        a policy of a session or hub it is sent as with ``"raise"``.
    """

    def __init__(
        self,
        watch: Watch,
        federations: Iterable[Federation],
        sql: str,
        policy: Policy,
        *,
        style: Style = "pyformat",
        parameters: Parameters | None = None,
        search_path: Sequence[str] = (),
        asked: bool = True,
    ) -> None:
        self._watch = watch
        self._federations = tuple(federations)
        self._sql = sql
        self._policy = policy
        self._style: Style = style
        self._parameters = parameters
        self._search_path = tuple(search_path)
        self._asked = asked
        self._attempts = 0
        self._read: tuple[_Part, ...] | None = None
        self._writes = False
        self._looked = False
        self._found: list[dict[str, Health]] = []

    @property
    def policy(self) -> Policy:
        """What becomes of members that are down."""
        return self._policy

    @property
    def writes(self) -> bool:
        """Whether it writes to joined tables, as far as its text says; known when prepared."""
        return self._writes

    @property
    def members(self) -> set[tuple[str, str]]:
        """The members that it reads: the names of their federations, and their slugs."""
        return {(part.federation.name, slug) for part in self._parts() for slug in part.members}

    def prepare(self) -> Prepared:
        """Give the text to send, after finding out which of its members are down.

        Raises
        ------
        QueryError
            When the text cannot be read, or keeps a query for later.
        DeclarationError
            When it writes or locks rows, and was asked to leave members out.
        MembersDownError
            When members are down whose last known rows are wanted and not kept.
        """
        self._attempts += 1
        parts = self._parts()  # under a policy of a session or hub it may be found to write
        if self._policy.down == "raise":
            return self._sent_as_it_is()
        down = self._found or [self._down(part) for part in parts]
        self._found = []
        sql, found = self._sql, Completeness()
        for part, lost in zip(parts, down, strict=True):
            ages = self._ages(part, lost) if self._policy.down == "stale" else {}
            _check_references(part, lost, ages)
            sql = restrict(
                sql,
                part.tables,
                without=[slug for slug in lost if slug not in ages],
                stale=list(ages),
                style=self._style,
                search_path=self._search_path,
            )
            found = _with(found, part, lost, ages)
        return Prepared(sql, found)

    def again(
        self, sqlstate: str | None, message: str, *, may_retry: bool, cause: Exception
    ) -> Prepared:
        """Give the text to send after a failure, if a member that went down explains it.

        Parameters
        ----------
        sqlstate, message
            What PostgreSQL gave.
        may_retry
            Whether the transaction has written nothing.
        cause
            The driver's exception, which is raised where nothing explains it.

        Raises
        ------
        MembersDownError
            When members are down and the statement cannot do without them.
        Exception
            The cause itself, when no member is down.
        """
        if not is_suspension(sqlstate, message) and not is_outage(sqlstate):
            raise cause
        remember, self._looked = (_JUST_NOW_SECONDS if self._looked else 0.0), False
        lost: dict[str, Health] = {}
        self._found = []
        for part in self._parts():
            found = self._down(part, remember)
            self._found.append(found)
            lost |= {f"{part.prefix}{slug}": health for slug, health in found.items()}
        can = self._policy.down != "raise" and may_retry and self._attempts < _ATTEMPTS
        if can and (lost or sqlstate != TIMED_OUT):
            return self.prepare()  # where all answer now, the connection was lost for a moment
        if not lost:
            raise cause
        raise self._failure(lost, sqlstate, may_retry) from cause

    def is_held_up(self) -> bool:
        """Tell, while the statement runs, whether one of the members that it waits for is down."""
        for part in self._parts():
            known = self._watch.health(
                part.federation, part.members, self._policy.timeout_seconds, 0.0
            )
            self._looked |= any(not health.reachable for health in known.values())
        return self._looked

    def _sent_as_it_is(self) -> Prepared:
        found = Completeness()
        for part in self._parts():
            found = _with(found, part, {}, {})
        return Prepared(self._sql, found)

    def _parts(self) -> tuple[_Part, ...]:
        if self._read is None:
            names = [name for each in self._federations for name in joined_names(each)]
            found = self._reading(names)
            self._writes = bool(found.writes)
            self._check(found)
            tables: dict[str, list[JoinedName]] = {}
            for table in dict.fromkeys(found.reads + found.writes):
                tables.setdefault(table.schema, []).append(table)
            read = {each.name: each for each in self._federations if each.name in tables}
            self._read = tuple(
                self._part(
                    federation,
                    tuple(tables[name]),
                    found.members,
                    f"{name}/" if len(read) > 1 else "",
                )
                for name, federation in read.items()
            )
        return self._read

    def _reading(self, names: Sequence[JoinedName]) -> Reading:
        try:
            return reading(
                self._sql,
                names,
                style=self._style,
                parameters=self._parameters,
                search_path=self._search_path,
            )
        except ExclaveError:
            if self._policy.down != "raise":
                raise
            return Reading()  # it is sent as it is; only whose rows it gives is not known

    def _check(self, found: Reading) -> None:
        if self._policy.down == "raise" or not (found.writes or found.locks):
            return
        if not self._asked and not found.locks:
            self._policy = replace(self._policy, down="raise")
            return
        table, what = (
            (found.writes[0], "writes to") if found.writes else (found.locks[0], "locks rows of")
        )
        raise DeclarationError(
            f'The statement {what} {table}, so down="{self._policy.down}" cannot be: rows of '
            'members that are left out would be forgotten without a word. Use down="raise" for it.'
        )

    def _part(
        self,
        federation: Federation,
        tables: tuple[JoinedName, ...],
        members: frozenset[str] | None,
        prefix: str,
    ) -> _Part:
        known = self._standings(federation)
        touched = tuple(slug for slug in known if members is None or slug in members)
        source = min(
            known, key=lambda slug: (known[slug].suspended is not None, slug), default=None
        )
        part = _Part(federation, tables, touched, prefix, source)
        if len(part.references) == len(tables):
            return replace(part, members=tuple(slug for slug in touched if slug == source))
        return part if part.references else replace(part, source=None)

    def _standings(
        self, federation: Federation, remember_seconds: float | None = None
    ) -> Mapping[str, Standing]:
        remember = self._policy.remember_seconds if remember_seconds is None else remember_seconds
        return self._watch.standings(federation, remember)

    def _down(self, part: _Part, remember_seconds: float | None = None) -> dict[str, Health]:
        """Give those that are down of the members that a statement reads."""
        standings = self._standings(part.federation, remember_seconds)
        found = {
            slug: standings[slug].health
            for slug in part.members
            if slug in standings and standings[slug].suspended is not None
        }
        others = [slug for slug in part.members if slug not in found]
        known = self._watch.health(
            part.federation,
            others,
            self._policy.timeout_seconds,
            self._policy.remember_seconds if remember_seconds is None else remember_seconds,
        )
        return found | {slug: health for slug, health in known.items() if not health.reachable}

    def _ages(self, part: _Part, lost: Mapping[str, Health]) -> dict[str, timedelta]:
        """Give how old the last known rows are of members that are down."""
        standings = self._standings(part.federation)
        ages: dict[str, timedelta] = {}
        lacking: dict[str, Health] = {}
        why = ""
        for slug in lost:
            standing = standings.get(slug) or Standing(slug)
            unkept = [each.table for each in part.tables if each.table not in standing.kept]
            age = standing.age
            if unkept or age is None:
                lacking[f"{part.prefix}{slug}"] = lost[slug]
                why = f"There are no last known rows of {', '.join(unkept)}: tables keep them that "
                why += "have stale=True, from the next refresh on."
            else:
                ages[slug] = age
        if lacking:
            raise MembersDownError(f"{_named(lacking)}\n{why}", lacking)
        return ages

    def _failure(
        self, lost: Mapping[str, Health], sqlstate: str | None, may_retry: bool
    ) -> MembersDownError:
        hint = 'down="skip" or "stale" does without such members.'
        if self._policy.down != "raise":
            hint = "They went down while statements ran; try again."
            if not may_retry:
                hint = (
                    "The transaction may have written before, so the statement was not sent "
                    "again without them. Roll back and begin anew."
                )
        return MembersDownError(f"{_named(lost)}\n{hint}", lost, sqlstate)


def joined_names(federation: Federation) -> list[JoinedName]:
    """Give a federation's joined tables as statements name them."""
    return [
        JoinedName(
            federation.name,
            table.name,
            federation.member_column,
            last_known(federation.name, table.name) if table.stale else None,
        )
        for table in federation.tables
    ]


def _check_references(
    part: _Part, lost: Mapping[str, Health], ages: Mapping[str, timedelta]
) -> None:
    """Refuse to leave out the one member whose rows a reference table shows."""
    source = part.source
    if source is None or source not in lost or source in ages:
        return
    down = {f"{part.prefix}{source}": lost[source]}
    raise MembersDownError(
        f"{_named(down)}\n{', '.join(part.references)} of {part.federation} would be without rows, "
        "for it shows those of this member for all. Suspend the member, and those of another one "
        "are shown.",
        down,
    )


def _named(lost: Mapping[str, Health]) -> str:
    return "\n".join(f'member "{slug}" is down: {health}' for slug, health in lost.items())


def _with(
    found: Completeness,
    part: _Part,
    lost: Mapping[str, Health],
    ages: Mapping[str, timedelta],
) -> Completeness:
    prefix = part.prefix
    there = tuple(f"{prefix}{slug}" for slug in part.members if slug not in lost)
    missing = {f"{prefix}{slug}": str(why) for slug, why in lost.items() if slug not in ages}
    return Completeness(
        found.members + there,
        {**found.missing, **missing},
        {**found.stale, **{f"{prefix}{slug}": age for slug, age in ages.items()}},
        {**found.reasons, **{f"{prefix}{slug}": str(lost[slug]) for slug in ages}},
    )
