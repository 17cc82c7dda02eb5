"""The exceptions that exclave raises, as one small tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ExclaveError(Exception):
    """Any error that exclave raises on purpose."""


class DeclarationError(ExclaveError, ValueError):
    """Something was declared that PostgreSQL could not accept; nothing was sent."""


class ProjectError(ExclaveError):
    """What a project says cannot be found or read: its settings, its target or its database."""


class SecretError(ExclaveError):
    """A secret could not be resolved; the message names the reference, never the value."""


class CatalogError(ExclaveError):
    """A database could not be read."""


class PlanError(ExclaveError):
    """A plan cannot be made or must not be run as it is."""


class StalePlanError(PlanError):
    """The database has changed since the plan was made; nothing was done. Make it again."""


class PrerequisiteError(PlanError):
    """The database lacks an extension, type, role or privilege that the plan needs.

    Parameters
    ----------
    message
        What is missing, and for which object.
    remedies
        Statements, in order, that an administrator must run first.
    """

    def __init__(self, message: str, remedies: Sequence[str] = ()) -> None:
        self.remedies: tuple[str, ...] = tuple(remedies)
        if self.remedies:
            lines = "\n".join(f"    {statement}" for statement in self.remedies)
            message = f"{message}\nAn administrator must run:\n{lines}"
        super().__init__(message)


class ApplyError(PlanError):
    """PostgreSQL refused a step of a plan; the whole plan was rolled back.

    Parameters
    ----------
    message
        Which change failed and why.
    sqlstate
        The five-character SQLSTATE that PostgreSQL gave, where it gave one.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class QueryError(ExclaveError):
    """A statement cannot be read, or not be restricted to some members; nothing was sent."""


class RemoteError(ExclaveError):
    """A foreign server could not be reached or refused what was asked of it.

    Parameters
    ----------
    message
        Which server, what it said, and what to do there.
    sqlstate
        The five-character SQLSTATE that PostgreSQL gave, where it gave one.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class MembersDownError(RemoteError):
    """Members of a federation that a statement needs are down; nothing of it was done.

    Parameters
    ----------
    message
        Which members, why, and what can be done.
    members
        By slug, why; values of `exclave.federation.Health`.
    sqlstate
        The five-character SQLSTATE of the statement's failure; ``None`` when it was not sent.
    """

    def __init__(
        self, message: str, members: Mapping[str, Any], sqlstate: str | None = None
    ) -> None:
        super().__init__(message, sqlstate)
        self.members: dict[str, Any] = dict(members)


class MembershipError(ExclaveError, ValueError):
    """An object of a federation cannot belong to the member it is given to; nothing was sent."""


class RefreshError(ExclaveError):
    """A materialized view could not be refreshed; its old data is as it was.

    Parameters
    ----------
    message
        Which view, why, and of when its data is.
    sqlstate
        The five-character SQLSTATE that PostgreSQL gave, where it gave one.
    results
        What was done with each view: values of `exclave.plan.Refreshed`.
    """

    def __init__(
        self, message: str, sqlstate: str | None = None, results: Sequence[Any] = ()
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.results: tuple[Any, ...] = tuple(results)


class RemoteRefreshError(RefreshError, RemoteError):
    """A materialized view could not be refreshed since a foreign server failed."""


class FederationError(ExclaveError):
    """Something could not be done for some members of a federation; for the others it was.

    Parameters
    ----------
    federation
        The federation's name.
    failures
        What went wrong, by the member's slug.
    """

    def __init__(self, federation: str, failures: Mapping[str, Exception]) -> None:
        self.failures: dict[str, Exception] = dict(failures)
        lines = "\n".join(f'member "{slug}": {error}' for slug, error in failures.items())
        super().__init__(
            f'Not all members of federation "{federation}" could be joined; the others are. Do it '
            f"again when this is put right:\n{lines}"
        )


class MemberError(ExclaveError):
    """A member of a federation refused what was written to it, or could not be written to.

    Parameters
    ----------
    message
        Which member, and why.
    member
        Its slug; ``None`` when several may be meant.
    sqlstate
        The five-character SQLSTATE that PostgreSQL gave, where it gave one.
    """

    def __init__(
        self, message: str, member: str | None = None, sqlstate: str | None = None
    ) -> None:
        super().__init__(message)
        self.member = member
        self.sqlstate = sqlstate


class RegistryError(ExclaveError):
    """The registry on a hub is missing, another role's, or of another version."""


class HubMovedError(RegistryError):
    """The hub is a copy of another one; nothing touches its members until it is adopted."""


class DependentsError(RegistryError):
    """Something of others depends on what was to be removed; nothing was removed.

    Parameters
    ----------
    dependents
        What it is, as PostgreSQL describes it.
    """

    def __init__(self, dependents: Sequence[str]) -> None:
        self.dependents: tuple[str, ...] = tuple(dependents)
        lines = "\n".join(f"    {each}" for each in dependents)
        super().__init__(
            "Nothing was removed, since this is not exclave's and would be dropped along:\n"
            f"{lines}\nDrop it first, or say that it may go too (--cascade, cascade=True)."
        )


class ClusterError(ExclaveError):
    """A throw-away PostgreSQL cluster could not be found, started or stopped."""


class FixtureError(ExclaveError):
    """What a test run was told about its databases is missing, contradictory or refused."""
