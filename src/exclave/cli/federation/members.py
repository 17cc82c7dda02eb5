"""``exclave fed add``, ``remove`` and ``list``: members."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from exclave.cli.exit import DIFFERENCES
from exclave.cli.federation.given import Labels, Yes, agreed, pairs, password, plain
from exclave.cli.federation.opened import FederationOption, OwnerOption, opened
from exclave.cli.federation.progress import shown_progress
from exclave.cli.run import Run
from exclave.federation import Member, MemberState
from exclave.objects import Secret
from exclave.objects.options import OptionInput

Slug = Annotated[str, typer.Argument(metavar="MEMBER", help="The member's slug.")]
Slugs = Annotated[list[str], typer.Argument(metavar="MEMBER…", help="Members by their slugs.")]


def add(
    run: Run,
    slug: Annotated[
        str, typer.Argument(metavar="MEMBER", help="Its slug: its name for good, such as nl-sales.")
    ],
    host: Annotated[str | None, typer.Option(help="Its host.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    dbname: Annotated[str | None, typer.Option(metavar="NAME", help="Its database.")] = None,
    user: Annotated[
        str | None, typer.Option(metavar="ROLE", help="As whom the hub logs in there.")
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The environment variable that holds the password."),
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The file that holds the password.")
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="There is no password: do not ask.")
    ] = False,
    label: Labels = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="The joined tables may not write to it.")
    ] = False,
    wrapper: Annotated[
        str, typer.Option(metavar="NAME", help="The foreign-data wrapper by which it is reached.")
    ] = "postgres_fdw",
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A further option of its server, which all can read; may be repeated.",
        ),
    ] = None,
    mapping_option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="A further option of its user mapping; may be repeated."
        ),
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VARIABLE",
            help="A further option of its user mapping, from an environment variable; may be "
            "repeated.",
        ),
    ] = None,
    later: Annotated[
        bool,
        typer.Option("--later", help="Do not join its tables yet; exclave fed apply does."),
    ] = False,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Add a member, and join its tables; one that is there gets the options given now.

    Without --password-env and --password-file the password is asked for. When the member refuses
    the hub, what it needs is printed: the line of its pg_hba.conf, its role and the grants. The
    member stays registered, and exclave fed apply tries again.

    Exit status: 0 done, or nothing to do; 1 error.
    """
    where = {"host": host, "port": port, "dbname": dbname}
    given = {key: value for key, value in where.items() if value is not None}
    server_options = plain(given | pairs(option, "--option"), "--option")
    mapping_options: dict[str, OptionInput] = {
        **plain(pairs(mapping_option, "--mapping-option"), "--mapping-option"),
        **{key: Secret.env(value) for key, value in pairs(secret, "--secret").items()},
    }
    if user is not None:
        mapping_options["user"] = user
    asked = f"Password of {user or 'the hub'} at {slug}"
    ask = not no_password and wrapper == "postgres_fdw" and "password" not in mapping_options
    if found := password(password_env, password_file, ask=ask, prompt=asked):
        mapping_options["password"] = found
    member = Member(
        slug,
        wrapper,
        server_options,
        mapping_options,
        labels=pairs(label, "--label"),
        writable=not read_only,
    )
    with opened(run, owner) as at:
        of = at.federation(federation)
        is_new = at.hub.add_member(of, member)
        if not later:
            with shown_progress(run) as progress:
                at.hub.apply(of, progress=progress)
        [state] = [each for each in at.hub.members(of) if each.slug == slug]
    if run.as_json:
        run.show_json({"added": is_new, "member": state.to_dict()})
    else:
        run.show(f'Member "{slug}" is {"added" if is_new else "changed"}: {state.state}.')


def remove(
    run: Run, slugs: Slugs, yes: Yes = False, federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:  # fmt: skip
    """Take members out of the joined tables, and drop what the hub has of them.

    Nothing is changed at the members.

    Exit status: 0 done; 2 not done; 1 error.
    """
    with opened(run, owner) as at:
        of = at.federation(federation)
        if not agreed(run, f"Remove {', '.join(slugs)} from {of}?", yes=yes):
            raise typer.Exit(DIFFERENCES)
        with shown_progress(run) as progress:
            for number, slug in enumerate(slugs, 1):
                at.hub.remove_member(of, slug)
                progress("remove", number, len(slugs), slug)
    _told(run, "removed", slugs)


def _told(run: Run, done: str, slugs: Sequence[str]) -> None:
    if run.as_json:
        run.show_json({done: list(slugs)})
    else:
        run.show(f"{done.capitalize()}: {', '.join(slugs)}.")


def listed(
    run: Run, label: Labels = None, federation: FederationOption = None, owner: OwnerOption = None
) -> None:
    """List the members of a federation: their states, labels and servers.

    Exit status: 0 done, 1 error.
    """
    with opened(run, owner) as at:
        of = at.federation(federation)
        found = at.hub.members(of, **pairs(label, "--label"))
    if run.as_json:
        run.show_json({"federation": of.name, "members": [each.to_dict() for each in found]})
    elif not found:
        run.show(f"{str(of).capitalize()} has no such member." if label else "There is no member.")
    else:
        run.show_table(_table(found))


def _table(members: Sequence[MemberState]) -> Table:
    table = Table("member", "state", "labels", "server", "wrapper", "", box=None, pad_edge=False)
    for each in members:
        table.add_row(
            each.slug,
            "suspended" if each.suspended else each.state,
            ", ".join(f"{name}={value}" for name, value in sorted(each.labels.items())),
            each.server,
            each.wrapper,
            _remark(each),
            style=_style(each),
        )
    return table


def _style(member: MemberState) -> str | None:
    if member.suspended:
        return "yellow"
    return None if member.state == "joined" else "bold"


def _remark(member: MemberState) -> str:
    remarks = [] if member.writable else ["read-only"]
    if member.suspended:
        since = f"since {member.suspended:%Y-%m-%d %H:%M:%S%z}"
        remarks.append(f"{since}: {member.suspended_reason}" if member.suspended_reason else since)
    return "; ".join(remarks)
